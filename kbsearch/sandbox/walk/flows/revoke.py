"""3.1.1.3 知识撤销, steps 1 to 11.1, with N3: the item leaves default search and the provinces; page and history stay, under a notice."""

from __future__ import annotations

from typing import Any

from kbsearch.sandbox.walk.desk import PAGE, global_id
from kbsearch.sandbox.walk.flows.journey import Journey
from kbsearch.sandbox.walk.groundwork import deliveries, put_in_force, take_in_province, waiting_delivery, wording
from kbsearch.sandbox.walk.stage import Stage
from kbsearch.sandbox.walk.stepping import step


class Revoke(Journey):
    """业务下线: out of default search, readable by id."""

    section = "3.1.1.3"
    noun = "知识撤销"
    message = "knowledge.revoke"

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.title = stage.word()
        self.item = ""

    def prepare(self) -> None:
        """An item in force here and in one province."""
        first = put_in_force(self.stage, self.writer, wording(self.title, self.stage.word()), [self.stage.chosen])
        self.item = first["knowledgeRawId"]
        self.stage.seconds_until_found(self.title, self.item, 1)

    def begin(self) -> PAGE:
        """Ask for the revocation with its typed reason."""
        given = {"knowledgeId": global_id("Knowledge", self.item), "reason": "NO_LONGER_USEFUL", "reasonText": "星驰流量包不再办理。"}
        draft = self.writer.act("draftRevoke", **given)
        self.expect("撤销原因", draft["revokeReason"], "NO_LONGER_USEFUL")
        self.expect("撤销申请的正文", draft["content"], None)
        return draft

    def rewrite(self, note: str) -> PAGE:
        """Give the right reason, and more of it."""
        text = f"{self.seen['revokeText']}{note}。"
        return self.writer.on(self.seen, "editRevocation", reason="SERVICE_RETIRED", reasonText=text)

    def check_unchanged(self) -> None:
        """Readers go on finding it."""
        self.expect("座席仍检索到", self.stage.agent.found(self.title).get(self.item), 1)

    def check_at_hq(self, case: dict[str, Any]) -> None:
        """Target, version and reason, no text."""
        data = case["data"]
        self.expect("总部所见目标与原因", (data["base"]["number"], data["reason"]), (1, "SERVICE_RETIRED"))
        self.expect("报文中的正文", data.get("content"), None)

    @step("-6", "{noun}审核结果：第二轮通过，走步骤 7")
    def hq_approves(self) -> None:
        """Out of default search, under a notice."""
        self.hq_says_yes()
        self.expect_that("座席默认检索不到了", self.stage.vanished(self.title, self.item))
        self.expect("申请状态", self.refresh()["state"], "EFFECTIVE")
        page = self.stage.agent.knowledge(self.item)
        self.expect("知识状态", (page["status"], page["revokeReason"], page["currentVersion"]), ("REVOKED", "SERVICE_RETIRED", None))
        self.expect_that(f"页面通知：{page['notice']}", "撤销" in (page["notice"] or ""))
        self.expect_that("业务下线的原文按编号仍可读", self.title in page["shownVersion"]["title"] and bool(page["shownVersion"]["body"]))
        self.expect("历史版本", [each["number"] for each in page["history"]], [1])

    @step("N3", "撤销审批结果通知：作者与知识管理员均可见")
    def result_told(self) -> None:
        """审批结果通知."""
        self.check_result()

    @step("-7", "{noun}发布给指定省公司")
    def hq_distributes(self) -> None:
        """Whoever holds it is told."""
        held = self.stage.hq.knowledge(self.item)
        self.expect("总部状态与仍持有的省公司", (held["status"], held["distribution"]), ("REVOKED", []))
        self.expect("我方所存通知的省公司", self.seen["distribution"], [self.stage.chosen])
        self.check_steps([self.stage.chosen])

    @step("-8", "{noun}接收（省公司）")
    def province_receives(self) -> None:
        """It stays readable there until the province's own review."""
        waiting = waiting_delivery(self.stage, self.stage.chosen, self.item)
        self.expect(f"{self.stage.chosen} 收到", (waiting.get("kind"), waiting.get("number")), ("knowledge.revoke", 1))
        hits = [hit["id"] for hit in self.stage.provinces[self.stage.chosen].search(self.title)]
        self.expect("本省审核前本省仍检索到", hits, [self.item])

    @step("-9", "{noun}审核（省公司）")
    def province_reviews(self) -> None:
        """The province's reviewer approves."""
        self.expect(f"{self.stage.chosen} 审核后", take_in_province(self.stage, self.stage.chosen, self.item)["state"], "REVOKED")

    @step("-10", "{noun}（从本省知识库撤销）")
    def province_removes(self) -> None:
        """The text is gone there; the other province never heard of it."""
        province = self.stage.provinces[self.stage.chosen]
        self.expect(f"{self.stage.chosen} 检索到", province.search(self.title), [])
        page = province.knowledge(self.item) or {}
        self.expect(f"{self.stage.chosen} 打开所见", (page.get("status"), page.get("content")), ("REVOKED", None))
        self.expect(f"{self.stage.other} 收到的", deliveries(self.stage, self.stage.other, self.item), [])
        self.check_province_steps(self.stage.chosen)
