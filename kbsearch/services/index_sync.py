"""Keeps an index equal to the store: refresh jobs, rebuild beside and swap, reconcile.

The outbox holds one job per touched knowledge item and index. A job is done by writing the item's present state with
the item's sequence, so jobs may be repeated, reordered and merged: the engine lets the higher sequence win.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import structlog
from sqlmodel import Session, col, delete, func, select

from kbsearch.indexing.document import Change, IndexDocument, Tombstone, document_id_of
from kbsearch.indexing.faults import IndexFault
from kbsearch.indexing.port import SearchEngine, WriteOutcome
from kbsearch.services.alarms import raise_alarm
from kbsearch.services.announcements.finding import audience_tokens
from kbsearch.services.attachments import MAX_SEARCHABLE, texts_of
from kbsearch.services.reading import reads_of
from kbsearch.store.lives import Life, load_lives
from kbsearch.store.outbox import back_off, pending_count, take_index_batch
from kbsearch.store.tables import AlarmKind, OutboxMessage, OutboxStatus, Subject, SubjectVersion
from kbsearch.store.unit import Store
from kbsearch.workflow.states import SubjectKind

BATCH = 1_000
PAGE = 1_000
MAX_ATTEMPTS = 5
_LOG = structlog.get_logger()


def documents_of(life: Life, reads: int, store: Store, texts: Mapping[str, str] | None = None) -> list[IndexDocument]:
    """Every accepted version of an item as it is to be found, live intervals and hiding as of now; `texts` of its attachments.

    Replies are found with what they answer, by nobody else.
    """
    subject, now = life.subject, store.clock()
    if subject.kind is SubjectKind.REPLY:
        return []
    hidden = life.text_hidden(now)
    documents = []
    for version in life.versions.values():
        interval = life.timeline.interval(version.number)
        documents.append(
            IndexDocument(
                subject_id=subject.id,
                number=version.number,
                sequence=subject.sequence,
                title=version.title,
                body=version.body,
                kind=subject.kind.value,
                category_id=subject.category_id or "",
                updated_at=version.created_at,
                summary=version.summary,
                script=version.script,
                keywords=tuple(version.keywords),
                regions=tuple(version.regions),
                owner=subject.owner.value,
                scope=subject.scope.value,
                live_from=interval.live_from if interval else None,
                live_to=interval.live_to if interval else None,
                hidden=hidden,
                reads=reads,
                audience=audience_tokens(subject, version, now),
                still_in_use=subject.still_in_use,
                attachment_text="\n".join((texts or {}).get(digest, "") for digest in version.attachments)[:MAX_SEARCHABLE],
            )
        )
    return documents


def _tombstones(session: Session, lives: dict[str, Life]) -> list[Tombstone]:
    """Versions that were accepted once and no longer are."""
    statement = select(SubjectVersion).where(col(SubjectVersion.subject_id).in_(list(lives)), col(SubjectVersion.accepted).is_(False))
    gone = [v for v in session.exec(statement) if v.number not in lives[v.subject_id].versions]
    return [Tombstone(document_id_of(v.subject_id, v.number), lives[v.subject_id].subject.sequence) for v in gone]


def _changes(session: Session, store: Store, subject_ids: Sequence[str]) -> list[Change]:
    lives = load_lives(session, subject_ids)
    reads = reads_of(session, list(lives))
    texts = texts_of(session, (digest for life in lives.values() for v in life.versions.values() for digest in v.attachments))
    changes: list[Change] = [d for i, life in lives.items() for d in documents_of(life, reads.get(i, 0), store, texts)]
    return changes + _tombstones(session, lives)


def drain(store: Store, engine: SearchEngine, destination: str) -> int:
    """Do every due refresh job; returns how many knowledge items were refreshed. Only the index's writer may run it."""
    done = 0
    while True:
        with store.read() as session:
            jobs = take_index_batch(session, destination, store.clock(), BATCH)
            ids = sorted({job.document_key for job in jobs})
            changes = _changes(session, store, ids)
        if not jobs:
            return done
        try:
            engine.apply(changes)
        except IndexFault:
            raise  # the engine itself fails: nothing is lost, the jobs stay and the sweeper comes back
        except Exception:  # noqa: BLE001 - one bad document must not hold back the others
            _LOG.exception("index.batch_failed", jobs=len(jobs))
            _one_by_one(store, engine, jobs)
        else:
            _finish(store, jobs)
        done += len(ids)


def _one_by_one(store: Store, engine: SearchEngine, jobs: Sequence[OutboxMessage]) -> None:
    for job in jobs:
        try:
            with store.read() as session:
                engine.apply(_changes(session, store, [job.document_key]))
        except IndexFault:
            raise
        except Exception as error:  # noqa: BLE001 - counted, and set aside after MAX_ATTEMPTS
            _postpone(store, job, f"{type(error).__name__}: {error}")
        else:
            _finish(store, [job])


def _finish(store: Store, jobs: Sequence[OutboxMessage]) -> None:
    """A done job leaves no trace: the index itself tells what it holds."""
    with store.write() as unit:
        unit.session.execute(delete(OutboxMessage).where(col(OutboxMessage.id).in_([j.id for j in jobs])))


