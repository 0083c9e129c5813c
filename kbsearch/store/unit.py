"""The unit of work: one transaction of one request or task. Whoever opens it commits it; nobody else does.

Log rows and outbox rows are collected while an operation runs and written at commit with one sequence number, taken
last from the one locked counter row, so that sequence order is commit order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, insert, text, update
from sqlmodel import Session, SQLModel, col

from kbsearch.clock import Clock
from kbsearch.ids import NewId
from kbsearch.store.engine import for_writing
from kbsearch.store.notice_channels import DELIVER, forwarded
from kbsearch.store.tables import (
    Batch,
    DocumentType,
    Feedback,
    InterimNote,
    Notice,
    NoticeAbout,
    OutboxMessage,
    OutboxStatus,
    SequenceCounter,
    Subject,
    Submission,
    SyncRun,
    TransitionLog,
)
from kbsearch.workflow.actions import ActorKind
from kbsearch.workflow.deadlines import Deadlines
from kbsearch.workflow.notices import NoticeKind, NoticeWays

REFRESH = "index.refresh"
Doorbell = Callable[[str], None]
Stamped = type[Subject] | type[Submission] | type[Feedback] | type[InterimNote] | type[Batch] | type[SyncRun]


@dataclass(frozen=True, slots=True)
class Who:
    """The principal written into the log."""

    kind: ActorKind
    id: str


SYSTEM = Who(ActorKind.SYSTEM, "system")
HQ = Who(ActorKind.HQ, "hq")


@dataclass
class Unit:
    """A transaction with its fixed `now`; `index_destinations` are told of every touched knowledge item.

    `announcement_review`: announcements of headquarters wait for a reviewer before local users see them; `notice_ways`: how
    notices leave the application beside being shown in it.
    """

    session: Session
    now: datetime
    new_id: NewId
    deadlines: Deadlines = field(default_factory=Deadlines)
    index_destinations: tuple[str, ...] = ()
    announcement_review: bool = False
    notice_ways: NoticeWays = field(default_factory=NoticeWays)
    sequence: int | None = None
    rung: set[str] = field(default_factory=set)
    # Plain rows, not objects: a bulk load writes hundreds of thousands of them.
    _log: list[dict[str, Any]] = field(default_factory=list)
    _outbox: list[dict[str, Any]] = field(default_factory=list)
    _touched: set[str] = field(default_factory=set)
    _notices: list[dict[str, Any]] = field(default_factory=list)
    _stamps: defaultdict[Stamped, set[str]] = field(default_factory=lambda: defaultdict(set))

    def log(
        self,
        who: Who,
        document_type: DocumentType,
        document_id: str,
        action: str,
        *,
        from_state: str | None = None,
        to_state: str | None = None,
        reason_codes: list[str] | None = None,
        reason_text: str = "",
        lock_version: int = 0,
        round_: int | None = None,
        details: dict[str, Any] | None = None,
    ) -> None:
        """Append to the transition log with this transaction's sequence."""
        self._log.append(
            {
                "ordinal": len(self._log),
                "document_type": document_type,
                "document_id": document_id,
                "actor_kind": who.kind,
                "actor_id": who.id,
                "at": self.now,
                "action": action,
                "from_state": from_state,
                "to_state": to_state,
                "reason_codes": reason_codes or [],
                "reason_text": reason_text,
                "lock_version": lock_version,
                "round": round_,
                "details": details or {},
            }
        )

    def send(
        self,
        destination: str,
        document_key: str,
        kind: str,
        payload: dict[str, Any],
        *,
        submission_id: str | None = None,
        round_: int | None = None,
        delay: timedelta = timedelta(),
    ) -> str:
        """Put a message into the outbox; it leaves only if this transaction commits. Returns its id."""
        message_id = self.new_id()
        self._outbox.append(
            {
                "id": message_id,
                "destination": destination,
                "document_key": document_key,
                "kind": kind,
                "ordinal": len(self._outbox),
                "payload": payload,
                "submission_id": submission_id,
                "round": round_,
                "status": OutboxStatus.PENDING,
                "created_at": self.now,
                "due_at": self.now + delay,
                "attempts": 0,
                "last_error": "",
            }
        )
        return message_id

    def touch(self, subject_id: str) -> None:
        """The knowledge item changed: its index documents get this transaction's sequence and are refreshed."""
        self._touched.add(subject_id)

    def touch_submission(self, submission_id: str) -> None:
        """The submission changed: it carries this transaction's sequence."""
        self.stamp(Submission, submission_id)

    def stamp(self, table: Stamped, row_id: str) -> None:
        """A row of this table changed and carries this transaction's sequence."""
        self._stamps[table].add(row_id)

    def notify(
        self, person_id: str, kind: NoticeKind, *, about: NoticeAbout, document_id: str, title: str, text: str, next_step: str = ""
    ) -> None:
        """Tell one person something in the application; it is told only if this transaction commits."""
        self._notices.append(
            {
                "id": self.new_id(),
                "person_id": person_id,
                "kind": kind,
                "about": about,
                "document_id": document_id,
                "title": title,
                "text": text,
                "next_step": next_step,
                "created_at": self.now,
                "ordinal": len(self._notices),
            }
        )

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """What is refused inside leaves nothing behind, neither rows nor collected messages; the transaction goes on."""
        stamps = {table: set(ids) for table, ids in self._stamps.items()}
        kept = (list(self._log), list(self._outbox), list(self._notices), set(self._touched))
        nested = self.session.begin_nested()
        try:
            yield
        except BaseException:
            nested.rollback()
            self._log, self._outbox, self._notices, self._touched = kept
            self._stamps = defaultdict(set, stamps)
            raise
        nested.commit()

    def commit(self) -> None:
        """Flush, take the sequence last, stamp everything with it, commit."""
        for subject_id in sorted(self._touched):
            for destination in self.index_destinations:
                self.send(destination, subject_id, REFRESH, {})
        for destination, person_id, payload in forwarded(self.session, self.notice_ways, self._notices):
            self.send(destination, person_id, DELIVER, payload)
        self.session.flush()
        if self._log or self._outbox or self._notices or self._touched or self._stamps:
            self.sequence = self._take_sequence()
            self._stamp(self.sequence)
        self.session.commit()
        self.rung |= {m["destination"] for m in self._outbox}
        self._log, self._outbox, self._notices = [], [], []
        self._touched, self._stamps = set(), defaultdict(set)

    def _take_sequence(self) -> int:
        statement = (
            update(SequenceCounter)
            .where(col(SequenceCounter.name) == "main")
            .values(value=SequenceCounter.value + 1)
            .returning(col(SequenceCounter.value))
            .execution_options(synchronize_session=False)
        )
        return int(self.session.execute(statement).scalar_one())

    def _stamp(self, sequence: int) -> None:
        collected: tuple[tuple[type[SQLModel], list[dict[str, Any]]], ...] = (
            (TransitionLog, self._log),
            (OutboxMessage, self._outbox),
            (Notice, self._notices),
        )
        for table, rows in collected:
            if rows:
                self.session.execute(insert(table), [{**row, "sequence": sequence} for row in rows])
        for table, ids in ((Subject, self._touched), *self._stamps.items()):
            for chunk in _chunks(sorted(ids)):
                self.session.execute(
                    update(table).where(col(table.id).in_(chunk)).values(sequence=sequence),
                    execution_options={"synchronize_session": "fetch" if len(ids) < 50 else False},  # noqa: PLR2004 - bulk loads expire instead
                )
        self.session.flush()


