"""Announcements of a province and of another platform, which reach us and the other province through headquarters."""

from __future__ import annotations

from typing import Any

from kbsearch.sandbox.walk.announcement_desk import ANOTHER_PLATFORM, OURS, PLATFORM, announced, for_whom, hq_passes, page, take_in
from kbsearch.sandbox.walk.flows.announced import Inward
from kbsearch.sandbox.walk.stage import Stage
from kbsearch.sandbox.walk.stepping import step


class AnnouncedByProvince(Inward):
    """The chosen province announces, through headquarters' review, to us and the other province."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.paper = ""
        self.province = stage.provinces[stage.chosen]

    @step("A1", "公告生成（省公司）")
    def province_writes(self) -> None:
        """A paper of the province's."""
        terms = {"audience": for_whom(OURS, self.stage.other)}
        made = self.province.make_announcement({**announced(self.title, self.old), **terms})
        self.paper, self.raw = str(made["id"]), str(made["announcementId"])
        self.expect(f"{self.stage.chosen} 的申请", made["state"], "PENDING_REVIEW")

    @step("A3", "公告审核、提交（省公司），总部接收")
    def province_submits(self) -> None:
        """A2 to A4."""
        self._submitted(1)

    @step("A6", "公告退回修改（省公司）")
    def province_amends(self) -> None:
        """Returned by headquarters, amended, reviewed there again."""
        self.stage.hq.decide(self.paper, "return", reasonCodes=["INCOMPLETE"], reasonText="请写明割接范围。")
        back = self.province.wait_paper(self.paper, "HQ_RETURNED", timeout=self.stage.patience)
        self.expect(f"{self.stage.chosen} 看到的原因", back["reasonText"], "请写明割接范围。")
        self.province.edit_paper(self.paper, {"body": f"{announced(self.title, self.old)['body']}范围为全省。"})
        self._submitted(2)
        self.expect("总部通过前本系统所见", page(self.stage.reviewer, self.raw), {})

    @step("A8", "省公司的公告经总部审核发布，本系统接收")
    def we_receive(self) -> None:
        """A5 and A7 at headquarters."""
        self._passed("hqPublishAnnouncement", 2)
        self.check_received()
        self.check_steps(self.paper, ["A4", "A5", "A6", "A7"])

    @step("A9", "省公司的公告发布给本系统与另一省的使用者")
    def published(self) -> None:
        """As the province's."""
        self.check_read(self.stage.chosen)
        self.expect(f"{self.stage.other} 审核后", take_in(self.stage, self.stage.other, self.raw)["state"], "PUBLISHED")
        own = self.province.announcement(self.raw) or {}
        self.expect(f"{self.stage.chosen}（不在对象中）自己的状态", own.get("status"), "OWN")

    @step("A9", "省公司更正自己的公告，经总部到达")
    def province_corrects(self) -> None:
        """Version 2."""
        made = self.province.correct_announcement(self.raw, {"body": announced(self.title, self.new)["body"]})
        self.paper = str(made["id"])
        self._submitted(1)
        self._passed("hqCorrectAnnouncement", 1)
        self.expect_that("座席检索到新文", self.stage.seconds_until_found(self.new, self.raw, 2) is not None)
        self.expect(f"{self.stage.other} 审核后", take_in(self.stage, self.stage.other, self.raw)["state"], "PUBLISHED")

    @step("A9", "省公司撤回自己的公告，经总部到达")
    def province_recalls(self) -> None:
        """And its end."""
        made = self.province.recall_announcement(self.raw, "NO_LONGER_USEFUL", reasonText="割接延期。")
        self.paper = str(made["id"])
        self._submitted(1)
        self._passed("hqRecallAnnouncement", 1)
        self.check_recalled("割接延期。")
        self.expect(f"{self.stage.other} 审核后", take_in(self.stage, self.stage.other, self.raw)["state"], "REVOKED")

    def _submitted(self, round_: int) -> None:
        """The province's reviewer approves, headquarters receives and acknowledges."""
        self.province.review_paper(self.paper, "approve")
        case: dict[str, Any] = self.stage.hq.wait_submission(self.paper, "PENDING", round_=round_, timeout=self.stage.patience)
        self.expect("总部收到的来源与轮次", (case["origin"], case["round"]), (self.stage.chosen, round_))
        told = self.province.wait_paper(self.paper, "PENDING_HQ", round_=round_, timeout=self.stage.patience)
        self.expect(f"{self.stage.chosen} 所存总部编号", told["hqReference"], case["hqReference"])

    def _passed(self, callback: str, round_: int) -> None:
        self.stage.hq.decide(self.paper, "approve")
        receipt = self.stage.hq.wait_receipt(self.paper, callback, round_=round_, timeout=self.stage.patience)["receipt"]
        self.expect("下发的回执", receipt["result"], "APPLIED")
        self.expect("省申请状态", self.province.wait_paper(self.paper, "ACCEPTED", timeout=self.stage.patience)["state"], "ACCEPTED")


class AnnouncedByPlatform(Inward):
    """Another second-line platform's, which headquarters' reviewer decides on like any submission."""

    @step("A8", "其他二线平台的公告经总部审核发布，本系统接收")
    def we_receive(self) -> None:
        """Headquarters makes it in the platform's name."""
        terms = {"audience": for_whom(OURS)}
        made = self.stage.hq.make_announcement({**announced(self.title, self.old), **terms}, issuer=ANOTHER_PLATFORM)
        self.raw = str(made["announcementId"])
        self.expect("总部所见来源", made["origin"], PLATFORM)
        self.expect("公告下发的回执", hq_passes(self.stage, made, "hqPublishAnnouncement"), "APPLIED")
        self.check_received()

    @step("A9", "其他二线平台的公告发布给使用者；总部撤回后收回")
    def published(self) -> None:
        """As the platform's, by its name."""
        self.check_read(PLATFORM)
        self.expect("发布单位名称", page(self.stage.agent, self.raw)["issuer"]["name"], ANOTHER_PLATFORM["name"])
        self.recalled_by_hq()
