"""Replies to an announcement of ours: a province's, with its return path, headquarters' own and another platform's."""

from __future__ import annotations

from typing import Any

from kbsearch.sandbox.walk.announcement_desk import (
    ANOTHER_PLATFORM,
    DAY_AHEAD,
    HQ,
    OURS,
    PLATFORM,
    announced,
    for_whom,
    page,
    put_out,
    steps_at_hq,
)
from kbsearch.sandbox.walk.desk import PAGE
from kbsearch.sandbox.walk.stage import Stage
from kbsearch.sandbox.walk.stepping import Flow, step


class AnsweredByOthers(Flow):
    """Our announcement asks the chosen province, headquarters and a platform for an answer."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.title, self.body, self.answer = stage.word(), stage.word(), stage.word()
        self.raw, self.paper = "", ""
        self.province = stage.provinces[stage.chosen]

    def prepare(self) -> None:
        """It is in force here and there."""
        audience = for_whom(HQ, OURS, PLATFORM, self.stage.chosen)
        terms = {"audience": audience, "needsReply": True, "replyDueAt": DAY_AHEAD}
        self.raw = put_out(self.stage, self.stage.author, announced(self.title, self.body), terms)["subjectRawId"]

    @step("R1", "公告回复生成（省公司）")
    def province_writes(self) -> None:
        """A paper of the province's."""
        made = self.province.make_reply(self.raw, {"body": f"本省已安排，编号 {self.answer}。"})
        self.paper = str(made["id"])
        self.expect(f"{self.stage.chosen} 的申请", (made["subjectKind"], made["state"]), ("REPLY", "PENDING_REVIEW"))

    @step("R4", "公告回复审核、提交（省公司），总部接收")
    def province_submits(self) -> None:
        """R2 to R4."""
        self._submitted(1)

    @step("R6", "公告回复退回修改（省公司）")
    def province_amends(self) -> None:
        """Headquarters returns it."""
        self.stage.hq.decide(self.paper, "return", reasonCodes=["INCOMPLETE"], reasonText="请写明值守人员。")
        back = self.province.wait_paper(self.paper, "HQ_RETURNED", timeout=self.stage.patience)
        self.expect(f"{self.stage.chosen} 看到的原因", back["reasonText"], "请写明值守人员。")
        self.province.edit_paper(self.paper, {"body": f"本省已安排三人值守，编号 {self.answer}。"})
        self._submitted(2)
        self.expect("采纳前我方所存的回复", page(self.stage.author, self.raw)["replies"], [])

    @step("R7", "公告回复采纳：总部送达发布公告的我方")
    def delivered(self) -> None:
        """Our author reads it; nobody else's agent does."""
        self.stage.hq.decide(self.paper, "approve")
        receipt = self.stage.hq.wait_receipt(self.paper, "hqDeliverReply", timeout=self.stage.patience)["receipt"]
        self.expect("送达回复的回执", receipt["result"], "APPLIED")
        (kept,) = page(self.stage.author, self.raw)["replies"]
        told = (kept["organisation"]["code"], kept["ours"], kept["late"])
        self.expect("作者所见回复的单位、是否我方、是否逾期", told, (self.stage.chosen, False, False))
        self.expect_that("正文为修改后的", "三人值守" in kept["body"] and self.answer in kept["body"])
        self.expect("省申请状态", self.province.wait_paper(self.paper, "ACCEPTED", timeout=self.stage.patience)["state"], "ACCEPTED")
        self.expect("座席（非作者）所见的回复", page(self.stage.agent, self.raw)["replies"], [])
        wanted = ["R4", "R5", "R6", "R7"]
        self.expect("总部记下的步骤", steps_at_hq(self.stage, self.paper, wanted), wanted)

    @step("R7", "公告回复采纳：总部与其他二线平台的回复")
    def others_answer(self) -> None:
        """Each by its own name."""
        for issuer in ({}, {"issuer": ANOTHER_PLATFORM}):
            made = self.stage.hq.make_reply(self.raw, {"body": "已知悉。"}, **issuer)
            decide = self.stage.hq.decide_draft if made["origin"] == HQ else self.stage.hq.decide
            decide(made["id"], "approve")
            receipt = self.stage.hq.wait_receipt(made["id"], "hqDeliverReply", timeout=self.stage.patience)["receipt"]
            self.expect(f"{made['origin']} 的回复，送达的回执", receipt["result"], "APPLIED")
        seen: list[PAGE] = page(self.stage.author, self.raw)["replies"]
        self.expect("作者所见回复的单位", sorted(each["organisation"]["code"] for each in seen), sorted([self.stage.chosen, HQ, PLATFORM]))

    def _submitted(self, round_: int) -> None:
        self.province.review_paper(self.paper, "approve")
        case: dict[str, Any] = self.stage.hq.wait_submission(self.paper, "PENDING", round_=round_, timeout=self.stage.patience)
        self.expect("总部收到的来源与轮次", (case["origin"], case["round"]), (self.stage.chosen, round_))
        told = self.province.wait_paper(self.paper, "PENDING_HQ", round_=round_, timeout=self.stage.patience)
        self.expect(f"{self.stage.chosen} 所存总部编号", told["hqReference"], case["hqReference"])
