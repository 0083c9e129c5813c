"""Announcements of headquarters' own, from making to recall, to those they are for and as long as they are valid."""

from __future__ import annotations

from typing import Any

from kbsearch.sandbox.walk.announcement_desk import (
    DAY_PAST,
    HQ,
    OURS,
    announced,
    arrived,
    for_whom,
    hq_passes,
    hq_puts_out,
    listed,
    page,
    refused,
    sent_to,
    steps_at_hq,
    take_in,
    who,
)
from kbsearch.sandbox.walk.announcement_documents import RECEIVED
from kbsearch.sandbox.walk.desk import global_id
from kbsearch.sandbox.walk.stage import Stage
from kbsearch.sandbox.walk.state.view import pages
from kbsearch.sandbox.walk.stepping import Flow, step


class Inward(Flow):
    """One announcement of somebody else's; `issuer` is the organisation's code."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.title, self.old, self.new = stage.word(), stage.word(), stage.word()
        self.raw = ""

    def check_read(self, issuer: str, *, number: int = 1) -> None:
        """Our agent reads and finds it as its issuer's."""
        self.expect_that(f"座席检索到第 {number} 版", self.stage.seconds_until_found(self.title, self.raw, number) is not None)
        seen = page(self.stage.agent, self.raw)
        self.expect("座席所见状态与发布单位", (seen["status"], seen["issuer"]["code"]), ("PUBLISHED", issuer))
        self.expect("在座席的现行公告中", listed(self.stage.agent, self.raw), wanted=True)

    def check_steps(self, about: str, wanted: list[str]) -> None:
        """Headquarters' own record."""
        self.expect("总部记下的步骤", steps_at_hq(self.stage, about, wanted), wanted)

    def check_received(self) -> None:
        """The reviewers' list of what came."""
        there = [each["rawId"] for each in pages(self.stage.reviewer, RECEIVED)]
        self.expect_that("在知识管理员的收到公告列表中", self.raw in there)

    def check_recalled(self, reason_text: str) -> None:
        """No longer found, listed, or to be relied on."""
        self.expect_that("座席检索不到了", self.stage.vanished(self.title, self.raw))
        seen = page(self.stage.agent, self.raw)
        self.expect("座席所见状态", seen["status"], "RECALLED")
        self.expect_that(f"通知：{seen['notice']}", reason_text in seen["notice"])
        self.expect("在座席的现行公告中", listed(self.stage.agent, self.raw), wanted=False)

    def recalled_by_hq(self) -> None:
        """Headquarters recalls, whoever issued it."""
        made = self.stage.hq.recall_announcement(self.raw, "NO_LONGER_USEFUL", reasonText="割接取消。")
        self.expect("撤回下发的回执", hq_passes(self.stage, made, "hqRecallAnnouncement"), "APPLIED")
        self.check_recalled("割接取消。")


