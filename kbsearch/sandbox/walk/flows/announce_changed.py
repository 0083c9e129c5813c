"""更正 and 撤回 of an announcement of ours, and an urgent one that our own users see before headquarters decides."""

from __future__ import annotations

from kbsearch.sandbox.walk.announcement_desk import (
    OURS,
    announced,
    arrived,
    draft,
    for_whom,
    hq_passes,
    listed,
    page,
    put_out,
    sent_to,
    take_in,
)
from kbsearch.sandbox.walk.desk import PAGE, global_id
from kbsearch.sandbox.walk.groundwork import approve_at_hq, send_to_hq
from kbsearch.sandbox.walk.stage import Stage
from kbsearch.sandbox.walk.stepping import Flow, step


class _OfOurs(Flow):
    """An announcement of ours is in force, here and in the chosen province."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.title, self.old, self.new = stage.word(), stage.word(), stage.word()
        self.raw = ""
        self.seen: PAGE = {}

    def prepare(self) -> None:
        """Version 1."""
        terms = {"audience": for_whom(OURS, self.stage.chosen)}
        self.raw = put_out(self.stage, self.stage.author, announced(self.title, self.old), terms)["subjectRawId"]

    def decided(self, distribution: list[str] | None) -> None:
        """Through local review and headquarters."""
        self.seen = send_to_hq(self.stage, self.stage.author, self.seen)
        receipt = self.stage.hq.decide(self.seen["rawId"], "approve", distribution=distribution)
        self.expect("总部的决定", receipt["state"], "APPROVED")
        told = self.stage.hq.wait_receipt(self.seen["rawId"], "hqApprove", round_=1, timeout=self.stage.patience)
        self.expect("回执", told["receipt"]["result"], "APPLIED")
        self.seen = self.stage.reaches(self.stage.author, self.seen["id"], "EFFECTIVE")
        self.expect("申请的种类与状态", (self.seen["kind"], self.seen["state"]), (self.kind, "EFFECTIVE"))

    kind = ""


class AnnouncementCorrected(_OfOurs):
    """New text, and the other province in the chosen one's place."""

    kind = "CORRECT"

    @step("A1", "公告更正生成：下一版与原文的差异")
    def author_corrects(self) -> None:
        """A version on top of version 1."""
        content = {"body": announced(self.title, self.new)["body"], "terms": {"audience": for_whom(OURS, self.stage.other)}}
        given = {"announcementId": global_id("Announcement", self.raw), "content": content, "changeNote": "时间有变"}
        self.seen = self.stage.author.act("draftCorrection", **given)
        self.expect("种类与在哪一版上改", (self.seen["kind"], self.seen["baseNumber"]), ("CORRECT", 1))
        self.expect("与基线的差异", sorted(each["field"] for each in self.seen["differencesToBase"]), ["audience", "body"])

    @step("A5", "公告更正审核（总部）：通过后新文取代旧文")
    def hq_approves(self) -> None:
        """Version 2 is found, version 1 no longer, and stays in the history."""
        self.decided(None)
        self.expect_that("座席检索到新文", self.stage.seconds_until_found(self.new, self.raw, 2) is not None)
        self.expect_that("旧文检索不到了", self.stage.vanished(self.old, self.raw))
        history = page(self.stage.agent, self.raw)["history"]
        self.expect("历史版本", [each["number"] for each in history], [2, 1])
        self.expect_that("第 1 版原文仍可读", self.old in history[1]["body"])

    @step("A7", "公告更正发布：新列入的省得到公告，不再列入的省得到撤回")
    def hq_distributes(self) -> None:
        """Headquarters' choice follows the audience."""
        self.expect("总部所记对象", self.stage.hq.announcement(self.raw)["distribution"], sorted([OURS, self.stage.other]))
        new, dropped = (arrived(self.stage, code, self.raw) for code in (self.stage.other, self.stage.chosen))
        self.expect(f"{self.stage.other} 收到", (new.get("kind"), new.get("number")), ("announcement.publish", 2))
        self.expect(f"{self.stage.chosen} 收到", (dropped.get("kind"), dropped.get("number")), ("announcement.recall", 1))

    @step("A9", "公告更正发布给使用者：原来的省不再有正文")
    def provinces_show(self) -> None:
        """Each by its own reviewer."""
        self.expect(f"{self.stage.other} 审核后", take_in(self.stage, self.stage.other, self.raw)["state"], "PUBLISHED")
        self.expect(f"{self.stage.chosen} 审核后", take_in(self.stage, self.stage.chosen, self.raw)["state"], "REVOKED")
        shown = self.stage.provinces[self.stage.other].announcement(self.raw) or {}
        self.expect_that(f"{self.stage.other} 读到新文", self.new in shown["content"]["body"])
        left = self.stage.provinces[self.stage.chosen].announcement(self.raw) or {}
        self.expect(f"{self.stage.chosen} 所见状态与正文", (left.get("status"), left.get("content")), ("RECALLED", None))

    @step("A8", "公告更正（总部）：总部更正我方发布的公告，我方接收")
    def hq_corrects(self) -> None:
        """The issuer is told too; our history keeps whose each version is."""
        word = self.stage.word()
        made = self.stage.hq.correct_announcement(self.raw, {"body": announced(self.title, word)["body"]}, material=True)
        self.expect("更正下发的回执", hq_passes(self.stage, made, "hqCorrectAnnouncement"), "APPLIED")
        self.expect_that("座席检索到总部的更正", self.stage.seconds_until_found(word, self.raw, 3) is not None)
        seen = page(self.stage.author, self.raw)
        self.expect("发布单位与现行版本的来源", (seen["issuer"]["code"], seen["currentVersion"]["source"]), (OURS, "HQ_PUSH"))
        self.expect(f"{self.stage.other} 审核后", take_in(self.stage, self.stage.other, self.raw)["state"], "PUBLISHED")


