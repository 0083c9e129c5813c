"""Announcements of ours: whom they are for decides whether they leave, and they obey the table knowledge obeys."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from kbsearch.content import Content, Terms
from kbsearch.services import quarantine
from kbsearch.services.announcements import drafting
from kbsearch.services.announcements.listing import AnnouncementFilter
from kbsearch.services.announcements.reading import status_of
from kbsearch.services.drafts import Draft
from kbsearch.store.lives import load_life
from kbsearch.store.submissions import gather_facts
from kbsearch.store.tables import InboxMessage, Revocation, Subject
from kbsearch.workflow.actions import Action
from kbsearch.workflow.announcements import AnnouncementBadge as Mark
from kbsearch.workflow.announcements import AnnouncementStatus as Status
from kbsearch.workflow.audience import OURS, Addressee, Audience
from kbsearch.workflow.decide import find_row
from kbsearch.workflow.reasons import RevokeReason
from kbsearch.workflow.states import Scope, SubmissionKind, SubmissionState, Urgency
from tests.services import announcing as a
from tests.services.announcing import EVERYBODY_HERE, ours, wording
from tests.services.conftest import Staff
from tests.services.house import LOCAL_NODE, START, House, refused

S = SubmissionState
DAY = timedelta(days=1)


def test_whom_it_is_for_decides_whether_it_leaves(house: House, staff: Staff) -> None:
    assert a.draft(house, staff.wang, wording(EVERYBODY_HERE)).scope is Scope.LOCAL
    assert a.draft(house, staff.wang, wording(ours("agent"))).scope is Scope.LOCAL
    assert a.draft(house, staff.wang, wording(Audience(frozenset({OURS, "GD"})))).scope is Scope.NATIONAL
    assert a.draft(house, staff.wang, wording(Audience(people=frozenset({Addressee("GD", "g1", "张三")})))).scope is Scope.NATIONAL


def test_a_note_to_named_people_takes_effect_here_and_nothing_leaves(house: House, staff: Staff) -> None:
    note = a.in_force(house, staff.wang, staff.zhao, wording(ours("agent")))
    assert seen_by(house, staff, note) == {"agent", "wang", "zhao", "qian", "both"}
    assert a.seen(house, staff.agent, note).status is Status.PUBLISHED
    assert house.sent("announcement.publish") == []
    [person] = a.seen(house, staff.agent, note).audience.people
    assert person.name == "姓agent"  # the roster's name, whatever was typed


def seen_by(house: House, staff: Staff, announcement_id: str) -> set[str]:
    everyone = {n: getattr(staff, n) for n in ("wang", "li", "both", "zhao", "qian", "agent", "operator", "admin")}
    return {name for name, actor in everyone.items() if a.page(house, actor, announcement_id) is not None}


def test_what_goes_out_carries_the_four_keys_and_no_category(house: House, staff: Staff) -> None:
    due = START + 3 * DAY
    made = a.draft(house, staff.wang, wording(must_read=True, needs_reply=True, reply_due_at=due, effective_to=START + 9 * DAY))
    house.to_hq(staff.wang, staff.zhao, made.id)
    [sent] = house.sent("announcement.publish")
    assert sent["content"]["audience"] == {"organisations": ["GD", "HQ", OURS], "people": []}
    assert (sent["content"]["mustRead"], sent["content"]["needsReply"]) == (True, True)
    assert sent["content"]["replyDueAt"] == "2026-11-05T01:00:00.000000Z"
    assert (sent["announcementId"], sent["base"], "categoryId" in sent) == (made.subject_id, None, False)
    assert sent["contentHash"] == Content.from_document(sent["content"]).hash
    assert house.hq_approves(made.id, distribution=["GD", "HQ", OURS]).receipt == "APPLIED"
    assert house.hq_approves(made.id, distribution=["GD", "HQ", OURS]).receipt == "DUPLICATE"
    page = a.seen(house, staff.agent, made.subject_id)
    assert page.shown is not None
    assert (page.shown.distribution, page.status) == (["GD", "HQ", OURS], Status.PUBLISHED)
    assert Mark.MUST_READ in page.badges


def test_an_unknown_organisation_in_the_distribution_is_rejected(house: House, staff: Staff) -> None:
    made = a.draft(house, staff.wang)
    house.to_hq(staff.wang, staff.zhao, made.id)
    assert house.hq_approves(made.id, distribution=["XX"]).receipt == "REJECTED"


@pytest.mark.parametrize("keys", [True, False], ids=["with its keys", "keys left out"])
def test_headquarters_may_amend_it_with_or_without_the_four_keys(house: House, staff: Staff, keys: bool) -> None:
    made = a.draft(house, staff.wang)
    house.to_hq(staff.wang, staff.zhao, made.id)
    theirs = wording(body="总部改过的。")
    given = theirs.document() if keys else replace(theirs, terms=None).document()
    assert house.hq_approves(made.id, content=given, contentHash=theirs.hash).receipt == "APPLIED"
    page = a.seen(house, staff.agent, made.subject_id)
    assert (page.shown_content.body, page.audience) == ("总部改过的。", a.NATIONWIDE)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (wording(Audience()), "缺公告对象"),
        (wording(ours("nobody")), "没有这些工号或已不在岗：nobody"),
        (wording(needs_reply=True, reply_due_at=START - DAY), "回复期限已过，请改晚"),
        (wording(title=" "), "缺标题"),
        (wording(effective_to=START - DAY), "失效时间已过，请改晚"),
    ],
)
def test_what_is_incomplete_does_not_go_to_review(house: House, staff: Staff, content: Content, problem: str) -> None:
    made = a.draft(house, staff.wang, content)
    assert refused(lambda: house.submit(staff.wang, made.id)) == ("RULE_VIOLATED", "INCOMPLETE")
    with pytest.raises(Exception, match=problem):
        house.submit(staff.wang, made.id)


@pytest.mark.parametrize(
    "content",
    [
        wording(Audience(frozenset({"NOWHERE"}))),
        wording(Audience(people=frozenset({Addressee(OURS, "")}))),
        wording(Audience(people=frozenset(Addressee(OURS, str(i)) for i in range(501)))),
        wording(reply_due_at=START + DAY),
        wording(effective_from=START + 2 * DAY, effective_to=START + DAY),
    ],
)
def test_what_has_no_shape_is_not_even_a_draft(house: House, staff: Staff, content: Content) -> None:
    assert refused(lambda: a.draft(house, staff.wang, content)) == ("RULE_VIOLATED", "BAD_CONTENT")


def test_knowledge_has_no_terms(house: House, staff: Staff) -> None:
    assert refused(lambda: house.draft(staff.wang, wording())) == ("RULE_VIOLATED", "BAD_CONTENT")
    made = house.draft(staff.wang)
    assert refused(lambda: a.edit(house, staff.wang, made.id, wording())) == ("RULE_VIOLATED", "BAD_CONTENT")


def test_the_scope_follows_the_audience_until_somebody_was_given_it(house: House, staff: Staff) -> None:
    made = a.draft(house, staff.wang, wording(EVERYBODY_HERE))
    assert a.edit(house, staff.wang, made.id, wording()).scope is Scope.NATIONAL
    assert house.rows_of(Subject)[-1].scope is Scope.NATIONAL
    house.to_hq(staff.wang, staff.zhao, made.id)
    house.hq("hqReturn", submissionId=made.id, round=1, reasonCodes=["OTHER"], reasonText="请改")
    assert refused(lambda: a.edit(house, staff.wang, made.id, wording(EVERYBODY_HERE))) == ("RULE_VIOLATED", "SCOPE_FIXED")
    local = a.in_force(house, staff.wang, staff.zhao, wording(EVERYBODY_HERE))
    assert refused(lambda: a.correct(house, staff.wang, local, wording())) == ("RULE_VIOLATED", "SCOPE_FIXED")
    update = a.correct(house, staff.wang, local, wording(ours("agent")))
    assert refused(lambda: a.edit(house, staff.wang, update.id, wording())) == ("RULE_VIOLATED", "SCOPE_FIXED")


def test_returned_by_headquarters_it_comes_again_as_the_next_round(house: House, staff: Staff) -> None:
    made = a.draft(house, staff.wang)
    house.to_hq(staff.wang, staff.zhao, made.id)
    house.hq("hqAcknowledge", submissionId=made.id, round=1, hqReference="HQ-1")
    house.hq("hqReturn", submissionId=made.id, round=1, reasonCodes=["INCOMPLETE"], reasonText="请写明影响范围")
    assert house.get(made.id).state is S.HQ_RETURNED
    a.edit(house, staff.wang, made.id, wording(body="今晚割接，影响全省。"))
    house.to_hq(staff.wang, staff.zhao, made.id)
    assert [m["round"] for m in house.sent("announcement.publish")] == [1, 2]
    assert house.hq_approves(made.id, 1).receipt == "QUARANTINED"
    assert house.hq_approves(made.id, 2).receipt == "APPLIED"


def test_a_correction_goes_through_the_same_table_and_a_moved_base_stops_it(house: House, staff: Staff) -> None:
    raw = a.in_force(house, staff.wang, staff.zhao)
    update = a.correct(house, staff.wang, raw, wording(body="改到明晚。"))
    assert (update.kind, update.base_number) == (SubmissionKind.CORRECT, 1)
    house.to_hq(staff.wang, staff.zhao, update.id)
    [sent] = house.sent("announcement.correct")
    assert sent["base"]["number"] == 1
    second = a.correct(house, staff.li, raw)
    assert refused(lambda: house.submit(staff.li, second.id)) == ("RULE_VIOLATED", "ANOTHER_OPEN")
    assert a.corrected_by_hq(house, raw, wording(body="总部更正。"), number=2, base=1).receipt == "APPLIED"
    assert house.get(update.id).state is S.BASE_CONFLICT
    assert house.hq_approves(update.id).receipt == "QUARANTINED"
    a.rebase(house, staff.wang, update.id)
    house.to_hq(staff.wang, staff.zhao, update.id)
    assert house.hq_approves(update.id, 2).receipt == "APPLIED"
    assert [v.number for v in a.seen(house, staff.agent, raw).history] == [3, 2, 1]
    assert a.seen(house, staff.agent, raw).shown_content.body == "改到明晚。"


@pytest.mark.parametrize("reason", [r for r in RevokeReason if r is not RevokeReason.MERGED])
def test_a_recall_ends_it_with_a_notice(house: House, staff: Staff, reason: RevokeReason) -> None:
    raw = a.in_force(house, staff.wang, staff.zhao)
    update = a.correct(house, staff.wang, raw)
    house.submit(staff.wang, update.id)
    made = a.recall(house, staff.wang, raw, reason)
    house.to_hq(staff.wang, staff.zhao, made.id)
    [sent] = house.sent("announcement.recall")
    assert (sent["reason"], "replacementId" in sent, "content" in sent) == (reason.value, False, False)
    assert house.hq_approves(made.id).receipt == "APPLIED"
    assert house.get(update.id).state is S.SUPERSEDED
    page = a.seen(house, staff.agent, raw)
    assert (page.status, page.text_hidden) == (Status.RECALLED, reason is RevokeReason.PUBLISHED_IN_ERROR)
    assert page.notice is not None
    assert "撤回" in page.notice
    assert (page.shown_content.body == "") is page.text_hidden
    assert a.mine(house, staff.agent) == []
    assert a.mine(house, staff.agent, AnnouncementFilter.ALL) == [raw]
    assert refused(lambda: a.recall(house, staff.wang, raw)) == ("RULE_VIOLATED", "ALREADY_REVOKED")
    assert refused(lambda: a.recall(house, staff.wang, raw, RevokeReason.MERGED)) == ("RULE_VIOLATED", "ALREADY_REVOKED")


def test_a_recall_is_never_a_merging(house: House, staff: Staff) -> None:
    raw = a.in_force(house, staff.wang, staff.zhao)
    assert refused(lambda: a.recall(house, staff.wang, raw, RevokeReason.MERGED)) == ("RULE_VIOLATED", "REASON_NOT_ALLOWED")


def test_only_ours_and_only_what_was_in_force_is_corrected_or_recalled(house: House, staff: Staff) -> None:
    a.from_hq(house, "HA1", wording())
    assert refused(lambda: a.correct(house, staff.wang, "HA1")) == ("RULE_VIOLATED", "OWNED_BY_HQ")
    assert refused(lambda: a.recall(house, staff.wang, "HA1")) == ("RULE_VIOLATED", "OWNED_BY_HQ")
    assert refused(lambda: a.recall(house, staff.wang, "nowhere"))[0] == "NOT_FOUND"
    later = a.in_force(house, staff.wang, staff.zhao, wording(effective_from=START + DAY))
    assert refused(lambda: a.correct(house, staff.wang, later)) == ("RULE_VIOLATED", "NOT_YET_IN_FORCE")
    knowledge = house.in_force(staff.wang, staff.zhao)
    assert refused(lambda: a.correct(house, staff.wang, knowledge))[0] == "NOT_FOUND"
    hidden = a.in_force(house, staff.wang, staff.zhao, wording(ours("agent")))
    assert refused(lambda: a.correct(house, staff.li, hidden))[0] == "NOT_FOUND"


def test_an_announcement_is_no_knowledge(house: House, staff: Staff) -> None:
    raw = a.in_force(house, staff.wang, staff.zhao)
    assert refused(lambda: house.draft_update(staff.wang, raw))[0] == "NOT_FOUND"
    assert refused(lambda: house.draft_revoke(staff.wang, raw))[0] == "NOT_FOUND"
    assert refused(lambda: house.suspend(staff.zhao, raw))[0] == "NOT_FOUND"


def test_it_is_scheduled_published_and_expires_by_itself(house: House, staff: Staff) -> None:
    raw = a.in_force(house, staff.wang, staff.zhao, wording(effective_from=START + DAY, effective_to=START + 2 * DAY))
    statuses = []
    for _ in range(3):
        life = house.read(lambda s: load_life(s, raw))
        assert life is not None
        statuses.append(status_of(life, house.now))
        house.pass_time(DAY)
    assert statuses == [Status.SCHEDULED, Status.PUBLISHED, Status.EXPIRED]


def test_before_its_day_nobody_but_those_responsible_knows_of_it(house: House, staff: Staff) -> None:
    raw = a.in_force(house, staff.wang, staff.zhao, wording(effective_from=START + DAY))
    assert a.readers(house, (staff.agent, staff.li, staff.wang, staff.zhao), raw) == [False, False, True, True]
    house.pass_time(DAY)
    assert a.readers(house, (staff.agent, staff.li), raw) == [True, True]


def test_a_withdrawn_or_rejected_one_was_never_there(house: House, staff: Staff) -> None:
    made = a.draft(house, staff.wang, wording(effective_from=START + DAY))
    house.to_hq(staff.wang, staff.zhao, made.id)
    house.hq_approves(made.id)
    house.withdraw(staff.wang, made.id)
    assert house.hq("hqWithdrawResult", submissionId=made.id, round=1, granted=True).receipt == "APPLIED"
    assert a.page(house, staff.zhao, made.subject_id) is None
    other = a.draft(house, staff.wang)
    house.to_hq(staff.wang, staff.zhao, other.id)
    house.hq("hqReject", submissionId=other.id, round=1, reasonCodes=["OTHER"], reasonText="不必")
    assert house.get(other.id).state is S.HQ_REJECTED


def test_an_urgent_one_is_shown_here_until_headquarters_says_otherwise(house: House, staff: Staff) -> None:
    made = a.draft(house, staff.wang, urgency=Urgency.URGENT)
    house.submit(staff.wang, made.id)
    assert a.mine(house, staff.agent) == []
    house.approve(staff.zhao, made.id, and_submit=True)
    page = a.seen(house, staff.agent, made.subject_id)
    assert Mark.PENDING_HQ in page.badges
    assert (page.shown_content.title, page.current) == ("割接公告", None)
    assert a.mine(house, staff.agent) == [made.subject_id]
    house.hq("hqAcknowledge", submissionId=made.id, round=1, hqReference="HQ-1")
    assert a.mine(house, staff.agent) == [made.subject_id]
    house.hq("hqReturn", submissionId=made.id, round=1, reasonCodes=["OTHER"], reasonText="请改")
    assert (a.mine(house, staff.agent), a.page(house, staff.agent, made.subject_id)) == ([], None)


@pytest.mark.parametrize("end", ["withdraw", "reject", "return"])
def test_an_urgent_one_is_gone_when_it_is_taken_back(house: House, staff: Staff, end: str) -> None:
    made = a.draft(house, staff.wang, urgency=Urgency.URGENT)
    house.submit(staff.wang, made.id)
    house.approve(staff.zhao, made.id, and_submit=end != "return")
    assert a.mine(house, staff.agent) == [made.subject_id]
    if end == "withdraw":
        house.withdraw(staff.wang, made.id)
    elif end == "reject":
        house.hq("hqReject", submissionId=made.id, round=1, reasonCodes=["OTHER"], reasonText="不必")
    else:
        house.send_back(staff.zhao, made.id)
    assert a.mine(house, staff.agent) == []


@pytest.mark.parametrize(
    ("content", "urgency"),
    [
        (wording(), Urgency.NORMAL),
        (wording(Audience(frozenset({"GD"}))), Urgency.URGENT),
        (wording(effective_from=START + DAY), Urgency.URGENT),
    ],
    ids=["not urgent", "not for us", "not yet"],
)
def test_nothing_else_is_shown_before_headquarters_decided(house: House, staff: Staff, content: Content, urgency: Urgency) -> None:
    made = a.draft(house, staff.wang, content, urgency=urgency)
    house.to_hq(staff.wang, staff.zhao, made.id)
    assert a.page(house, staff.agent, made.subject_id) is None


def test_the_urgent_come_first_then_the_newest(house: House, staff: Staff) -> None:
    made = []
    for urgency in (Urgency.URGENT, Urgency.NORMAL, Urgency.URGENT, Urgency.NORMAL):
        one = a.draft(house, staff.wang, wording(EVERYBODY_HERE), urgency=urgency)
        house.submit(staff.wang, one.id)
        house.approve(staff.zhao, one.id)
        made.append(one.subject_id)
        house.now += DAY
    assert a.mine(house, staff.agent) == [made[2], made[0], made[3], made[1]]


def test_announcements_obey_the_very_table_of_knowledge(house: House, staff: Staff) -> None:
    """The same state and the same facts, whatever kind: the same action leads the same way."""
    announced, known = a.in_force(house, staff.wang, staff.zhao), house.in_force(staff.wang, staff.zhao)
    pairs = [
        (a.draft(house, staff.wang), house.draft(staff.wang)),
        (a.correct(house, staff.wang, announced), house.draft_update(staff.wang, known)),
        (a.recall(house, staff.wang, announced), house.draft_revoke(staff.wang, known)),
    ]
    judged = 0
    for mine, theirs in pairs:
        facts = house.read(partial(gather_facts, submissions=[mine, theirs], now=house.now))
        for state in SubmissionState:
            for origin in (None, S.SUBMITTED, S.SCHEDULED):
                for action in Action:
                    rows = [find_row(replace(facts[one.id], state=state, origin=origin), action) for one in (mine, theirs)]
                    assert rows[0] is rows[1]
                    judged += 1
    assert judged > 1_000


def test_a_quarantined_approval_is_applied_as_headquarters_own_version(house: House, staff: Staff) -> None:
    raw = a.in_force(house, staff.wang, staff.zhao)
    for step in ("correct", "recall"):
        made = a.correct(house, staff.wang, raw, wording(body="改一。")) if step == "correct" else a.recall(house, staff.wang, raw)
        house.to_hq(staff.wang, staff.zhao, made.id)
        answer = house.hq("hqApprove", **{**house.approval(made.id), "submissionHash": "0" * 64})
        assert answer.receipt == "QUARANTINED"
        [held] = [m for m in house.rows_of(InboxMessage) if m.id == answer.inbox_id]
        house.write(partial(quarantine.apply, actor=staff.zhao, inbox_id=held.id, lock_version=held.lock_version))
        assert house.get(made.id).state is S.SUPERSEDED
    assert [v.body for v in a.seen(house, staff.zhao, raw).history] == ["改一。", "今晚割接，暂停办理。"]
    assert [r.number for r in house.rows_of(Revocation)] == [2]


def test_terms_are_read_back_as_written() -> None:
    terms = Terms(Audience(frozenset({"GD", OURS}), frozenset({Addressee("BJ", "b1", "李四")})), must_read=True, needs_reply=True)
    assert Terms.from_document(terms.document()) == terms


def test_an_announcement_hangs_in_no_category(house: House, staff: Staff) -> None:
    draft = Draft(category_id=LOCAL_NODE)
    attempt = lambda: house.write(lambda u: drafting.draft_announcement(u, staff.wang, content=wording(EVERYBODY_HERE), draft=draft))  # noqa: E731
    assert refused(attempt) == ("RULE_VIOLATED", "BAD_CATEGORY")
