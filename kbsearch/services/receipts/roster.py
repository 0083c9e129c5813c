"""Whom an announcement concerns now, and how far each has come: derived from the roster and the receipts; changes nothing."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlmodel import Session, col, select

from kbsearch.services.cursors import decode_cursor, encode_cursor
from kbsearch.services.listings.slices import Paging, Slice
from kbsearch.services.receipts.proofs import proof_holds
from kbsearch.store.audiences import effective_audience, shown_version
from kbsearch.store.lives import Life
from kbsearch.store.tables import Person, Receipt
from kbsearch.workflow.receipts import Given, ReceiptState, Standing, Wording, counting_hashes, standing

if TYPE_CHECKING:  # reading builds on drafts, and drafts on what announces through here
    from kbsearch.services.announcements.reading import AnnouncementPage


@dataclass(frozen=True, slots=True)
class Line:
    """One person on an announcement's list; `receipt` is the row that counts, None while nothing was opened."""

    person: Person
    standing: Standing
    receipt: Receipt | None

    @property
    def state(self) -> ReceiptState:
        """How far they have come."""
        return self.standing.state

    def proven(self, key: bytes) -> bool | None:
        """Whether the stored proof holds; None where nothing was signed."""
        if self.receipt is None or self.receipt.signed_at is None:
            return None
        return proof_holds(key, self.receipt)


@dataclass(frozen=True, slots=True)
class Summary:
    """The list, counted: `pending` + `read` (not signed yet) + `signed` = `total`."""

    total: int
    pending: int
    read: int
    signed: int


def counting(life: Life, at: datetime) -> frozenset[str]:
    """The content hashes whose receipts still count at `at`."""
    begun = [number for start, number in life.timeline.takeovers if start <= at]
    versions = [life.versions[number] for number in begun]
    return counting_hashes([Wording(v.content_hash, v.material) for v in versions])


def _standing(rows: Iterable[Receipt], hashes: frozenset[str]) -> Standing:
    return standing((Given(r.content_hash, r.read_at, r.signed_at) for r in rows), hashes)


def _ended_at(life: Life, at: datetime) -> datetime | None:
    """When it stopped standing, None while it stands."""
    if life.timeline.current(at) is not None:
        return None
    ends = [i.live_to for i in life.timeline.intervals if i.live_to is not None and i.live_to <= at]
    return max(ends, default=None)


def concerned(life: Life, everybody: Iterable[Person], at: datetime) -> list[Person]:
    """Those of the roster whom the wording that counts is for; who came after it ended is not asked any more."""
    shown, ended = shown_version(life, at), _ended_at(life, at)
    if shown is None:
        return []
    audience = effective_audience(life.subject, shown)
    return [p for p in everybody if audience.includes(p.login) and (ended is None or p.created_at <= ended)]


def lists_of(session: Session, lives: Mapping[str, Life], at: datetime) -> dict[str, list[Line]]:
    """The whole list of each of these announcements, by login: everybody active whom it concerns now."""
    given: defaultdict[tuple[str, str], list[Receipt]] = defaultdict(list)
    for row in session.exec(select(Receipt).where(col(Receipt.subject_id).in_(list(lives)))):
        given[row.subject_id, row.person_id].append(row)
    everybody = session.exec(select(Person).where(col(Person.active)).order_by(col(Person.login))).all()
    found = {}
    for subject_id, life in lives.items():
        hashes = counting(life, at)
        found[subject_id] = [_line(person, given[subject_id, person.id], hashes) for person in concerned(life, everybody, at)]
    return found


def lines(session: Session, life: Life, at: datetime) -> list[Line]:
    """The whole list of one."""
    return lists_of(session, {life.subject.id: life}, at)[life.subject.id]


def _line(person: Person, rows: list[Receipt], hashes: frozenset[str]) -> Line:
    found = _standing(rows, hashes)
    counted = None if found.counted is None else found.counted.content_hash
    return Line(person, found, next((r for r in rows if r.content_hash == counted), None))


def summary(found: Iterable[Line]) -> Summary:
    """The list, counted."""
    counts = Counter(line.state for line in found)
    pending, read, signed = (counts[state] for state in ReceiptState)
    return Summary(pending + read + signed, pending, read, signed)


def one_page(found: list[Line], state: ReceiptState | None, subject_id: str, paging: Paging) -> Slice[Line]:
    """A page of the list, of those in one state where one is given."""
    purpose = f"receipts:{subject_id}:{'' if state is None else state.value}"
    kept = [line for line in found if state is None or line.state is state]
    if paging.after is not None:
        login = str(decode_cursor(paging.secret, purpose, paging.after))
        kept = kept[bisect_right([line.person.login for line in kept], login) :]
    rows = kept[: paging.first]
    return Slice(rows, [encode_cursor(paging.secret, purpose, line.person.login) for line in rows], len(kept) > paging.first)


def my_standings(
    session: Session, person_id: str, pages: Mapping[str, AnnouncementPage] | Collection[AnnouncementPage]
) -> dict[str, tuple[Standing, Receipt | None]]:
    """How far one person has come with each of these announcements, with the receipt that counts."""
    found = pages.values() if isinstance(pages, Mapping) else pages
    lives = {page.life.subject.id: (page.life, page.now) for page in found}
    given: defaultdict[str, list[Receipt]] = defaultdict(list)
    statement = select(Receipt).where(Receipt.person_id == person_id, col(Receipt.subject_id).in_(list(lives)))
    for row in session.exec(statement):
        given[row.subject_id].append(row)
    made = {}
    for subject_id, (life, at) in lives.items():
        now = _standing(given[subject_id], counting(life, at))
        counted = None if now.counted is None else now.counted.content_hash
        made[subject_id] = (now, next((r for r in given[subject_id] if r.content_hash == counted), None))
    return made


def unread(session: Session, person_id: str, pages: dict[str, AnnouncementPage]) -> dict[str, AnnouncementPage]:
    """Those in force for the person which they have not opened."""
    return _of_state(session, person_id, pages, must_read=False, states=(ReceiptState.PENDING,))


def unsigned(session: Session, person_id: str, pages: dict[str, AnnouncementPage]) -> dict[str, AnnouncementPage]:
    """Those in force that the person must read and has not signed."""
    return _of_state(session, person_id, pages, must_read=True, states=(ReceiptState.PENDING, ReceiptState.READ))


def _of_state(
    session: Session, person_id: str, pages: dict[str, AnnouncementPage], *, must_read: bool, states: tuple[ReceiptState, ...]
) -> dict[str, AnnouncementPage]:
    standing_now = {i: p for i, p in pages.items() if p.addressed and p.current is not None and (p.must_read or not must_read)}
    mine = my_standings(session, person_id, standing_now)
    return {i: page for i, page in standing_now.items() if mine[i][0].state in states}
