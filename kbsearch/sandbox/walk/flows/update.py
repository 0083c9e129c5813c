"""3.1.1.2 知识更新, steps 1 to 11.1, with N2: the old wording is served until the new one takes over, here and in the provinces."""

from __future__ import annotations

from typing import Any

from kbsearch.sandbox.walk.desk import PAGE, Desk, global_id
from kbsearch.sandbox.walk.flows.journey import Journey
from kbsearch.sandbox.walk.flows.publish import SEARCHABLE_WITHIN
from kbsearch.sandbox.walk.groundwork import deliveries, put_in_force, take_in_province, waiting_delivery, wording
from kbsearch.sandbox.walk.stage import Stage
from kbsearch.sandbox.walk.stepping import step


class Update(Journey):
    """Version 1 is in the chosen province; headquarters gives version 2 to the other one instead."""

    section = "3.1.1.2"
    noun = "知识更新"
    message = "knowledge.update"

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.title, self.old, self.new = stage.word(), stage.word(), stage.word()
        self.item = ""

    @property
    def writer(self) -> Desk:
        """Somebody who may not review at all."""
        return self.stage.author

    def prepare(self) -> None:
        """An item in force in version 1."""
        first = put_in_force(self.stage, self.writer, wording(self.title, self.old), [self.stage.chosen])
        self.item = first["knowledgeRawId"]
        self.stage.seconds_until_found(self.old, self.item, 1)

    def begin(self) -> PAGE:
        """Draft an update; the difference to the base is shown."""
        draft = self.writer.act(
            "draftUpdate",
            knowledgeId=global_id("Knowledge", self.item),
            content={key: value for key, value in wording(self.title, self.new, 30).items() if key != "title"},
            changeNote="资费调整",
        )
        self.expect("在哪一版上改", draft["baseNumber"], 1)
        changed = {each["field"] for each in draft["differencesToBase"]}
        self.expect("与基线的差异", sorted(changed), ["body", "script", "summary"])
        return draft

    def rewrite(self, note: str) -> PAGE:
        """Say more in the text."""
        body = f"{self.seen['content']['body']}\n{note}：营业厅、掌上营业厅均可办理。"
        return self.writer.on(self.seen, "editSubmission", content={"body": body})

    def check_unchanged(self) -> None:
        """Version 1 goes on being served."""
        self.expect("座席仍检索到", self.stage.agent.found(self.old).get(self.item), 1)
        self.expect_that("新口径尚检索不到", self.item not in self.stage.agent.found(self.new))

    def check_at_hq(self, case: dict[str, Any]) -> None:
        """New wording, base and difference."""
        self.expect("总部所见基线", case["data"]["base"]["number"], 1)
        self.expect_that("总部所见差异含新口径", any(self.new in line for line in case["difference"]), case["difference"][:3])

    @step("-6", "{noun}审核结果：第二轮通过，走步骤 7")
    def hq_approves(self) -> None:
        """New wording found within a second, old wording no longer."""
        self.hq_says_yes([self.stage.other])
        seconds, limit = self.stage.seconds_until_found(self.new, self.item, 2), self.stage.within(SEARCHABLE_WITHIN)
        self.expect_that(f"从总部审批生效到座席检索到新口径不超过 {limit:g} 秒", seconds is not None and seconds <= limit, seconds)
        self.note(f"实测 {seconds:.2f} 秒")
        self.expect_that("旧口径检索不到了", self.stage.vanished(self.old, self.item))
        self.expect("申请状态", self.refresh()["state"], "EFFECTIVE")

    @step("-6", "{noun}后的历史版本与差异")
    def history_right(self) -> None:
        """Both versions stay readable, and what changed between them."""
        page = self.stage.agent.knowledge(self.item)
        told = [(each["number"], each["isCurrent"]) for each in page["history"]]
        self.expect("历史（版本、是否现行）", told, [(2, True), (1, False)])
        self.expect_that("第 1 版原文仍可读", self.old in page["history"][1]["body"])
        (body,) = (each for each in self.stage.agent.differences(self.item, 1, 2) if each["field"] == "body")
        self.expect_that("两版差异：正文由旧口径到新口径", self.old in body["before"] and self.new in body["after"], body)

    @step("N2", "更新审批结果通知：作者与知识管理员均可见")
    def result_told(self) -> None:
        """审批结果通知."""
        self.check_result()

    @step("-7", "{noun}发布给指定省公司")
    def hq_distributes(self) -> None:
        """Headquarters' choice of provinces is ours to know."""
        held = self.stage.hq.knowledge(self.item)
        self.expect("总部第 2 版发布给", (held["number"], held["distribution"]), (2, [self.stage.other]))
        page = self.stage.agent.knowledge(self.item)
        self.expect("我方所存指定省公司", page["currentVersion"]["distribution"], [self.stage.other])
        self.check_steps([self.stage.other, self.stage.chosen])

    @step("-8", "{noun}接收（省公司）")
    def provinces_receive(self) -> None:
        """The new province gets the text, the dropped one its revocation."""
        new, dropped = (waiting_delivery(self.stage, code, self.item) for code in (self.stage.other, self.stage.chosen))
        self.expect(f"{self.stage.other} 收到", (new.get("kind"), new.get("number")), ("knowledge.publish", 2))
        self.expect(f"{self.stage.chosen}（不再指定）收到", (dropped.get("kind"), dropped.get("number")), ("knowledge.revoke", 1))

    @step("-9", "{noun}审核（省公司）")
    def provinces_review(self) -> None:
        """Each by its own reviewer."""
        self.expect(f"{self.stage.other} 审核后", take_in_province(self.stage, self.stage.other, self.item)["state"], "PUBLISHED")
        self.expect(f"{self.stage.chosen} 审核后", take_in_province(self.stage, self.stage.chosen, self.item)["state"], "REVOKED")

    @step("-10", "{noun}发布给本省使用者；被去掉的省公司不再持有正文")
    def provinces_publish(self) -> None:
        """What each province's users see."""
        hits = self.stage.provinces[self.stage.other].search(self.new)
        found = [(hit["id"], hit["number"], hit["contentHash"]) for hit in hits]
        self.expect(f"{self.stage.other} 检索到", found, [(self.item, 2, self.seen["contentHash"])])
        left = self.stage.provinces[self.stage.chosen]
        self.expect(f"{self.stage.chosen} 检索到", left.search(self.old) + left.search(self.new), [])
        page = left.knowledge(self.item) or {}
        self.expect(f"{self.stage.chosen} 打开所见", (page.get("status"), page.get("content")), ("REVOKED", None))
        kinds = [each["kind"] for each in reversed(deliveries(self.stage, self.stage.chosen, self.item))]
        self.expect(f"{self.stage.chosen} 前后收到", kinds, ["knowledge.publish", "knowledge.revoke"])
        self.check_province_steps(self.stage.other)