class AnnouncedByHq(Inward):
    """For us and the chosen province, from its making to its recall."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.draft: dict[str, Any] = {}

    @step("A1", "公告生成（总部）")
    def hq_makes(self) -> None:
        """A draft; we know nothing of it."""
        terms = {"audience": for_whom(OURS, self.stage.chosen)}
        self.draft = self.stage.hq.make_announcement({**announced(self.title, self.old), **terms})
        self.raw = str(self.draft["announcementId"])
        self.expect("总部记下的步骤", [each["step"] for each in self.draft["steps"]], ["A1"])
        self.expect("本系统所见", page(self.stage.reviewer, self.raw), {})

    @step("A5", "公告审核（总部），通过后发布")
    def hq_reviews(self) -> None:
        """A7 follows: to us and to the province."""
        self.expect("公告下发的回执", hq_passes(self.stage, self.draft, "hqPublishAnnouncement"), "APPLIED")
        arrived(self.stage, self.stage.chosen, self.raw)
        self.check_steps(self.raw, ["A1", "A5", "A7"])

    @step("A8", "公告接收：本系统与对象中的省公司")
    def received(self) -> None:
        """And by nobody else."""
        self.check_received()
        self.expect(f"{self.stage.chosen} 收到", sent_to(self.stage, self.stage.chosen, self.raw), [("announcement.publish", 1)])
        self.expect(f"{self.stage.other}（不在对象中）收到的", sent_to(self.stage, self.stage.other, self.raw), [])

    @step("A9", "公告发布给使用者；归总部，本系统不能改")
    def published(self) -> None:
        """At once; ours to read, not to change."""
        self.check_read(HQ)
        given = {"announcementId": global_id("Announcement", self.raw)}
        self.expect("本系统作者要更正它", refused(self.stage.author, "draftCorrection", **given), "OWNED_BY_HQ")
        self.expect(f"{self.stage.chosen} 审核后", take_in(self.stage, self.stage.chosen, self.raw)["state"], "PUBLISHED")

    @step("A9", "公告发布给使用者：知识管理员核定本地对象与必读")
    def reviewer_narrows(self) -> None:
        """From now on for one agent only."""
        self.expect("核定前作者的现行公告中有它", listed(self.stage.author, self.raw), wanted=True)
        seen = page(self.stage.reviewer, self.raw)
        given = {"announcementId": seen["id"], "lockVersion": seen["lockVersion"], "mustRead": True}
        chosen = {"people": [{"organisation": OURS, "id": who(self.stage.agent)["login"]}]}
        self.stage.reviewer.act("releaseAnnouncement", **given, audience=chosen)
        self.expect("核定后座席所见必读", page(self.stage.agent, self.raw)["mustRead"], wanted=True)
        self.expect("核定后作者打开所见", page(self.stage.author, self.raw), {})
        self.expect("作者检索到的", self.stage.author.found(self.title), {})
        self.expect("内容仍如总部所写", page(self.stage.agent, self.raw)["mustRead"] and self.old in seen["body"], wanted=True)

    @step("A9", "公告更正（总部）：新文取代旧文，本地核定的对象不变")
    def hq_corrects(self) -> None:
        """Version 2 for the same people."""
        made = self.stage.hq.correct_announcement(self.raw, {"body": announced(self.title, self.new)["body"]}, material=True)
        self.expect("更正下发的回执", hq_passes(self.stage, made, "hqCorrectAnnouncement"), "APPLIED")
        self.expect_that("座席检索到新文", self.stage.seconds_until_found(self.new, self.raw, 2) is not None)
        self.expect_that("旧文检索不到了", self.stage.vanished(self.old, self.raw))
        self.expect("作者打开所见", page(self.stage.author, self.raw), {})
        self.expect(f"{self.stage.chosen} 审核后", take_in(self.stage, self.stage.chosen, self.raw)["state"], "PUBLISHED")

    @step("A9", "公告撤回（总部）")
    def hq_recalls(self) -> None:
        """Here and in the province."""
        self.recalled_by_hq()
        self.expect(f"{self.stage.chosen} 审核后", take_in(self.stage, self.stage.chosen, self.raw)["state"], "REVOKED")
        left = self.stage.provinces[self.stage.chosen].announcement(self.raw) or {}
        self.expect(f"{self.stage.chosen} 所见", (left.get("status"), left.get("content")), ("RECALLED", None))


class AnnouncedToSome(Inward):
    """Audience and validity are headquarters' to set, and are kept."""

    @step("A9", "公告对象：只发给指名的人的，别人看不到；不发给本平台的，到不了本系统")
    def for_one_person(self) -> None:
        """One names our agent, one passes us by."""
        named = for_whom(people=(who(self.stage.agent),))
        self.raw = hq_puts_out(self.stage, announced(self.title, self.old), {"audience": named})
        self.check_read(HQ)
        self.expect("未指名的作者打开、检索所见", (page(self.stage.author, self.raw), self.stage.author.found(self.title)), ({}, {}))
        passing = self.stage.hq.make_announcement({**announced(self.new, self.new), "audience": for_whom(HQ, self.stage.other)})
        self.stage.hq.decide_draft(passing["id"], "approve")
        arrived(self.stage, self.stage.other, passing["announcementId"])
        take_in(self.stage, self.stage.other, passing["announcementId"])
        self.expect("总部就它发出的消息", [each["kind"] for each in self.stage.hq.sent(passing["id"])], ["announcement.publish"])
        self.expect("知识管理员打开所见", page(self.stage.reviewer, passing["announcementId"]), {})

    @step("A9", "公告有效期：总部更正为已失效的，即不再现行")
    def expired(self) -> None:
        """Expired is neither found nor current, and still told apart from recalled."""
        made = self.stage.hq.correct_announcement(self.raw, {"effectiveTo": DAY_PAST}, material=False)
        self.expect("更正下发的回执", hq_passes(self.stage, made, "hqCorrectAnnouncement"), "APPLIED")
        self.expect_that("座席检索不到了", self.stage.vanished(self.title, self.raw))
        seen = page(self.stage.agent, self.raw)
        self.expect("座席所见状态与通知", (seen["status"], seen["notice"]), ("EXPIRED", "本公告已过有效期。"))
        self.expect(
            "在座席的现行、全部公告中", (listed(self.stage.agent, self.raw), listed(self.stage.agent, self.raw, "ALL")), (False, True)
        )
