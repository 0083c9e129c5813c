"""Queries that follow the transition log and the notices by (sequence, ordinal); reads only, and decides nothing about who may see."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, tuple_
from sqlmodel import Session, col, select

from kbsearch.store.tables import DocumentType, Notice, SequenceCounter, Submission, TransitionLog

Position = tuple[int, int]


def last_sequence(session: Session) -> int:
    """The newest committed transaction's number: everything up to it is there to be read, since it is taken last."""
    return session.exec(select(SequenceCounter.value).where(SequenceCounter.name == "main")).one_or_none() or 0


def _between(table: type[TransitionLog | Notice], after: Position, upto: Position) -> list[ColumnElement[bool]]:
    place = tuple_(col(table.sequence), col(table.ordinal))
    # The bare comparisons let both engines use the index; the pairs are exact.
    return [col(table.sequence) >= after[0], col(table.sequence) <= upto[0], place > after, place <= upto]


def log_between(session: Session, after: Position, upto: Position, types: Collection[DocumentType], limit: int) -> Sequence[TransitionLog]:
    """The next log rows about these kinds of documents, in order."""
    statement = select(TransitionLog).where(*_between(TransitionLog, after, upto), col(TransitionLog.document_type).in_(sorted(types)))
    return session.exec(statement.order_by(col(TransitionLog.sequence), col(TransitionLog.ordinal)).limit(limit)).all()


def notices_between(session: Session, after: Position, upto: Position, limit: int) -> Sequence[Notice]:
    """The next notices, anybody's, in order."""
    statement = select(Notice).where(*_between(Notice, after, upto))
    return session.exec(statement.order_by(col(Notice.sequence), col(Notice.ordinal)).limit(limit)).all()


def authors_of(session: Session, submission_ids: Collection[str]) -> dict[str, str]:
    """Whose each submission is now."""
    if not submission_ids:
        return {}
    statement = select(Submission.id, Submission.author_id).where(col(Submission.id).in_(sorted(submission_ids)))
    return dict(session.exec(statement).all())
