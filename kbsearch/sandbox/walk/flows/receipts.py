"""签收: who has read and signed which wording, who has not, who is reminded, and what a correction asks anew."""

from __future__ import annotations

from kbsearch.sandbox.walk.announcement_desk import (
    announced,
    for_whom,
    hq_passes,
    hq_puts_out,
    listed,
    notices,
    page,
    receipts,
    refused,
    who,
)
from kbsearch.sandbox.walk.announcement_documents import REMIND
from kbsearch.sandbox.walk.desk import PAGE, global_id
from kbsearch.sandbox.walk.stage import Stage
from kbsearch.sandbox.walk.stepping import Flow, step


class Receipts(Flow):
    """Headquarters' must-read for our agent and our author, who signs only after the correction."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.title, self.old, self.new = stage.word(), stage.word(), stage.word()
        self.raw, self.agent, self.author = "", "", ""

    def prepare(self) -> None:
        """It is in force here."""
        both = (who(self.stage.agent), who(self.stage.author))
        self.agent, self.author = (each["login"] for each in both)
        terms = {"audience": for_whom(people=both), "mustRead": True}
        self.raw = hq_puts_out(self.stage, announced(self.title, self.old), terms)

    @property
    def announcement(self) -> str:
        """Its global id."""
        return global_id("Announcement", self.raw)

    @step("receipt-read", "签收：待送达 → 已读")
    def agent_reads(self) -> None:
        """Opening it is told, and is not signing."""
        self.expect("打开前的签收情况", self._summary(), (2, 2, 0, 0))
        self.stage.agent.act("markAnnouncementRead", announcementId=self.announcement)
        self.expect("打开后座席的状态", page(self.stage.agent, self.raw)["myReceipt"]["state"], "READ")
        self.expect("打开后的签收情况（共、待送达、已读、已签收）", self._summary(), (2, 1, 1, 0))
        self.expect("仍在座席的未签收公告中", listed(self.stage.agent, self.raw, "UNSIGNED"), wanted=True)

    @step("receipt-sign", "签收：凭内容哈希签收，每人一份可核验的凭证")
    def agent_signs(self) -> None:
        """Exactly the wording that was read."""
        content_hash = page(self.stage.agent, self.raw)["currentVersion"]["contentHash"]
        stale = refused(self.stage.agent, "signAnnouncement", announcementId=self.announcement, contentHash="0" * 64)
        self.expect("哈希不符的签收被拒绝", stale, "STALE_OBJECT")
        signed = self.stage.agent.act("signAnnouncement", announcementId=self.announcement, contentHash=content_hash)
        self.expect("签收后座席的状态", signed["myReceipt"]["state"], "SIGNED")
        again = self.stage.agent.act("signAnnouncement", announcementId=self.announcement, contentHash=content_hash)
        self.expect_that("再签一次，凭证不变", signed["myReceipt"]["proof"] and again["myReceipt"]["proof"] == signed["myReceipt"]["proof"])
        line = receipts(self.stage.reviewer, self.raw)[self.agent]
        self.expect("签收的版本、凭证核验", (line["versionNumber"], line["proofValid"]), (1, True))
        self.expect("在座席的未签收公告中", listed(self.stage.agent, self.raw, "UNSIGNED"), wanted=False)

    @step("receipt-missing", "签收：谁还没有签收，催签")
    def reviewer_reminds(self) -> None:
        """A notice to who has not signed; not twice within hours."""
        self.expect("没有签收的人", list(receipts(self.stage.reviewer, self.raw, "PENDING")), [self.author])
        self.expect("座席要催签", refused(self.stage.agent, "remindUnsigned", announcementId=self.announcement), "PERMISSION_DENIED")
        self.expect("催了几人、因刚催过而略去几人", self._reminded(), (1, 0))
        told = notices(self.stage.author, self.announcement, "SIGN_REMINDER")
        self.expect("作者收到的催签", [(each["text"], each["nextStep"]) for each in told], [("您还没有签收。", "请打开公告，读后签收")])
        self.expect("座席收到的催签", notices(self.stage.agent, self.announcement, "SIGN_REMINDER"), [])
        self.expect("马上再催", self._reminded(), (0, 1))

    @step("receipt-again", "签收：非实质更正不须重签，实质更正须重新签收")
    def corrections(self) -> None:
        """Only substance asks again."""
        self._corrected({"summary": "割接期间的对客说明（改错字）。"}, material=False)
        self.expect("非实质更正后座席的状态", self._mine(), ("SIGNED", False))
        self._corrected({"body": announced(self.title, self.new)["body"]}, material=True)
        self.expect("实质更正后座席的状态、须重新签收", self._mine(), ("PENDING", True))
        self.expect("又在座席的未签收公告中", listed(self.stage.agent, self.raw, "UNSIGNED"), wanted=True)
        told = notices(self.stage.agent, self.announcement, "ANNOUNCEMENT")
        self.expect("座席先后收到的通知", [each["text"] for each in reversed(told)][-1], "内容有实质更正，须重新签收。")
        for desk in (self.stage.agent, self.stage.author):
            content_hash = page(desk, self.raw)["currentVersion"]["contentHash"]
            desk.act("signAnnouncement", announcementId=self.announcement, contentHash=content_hash)
        self.expect("重新签收后（共、待送达、已读、已签收）", self._summary(), (2, 0, 0, 2))

    def _summary(self) -> tuple[int, ...]:
        told = page(self.stage.reviewer, self.raw)["receiptSummary"]
        return tuple(told[name] for name in ("total", "pending", "read", "signed"))

    def _mine(self) -> tuple[str, bool]:
        mine = page(self.stage.agent, self.raw)["myReceipt"]
        return str(mine["state"]), bool(mine["signAgain"])

    def _reminded(self) -> tuple[int, int]:
        told: PAGE = self.stage.reviewer.ask(REMIND, input={"announcementId": self.announcement})["remindUnsigned"]
        return int(told["reminded"]), int(told["spared"])

    def _corrected(self, content: PAGE, *, material: bool) -> None:
        made = self.stage.hq.correct_announcement(self.raw, content, material=material)
        self.expect("更正下发的回执", hq_passes(self.stage, made, "hqCorrectAnnouncement"), "APPLIED")