def _chunks(ids: list[str], size: int = 500) -> Iterator[list[str]]:
    for start in range(0, len(ids), size):
        yield ids[start : start + size]


@dataclass(frozen=True)
class Store:
    """Opens units and read sessions on one database; the only thing services need from outside to be run."""

    engine: Engine
    clock: Clock
    new_id: NewId
    deadlines: Deadlines = field(default_factory=Deadlines)
    index_destinations: tuple[str, ...] = ()
    ring: Doorbell = lambda _destination: None
    announcement_review: bool = False
    notice_ways: NoticeWays = field(default_factory=NoticeWays)

    @contextmanager
    def write(self) -> Iterator[Unit]:
        """A transaction: committed when the block ends well, rolled back when it raises; then doorbells ring."""
        with Session(for_writing(self.engine), expire_on_commit=False) as session:
            session.connection()  # SQLite takes its write lock here: `now` is read behind it, in commit order
            unit = Unit(
                session, self.clock(), self.new_id, self.deadlines, self.index_destinations, self.announcement_review, self.notice_ways
            )
            try:
                yield unit
                unit.commit()
            except BaseException:
                session.rollback()
                raise
        for destination in unit.rung:
            self.ring(destination)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A read-only session: closed without a commit, so nothing it does is kept; what it loaded stays usable."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    def alive(self) -> None:
        """Raise when the database does not answer."""
        with self.engine.connect() as connection:
            connection.execute(text("SELECT 1"))
