"""Review and what follows: claiming, deciding, handing over to headquarters, taking back, giving to another."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from sqlmodel import select

from kbsearch.content import Content
from kbsearch.errors import Refused
from kbsearch.hq.messages import KINDS, envelope, json_schema
from kbsearch.services import submissions
from kbsearch.store.lives import load_life
from kbsearch.store.submissions import gather_facts, latest_revision, lock_submission, sent_revision
from kbsearch.store.tables import OutboxMessage, OutboxStatus, SubjectVersion, Submission, TransitionLog
from kbsearch.store.visibility import visible_submissions
from kbsearch.workflow.reasons import ReturnReason, RevokeReason
from kbsearch.workflow.states import Scope, SubmissionState, Urgency
from tests.services.conftest import Staff
from tests.services.house import START, House, refused

S = SubmissionState
DAY = timedelta(days=1)
LATER = Content(title="题", body="新文", effective_from=START + DAY)


def run(house: House, operation: Any, actor: Any, sid: str, **more: Any) -> Any:
    lock = house.get(sid).lock_version
    return house.write(lambda u: operation(u, actor, sid, lock_version=lock, **more))


def test_approving_in_one_act_logs_two_transitions(house: House, staff: Staff) -> None:
    made = house.draft(staff.wang)
    house.submit(staff.wang, made.id)
    house.approve(staff.zhao, made.id, and_submit=True)
    rows = house.rows(select(TransitionLog).where(TransitionLog.document_id == made.id))
    steps = [(r.action, r.from_state, r.to_state, r.lock_version) for r in sorted(rows, key=lambda r: (r.sequence, r.ordinal))]
    assert steps == [
        ("CREATE", None, "DRAFT", 1),
        ("SUBMIT_FOR_REVIEW", "DRAFT", "PENDING_REVIEW", 2),
        ("APPROVE", "PENDING_REVIEW", "APPROVED", 3),
        ("SUBMIT_TO_HQ", "APPROVED", "SUBMITTED", 4),
    ]
    assert len({r.sequence for r in rows if r.action in {"APPROVE", "SUBMIT_TO_HQ"}}) == 1
    assert house.get(made.id).approved_by == staff.zhao.id


def test_nobody_approves_what_they_wrote_in_any_round(house: House, staff: Staff) -> None:
    made = house.draft(staff.both)
    house.submit(staff.both, made.id)
    assert refused(lambda: house.approve(staff.both, made.id)) == ("RULE_VIOLATED", "FOUR_EYES")
    run(house, submissions.reassign, staff.zhao, made.id, author_id=staff.wang.id)
    assert refused(lambda: house.approve(staff.both, made.id)) == ("RULE_VIOLATED", "FOUR_EYES")
    assert house.approve(staff.zhao, made.id).state is S.APPROVED


def test_what_was_seen_is_what_is_approved(house: House, staff: Staff) -> None:
    made = house.draft(staff.wang)
    house.submit(staff.wang, made.id)
    stale = lambda: run(house, submissions.approve, staff.zhao, made.id, submission_hash="0" * 64)  # noqa: E731
    assert refused(stale) == ("STALE_OBJECT", "HASH_MISMATCH")
    old = lambda: house.write(lambda u: submissions.approve(u, staff.zhao, made.id, lock_version=1, submission_hash="x"))  # noqa: E731
    assert refused(old) == ("STALE_OBJECT", "LOCK_VERSION")
    assert house.get(made.id).state is S.PENDING_REVIEW


def test_a_lease_runs_out_and_is_respected_until_then(house: House, staff: Staff) -> None:
    made = house.draft(staff.wang)
    house.submit(staff.wang, made.id)
    claimed = run(house, submissions.claim, staff.zhao, made.id)
    assert (claimed.claimed_by, claimed.claim_until) == (staff.zhao.id, START + timedelta(minutes=30))
    assert refused(lambda: run(house, submissions.claim, staff.qian, made.id)) == ("RULE_VIOLATED", "CLAIMED")
    assert refused(lambda: run(house, submissions.release, staff.qian, made.id)) == ("RULE_VIOLATED", "NOT_CLAIMED")
    assert run(house, submissions.claim, staff.zhao, made.id).claimed_by == staff.zhao.id
    house.now += timedelta(minutes=30)
    assert run(house, submissions.claim, staff.qian, made.id).claimed_by == staff.qian.id
    released = run(house, submissions.release, staff.qian, made.id)
    assert (released.claimed_by, released.claim_until) == (None, None)


def test_a_batch_goes_out_whole_or_not_at_all(house: House, staff: Staff) -> None:
    made = [house.draft(staff.wang) for _ in range(3)]
    for m in made:
        house.submit(staff.wang, m.id)
    for m in made[:2]:
        house.approve(staff.zhao, m.id)
    items = [(m.id, house.get(m.id).lock_version) for m in made]
    with pytest.raises(Refused) as answer:
        house.write(lambda u: submissions.submit_to_hq(u, staff.zhao, [*items, ("nowhere", 1)]))
    assert [(r.code.value, r.field[:2]) for r in answer.value.refusals] == [
        ("ILLEGAL_TRANSITION", ("submissions", "2")),
        ("NOT_FOUND", ("submissions", "3")),
    ]
    assert house.sent("knowledge.publish") == []
    assert [s.state for s in house.write(lambda u: submissions.submit_to_hq(u, staff.zhao, items[:2]))] == [S.SUBMITTED] * 2
    assert [m["submissionId"] for m in house.sent("knowledge.publish")] == [m.id for m in made[:2]]


@pytest.mark.parametrize(("count", "rule"), [(0, "BATCH_SIZE"), (101, "BATCH_SIZE"), (2, "BATCH_REPEATS")])
def test_a_batch_has_one_to_a_hundred_different_ones(house: House, staff: Staff, count: int, rule: str) -> None:
    items = [("s" if count == 2 else f"s{i}", 1) for i in range(count)]
    assert refused(lambda: house.write(lambda u: submissions.submit_to_hq(u, staff.zhao, items))) == ("RULE_VIOLATED", rule)


def test_reassigning_names_people_who_can_do_it(house: House, staff: Staff) -> None:
    made = house.draft(staff.wang)

    def give(**to: str) -> tuple[str, str | None]:
        return refused(lambda: run(house, submissions.reassign, staff.zhao, made.id, **to))

    assert give() == ("RULE_VIOLATED", "NOBODY_NAMED")
    assert give(author_id="nobody") == ("NOT_FOUND", None)
    assert give(author_id=staff.zhao.id) == ("RULE_VIOLATED", "NOT_ASSIGNABLE")
    assert give(reviewer_id=staff.wang.id) == ("RULE_VIOLATED", "NOT_ASSIGNABLE")
    house.submit(staff.wang, made.id)
    run(house, submissions.claim, staff.zhao, made.id)
    given = run(house, submissions.reassign, staff.zhao, made.id, author_id=staff.li.id, reviewer_id=staff.qian.id, reason_text="休假")
    assert (given.author_id, given.reviewer_id, given.claimed_by) == (staff.li.id, staff.qian.id, None)
    row = house.rows(select(TransitionLog).where(TransitionLog.action == "REASSIGN"))[-1]
    assert row.details == {
        "before": {"author": staff.wang.id, "reviewer": None},
        "after": {"author": staff.li.id, "reviewer": staff.qian.id},
    }
    assert refused(lambda: run(house, submissions.recall, staff.wang, made.id)) == ("NOT_FOUND", None)


def test_who_sees_which_submissions(house: House, staff: Staff) -> None:
    made = house.draft(staff.wang)
    for actor, sees in ((staff.wang, True), (staff.zhao, True), (staff.li, False), (staff.agent, False), (staff.admin, False)):
        found = house.rows(select(Submission).where(visible_submissions(actor.id, actor.roles)))
        assert [s.id for s in found] == ([made.id] if sees else [])


def test_texts_have_a_length(house: House, staff: Staff) -> None:
    made = house.draft(staff.wang)
    too_long = lambda: run(house, submissions.void, staff.wang, made.id, reason_text="长" * 2_001)  # noqa: E731
    assert refused(too_long) == ("RULE_VIOLATED", "TEXT_TOO_LONG")
    assert run(house, submissions.void, staff.wang, made.id, reason_text="不做了").state is S.VOIDED


def test_local_knowledge_never_leaves_the_house(house: House, staff: Staff) -> None:
    knowledge = house.in_force(staff.wang, staff.zhao, scope=Scope.LOCAL)
    update = house.draft_update(staff.wang, knowledge, LATER)
    house.submit(staff.wang, update.id)
    assert house.approve(staff.zhao, update.id).state is S.SCHEDULED
    assert house.withdraw(staff.wang, update.id).state is S.WITHDRAWN
    again = house.draft_update(staff.wang, knowledge, LATER)
    house.submit(staff.wang, again.id)
    house.approve(staff.zhao, again.id)
    house.pass_time(DAY)
    assert house.get(again.id).state is S.EFFECTIVE
    life = house.read(lambda s: load_life(s, knowledge))
    assert life is not None
    current = life.current(house.now)
    assert current is not None
    assert (current.number, current.body) == (3, "新文")  # the withdrawn one keeps its number to itself
    revoke = house.draft_revoke(staff.wang, knowledge, RevokeReason.NO_LONGER_USEFUL)
    house.submit(staff.wang, revoke.id)
    assert house.approve(staff.zhao, revoke.id).state is S.EFFECTIVE
    assert house.rows(select(OutboxMessage).where(OutboxMessage.destination == "hq")) == []
    with pytest.raises(Refused):
        house.approve(staff.zhao, revoke.id, and_submit=True)


def test_withdrawing_what_headquarters_holds_asks_it(house: House, staff: Staff) -> None:
    made = house.draft(staff.wang)
    house.to_hq(staff.wang, staff.zhao, made.id)
    pending = run(house, submissions.withdraw, staff.wang, made.id, reason_text="写错了")
    assert (pending.state, pending.origin, pending.withdrawal_asked) == (S.WITHDRAW_PENDING, S.SUBMITTED, True)
    asked = house.sent("withdraw.request")[-1]
    assert (asked["reason"], asked["reasonText"], asked["answerExpected"], asked["round"]) == ("AUTHOR_REQUEST", "写错了", True, 1)


def test_withdrawing_a_later_round_before_it_is_sent_only_tells(house: House, staff: Staff) -> None:
    made = house.draft(staff.wang)
    house.to_hq(staff.wang, staff.zhao, made.id)
    house.hq("hqReturn", submissionId=made.id, round=1, reasonCodes=["OTHER"], reasonText="请改")
    house.submit(staff.wang, made.id)
    house.approve(staff.zhao, made.id)
    assert house.withdraw(staff.wang, made.id).state is S.WITHDRAWN
    told = house.sent("withdraw.request")[-1]
    assert (told["reason"], told["answerExpected"], told["round"]) == ("AUTHOR_REQUEST", False, 1)


def _dead_letter(house: House, sid: str) -> None:
    with house.store.write() as unit:
        for row in unit.session.exec(select(OutboxMessage).where(OutboxMessage.submission_id == sid)):
            if row.status is OutboxStatus.PENDING:
                row.status = OutboxStatus.DEAD


def test_withdrawing_a_dead_letter_is_local(house: House, staff: Staff) -> None:
    made = house.draft(staff.wang)
    house.to_hq(staff.wang, staff.zhao, made.id)
    _dead_letter(house, made.id)
    ended = house.withdraw(staff.wang, made.id)
    assert (ended.state, ended.sent_round) == (S.WITHDRAWN, 0)
    rows = house.rows(select(OutboxMessage).where(OutboxMessage.submission_id == made.id))
    assert [r.status for r in rows] == [OutboxStatus.CANCELLED]


def test_withdrawing_a_dead_later_round_tells_of_the_one_that_arrived(house: House, staff: Staff) -> None:
    made = house.draft(staff.wang)
    house.to_hq(staff.wang, staff.zhao, made.id)
    with house.store.write() as unit:
        unit.session.exec(select(OutboxMessage).where(OutboxMessage.submission_id == made.id)).one().status = OutboxStatus.DELIVERED
    house.hq("hqReturn", submissionId=made.id, round=1, reasonCodes=["OTHER"], reasonText="请改")
    house.to_hq(staff.wang, staff.zhao, made.id)
    _dead_letter(house, made.id)
    assert house.withdraw(staff.wang, made.id).state is S.WITHDRAWN
    told = house.sent("withdraw.request")
    assert [(t["round"], t["answerExpected"]) for t in told] == [(1, False)]


def test_what_is_sent_follows_its_schema(house: House, staff: Staff) -> None:
    knowledge = house.in_force(staff.wang, staff.zhao, Content("题", "文", "摘", "口径", ("词",), ("GD", "BJ"), None, START + 9 * DAY))
    update = house.draft_update(staff.wang, knowledge, LATER)
    house.to_hq(staff.wang, staff.zhao, update.id)
    house.withdraw(staff.wang, update.id)
    revoke = house.draft_revoke(staff.li, knowledge, effective_from=START + 3 * DAY)
    house.to_hq(staff.li, staff.zhao, revoke.id)
    house.suspend(staff.zhao, knowledge)
    house.pass_time(3 * DAY)
    rows = house.rows(select(OutboxMessage).where(OutboxMessage.destination == "hq"))
    about_knowledge = ("knowledge.", "withdraw.", "result.", "suspension.")
    assert {r.kind for r in rows} == {kind for kind in KINDS if kind.startswith(about_knowledge)}
    for row in rows:
        whole = envelope(
            message_id=row.id,
            kind=row.kind,
            issued_at="2026-11-02T01:00:00.000000Z",
            document_id=row.document_key,
            sequence=row.sequence,
            data=row.payload,
        )
        Draft202012Validator(json_schema(row.kind)).validate(whole)
        assert row.document_key == knowledge
    sent = next(r for r in rows if r.kind == "knowledge.update").payload
    version = house.rows(select(SubjectVersion))[0]
    assert sent["base"] == {"number": 1, "contentHash": version.content_hash}
    assert sent["contentHash"] == LATER.hash
    assert sent["submissionHash"] == house.sent_hash(update.id, 1)
    assert (sent["author"]["name"], sent["reviewer"]["name"]) == ("姓wang", "姓zhao")
    assert next(r for r in rows if r.kind == "knowledge.revoke").payload["effectiveFrom"] == "2026-11-05T01:00:00.000000Z"


def test_an_urgent_one_is_due_in_minutes(house: House, staff: Staff) -> None:
    made = house.draft(staff.wang, urgency=Urgency.URGENT)
    assert house.submit(staff.wang, made.id).due_at == START + timedelta(minutes=30)
    assert house.approve(staff.zhao, made.id, and_submit=True).due_at == START + timedelta(minutes=5)


def test_looking_for_nothing_finds_nothing(house: House) -> None:
    assert house.read(lambda s: gather_facts(s, [], START)) == {}
    assert house.read(lambda s: load_life(s, "nowhere")) is None
    with house.store.write() as unit:
        assert lock_submission(unit.session, "nowhere") is None
    assert house.read(lambda s: sent_revision(s, "nowhere", 1)) is None


def test_a_return_is_kept_with_its_reasons(house: House, staff: Staff) -> None:
    made = house.draft(staff.wang)
    house.submit(staff.wang, made.id)
    codes = (ReturnReason.CONTENT_ERROR, ReturnReason.FORMAT)
    run(house, submissions.send_back, staff.zhao, made.id, reason_codes=codes, reason_text="两处")
    row = house.rows(select(TransitionLog).where(TransitionLog.action == "RETURN"))[0]
    assert (row.reason_codes, row.reason_text, row.actor_id) == (["CONTENT_ERROR", "FORMAT"], "两处", staff.zhao.id)
    assert (
        refused(lambda: run(house, submissions.send_back, staff.zhao, made.id, reason_codes=(), reason_text="x"))[0] == "ILLEGAL_TRANSITION"
    )
    assert house.read(lambda s: latest_revision(s, made.id)).frozen_at == START
