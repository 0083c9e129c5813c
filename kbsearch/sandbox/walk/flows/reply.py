"""公告回复 R1 to R7 for an answer of ours to headquarters' announcement; late ones pass, a recall ends what is open."""

from __future__ import annotations

from typing import Any

from kbsearch.sandbox.walk.announcement_desk import (
    ANOTHER_PLATFORM,
    DAY_AHEAD,
    DAY_PAST,
    HQ,
    OURS,
    announced,
    for_whom,
    hq_passes,
    hq_puts_out,
    listed,
    notices,
    page,
    refused,
    steps_at_hq,
)
from kbsearch.sandbox.walk.desk import PAGE, Desk, global_id
from kbsearch.sandbox.walk.flows.lettered import LetteredJourney
from kbsearch.sandbox.walk.groundwork import approve_at_hq, send_to_hq
from kbsearch.sandbox.walk.stage import Stage
from kbsearch.sandbox.walk.stepping import Flow, step


class Reply(LetteredJourney):
    """Headquarters asks for an answer by a day ahead."""

    letter = "R"
    noun = "公告回复"
    message = "reply.submit"

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.title, self.body, self.answer = stage.word(), stage.word(), stage.word()
        self.asked = ""

    @property
    def writer(self) -> Desk:
        """Somebody who may not review at all."""
        return self.stage.author

    @property
    def flow(self) -> str:
        """A reply is only ever given."""
        return "PUBLISH"

    @property
    def title_of_reply(self) -> str:
        """What it is called when nobody names it."""
        return f"回复：{announced(self.title, self.body)['title']}"

    def prepare(self) -> None:
        """The announcement is in force here."""
        terms = {"audience": for_whom(OURS, HQ), "needsReply": True, "replyDueAt": DAY_AHEAD}
        self.asked = hq_puts_out(self.stage, announced(self.title, self.body), terms)

    def begin(self) -> PAGE:
        """Draft it."""
        self.expect("在作者的待回复公告中", listed(self.writer, self.asked, "TO_REPLY"), wanted=True)
        given = {"announcementId": global_id("Announcement", self.asked), "content": {"body": f"已安排值守，编号 {self.answer}。"}}
        made = self.writer.act("draftReply", **given)
        self.expect("申请的种类与标题", (made["subjectKind"], made["content"]["title"]), ("REPLY", self.title_of_reply))
        return made

    def rewrite(self, note: str) -> PAGE:
        """Say more."""
        return self.writer.on(self.seen, "editSubmission", content={"body": f"{self.seen['content']['body']}\n{note}。"})

    def check_unchanged(self) -> None:
        """Nothing is accepted yet, here or there."""
        self.expect("我方与总部所存的回复", (page(self.stage.reviewer, self.asked)["replies"], self.stage.hq.replies(self.asked)), ([], []))

    def check_at_hq(self, case: dict[str, Any]) -> None:
        """The whole wording, what it answers, and that it is in time."""
        self.expect("总部所见内容哈希", case["data"]["contentHash"], self.seen["contentHash"])
        self.expect("总部所见所回复的公告、是否逾期", (case["announcementId"], case["data"]["late"]), (self.asked, False))

    @step("-5", "{noun}审核（总部）：第二轮通过")
    def hq_approves(self) -> None:
        """Our submission has done its work."""
        self.hq_says_yes()
        self.expect("申请状态", self.refresh()["state"], "EFFECTIVE")

    @step("-7", "{noun}采纳")
    def accepted(self) -> None:
        """Kept at headquarters, shown with the announcement here; nothing is left to answer."""
        held = self.stage.hq.replies(self.asked)
        told = [(each["issuer"]["code"], each["status"], each["contentHash"]) for each in held]
        self.expect("总部所存的回复", told, [(OURS, "ACCEPTED", self.seen["contentHash"])])
        (kept,) = page(self.writer, self.asked)["replies"]
        self.expect("作者在公告下看到的回复", (kept["organisation"]["code"], kept["ours"], kept["late"]), (OURS, True, False))
        self.expect_that("正文为第二轮的", "已补充生效日期" in kept["body"])
        self.expect("仍在作者的待回复公告中", listed(self.writer, self.asked, "TO_REPLY"), wanted=False)
        wanted = ["R4", "R5", "R6", "R7"]
        self.expect("总部记下的步骤", steps_at_hq(self.stage, self.case_id, wanted), wanted)