class AnnouncementRecalled(_OfOurs):
    """发布错误: nobody reads it any more, anywhere."""

    kind = "RECALL"

    @step("A1", "公告撤回生成")
    def author_recalls(self) -> None:
        """With a typed reason; readers notice nothing yet."""
        given = {"announcementId": global_id("Announcement", self.raw), "reason": "PUBLISHED_IN_ERROR", "reasonText": "日期写错。"}
        self.seen = self.stage.author.act("draftRecall", **given)
        self.expect("种类与被终止的版本", (self.seen["kind"], self.seen["baseNumber"]), ("RECALL", 1))
        self.expect("起草后座席所见", page(self.stage.agent, self.raw)["status"], "PUBLISHED")

    @step("A5", "公告撤回审核（总部）：通过后本平台只见标题与通知")
    def hq_approves(self) -> None:
        """Hidden on page, search and list."""
        self.decided(None)
        seen = page(self.stage.agent, self.raw)
        self.expect("座席所见状态、原因", (seen["status"], seen["recallReason"]), ("RECALLED", "PUBLISHED_IN_ERROR"))
        self.expect_that(f"只剩标题与通知：{seen['notice']}", seen["textHidden"] and not seen["body"] and "日期写错。" in seen["notice"])
        self.expect("历史中的正文", [each["body"] for each in seen["history"]], [""])
        self.expect_that("座席检索不到了", self.stage.vanished(self.title, self.raw) and self.stage.vanished(self.old, self.raw))
        self.expect("在座席的现行公告中", listed(self.stage.agent, self.raw), wanted=False)

    @step("A7", "公告撤回发布，省公司收回正文")
    def provinces_take_back(self) -> None:
        """The province that had it."""
        self.expect("总部所记状态与对象", self._held(), ("RECALLED", []))
        self.expect(f"{self.stage.chosen} 审核后", take_in(self.stage, self.stage.chosen, self.raw)["state"], "REVOKED")
        left = self.stage.provinces[self.stage.chosen].announcement(self.raw) or {}
        told = (left.get("status"), left.get("reason"), left.get("content"))
        self.expect(f"{self.stage.chosen} 所见", told, ("RECALLED", "PUBLISHED_IN_ERROR", None))
        wanted = [("announcement.publish", 1), ("announcement.recall", 1)]
        self.expect(f"{self.stage.chosen} 前后收到", sent_to(self.stage, self.stage.chosen, self.raw), wanted)

    def _held(self) -> tuple[str, list[str]]:
        held = self.stage.hq.announcement(self.raw)
        return str(held["status"]), list(held["distribution"])


