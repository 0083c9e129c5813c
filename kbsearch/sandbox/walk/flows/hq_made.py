"""Step 12 of the three flows: headquarters makes, updates and revokes knowledge itself and pushes it to us and to provinces."""

from __future__ import annotations

from typing import Any

from kbsearch.sandbox.walk.desk import Refused, global_id
from kbsearch.sandbox.walk.groundwork import deliveries, take_in_province, wording
from kbsearch.sandbox.walk.stage import Stage
from kbsearch.sandbox.walk.stepping import Flow, step


class MadeAtHq(Flow):
    """One item of headquarters' own, from its making to its revocation."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.title, self.old, self.new = stage.word(), stage.word(), stage.word()
        self.item = ""

    @step("3.1.1.1-12", "知识生成（总部），审核后下发")
    def hq_makes(self) -> None:
        """Ours to find, not ours to change."""
        content, chosen = wording(self.title, self.old), [self.stage.chosen]
        draft = self.stage.hq.make_knowledge(content, self.stage.category, distribution=chosen)
        self.item = draft["knowledgeId"]
        self._pushed(draft, "hqPushVersion", "3.1.1.1-12")
        self.expect_that("座席检索到总部第 1 版", self.stage.seconds_until_found(self.title, self.item, 1) is not None)
        page = self.stage.agent.knowledge(self.item)
        self.expect("归属与来历", (page["owner"], page["currentVersion"]["source"]), ("HQ", "HQ_PUSH"))
        self.expect("栏目", page["category"]["rawId"], self.stage.category)
        self.expect("本系统作者要改它", self._update_refused(), "OWNED_BY_HQ")
        self.expect(f"{self.stage.chosen} 审核后", take_in_province(self.stage, self.stage.chosen, self.item)["state"], "PUBLISHED")
        self.expect(f"{self.stage.other} 收到的", deliveries(self.stage, self.stage.other, self.item), [])

    @step("3.1.1.2-12", "知识更新生成（总部），审核后下发")
    def hq_updates(self) -> None:
        """New wording in, old wording out."""
        content = {"body": wording(self.title, self.new, 30)["body"]}
        draft = self.stage.hq.make_update(self.item, content, distribution=[self.stage.chosen])
        self._pushed(draft, "hqPushVersion", "3.1.1.2-12")
        self.expect_that("座席检索到总部第 2 版", self.stage.seconds_until_found(self.new, self.item, 2) is not None)
        self.expect_that("旧口径检索不到了", self.stage.vanished(self.old, self.item))
        history = [(each["number"], each["source"]) for each in self.stage.agent.knowledge(self.item)["history"]]
        self.expect("历史", history, [(2, "HQ_PUSH"), (1, "HQ_PUSH")])
        take_in_province(self.stage, self.stage.chosen, self.item)
        hits = [(hit["id"], hit["number"]) for hit in self.stage.provinces[self.stage.chosen].search(self.new)]
        self.expect(f"{self.stage.chosen} 检索到", hits, [(self.item, 2)])

    @step("3.1.1.3-12", "知识撤销生成（总部），审核后下发")
    def hq_revokes(self) -> None:
        """发布错误 hides the text everywhere."""
        draft = self.stage.hq.make_revocation(self.item, "PUBLISHED_IN_ERROR", reasonText="资费有误。")
        self._pushed(draft, "hqPushRevocation", "3.1.1.3-12")
        self.expect_that("座席默认检索不到了", self.stage.vanished(self.title, self.item))
        page = self.stage.agent.knowledge(self.item)
        self.expect("知识状态与正文是否隐藏", (page["status"], page["textHidden"]), ("REVOKED", True))
        self.expect_that(f"页面只剩标题与通知：{page['notice']}", self.title in page["title"] and not page["shownVersion"]["body"])
        self.expect("历史中的正文", [each["body"] for each in page["history"]], ["", ""])
        take_in_province(self.stage, self.stage.chosen, self.item)
        province = self.stage.provinces[self.stage.chosen]
        self.expect(f"{self.stage.chosen} 检索到", province.search(self.title), [])
        self.expect(f"{self.stage.chosen} 打开所见", (province.knowledge(self.item) or {}).get("status"), "REVOKED")

    def _pushed(self, draft: dict[str, Any], callback: str, number: str) -> None:
        """Headquarters' reviewer approves its own draft, and we have applied what was pushed."""
        self.expect_that("总部记下步骤 " + number, number in [each["step"] for each in draft["steps"]])
        self.stage.hq.decide_draft(draft["id"], "approve")
        receipt = self.stage.hq.wait_receipt(draft["id"], callback, timeout=self.stage.patience)["receipt"]
        self.expect("下发回执", receipt["result"], "APPLIED")

    def _update_refused(self) -> str | None:
        try:
            self.stage.author.act("draftUpdate", knowledgeId=global_id("Knowledge", self.item), content={"body": "改写"})
        except Refused as refused:
            return str(refused.first.get("rule"))
        return None
