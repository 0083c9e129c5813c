"""The log as something to follow: portions without gap or overlap, cursors of our own, and which rows are about which list."""

from __future__ import annotations

import itertools

import pytest
from sqlmodel import select

from kbsearch.errors import Refused
from kbsearch.services import events
from kbsearch.services.cursors import encode_cursor
from kbsearch.services.events import LAST_ORDINAL, MY_WORK, REVIEW_QUEUE, EventJournal, EventKind, Portion
from kbsearch.store.events import Position
from kbsearch.store.tables import DocumentType, Notice, NoticeAbout, Submission, TransitionLog
from kbsearch.store.unit import SYSTEM, Unit
from kbsearch.workflow.actions import ActorKind
from kbsearch.workflow.notices import NoticeKind
from tests.services.conftest import hire
from tests.services.house import START, House

SECRET = b"secret of this test"
TYPES = (DocumentType.SUBMISSION, DocumentType.PERSON, DocumentType.OUTBOX)


def log(unit: Unit, *types: DocumentType) -> None:
    for type_ in types:
        unit.log(SYSTEM, type_, "D", "TRY")


def everything(journal: EventJournal, start: Position) -> list[Portion]:
    """Portion by portion up to the head."""
    found, place, head = [], start, journal.head()
    while place < head:
        portion = journal.read(place, head)
        assert portion.after == place
        assert place < portion.upto <= head
        found.append(portion)
        place = portion.upto
    return found


