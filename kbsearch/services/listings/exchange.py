"""Lists of what leaves and what came in, for operators: outbox, inbox, alarms, destinations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from kbsearch.services.listings.slices import Order, Paging, Slice, one_slice
from kbsearch.store.tables import Alarm, Destination, InboxMessage, InboxStatus, OutboxMessage, OutboxStatus


@dataclass(frozen=True, slots=True)
class OutboxFilter:
    """What of the outbox to show; empty filters nothing."""

    statuses: frozenset[OutboxStatus] = frozenset()
    destinations: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    submission_id: str | None = None
    subject_id: str | None = None


@dataclass(frozen=True, slots=True)
class InboxFilter:
    """What of the inbox to show; empty filters nothing."""

    statuses: frozenset[InboxStatus] = frozenset()
    kinds: frozenset[str] = frozenset()
    submission_id: str | None = None
    subject_id: str | None = None


def outbox(session: Session, wanted: OutboxFilter, paging: Paging) -> Slice[OutboxMessage]:
    """The outbox, latest first."""
    statement = select(OutboxMessage)
    if wanted.statuses:
        statement = statement.where(col(OutboxMessage.status).in_(sorted(wanted.statuses)))
    if wanted.destinations:
        statement = statement.where(col(OutboxMessage.destination).in_(sorted(wanted.destinations)))
    if wanted.kinds:
        statement = statement.where(col(OutboxMessage.kind).in_(sorted(wanted.kinds)))
    if wanted.submission_id is not None:
        statement = statement.where(OutboxMessage.submission_id == wanted.submission_id)
    if wanted.subject_id is not None:
        statement = statement.where(OutboxMessage.document_key == wanted.subject_id)
    columns = (col(OutboxMessage.sequence), col(OutboxMessage.ordinal), col(OutboxMessage.id))
    order: Order[OutboxMessage] = Order(columns, lambda m: (m.sequence, m.ordinal, m.id), descending=True)
    filters = [sorted(wanted.statuses), sorted(wanted.destinations), sorted(wanted.kinds), wanted.submission_id, wanted.subject_id]
    return one_slice(session, statement, order, paging, name="outbox", filters=filters)


def inbox(session: Session, wanted: InboxFilter, paging: Paging) -> Slice[InboxMessage]:
    """The inbox, latest first."""
    statement = select(InboxMessage)
    if wanted.statuses:
        statement = statement.where(col(InboxMessage.status).in_(sorted(wanted.statuses)))
    if wanted.kinds:
        statement = statement.where(col(InboxMessage.kind).in_(sorted(wanted.kinds)))
    if wanted.submission_id is not None:
        statement = statement.where(InboxMessage.submission_id == wanted.submission_id)
    if wanted.subject_id is not None:
        statement = statement.where(InboxMessage.subject_id == wanted.subject_id)
    order: Order[InboxMessage] = Order(
        (col(InboxMessage.received_at), col(InboxMessage.id)), lambda m: (m.received_at, m.id), descending=True
    )
    filters = [sorted(wanted.statuses), sorted(wanted.kinds), wanted.submission_id, wanted.subject_id]
    return one_slice(session, statement, order, paging, name="inbox", filters=filters)


def alarms(session: Session, *, open_only: bool, paging: Paging) -> Slice[Alarm]:
    """Alarms, latest first."""
    statement = select(Alarm)
    if open_only:
        statement = statement.where(col(Alarm.closed_at).is_(None))
    order: Order[Alarm] = Order((col(Alarm.raised_at), col(Alarm.id)), lambda a: (a.raised_at, a.id), descending=True)
    return one_slice(session, statement, order, paging, name="alarms", filters=open_only)


def destinations(session: Session) -> Sequence[Destination]:
    """How every destination fares."""
    return session.exec(select(Destination).order_by(col(Destination.name))).all()
