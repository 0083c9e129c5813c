"""What a person last read of which document, and what has changed since; the marks are derived when asked for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement
from sqlmodel import Session, and_, col, func, or_, select

from kbsearch.store.dialect import upsert
from kbsearch.store.lives import Life, load_lives
from kbsearch.store.tables import Favourite, LastReading, Revocation, SearchLog, Subject, SubjectVersion
from kbsearch.store.unit import Store
from kbsearch.workflow.decide import Actor

SEARCHES_KEPT = timedelta(days=90)
_MOST_CANDIDATES = 500


@dataclass(frozen=True, slots=True)
class Opened:
    """Somebody opened a version of a document."""

    person_id: str
    subject_id: str
    version_number: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Since:
    """From where a person's "changed since" counts: the version they read last, or what was in force when they kept it."""

    subject_id: str
    number: int | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Change:
    """Another version is in force than the one a person knows; `to_number` None: none is any more."""

    subject_id: str
    from_number: int | None
    to_number: int | None
    known_at: datetime
    changed_at: datetime


def record_readings(store: Store, opened: Iterable[Opened]) -> int:
    """Remember the latest reading of each (person, document); outside any business transaction. Returns how many."""
    latest: dict[tuple[str, str], Opened] = {}
    for one in sorted(opened, key=lambda o: o.at):
        latest[one.person_id, one.subject_id] = one
    if not latest:
        return 0
    with store.write() as unit:
        for key in sorted(latest):
            row = latest[key]
            values = {"person_id": row.person_id, "subject_id": row.subject_id, "version_number": row.version_number, "at": row.at}
            statement = upsert(unit.session, LastReading).values(**values)
            newer = {"version_number": statement.excluded.version_number, "at": statement.excluded.at}
            unit.session.execute(
                statement.on_conflict_do_update(
                    index_elements=["person_id", "subject_id"], set_=newer, where=col(LastReading.at) < statement.excluded.at
                )
            )
    return len(latest)


def change_of(since: Since, life: Life, now: datetime) -> Change | None:
    """What changed in force since; None where nothing did, or nothing was known and nothing is in force."""
    known = life.base(since.at) if since.number is None else since.number
    current = life.timeline.current(now)
    if current == known or (current is None and not _ended_since(life, since.at, now)):
        return None
    return Change(since.subject_id, known, current, since.at, _moment(life, current, since.at, now))


def _ended_since(life: Life, since: datetime, now: datetime) -> bool:
    """Whether something was in force after `since` and ended by `now`."""
    return any(i.live_to is not None and since < i.live_to <= now for i in life.timeline.intervals)


def _moment(life: Life, current: int | None, since: datetime, now: datetime) -> datetime:
    if current is not None:
        interval = life.timeline.interval(current)
        return since if interval is None else interval.live_from
    return max(i.live_to for i in life.timeline.intervals if i.live_to is not None and since < i.live_to <= now)


def known_by(session: Session, actor: Actor, subject_ids: Collection[str]) -> Mapping[str, Since]:
    """What a person knows of these documents; those neither read nor kept are left out."""
    ids = list(subject_ids)
    kept = select(Favourite).where(Favourite.person_id == actor.id, col(Favourite.subject_id).in_(ids))
    read = select(LastReading).where(LastReading.person_id == actor.id, col(LastReading.subject_id).in_(ids))
    found = {f.subject_id: Since(f.subject_id, None, f.created_at) for f in session.exec(kept)}
    return found | {r.subject_id: Since(r.subject_id, r.version_number, r.at) for r in session.exec(read)}


def kept_by(session: Session, actor: Actor, subject_ids: Collection[str]) -> frozenset[str]:
    """Which of these a person keeps as favourites."""
    statement = select(Favourite.subject_id).where(Favourite.person_id == actor.id, col(Favourite.subject_id).in_(list(subject_ids)))
    return frozenset(session.exec(statement))


def changed_since(session: Session, actor: Actor, now: datetime) -> list[Change]:
    """Everything a person has read or keeps whose version in force changed since, latest change first.

    At most 500 of each are looked at, those that changed last. Whether the person may still read it is the caller's to ask.
    """
    ids = {*_candidates(session, actor, now)}
    lives, known = load_lives(session, ids), known_by(session, actor, ids)
    changes = [change for i, since in known.items() if i in lives and (change := change_of(since, lives[i], now)) is not None]
    return sorted(changes, key=lambda c: (c.changed_at, c.subject_id), reverse=True)


def _candidates(session: Session, actor: Actor, now: datetime) -> Sequence[str]:
    read = (
        select(LastReading.subject_id)
        .join(Subject, col(Subject.id) == col(LastReading.subject_id))
        .where(LastReading.person_id == actor.id, _perhaps_changed(now))
    )
    unread = (
        select(Favourite.subject_id)
        .join(Subject, col(Subject.id) == col(Favourite.subject_id))
        .where(
            Favourite.person_id == actor.id,
            ~select(LastReading.subject_id)
            .where(LastReading.person_id == actor.id, col(LastReading.subject_id) == col(Favourite.subject_id))
            .exists(),
        )
    )
    latest = col(Subject.sequence).desc()
    return [i for each in (read, unread) for i in session.exec(each.order_by(latest).limit(_MOST_CANDIDATES))]


def _perhaps_changed(now: datetime) -> ColumnElement[bool]:
    """SQL over LastReading and Subject: another version took over, or what was read ended; the life judges each."""
    revoked = (
        select(Revocation.id)
        .where(
            Revocation.subject_id == LastReading.subject_id,
            col(Revocation.accepted),
            col(Revocation.live_from) > col(LastReading.at),
            col(Revocation.live_from) <= now,
        )
        .exists()
    )
    expired = (
        select(SubjectVersion.id)
        .where(
            SubjectVersion.subject_id == LastReading.subject_id,
            col(SubjectVersion.accepted),
            and_(col(SubjectVersion.effective_to) > col(LastReading.at), col(SubjectVersion.effective_to) <= now),
        )
        .exists()
    )
    return or_(col(Subject.recorded_base) != col(LastReading.version_number), revoked, expired)


def recent_searches(session: Session, actor: Actor, limit: int, now: datetime) -> list[tuple[str, datetime]]:
    """A person's latest different searches with when each was last made, latest first; of the last 90 days."""
    last = func.max(col(SearchLog.at))
    statement = (
        select(SearchLog.query, last)
        .where(SearchLog.person_id == actor.id, col(SearchLog.at) > now - SEARCHES_KEPT, SearchLog.query != "")
        .group_by(col(SearchLog.query))
        .order_by(last.desc(), col(SearchLog.query))
        .limit(limit)
    )
    return [(query, at) for query, at in session.exec(statement)]
