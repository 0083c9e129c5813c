"""公告发布 A1 to A9 for an announcement of ours: to headquarters, through it to the provinces addressed, and to our own users."""

from __future__ import annotations

from typing import Any

from kbsearch.sandbox.walk.announcement_desk import (
    DAY_AHEAD,
    HQ,
    OURS,
    PLATFORM,
    announced,
    arrived,
    draft,
    for_whom,
    listed,
    notices,
    page,
    sent_to,
    steps_at_hq,
    take_in,
)
from kbsearch.sandbox.walk.desk import PAGE
from kbsearch.sandbox.walk.flows.lettered import LetteredJourney
from kbsearch.sandbox.walk.flows.publish import SEARCHABLE_WITHIN
from kbsearch.sandbox.walk.stage import Stage
from kbsearch.sandbox.walk.stepping import step


class Announce(LetteredJourney):
    """For headquarters, the chosen province, another platform and us; must be read, and asks for a reply."""

    letter = "A"
    noun = "公告"
    message = "announcement.publish"

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.title, self.body = stage.word(), stage.word()
        self.addressed = sorted([HQ, OURS, PLATFORM, stage.chosen])

    @property
    def raw(self) -> str:
        """The announcement's raw id."""
        return str(self.seen["subjectRawId"])

    def begin(self) -> PAGE:
        """Draft it."""
        terms = {"audience": for_whom(*self.addressed), "mustRead": True, "needsReply": True, "replyDueAt": DAY_AHEAD}
        made = draft(self.writer, announced(self.title, self.body), terms)
        self.expect("申请的种类", (made["subjectKind"], made["kind"]), ("ANNOUNCEMENT", "PUBLISH"))
        return made

    def rewrite(self, note: str) -> PAGE:
        """Say more in the text."""
        return self.writer.on(self.seen, "editSubmission", content={"body": f"{self.seen['content']['body']}\n{note}。"})

    def check_unchanged(self) -> None:
        """Nobody of those it is for sees it yet, here or in the province."""
        self.expect("座席打开、检索所见", (page(self.stage.agent, self.raw), self.stage.agent.found(self.title)), ({}, {}))
        self.expect(f"{self.stage.chosen} 收到的", sent_to(self.stage, self.stage.chosen, self.raw), [])

    def check_at_hq(self, case: dict[str, Any]) -> None:
        """The whole wording with its terms, proven by its hash."""
        self.expect("总部所见内容哈希", case["data"]["contentHash"], self.seen["contentHash"])
        told = case["content"]
        self.expect("总部所见对象", (told["audience"]["organisations"], told["audience"]["people"]), (self.addressed, []))
        self.expect("总部所见必读、须回复、期限", (told["mustRead"], told["needsReply"], told["replyDueAt"]), (True, True, DAY_AHEAD))

    @step("-5", "{noun}审核（总部）：第二轮通过")
    def hq_approves(self) -> None:
        """In force, and found within a second."""
        self.hq_says_yes()
        seconds, limit = self.stage.seconds_until_found(self.title, self.raw, 1), self.stage.within(SEARCHABLE_WITHIN)
        self.expect_that(f"从总部审批生效到座席检索到不超过 {limit:g} 秒", seconds is not None and seconds <= limit, seconds)
        self.note(f"实测 {seconds:.2f} 秒")
        self.expect("申请状态", self.refresh()["state"], "EFFECTIVE")

    @step("-7", "总部发布{noun}给所列单位")
    def hq_distributes(self) -> None:
        """Exactly those of the audience; we, who issued it, hear by the approval."""
        held = self.stage.hq.announcement(self.raw)
        self.expect("总部所记发布单位与对象", (held["issuer"]["code"], held["distribution"]), (OURS, self.addressed))
        self.expect("我方所存发往单位", page(self.stage.agent, self.raw)["currentVersion"]["distribution"], self.addressed)
        others = len(self.addressed) - 1

        def published() -> int:
            return [each["step"] for each in self.stage.hq.announcement(self.raw)["steps"]].count("A7")

        self.expect("总部记下步骤 A7 的次数（我方之外每单位一次）", self.stage.until(published, lambda times: times >= others), others)
        wanted = ["A4", "A5", "A6", "A7"]
        self.expect("总部记下的步骤", steps_at_hq(self.stage, self.case_id, wanted), wanted)

    @step("-8", "{noun}接收（省公司）")
    def province_receives(self) -> None:
        """It waits for the province's reviewer; who is not addressed gets nothing."""
        waiting = arrived(self.stage, self.stage.chosen, self.raw)
        self.expect(f"{self.stage.chosen} 收到", (waiting.get("kind"), waiting.get("number")), ("announcement.publish", 1))
        self.expect(f"{self.stage.chosen} 收到的发布单位", (waiting["data"].get("issuer") or {}).get("code"), OURS)
        before = self.stage.provinces[self.stage.chosen].announcement(self.raw) or {}
        self.expect("本省审核前", (before.get("status"), before.get("content")), ("PENDING_REVIEW", None))
        self.expect(f"{self.stage.other}（不在对象中）收到的", sent_to(self.stage, self.stage.other, self.raw), [])

    @step("-9", "{noun}发布给使用者：省公司与本平台")
    def users_read(self) -> None:
        """The same wording on both sides, a must-read to be signed here; the other province knows nothing."""
        self.expect(f"{self.stage.chosen} 审核后", take_in(self.stage, self.stage.chosen, self.raw)["state"], "PUBLISHED")
        there = self.stage.provinces[self.stage.chosen].announcement(self.raw) or {}
        here = page(self.stage.agent, self.raw)
        self.expect("两边的内容哈希", (there.get("contentHash"), here["currentVersion"]["contentHash"]), (self.seen["contentHash"],) * 2)
        self.expect("座席所见状态、必读、须回复", (here["status"], here["mustRead"], here["needsReply"]), ("PUBLISHED", True, True))
        self.expect_that("在座席的未签收公告中", listed(self.stage.agent, self.raw, "UNSIGNED"))
        told = notices(self.stage.agent, here["id"], "ANNOUNCEMENT")
        self.expect("座席收到的必读通知", [each["nextStep"] for each in told], ["请打开公告，读后签收"])
        self.expect(f"{self.stage.other} 打开所见", self.stage.provinces[self.stage.other].announcement(self.raw), None)
        done = [each["step"] for each in self.stage.provinces[self.stage.chosen].steps(self.raw)]
        self.expect(f"{self.stage.chosen} 记下的步骤", done, ["A8", "A9"])