class UrgentAnnouncement(Flow):
    """Our own users need not wait for headquarters; the provinces do."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.title, self.body = stage.word(), stage.word()
        self.seen: PAGE = {}

    @property
    def raw(self) -> str:
        """The announcement's raw id."""
        return str(self.seen["subjectRawId"])

    @step("A2", "紧急公告：本地审核通过即给本平台使用者看，标明待总部审核")
    def shown_before_hq(self) -> None:
        """Not before local approval."""
        terms = {"audience": for_whom(OURS, self.stage.chosen)}
        made = draft(self.stage.author, announced(self.title, self.body), terms, urgency="URGENT")
        handed = self.stage.author.on(made, "submitForReview")
        self.seen = handed
        self.expect("本地审核前座席所见", page(self.stage.agent, self.raw), {})
        self.stage.reviewer.approve(self.stage.reviewer.submission(handed["id"]), and_submit=True)
        self.stage.hq.wait_submission(handed["rawId"], "PENDING", round_=1, timeout=self.stage.patience)
        self.seen = self.stage.reaches(self.stage.author, handed["id"], "PENDING_HQ")
        self._preliminary()

    @step("A5", "紧急公告：总部退回即不再显示，再次本地通过后又显示")
    def returned(self) -> None:
        """Shown until return; round two shows it again."""
        self.stage.hq.decide(self.seen["rawId"], "return", reasonCodes=["OTHER"], reasonText="请写明影响范围。")
        self.stage.hq.wait_receipt(self.seen["rawId"], "hqReturn", round_=1, timeout=self.stage.patience)
        back = self.stage.reaches(self.stage.author, self.seen["id"], "HQ_RETURNED")
        self.expect("总部退回后座席所见", page(self.stage.agent, self.raw), {})
        body = f"{back['content']['body']}\n影响全国。"
        self.seen = send_to_hq(self.stage, self.stage.author, self.stage.author.on(back, "editSubmission", content={"body": body}))
        self._preliminary()

    @step("A9", "紧急公告：总部通过后为正式公告")
    def in_force(self) -> None:
        """The mark is gone, and the province gets it."""
        self.expect("总部通过的回执", approve_at_hq(self.stage, self.seen, [OURS, self.stage.chosen])["receipt"]["result"], "APPLIED")
        self.expect("申请状态", self.stage.reaches(self.stage.author, self.seen["id"], "EFFECTIVE")["state"], "EFFECTIVE")
        seen = page(self.stage.agent, self.raw)
        self.expect("座席所见状态、标记、通知", (seen["status"], seen["badges"], seen["notice"]), ("PUBLISHED", ["URGENT"], None))
        self.expect_that("座席检索到", self.stage.seconds_until_found(self.title, self.raw, 1) is not None)
        self.expect(f"{self.stage.chosen} 审核后", take_in(self.stage, self.stage.chosen, self.raw)["state"], "PUBLISHED")

    def _preliminary(self) -> None:
        seen = page(self.stage.agent, self.raw)
        self.expect_that(f"座席读到正文，上有通知：{seen['notice']}", self.body in seen["body"] and "总部尚未审批" in seen["notice"])
        self.expect("标记", sorted(seen["badges"]), ["PENDING_HQ", "URGENT"])
        self.expect("版本", (seen["currentVersion"], seen["history"]), (None, []))
        self.expect(f"{self.stage.chosen} 收到的", sent_to(self.stage, self.stage.chosen, self.raw), [])