def _postpone(store: Store, job: OutboxMessage, error: str) -> None:
    with store.write() as unit:
        row = unit.session.get(OutboxMessage, job.id)
        if row is None:
            return
        row.attempts, row.last_error = row.attempts + 1, error[:500]
        row.due_at = unit.now + back_off(row.attempts)
        if row.attempts >= MAX_ATTEMPTS:
            row.status = OutboxStatus.DEAD
            raise_alarm(unit, AlarmKind.DEAD_LETTER, row.id, f"知识 {row.document_key} 进不了索引：{error[:200]}")


def _portions(store: Store) -> Iterator[list[IndexDocument]]:
    """The whole store as index documents, a portion at a time, each read in a short transaction of its own."""
    last = ""
    while True:
        with store.read() as session:
            ids = list(session.exec(select(Subject.id).where(Subject.id > last).order_by(col(Subject.id)).limit(PAGE)))
            documents = [c for c in _changes(session, store, ids) if isinstance(c, IndexDocument)]
        if not ids:
            return
        yield documents
        last = ids[-1]


def _expected(session: Session) -> int:
    """How many documents the store has for an index."""
    found = select(func.count()).select_from(SubjectVersion).join(Subject, col(Subject.id) == col(SubjectVersion.subject_id))
    return session.exec(found.where(col(SubjectVersion.accepted), col(Subject.kind) != SubjectKind.REPLY)).one()


def reindex(store: Store, engine: SearchEngine, progress: Callable[[int, int], None] = lambda _done, _total: None) -> int:
    """Rebuild beside the served index, verify, swap; searches go on meanwhile. Returns the number of documents."""
    with store.read() as session:
        total = _expected(session)
    rebuild = engine.begin_rebuild()
    try:
        read = 0
        for portion in _portions(store):
            rebuild.add(portion)
            read += len(portion)
            progress(read, max(total, read))
        return rebuild.swap(expected=read)
    except BaseException:
        rebuild.abandon()
        raise


@dataclass
class Difference:
    """What reconcile found; each list holds document ids."""

    checked: int = 0
    missing: list[str] = field(default_factory=list)
    surplus: list[str] = field(default_factory=list)
    different: list[str] = field(default_factory=list)
    repaired: int = 0

    @property
    def equal(self) -> bool:
        """Whether store and index hold the same."""
        return not (self.missing or self.surplus or self.different)


def reconcile(store: Store, engine: SearchEngine, *, repair: bool) -> Difference:
    """Compare every version in the store with every document in the index; repair writes what differs again.

    Run it when no jobs wait: what is still on its way would be found as a difference.
    """
    held = {stored.document_id: (stored.sequence, stored.digest) for stored in engine.iterate()}
    found = Difference()
    for portion in _portions(store):
        for document in portion:
            found.checked += 1
            stored = held.pop(document.document_id, None)
            if stored is None:
                found.missing.append(document.document_id)
            elif stored[1] != document.digest:
                found.different.append(document.document_id)
    found.surplus = sorted(held)
    if repair and not found.equal:
        _repair(store, engine, found, held)
    return found


def _repair(store: Store, engine: SearchEngine, found: Difference, surplus: dict[str, tuple[int, str]]) -> None:
    """Give what differs a new sequence in the store, so that the write wins whatever the index holds."""
    ids = sorted({d.rpartition(":")[0] for d in (*found.missing, *found.different, *found.surplus)})
    with store.write() as unit:
        known = set(unit.session.exec(select(Subject.id).where(col(Subject.id).in_(ids)))) if ids else set()
        for subject_id in known:
            unit.touch(subject_id)
    outcomes: set[WriteOutcome] = set()
    for start in range(0, len(ids), PAGE):
        with store.read() as session:
            outcomes |= set(engine.apply(_changes(session, store, ids[start : start + PAGE])).values())
    engine.apply([Tombstone(document_id, sequence + 1) for document_id, (sequence, _) in surplus.items()])
    if WriteOutcome.STALE in outcomes:  # the index claims a future the store never had: only building anew mends that
        reindex(store, engine)
    found.repaired = len(found.missing) + len(found.different) + len(found.surplus)


@dataclass(frozen=True, slots=True)
class IndexState:
    """What an operator sees of an index: documents held and expected, jobs waiting, whether it fits this program."""

    documents: int
    expected: int
    pending: int
    fresh: bool
    searchable: bool
    reason: str
    lag: timedelta | None


def index_state(store: Store, engine: SearchEngine, destination: str) -> IndexState:
    """Count cheaply; `lag` is the age of the oldest waiting job."""
    with store.read() as session:
        expected = _expected(session)
        pending = pending_count(session, destination)
        oldest = session.exec(
            select(func.min(OutboxMessage.created_at)).where(
                OutboxMessage.destination == destination, OutboxMessage.status == OutboxStatus.PENDING
            )
        ).one()
    freshness = engine.freshness()
    documents = engine.count() if freshness.searchable else 0
    lag = store.clock() - oldest if oldest is not None else None
    return IndexState(documents, expected, pending, freshness.fresh, freshness.searchable, freshness.reason, lag)
