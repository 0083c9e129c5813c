"""Step 11.2 of the three flows: headquarters returns a submission to its own authors, who amend it; what is approved is their text."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from kbsearch.sandbox.instants import to_wire, wall_clock
from kbsearch.sandbox.walk.desk import PAGE, global_id
from kbsearch.sandbox.walk.groundwork import approve_at_hq, draft_publish, put_in_force, send_to_hq, take_in_province, wording
from kbsearch.sandbox.walk.stage import Stage
from kbsearch.sandbox.walk.stepping import Flow, step

REASONS: dict[str, Any] = {"reasonCodes": ["CONTENT_ERROR"], "reasonText": "口径由总部统一修改。"}
MOVED_BY = 3.0


class _SentToOwnAuthors(Flow):
    """What the three have in common: the way into headquarters' own hands."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.title, self.ours, self.theirs = stage.word(), stage.word(), stage.word()
        self.seen: PAGE = {}

    @property
    def item(self) -> str:
        """The raw knowledge id."""
        return str(self.seen["knowledgeRawId"])

    @step("-6", "{noun}审核结果：退回总部知识生成人员，走 11.2")
    def hq_returns_to_own(self) -> None:
        """Headquarters keeps it; our side goes on waiting."""
        case = self.stage.hq.decide(self.seen["rawId"], "returnToOwnAuthors", **REASONS)
        self.expect("总部状态", case["stateText"], "总部修改中")
        self.expect("我方状态", self.stage.author.submission(self.seen["id"])["state"], "PENDING_HQ")

    def amended_text(self, number: int) -> None:
        """Headquarters' authors change the body, its reviewer approves; search, page, province and differences follow."""
        body = f"{self.seen['content']['body']}\n总部修改：{self.theirs}。"
        case = self.stage.hq.own_edit(self.seen["rawId"], {"body": body})
        self.expect("总部修改后重新待审", case["stateText"], "待审核")
        answer = approve_at_hq(self.stage, self.seen, [self.stage.chosen])
        self.expect("带修改内容的审批通过，回执", answer["receipt"]["result"], "APPLIED")
        seconds = self.stage.seconds_until_found(self.theirs, self.item, number)
        self.expect_that("座席检索到总部修改后的口径", seconds is not None)
        for desk in (self.stage.author, self.stage.reviewer):
            seen = desk.submission(self.seen["id"])
            (changed,) = seen["amendedByHq"]
            told = (seen["state"], changed["field"], self.theirs in changed["before"], self.theirs in changed["after"])
            self.expect(f"{desk.name}所见状态、总部改动的项、改前与改后是否含新句", told, ("EFFECTIVE", "body", False, True))
        take_in_province(self.stage, self.stage.chosen, self.item)
        hits = self.stage.provinces[self.stage.chosen].search(self.theirs)
        hashes = [self.stage.agent.knowledge(self.item)["currentVersion"]["contentHash"]]
        self.expect(f"{self.stage.chosen} 所持哈希同我方现行版本", [hit["contentHash"] for hit in hits], hashes)


class PublishAmended(_SentToOwnAuthors):
    """3.1.1.1-11.2."""

    section = "3.1.1.1"
    noun = "知识"

    def prepare(self) -> None:
        """A submission that headquarters reviews."""
        draft = draft_publish(self.stage, self.stage.author, wording(self.title, self.ours))
        self.seen = send_to_hq(self.stage, self.stage.author, draft)

    @step("-11.2", "{noun}修改（总部知识生成人员），重新提交审核并通过")
    def hq_amends(self) -> None:
        """The published text is headquarters'."""
        self.amended_text(1)


class UpdateAmended(_SentToOwnAuthors):
    """3.1.1.2-11.2."""

    section = "3.1.1.2"
    noun = "知识更新"

    def prepare(self) -> None:
        """An update that headquarters reviews."""
        first = put_in_force(self.stage, self.stage.author, wording(self.title, self.stage.word()), [self.stage.chosen])
        content = {"body": wording(self.title, self.ours, 30)["body"]}
        draft = self.stage.author.act("draftUpdate", knowledgeId=global_id("Knowledge", first["knowledgeRawId"]), content=content)
        self.seen = send_to_hq(self.stage, self.stage.author, draft)

    @step("-11.2", "{noun}修改（总部知识生成人员），重新提交审核并通过")
    def hq_amends(self) -> None:
        """The new version's text is headquarters'."""
        self.amended_text(2)


class RevokeAmended(_SentToOwnAuthors):
    """3.1.1.3-11.2: a revocation has no text; headquarters' authors move its date."""

    section = "3.1.1.3"
    noun = "知识撤销"

    def prepare(self) -> None:
        """A revocation that headquarters reviews."""
        first = put_in_force(self.stage, self.stage.author, wording(self.title, self.ours), [self.stage.chosen])
        given = {"reason": "NO_LONGER_USEFUL", "reasonText": "活动结束。"}
        draft = self.stage.author.act("draftRevoke", knowledgeId=global_id("Knowledge", first["knowledgeRawId"]), **given)
        self.seen = send_to_hq(self.stage, self.stage.author, draft)

    @step("-11.2", "{noun}修改（总部知识生成人员改期），重新提交审核并通过")
    def hq_moves_date(self) -> None:
        """Scheduled by headquarters, seen by author and reviewer, carried out by the clock."""
        moment = wall_clock() + timedelta(seconds=self.stage.within(MOVED_BY))
        case = self.stage.hq.own_edit(self.seen["rawId"], {"effectiveFrom": to_wire(moment)})
        self.expect("总部修改后重新待审", case["stateText"], "待审核")
        answer = approve_at_hq(self.stage, self.seen, [])
        self.expect("带改期的审批通过，回执", answer["receipt"]["result"], "APPLIED")
        for desk in (self.stage.author, self.stage.reviewer):
            seen = desk.submission(self.seen["id"])
            self.expect(f"{desk.name}所见状态与原定时间", (seen["state"], seen["revokeAt"]), ("SCHEDULED", None))
            self.expect_that("所见生效时间为总部所定", datetime.fromisoformat(seen["effectiveAt"]) == moment, seen["effectiveAt"])
        self.expect("未到时间，座席仍检索到", self.stage.agent.found(self.title).get(self.item), 1)
        ended = self.stage.reaches(self.stage.author, self.seen["id"], "EFFECTIVE")
        self.expect("到时间后状态", ended["state"], "EFFECTIVE")
        self.expect_that("到时间后座席检索不到了", self.stage.vanished(self.title, self.item))
        self.expect("知识状态", self.stage.agent.knowledge(self.item)["status"], "REVOKED")