@pytest.mark.parametrize("rows", [1, 2, 3, 500])
def test_portions_hold_every_followed_row_once_and_in_order(either_house: House, monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    monkeypatch.setattr(events, "PORTION_ROWS", rows)
    journal = EventJournal(either_house.store)
    start = journal.head()
    for size in (1, 4, 0, 3):
        either_house.write(lambda u, n=size: log(u, *(TYPES * n)))  # type: ignore[misc]
    portions = everything(journal, start)
    told = [(row.sequence, row.ordinal) for portion in portions for row in portion.rows]
    committed = either_house.rows(select(TransitionLog).where(TransitionLog.document_id == "D"))
    followed = [(r.sequence, r.ordinal) for r in committed if r.document_type is not DocumentType.OUTBOX]
    assert len(followed) == 16
    assert told == sorted(followed)
    assert portions[-1].upto == journal.head() == (start[0] + 3, LAST_ORDINAL)


def test_notices_and_rows_are_cut_at_the_same_place(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    person = house.enroll("wang")
    journal = EventJournal(house.store)
    start = journal.head()

    def tell(unit: Unit, count: int) -> None:
        log(unit, *[DocumentType.SUBMISSION] * count)
        unit.commit()
        assert unit.sequence is not None
        for ordinal in range(count):
            made = {"kind": NoticeKind.RESULT, "about": NoticeAbout.SUBMISSION, "document_id": "D", "title": "通过", "text": "已通过"}
            place = {"sequence": unit.sequence, "ordinal": ordinal, "created_at": START}
            unit.session.add(Notice(id=unit.new_id(), person_id=person.id, **made, **place))

    for count in (3, 1, 5):
        house.write(lambda u, n=count: tell(u, n))  # type: ignore[misc]
    monkeypatch.setattr(events, "PORTION_ROWS", 2)
    portions = everything(journal, start)
    rows = [(r.sequence, r.ordinal) for p in portions for r in p.rows]
    notices = [(n.sequence, n.ordinal) for p in portions for n in p.notices]
    assert rows == notices == sorted(set(rows))
    assert len(rows) == 9


def test_a_portion_knows_whose_submissions_and_whose_rights(house: House) -> None:
    staff = hire(house)
    journal = EventJournal(house.store)
    submission = house.draft(staff.wang)
    before = journal.head()
    house.write(lambda u: log(u, DocumentType.SUBMISSION))
    portion = journal.read((before[0] - 1, LAST_ORDINAL), journal.head())
    row = next(r for r in portion.rows if r.document_id == submission.id)
    assert portion.author_of(row) == staff.wang.id
    assert not portion.changes_rights_of(staff.wang.id)
    assert journal.read((0, 0), journal.head()).changes_rights_of(staff.wang.id)


def test_cursors_are_ours_or_refused() -> None:
    assert events.event_position(SECRET, events.event_cursor(SECRET, (7, 3))) == (7, 3)
    assert events.event_position(SECRET, None) is None
    foreign = [
        "",
        "x",
        events.event_cursor(b"another installation", (7, 3)),
        encode_cursor(SECRET, "reviewQueue:0", [7, 3]),
        encode_cursor(SECRET, "events", {"a": 1}),
        encode_cursor(SECRET, "events", [1]),
    ]
    for cursor in foreign:
        with pytest.raises(Refused) as refused:
            events.event_position(SECRET, cursor)
        assert refused.value.refusals[0].rule == "BAD_CURSOR"


def row(before: str | None, after: str | None, type_: DocumentType = DocumentType.SUBMISSION) -> TransitionLog:
    return TransitionLog(
        sequence=1, ordinal=0, document_type=type_, document_id="S", actor_kind=ActorKind.SYSTEM, actor_id="system", at=START,
        action="TRY", from_state=before, to_state=after,
    )  # fmt: skip


INSIDE, OUTSIDE = ("PENDING_REVIEW", "APPROVED"), ("DRAFT", "PENDING_HQ", "EFFECTIVE", None)


def test_the_review_queue_is_entered_changed_and_left() -> None:
    kinds = {(b, a): REVIEW_QUEUE.kind_of(row(b, a), "wang", "zhao") for b in INSIDE + OUTSIDE for a in INSIDE + OUTSIDE}
    assert {kinds[pair] for pair in itertools.product(INSIDE, INSIDE)} == {EventKind.CHANGED}
    assert {kinds[pair] for pair in itertools.product(OUTSIDE, INSIDE)} == {EventKind.ENTERED}
    assert {kinds[pair] for pair in itertools.product(INSIDE, OUTSIDE)} == {EventKind.LEFT}
    assert {kinds[pair] for pair in itertools.product(OUTSIDE, OUTSIDE)} == {None}
    assert REVIEW_QUEUE.kind_of(row("DRAFT", "APPROVED", DocumentType.PERSON), None, "zhao") is None


def test_my_work_is_what_i_am_the_author_of() -> None:
    assert MY_WORK.kind_of(row(None, "DRAFT"), "wang", "wang") is EventKind.ENTERED
    assert MY_WORK.kind_of(row("DRAFT", "VOIDED"), "wang", "wang") is EventKind.CHANGED
    assert MY_WORK.kind_of(row("DRAFT", "VOIDED"), "li", "wang") is None
    assert MY_WORK.kind_of(row("DRAFT", "VOIDED"), None, "wang") is None
    assert MY_WORK.kind_of(row(None, "ACTIVE", DocumentType.PERSON), "wang", "wang") is None


def test_real_submissions_pass_through_the_queue_as_events_say(house: House) -> None:
    staff = hire(house)
    journal = EventJournal(house.store)
    start = journal.head()
    submission = house.draft(staff.wang)
    house.to_hq(staff.wang, staff.zhao, submission.id)
    rows = [r for portion in everything(journal, start) for r in portion.rows if r.document_id == submission.id]
    told = [(r.action, REVIEW_QUEUE.kind_of(r, staff.wang.id, staff.zhao.id)) for r in rows]
    in_queue = [kind for _, kind in told if kind is not None]
    assert in_queue[0] is EventKind.ENTERED
    assert in_queue[-1] is EventKind.LEFT
    assert MY_WORK.kind_of(rows[0], staff.wang.id, staff.wang.id) is EventKind.ENTERED
    assert house.rows_of(Submission)[0].author_id == staff.wang.id
