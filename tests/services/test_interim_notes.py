"""临时口径 from writing to its end, in the store: who hears of it, what ends it, what readers are shown meanwhile."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import event
from sqlmodel import select

from kbsearch.content import Content
from kbsearch.services.interim_notes import writing
from kbsearch.services.reading import Badge, Page, page, pages
from kbsearch.store.tables import DocumentType, InterimNote, Notice, OutboxMessage, TransitionLog
from kbsearch.workflow.decide import Actor
from kbsearch.workflow.interim_notes import InterimNoteState
from kbsearch.workflow.reasons import RevokeReason
from kbsearch.workflow.states import Scope
from tests.services.conftest import Staff
from tests.services.house import House, refused

HOUR = timedelta(hours=1)
S = InterimNoteState


def write(house: House, author: Actor, subject_id: str, text: str = "以短信为准", hours: int = 24) -> InterimNote:
    return house.write(lambda u: writing.write(u, author, subject_id, text=text, hours=hours))


def now(house: House, note: InterimNote) -> InterimNote:
    return house.read(lambda s: s.get_one(InterimNote, note.id))


def approve(house: House, reviewer: Actor, note: InterimNote) -> InterimNote:
    lock = now(house, note).lock_version
    return house.write(lambda u: writing.approve(u, reviewer, note.id, lock_version=lock))


def shown(house: House, subject_id: str) -> Page:
    found = house.read(lambda s: page(s, subject_id, house.now))
    assert found is not None
    return found


def told(house: House, person: Actor) -> list[str]:
    """The headlines a person got about notes, oldest first."""
    rows = house.rows(select(Notice).where(Notice.person_id == person.id).order_by(Notice.sequence, Notice.ordinal))  # type: ignore[arg-type]
    return [row.title for row in rows if row.title.startswith("临时口径")]


def test_from_writing_to_running_out(house: House, staff: Staff) -> None:
    item = house.in_force(staff.wang, staff.zhao)
    note = write(house, staff.wang, item)
    assert (note.state, note.version_number, shown(house, item).interim_note) == (S.PENDING, 1, None)
    approve(house, staff.zhao, note)
    seen = shown(house, item)
    assert seen.interim_note is not None
    assert (seen.interim_note.text, seen.interim_note.ends_at) == ("以短信为准", house.now + 24 * HOUR)
    assert Badge.INTERIM_NOTE in seen.badges
    house.now += 24 * HOUR  # nobody has swept yet
    assert shown(house, item).interim_note is None
    assert house.pass_time(timedelta())["notes"] == 1
    assert house.pass_time(timedelta())["notes"] == 0
    ended = now(house, note)
    assert (ended.state, ended.end_reason, ended.ended_at) == (S.ENDED, "满 24 小时", house.now)
    assert told(house, staff.wang) == ["临时口径审核通过，已开始展示：《流量包》", "临时口径已到时结束：《流量包》"]
    log = house.rows(select(TransitionLog).where(TransitionLog.document_type == DocumentType.INTERIM_NOTE))
    assert [(row.action, row.from_state, row.to_state) for row in log] == [
        ("WRITE", None, "PENDING"),
        ("APPROVE", "PENDING", "ACTIVE"),
        ("RUN_OUT", "ACTIVE", "ENDED"),
    ]


def test_headquarters_is_not_told(house: House, staff: Staff) -> None:
    item = house.in_force(staff.wang, staff.zhao)
    to_hq = select(OutboxMessage).where(OutboxMessage.destination == "hq")
    before = len(house.rows(to_hq))
    approve(house, staff.zhao, write(house, staff.wang, item))
    assert len(house.rows(to_hq)) == before


def test_returned_mended_withdrawn(house: House, staff: Staff) -> None:
    item = house.in_force(staff.wang, staff.zhao)
    note = write(house, staff.wang, item)
    house.write(lambda u: writing.send_back(u, staff.zhao, note.id, lock_version=1, reason_text="请写明资费"))
    assert (now(house, note).state, now(house, note).return_text) == (S.RETURNED, "请写明资费")
    assert told(house, staff.wang) == ["临时口径审核退回：《流量包》"]
    house.write(lambda u: writing.resubmit(u, staff.wang, note.id, lock_version=2, text="每月四十元", hours=2))
    mended = now(house, note)
    assert (mended.state, mended.text, mended.hours, mended.reviewed_by, mended.return_text) == (S.PENDING, "每月四十元", 2, None, "")
    house.write(lambda u: writing.withdraw(u, staff.wang, note.id, lock_version=3))
    assert now(house, note).state is S.WITHDRAWN
    assert refused(lambda: approve(house, staff.zhao, note)) == ("ILLEGAL_TRANSITION", None)


def test_only_one_is_shown_at_a_time(house: House, staff: Staff) -> None:
    item = house.in_force(staff.wang, staff.zhao)
    first, second = write(house, staff.wang, item), write(house, staff.li, item, "第二条", 3)
    approve(house, staff.zhao, first)
    assert refused(lambda: approve(house, staff.zhao, second)) == ("RULE_VIOLATED", "ANOTHER_ACTIVE")
    house.write(lambda u: writing.end(u, staff.zhao, first.id, lock_version=2, reason_text="有新说法"))
    approve(house, staff.zhao, second)
    seen = shown(house, item).interim_note
    assert seen is not None
    assert seen.text == "第二条"


def test_one_that_has_run_out_unswept_makes_room(house: House, staff: Staff) -> None:
    item = house.in_force(staff.wang, staff.zhao)
    approve(house, staff.zhao, write(house, staff.wang, item, hours=1))
    second = write(house, staff.li, item, "第二条", 3)
    house.now += HOUR
    approve(house, staff.zhao, second)
    seen = shown(house, item).interim_note
    assert seen is not None
    assert seen.text == "第二条"


def test_nobody_approves_their_own_and_others_notes_are_nobodys(house: House, staff: Staff) -> None:
    item = house.in_force(staff.wang, staff.zhao)
    note = write(house, staff.both, item)
    assert refused(lambda: approve(house, staff.both, note)) == ("RULE_VIOLATED", "FOUR_EYES")
    assert refused(lambda: house.write(lambda u: writing.withdraw(u, staff.wang, note.id, lock_version=1))) == ("NOT_FOUND", None)
    assert refused(lambda: house.write(lambda u: writing.withdraw(u, staff.agent, note.id, lock_version=1))) == ("NOT_FOUND", None)


def test_local_and_unknown_items_have_none(house: House, staff: Staff) -> None:
    local = house.in_force(staff.wang, staff.zhao, scope=Scope.LOCAL)
    assert refused(lambda: write(house, staff.wang, local)) == ("RULE_VIOLATED", "NOT_NATIONAL")
    assert refused(lambda: write(house, staff.wang, "junk")) == ("NOT_FOUND", None)
    assert refused(lambda: write(house, staff.agent, local)) == ("PERMISSION_DENIED", None)


def _updated(house: House, staff: Staff, item: str) -> None:
    update = house.draft_update(staff.wang, item, Content(title="流量包", body="每月四十元"))
    house.to_hq(staff.wang, staff.zhao, update.id)
    house.hq_approves(update.id)


def _suspended(house: House, staff: Staff, item: str) -> None:
    house.suspend(staff.zhao, item)


def _revoked(house: House, staff: Staff, item: str) -> None:
    revoke = house.draft_revoke(staff.wang, item, RevokeReason.PUBLISHED_IN_ERROR)
    house.to_hq(staff.wang, staff.zhao, revoke.id)
    house.hq_approves(revoke.id)


@pytest.mark.parametrize(
    ("change", "reason", "waiting"),
    [(_updated, "第 2 版已生效", S.ENDED), (_suspended, "知识已停用", S.PENDING), (_revoked, "知识已撤销", S.ENDED)],
    ids=["updated", "suspended", "revoked"],
)
def test_it_ends_with_what_it_is_pinned_to(house: House, staff: Staff, change: object, reason: str, waiting: InterimNoteState) -> None:
    assert callable(change)
    item = house.in_force(staff.wang, staff.zhao)
    note, other = write(house, staff.wang, item), write(house, staff.li, item, "还没有审核")
    approve(house, staff.zhao, note)
    change(house, staff, item)
    assert (now(house, note).state, now(house, note).end_reason) == (S.ENDED, reason)
    assert now(house, other).state is waiting
    assert shown(house, item).interim_note is None
    assert Badge.INTERIM_NOTE not in shown(house, item).badges
    assert told(house, staff.wang)[-1] == "临时口径已随知识结束：《流量包》"


def test_it_ends_when_the_version_runs_out(house: House, staff: Staff) -> None:
    item = house.in_force(staff.wang, staff.zhao, Content(title="流量包", body="三十元", effective_to=house.now + 5 * HOUR))
    note = write(house, staff.wang, item)
    approve(house, staff.zhao, note)
    house.pass_time(5 * HOUR)
    assert (now(house, note).state, now(house, note).end_reason) == (S.ENDED, "知识已过期")


def test_a_list_costs_the_same_whether_few_or_many_have_one(house: House, staff: Staff) -> None:
    items = [house.in_force(staff.wang, staff.zhao, Content(title=f"流量包{i}", body="三十元")) for i in range(4)]

    def look() -> tuple[int, list[str | None]]:
        statements: list[str] = []
        listener = lambda *given: statements.append(given[2])  # noqa: E731 - listened to and taken off again
        event.listen(house.store.engine, "before_cursor_execute", listener)
        found = house.read(lambda s: pages(s, items, house.now))
        event.remove(house.store.engine, "before_cursor_execute", listener)
        notes = [found[i].interim_note for i in items]
        return len(statements), [None if note is None else note.text for note in notes]

    without, _ = look()
    approve(house, staff.zhao, write(house, staff.wang, items[0], "一"))
    one, texts = look()
    assert (one, texts) == (without + 1, ["一", None, None, None])
    for item in items[1:3]:
        approve(house, staff.zhao, write(house, staff.wang, item, "又一"))
    assert look() == (without + 1, ["一", "又一", "又一", None])
