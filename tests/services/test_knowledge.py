"""Suspending, resuming, archiving; what revocation does to what is open; counting reads; the search log."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from kbsearch.content import Content
from kbsearch.services import knowledge
from kbsearch.services.knowledge import record_reads, refresh_popularity
from kbsearch.services.search_log import SearchLogger
from kbsearch.store.lives import Life, load_life
from kbsearch.store.tables import SearchClick, SearchLog, Subject, SubjectRead
from kbsearch.workflow.reasons import RevokeReason
from kbsearch.workflow.states import Owner, Scope, SubmissionState
from tests.services.conftest import Staff
from tests.services.house import HQ_NODE, LOCAL_NODE, START, House, refused

S = SubmissionState
DAY = timedelta(days=1)
NEW = Content(title="流量包", body="新文")


def life_of(house: House, subject_id: str) -> Life:
    life = house.read(lambda s: load_life(s, subject_id))
    assert life is not None
    return life


def push(house: House, subject_id: str, number: int, **more: Any) -> Any:
    text = Content(title="流量包", body=f"总部第{number}")
    given: dict[str, Any] = {
        "knowledgeId": subject_id,
        "number": number,
        "categoryId": HQ_NODE,
        "content": text.document(),
        "contentHash": text.hash,
    }
    return house.hq("hqPushVersion", **given, **more)


def test_a_suspension_hides_at_once_and_ends_after_72_hours(house: House, staff: Staff) -> None:
    item = house.in_force(staff.wang, staff.zhao)
    suspended = house.suspend(staff.zhao, item)
    assert (suspended.suspended_until, life_of(house, item).text_hidden(START)) == (START + 3 * DAY, True)
    assert house.pass_time(3 * DAY - timedelta(microseconds=1))["knowledge"] == 0
    house.pass_time(timedelta(microseconds=1))
    assert (life_of(house, item).status(house.now), life_of(house, item).subject.suspended_at) == ("PUBLISHED", None)
    assert [(n["suspended"], n["until"]) for n in house.sent("suspension.notice")] == [(True, "2026-11-05T01:00:00.000000Z"), (False, None)]


def test_a_new_version_in_force_ends_a_suspension(house: House, staff: Staff) -> None:
    item = house.in_force(staff.wang, staff.zhao)
    house.suspend(staff.zhao, item)
    push(house, item, 2)
    assert life_of(house, item).status(START) == "PUBLISHED"
    assert [n["suspended"] for n in house.sent("suspension.notice")] == [True, False]


def test_a_local_suspension_lasts_and_tells_nobody(house: House, staff: Staff) -> None:
    item = house.in_force(staff.wang, staff.zhao, scope=Scope.LOCAL)
    assert house.suspend(staff.zhao, item).suspended_until is None
    update = house.draft_update(staff.wang, item, NEW)
    house.submit(staff.wang, update.id)
    house.approve(staff.zhao, update.id)
    house.pass_time(30 * DAY)
    assert life_of(house, item).status(house.now) == "SUSPENDED"
    assert house.resume(staff.zhao, item).suspended_at is None
    assert house.sent("suspension.notice") == []


def test_brakes_are_refused_where_they_make_no_sense(house: House, staff: Staff) -> None:
    item = house.in_force(staff.wang, staff.zhao)
    for actor in (staff.wang, staff.operator, staff.admin):
        assert refused(lambda a=actor: house.suspend(a, item)) == ("PERMISSION_DENIED", None)  # type: ignore[misc]
    assert refused(lambda: house.resume(staff.zhao, item)) == ("ILLEGAL_TRANSITION", None)
    assert refused(lambda: house.archive(staff.zhao, item)) == ("ILLEGAL_TRANSITION", None)
    silent = lambda: house.write(lambda u: knowledge.suspend(u, staff.zhao, item, lock_version=1, reason_text=" "))  # noqa: E731
    assert refused(silent) == ("RULE_VIOLATED", "REASON_REQUIRED")
    stale = lambda: house.write(lambda u: knowledge.suspend(u, staff.zhao, item, lock_version=9, reason_text="x"))  # noqa: E731
    assert refused(stale) == ("STALE_OBJECT", "LOCK_VERSION")
    nowhere = lambda: house.write(lambda u: knowledge.archive(u, staff.zhao, "nowhere", lock_version=1))  # noqa: E731
    assert refused(nowhere) == ("NOT_FOUND", None)


def test_archiving_is_final(house: House, staff: Staff) -> None:
    item = house.in_force(staff.wang, staff.zhao, Content(title="题", body="文", effective_to=START + DAY))
    house.pass_time(DAY)
    assert life_of(house, item).status(house.now) == "EXPIRED"
    house.archive(staff.zhao, item)
    assert life_of(house, item).status(house.now) == "ARCHIVED"
    for action in (house.suspend, house.resume, house.archive):
        assert refused(lambda a=action: a(staff.zhao, item)) == ("ILLEGAL_TRANSITION", None)  # type: ignore[misc]


def test_archived_meanwhile_stops_a_draft(house: House, staff: Staff) -> None:
    item = house.in_force(staff.wang, staff.zhao, Content(title="题", body="文", effective_to=START + DAY))
    draft = house.draft_update(staff.wang, item, NEW)
    house.pass_time(DAY)
    house.archive(staff.zhao, item)
    assert refused(lambda: house.submit(staff.wang, draft.id)) == ("RULE_VIOLATED", "INCOMPLETE")


@pytest.mark.parametrize("reason", [RevokeReason.PUBLISHED_IN_ERROR, RevokeReason.SERVICE_RETIRED])
def test_a_revocation_ends_every_open_submission(house: House, staff: Staff, reason: RevokeReason) -> None:
    item = house.in_force(staff.wang, staff.zhao)
    at_hq = house.draft_update(staff.wang, item, NEW)
    house.to_hq(staff.wang, staff.zhao, at_hq.id)
    drafted = house.draft_update(staff.li, item, NEW)
    revoke = house.draft_revoke(staff.li, item, reason)
    house.to_hq(staff.li, staff.zhao, revoke.id)
    house.hq_approves(revoke.id)
    assert [house.get(i.id).state for i in (at_hq, drafted, revoke)] == [S.SUPERSEDED, S.SUPERSEDED, S.EFFECTIVE]
    told = house.sent("withdraw.request")
    assert [(t["submissionId"], t["reason"], t["answerExpected"]) for t in told] == [(at_hq.id, "SUPERSEDED", False)]
    life = life_of(house, item)
    assert (life.status(START), life.text_hidden(START)) == ("REVOKED", reason is RevokeReason.PUBLISHED_IN_ERROR)


def test_a_schedule_on_what_is_revoked_never_comes(house: House, staff: Staff) -> None:
    item = house.in_force(staff.wang, staff.zhao)
    scheduled = house.draft_update(staff.wang, item, Content(title="题", body="文", effective_from=START + 2 * DAY))
    house.to_hq(staff.wang, staff.zhao, scheduled.id)
    house.hq_approves(scheduled.id)
    house.hq("hqPushRevocation", knowledgeId=item, number=1, reason="SERVICE_RETIRED", effectiveFrom="2026-11-03T01:00:00.000000Z")
    assert house.get(scheduled.id).state is S.SCHEDULED
    house.pass_time(DAY)
    assert house.get(scheduled.id).state is S.SUPERSEDED
    house.pass_time(5 * DAY)
    assert life_of(house, item).status(house.now) == "REVOKED"


def test_reads_are_counted_by_the_day_in_shanghai(either_house: House) -> None:
    with either_house.store.write() as unit:
        unit.session.add(Subject(id="k", owner=Owner.LOCAL, scope=Scope.LOCAL, category_id=LOCAL_NODE, created_at=START))
    late = datetime(2026, 11, 2, 15, 59, tzinfo=UTC)
    record_reads(either_house.store, Counter(), late)
    for at in (late, late, late + timedelta(minutes=1)):
        record_reads(either_house.store, Counter({"k": 2}), at)
    counted = {r.day: r.reads for r in either_house.rows_of(SubjectRead)}
    assert counted == {date(2026, 11, 2): 4, date(2026, 11, 3): 2}


def test_what_was_read_today_is_told_to_the_index(house: House) -> None:
    with house.store.write() as unit:
        unit.session.add(Subject(id="k", owner=Owner.LOCAL, scope=Scope.LOCAL, category_id=LOCAL_NODE, created_at=START))
    assert refresh_popularity(house.store) == 0
    record_reads(house.store, Counter({"k": 2}), START)
    assert refresh_popularity(house.store) == 1
    assert house.read(lambda s: s.get_one(Subject, "k").sequence) > 0
    house.now += DAY
    assert refresh_popularity(house.store) == 0


def test_searches_are_remembered_in_batches_and_never_fill_the_memory(house: House) -> None:
    logger = SearchLogger(house.store, capacity=3)
    assert logger.flush() == 0
    ids = [logger.searched("wang", f"词{n}", n, 1.234, START) for n in range(4)]
    logger.clicked(ids[3], "k", 1, 0, START)
    assert house.rows_of(SearchLog) == []
    assert logger.flush() == 3
    assert [(r.query, r.took_ms) for r in house.rows_of(SearchLog)] == [("词2", 1.23), ("词3", 1.23)]
    assert [c.search_id for c in house.rows_of(SearchClick)] == [ids[3]]
    logger.opened("k")
    logger.opened("k")
    assert logger.flush() == 1
    assert house.rows_of(SubjectRead)[0].reads == 2