class LateReply(Flow):
    """Another platform asked for an answer by a day that has passed."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.title, self.body = stage.word(), stage.word()
        self.asked = ""

    def prepare(self) -> None:
        """The announcement is in force here."""
        terms = {"audience": for_whom(OURS), "needsReply": True, "replyDueAt": DAY_PAST}
        made = self.stage.hq.make_announcement({**announced(self.title, self.body), **terms}, issuer=ANOTHER_PLATFORM)
        self.asked = str(made["announcementId"])
        hq_passes(self.stage, made, "hqPublishAnnouncement")

    @step("R1", "公告回复逾期：可见，并有提醒")
    def overdue_seen(self) -> None:
        """A mark on the page, a notice to who can answer."""
        seen = page(self.stage.author, self.asked)
        self.expect_that(f"公告有标记：{'、'.join(seen['badges'])}", "REPLY_OVERDUE" in seen["badges"])
        self.expect("在作者的待回复公告中", listed(self.stage.author, self.asked, "TO_REPLY"), wanted=True)
        told = self.stage.until(lambda: notices(self.stage.author, seen["id"], "REPLY_DUE"), bool)
        self.expect("作者收到的提醒", [each["title"] for each in told], ["公告回复已逾期"])

    @step("R7", "公告回复逾期：照收，标明逾期")
    def late_reply_passes(self) -> None:
        """Through the whole way; both sides mark it."""
        given = {"announcementId": global_id("Announcement", self.asked), "content": {"body": "补报：已安排值守。"}}
        waiting = send_to_hq(self.stage, self.stage.author, self.stage.author.act("draftReply", **given))
        self.expect("总部所见是否逾期", self.stage.hq.submission(waiting["rawId"])["data"]["late"], wanted=True)
        self.expect("采纳的回执", approve_at_hq(self.stage, waiting, [])["receipt"]["result"], "APPLIED")
        self.expect("申请状态", self.stage.reaches(self.stage.author, waiting["id"], "EFFECTIVE")["state"], "EFFECTIVE")
        (kept,) = page(self.stage.author, self.asked)["replies"]
        self.expect("我方所存的回复是否逾期", kept["late"], wanted=True)
        self.expect_that("公告不再有逾期标记", "REPLY_OVERDUE" not in page(self.stage.author, self.asked)["badges"])


class RepliesSuperseded(Flow):
    """The announcement is recalled while one answer is a draft and another is with headquarters."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.title, self.body = stage.word(), stage.word()
        self.asked = ""

    @step("R6", "公告撤回：未办完的回复一律作罢，总部放行")
    def recalled(self) -> None:
        """SUPERSEDED, in whatever state; headquarters is told."""
        terms = {"audience": for_whom(OURS), "needsReply": True, "replyDueAt": DAY_AHEAD}
        self.asked = hq_puts_out(self.stage, announced(self.title, self.body), terms)
        about = {"announcementId": global_id("Announcement", self.asked)}
        sent = send_to_hq(self.stage, self.stage.author, self.stage.author.act("draftReply", **about, content={"body": "已安排值守。"}))
        begun = self.stage.both.act("draftReply", **about, content={"body": "正在写。"})
        made = self.stage.hq.recall_announcement(self.asked, "NO_LONGER_USEFUL", reasonText="割接取消。")
        self.expect("撤回下发的回执", hq_passes(self.stage, made, "hqRecallAnnouncement"), "APPLIED")
        self.expect("已提交总部的回复", self.stage.reaches(self.stage.author, sent["id"], "SUPERSEDED")["state"], "SUPERSEDED")
        self.expect("起草中的回复", self.stage.reaches(self.stage.both, begun["id"], "SUPERSEDED")["state"], "SUPERSEDED")
        at_hq = self.stage.until(lambda: self.stage.hq.submission(sent["rawId"])["state"], lambda state: state == "WITHDRAWN")
        self.expect("总部所见那个回复", at_hq, "WITHDRAWN")
        self.expect("再要回复", refused(self.stage.author, "draftReply", **about, content={"body": "晚了。"}), "RECALLED")
        self.expect("在作者的待回复公告中", listed(self.stage.author, self.asked, "TO_REPLY"), wanted=False)
