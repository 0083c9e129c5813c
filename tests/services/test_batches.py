"""批次: put together, handed in, reviewed and sent as one, all or none, at one moment; headquarters decides each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from sqlmodel import select

from kbsearch.content import Content
from kbsearch.errors import Refused
from kbsearch.services import batches
from kbsearch.services.batches import Seen
from kbsearch.store.submissions import content_of, latest_revision
from kbsearch.store.tables import Batch, DocumentType, TransitionLog
from kbsearch.workflow.batches import BatchAction, BatchFacts, allowed_batch_actions
from kbsearch.workflow.decide import Actor
from kbsearch.workflow.states import Scope, SubmissionState
from tests.services.conftest import Staff
from tests.services.house import House, refused

S = SubmissionState
DAY = timedelta(days=1)


def drafts(house: House, author: Actor, count: int = 2, scope: Scope = Scope.NATIONAL) -> list[str]:
    return [house.draft(author, Content(title=f"套餐{i}", body="每月三十元"), scope=scope).id for i in range(count)]


def begin(house: House, author: Actor, ids: Sequence[str], *, moment: timedelta | None = None) -> Batch:
    """A batch with these in it."""
    at = None if moment is None else house.now + moment
    batch = house.write(lambda u: batches.draft_batch(u, author, title="双十一", effective_from=at))
    return house.write(lambda u: batches.add(u, author, batch.id, ids, lock_version=1))


def hand_in(house: House, author: Actor, batch: Batch) -> Batch:
    lock = house.read(lambda s: s.get_one(Batch, batch.id)).lock_version
    return house.write(lambda u: batches.submit_for_review(u, author, batch.id, lock_version=lock))


def seen(house: House, ids: Sequence[str]) -> list[Seen]:
    return [Seen(i, house.get(i).lock_version, house.sent_hash(i, 1)) for i in ids]


def approve(house: House, reviewer: Actor, batch: Batch, items: Sequence[Seen], *, and_submit: bool = False) -> Batch:
    return house.write(lambda u: batches.approve(u, reviewer, batch.id, items, and_submit=and_submit))


def moment_of(house: House, submission_id: str) -> datetime | None:
    """When a member asks to take effect."""
    content = house.read(lambda s: content_of(latest_revision(s, submission_id)))
    assert content is not None
    return content.effective_from


def states(house: House, ids: Sequence[str]) -> list[SubmissionState]:
    return [house.get(i).state for i in ids]


def test_one_review_one_submission_one_moment_decided_each(house: House, staff: Staff) -> None:
    ids = drafts(house, staff.wang, 3)
    batch = begin(house, staff.wang, ids, moment=5 * DAY)
    moment = house.now + 5 * DAY
    hand_in(house, staff.wang, batch)
    assert states(house, ids) == [S.PENDING_REVIEW] * 3
    assert [moment_of(house, i) for i in ids] == [moment] * 3
    approve(house, staff.zhao, batch, seen(house, ids))
    assert states(house, ids) == [S.APPROVED] * 3
    lock = house.read(lambda s: s.get_one(Batch, batch.id)).lock_version
    house.write(lambda u: batches.submit_to_hq(u, staff.zhao, batch.id, lock_version=lock))
    assert {row["content"]["effectiveFrom"] for row in house.sent("knowledge.publish")} == {"2026-11-07T01:00:00.000000Z"}
    house.hq_approves(ids[0])
    house.hq("hqReturn", submissionId=ids[1], round=1, reasonCodes=["OTHER"], reasonText="请改")
    house.pass_time(5 * DAY)
    assert states(house, ids) == [S.EFFECTIVE, S.HQ_RETURNED, S.SUBMITTED]
    log = house.rows(select(TransitionLog).where(TransitionLog.document_type == DocumentType.BATCH))
    assert [(row.action, len(row.details["submissions"]), row.lock_version) for row in log] == [
        ("DRAFT", 0, 1),
        ("ADD", 3, 2),
        ("SUBMIT_FOR_REVIEW", 3, 3),
        ("APPROVE", 3, 4),
        ("SUBMIT_TO_HQ", 3, 5),
    ]


def test_the_moment_reaches_revocations_too(house: House, staff: Staff) -> None:
    item = house.in_force(staff.wang, staff.zhao)
    revoke = house.draft_revoke(staff.wang, item)
    batch = begin(house, staff.wang, [revoke.id, *drafts(house, staff.wang, 1)], moment=DAY)
    hand_in(house, staff.wang, batch)
    assert house.get(revoke.id).revoke_at == house.now + DAY


def test_one_bad_member_holds_all_back(house: House, staff: Staff) -> None:
    good = drafts(house, staff.wang, 1)
    bad = house.draft(staff.wang, Content(title="缺正文"))
    batch = begin(house, staff.wang, [*good, bad.id], moment=DAY)
    with pytest.raises(Refused) as answer:
        hand_in(house, staff.wang, batch)
    [refusal] = answer.value.refusals
    assert (refusal.rule, refusal.message.startswith("《缺正文》：内容还不完整")) == ("INCOMPLETE", True)
    assert refusal.field[0] == "submissions"
    assert states(house, [*good, bad.id]) == [S.DRAFT, S.DRAFT]
    assert moment_of(house, good[0]) is None


def test_a_review_covers_all_that_waits_as_it_was_seen(house: House, staff: Staff) -> None:
    ids = drafts(house, staff.wang, 2)
    batch = begin(house, staff.wang, ids)
    hand_in(house, staff.wang, batch)
    items = seen(house, ids)
    assert refused(lambda: approve(house, staff.zhao, batch, items[:1])) == ("RULE_VIOLATED", "BATCH_INCOMPLETE")
    assert refused(lambda: approve(house, staff.zhao, batch, [*items, items[0]])) == ("RULE_VIOLATED", "BATCH_REPEATS")
    assert refused(lambda: approve(house, staff.zhao, batch, [])) == ("RULE_VIOLATED", "BATCH_SIZE")
    stale = [items[0], Seen(items[1].submission_id, items[1].lock_version, "0" * 64)]
    with pytest.raises(Refused) as answer:
        approve(house, staff.zhao, batch, stale)
    assert [(r.rule, r.field) for r in answer.value.refusals] == [("HASH_MISMATCH", ("items", "1", "submissionHash"))]
    other = house.draft(staff.wang)
    assert refused(lambda: approve(house, staff.zhao, batch, [*items, *seen(house, [other.id])])) == ("RULE_VIOLATED", "NOT_WAITING")
    assert states(house, ids) == [S.PENDING_REVIEW] * 2


def test_four_eyes_hold_for_every_member(house: House, staff: Staff) -> None:
    ids = drafts(house, staff.both, 2)
    batch = begin(house, staff.both, ids)
    hand_in(house, staff.both, batch)
    with pytest.raises(Refused) as answer:
        approve(house, staff.both, batch, seen(house, ids))
    assert [r.rule for r in answer.value.refusals] == ["FOUR_EYES", "FOUR_EYES"]


def test_local_members_take_effect_while_nationwide_ones_are_sent(house: House, staff: Staff) -> None:
    ids = [*drafts(house, staff.wang, 1), *drafts(house, staff.wang, 1, Scope.LOCAL)]
    batch = begin(house, staff.wang, ids)
    hand_in(house, staff.wang, batch)
    approve(house, staff.zhao, batch, seen(house, ids), and_submit=True)
    assert states(house, ids) == [S.SUBMITTED, S.EFFECTIVE]


def test_a_returned_member_goes_again_with_the_batch(house: House, staff: Staff) -> None:
    ids = drafts(house, staff.wang, 2)
    batch = begin(house, staff.wang, ids)
    hand_in(house, staff.wang, batch)
    house.send_back(staff.zhao, ids[0])
    assert states(house, ids) == [S.RETURNED, S.PENDING_REVIEW]
    hand_in(house, staff.wang, batch)
    assert states(house, ids) == [S.PENDING_REVIEW] * 2


def test_what_may_join_and_leave(house: House, staff: Staff) -> None:
    ids, theirs = drafts(house, staff.wang, 2), drafts(house, staff.li, 1)
    batch = begin(house, staff.wang, ids[:1])
    other = begin(house, staff.wang, ids[1:])

    def add(*given: str, actor: Actor = staff.wang) -> tuple[str, str | None]:
        return refused(lambda: house.write(lambda u: batches.add(u, actor, batch.id, given, lock_version=2)))

    assert add(ids[1]) == ("RULE_VIOLATED", "IN_A_BATCH")
    assert add(*theirs) == ("NOT_FOUND", None)
    assert add("junk") == ("NOT_FOUND", None)
    assert add() == ("RULE_VIOLATED", "BATCH_SIZE")
    assert add(*(f"s{i}" for i in range(101))) == ("RULE_VIOLATED", "BATCH_SIZE")
    assert add(*theirs, actor=staff.li) == ("NOT_FOUND", None)
    assert add(*theirs, actor=staff.zhao) == ("PERMISSION_DENIED", None)
    pending = house.draft(staff.wang)
    house.submit(staff.wang, pending.id)
    assert add(pending.id) == ("RULE_VIOLATED", "NOT_WITH_AUTHOR")

    def remove(*given: str, lock: int = 2) -> tuple[str, str | None]:
        return refused(lambda: house.write(lambda u: batches.remove(u, staff.wang, other.id, given, lock_version=lock)))

    assert remove(ids[0]) == ("NOT_FOUND", None)  # it is in the other one
    assert remove(ids[1], lock=1) == ("STALE_OBJECT", "LOCK_VERSION")
    hand_in(house, staff.wang, other)
    assert remove(ids[1], lock=3) == ("RULE_VIOLATED", "UNDER_REVIEW")
    house.send_back(staff.zhao, ids[1])
    assert remove(ids[1], lock=3) == ("APPLIED", None)
    assert house.get(ids[1]).batch_id is None


def test_names_moments_and_empty_batches(house: House, staff: Staff) -> None:
    def make(actor: Actor = staff.wang, title: str = "批", ahead: timedelta | None = None) -> tuple[str, str | None]:
        at = None if ahead is None else house.now + ahead
        return refused(lambda: house.write(lambda u: batches.draft_batch(u, actor, title=title, effective_from=at)))

    assert make(title=" ") == ("RULE_VIOLATED", "BAD_TITLE")
    assert make(title="字" * 101) == ("RULE_VIOLATED", "BAD_TITLE")
    assert make(ahead=timedelta()) == ("RULE_VIOLATED", "MOMENT_PAST")
    assert make(actor=staff.zhao) == ("PERMISSION_DENIED", None)
    empty = house.write(lambda u: batches.draft_batch(u, staff.wang, title="空"))
    assert refused(lambda: hand_in(house, staff.wang, empty)) == ("RULE_VIOLATED", "NOTHING_TO_DO")
    late = begin(house, staff.wang, drafts(house, staff.wang, 1), moment=DAY)
    house.now += 2 * DAY
    assert refused(lambda: hand_in(house, staff.wang, late)) == ("RULE_VIOLATED", "MOMENT_PAST")


def test_what_a_screen_offers(staff: Staff) -> None:
    def offered(actor: Actor, *held: SubmissionState) -> list[BatchAction]:
        return allowed_batch_actions(BatchFacts(staff.wang.id, held), actor)

    A = BatchAction  # noqa: N806 - as the table names it
    assert offered(staff.wang) == [A.ADD]
    assert offered(staff.wang, S.DRAFT) == [A.ADD, A.REMOVE, A.SUBMIT_FOR_REVIEW]
    assert offered(staff.wang, S.PENDING_REVIEW) == [A.ADD]
    assert offered(staff.zhao, S.PENDING_REVIEW, S.APPROVED) == [A.APPROVE, A.SUBMIT_TO_HQ]
    assert offered(staff.li, S.DRAFT) == offered(staff.agent, S.DRAFT) == []
    assert offered(staff.wang, *([S.EFFECTIVE] * 100)) == [A.REMOVE]


def test_a_batch_has_a_bound_and_takes_only_ones_own(house: House, staff: Staff, monkeypatch: pytest.MonkeyPatch) -> None:
    batch = begin(house, staff.wang, drafts(house, staff.wang))
    monkeypatch.setattr(batches, "MAX_MEMBERS", 3)
    more = drafts(house, staff.wang)
    assert refused(lambda: house.write(lambda u: batches.add(u, staff.wang, batch.id, more, lock_version=2))) == (
        "RULE_VIOLATED",
        "BATCH_SIZE",
    )
    others = drafts(house, staff.wang, 1)
    lot = house.write(lambda u: batches.draft_batch(u, staff.both, title="另一批", effective_from=None))
    assert refused(lambda: house.write(lambda u: batches.add(u, staff.both, lot.id, others, lock_version=1)))[0] == "PERMISSION_DENIED"


def test_members_that_ask_for_the_moment_already_are_left_as_they_are(house: House, staff: Staff) -> None:
    moment = house.now + DAY
    same = house.draft(staff.wang, Content(title="套餐", body="每月三十元", effective_from=moment)).id
    batch = house.write(lambda u: batches.draft_batch(u, staff.wang, title="双十一", effective_from=moment))
    batch = house.write(lambda u: batches.add(u, staff.wang, batch.id, [same], lock_version=1))
    hand_in(house, staff.wang, batch)
    log = house.rows(select(TransitionLog.action).where(TransitionLog.document_id == same))
    assert "EDIT" not in log
    assert house.get(same).state is S.PENDING_REVIEW
