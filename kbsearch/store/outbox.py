"""The outbox as a queue: claiming heads, back-off, outages, dead letters. Knows no destination's protocol."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, or_, tuple_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, select, update

from kbsearch.store.tables import Destination, OutboxMessage, OutboxStatus
from kbsearch.store.unit import REFRESH

LEASE = timedelta(seconds=15)
_FIRST_DELAY = timedelta(seconds=1)
_LONGEST_DELAY = timedelta(seconds=60)
_LONGEST_WISH = timedelta(minutes=10)


def back_off(attempts: int, wish: timedelta | None = None) -> timedelta:
    """How long to wait after the `attempts`-th failure: doubling, at most a minute; a destination's wish counts if longer."""
    doubled: timedelta = min(_FIRST_DELAY * (1 << min(attempts - 1, 10)), _LONGEST_DELAY)
    return max(doubled, min(wish or timedelta(), _LONGEST_WISH))


def _is_head() -> ColumnElement[bool]:
    """No earlier message of the same document is still waiting or dead: first in, first out per document."""
    earlier = aliased(OutboxMessage)
    return ~exists().where(
        and_(
            col(earlier.destination) == col(OutboxMessage.destination),
            col(earlier.document_key) == col(OutboxMessage.document_key),
            col(earlier.status).in_([OutboxStatus.PENDING, OutboxStatus.DEAD]),
            tuple_(col(earlier.sequence), col(earlier.ordinal)) < tuple_(col(OutboxMessage.sequence), col(OutboxMessage.ordinal)),
        )
    )


def claim_heads(session: Session, destination: str, now: datetime, limit: int, probe_every: timedelta) -> list[OutboxMessage]:
    """Lease due heads for one attempt each, counting the attempt before the work.

    During an outage only one message goes, and only every `probe_every`: the one tried least, so that no single bad
    message can keep the destination closed.
    """
    state = session.get(Destination, destination, with_for_update=True)
    failing = state is not None and state.failing_since is not None
    if failing and state is not None:
        if state.probe_at is not None and state.probe_at > now:
            return []
        state.probe_at = now + probe_every
    free = or_(col(OutboxMessage.claimed_until).is_(None), col(OutboxMessage.claimed_until) <= now)
    due = [] if failing else [col(OutboxMessage.due_at) <= now]
    statement = select(OutboxMessage).where(
        OutboxMessage.destination == destination, OutboxMessage.status == OutboxStatus.PENDING, free, _is_head(), *due
    )
    order = [col(OutboxMessage.attempts)] if failing else []
    statement = statement.order_by(*order, col(OutboxMessage.sequence), col(OutboxMessage.ordinal))
    heads = session.exec(statement.limit(1 if failing else limit).with_for_update(skip_locked=True)).all()
    for message in heads:
        message.claimed_until = now + LEASE
        message.attempts += 1
    session.flush()
    return list(heads)


@dataclass(frozen=True, slots=True)
class Attempt:
    """How one attempt ended. `permanent` refusals become dead letters; `unreachable` means the destination itself fails."""

    message_id: str
    delivered: bool = False
    permanent: bool = False
    unreachable: bool = False
    error: str = ""
    retry_after: timedelta | None = None


def settle_attempts(
    session: Session, destination: str, attempts: Sequence[Attempt], now: datetime, probe_every: timedelta
) -> list[OutboxMessage]:
    """Record attempts and the destination's health; returns the messages that became dead letters."""
    dead = []
    for attempt in attempts:
        message = session.get(OutboxMessage, attempt.message_id, with_for_update=True, populate_existing=True)
        if message is None or message.status is not OutboxStatus.PENDING:
            continue  # cancelled while it was on its way; the receiver's idempotency covers it
        message.claimed_until = None
        message.last_error = attempt.error[:500]
        if attempt.delivered:
            message.status, message.delivered_at = OutboxStatus.DELIVERED, now
        elif attempt.permanent:
            message.status = OutboxStatus.DEAD
            dead.append(message)
        else:
            message.due_at = now + back_off(message.attempts, attempt.retry_after)
    _record_health(session, destination, attempts, now, probe_every)
    return dead


def _record_health(session: Session, destination: str, attempts: Sequence[Attempt], now: datetime, probe_every: timedelta) -> None:
    answered = any(a.delivered or a.permanent for a in attempts)
    failing = next((a for a in attempts if a.unreachable), None)
    state = session.get(Destination, destination)
    if answered:
        if state is not None and state.failing_since is not None:
            state.failing_since, state.probe_at, state.last_error = None, None, ""
            _make_all_due(session, destination, now)
    elif failing is not None:
        if state is None:
            state = Destination(name=destination)
            session.add(state)
        state.failing_since = state.failing_since or now
        state.probe_at, state.last_error = now + probe_every, failing.error[:500]


def _make_all_due(session: Session, destination: str, now: datetime) -> None:
    pending = and_(col(OutboxMessage.destination) == destination, col(OutboxMessage.status) == OutboxStatus.PENDING)
    session.execute(update(OutboxMessage).where(pending).values(due_at=now).execution_options(synchronize_session=False))


def take_index_batch(session: Session, destination: str, now: datetime, limit: int) -> list[OutboxMessage]:
    """Due refresh jobs of one index, oldest first; several of one document are done as one."""
    statement = select(OutboxMessage).where(
        OutboxMessage.destination == destination,
        OutboxMessage.status == OutboxStatus.PENDING,
        OutboxMessage.kind == REFRESH,
        col(OutboxMessage.due_at) <= now,
    )
    return list(session.exec(statement.order_by(col(OutboxMessage.sequence), col(OutboxMessage.ordinal)).limit(limit)).all())


def anything_due(session: Session, destination: str, now: datetime) -> bool:
    """Whether claiming is worth a write transaction: something is due, or an outage's probe is."""
    pending = select(OutboxMessage.id).where(OutboxMessage.destination == destination, OutboxMessage.status == OutboxStatus.PENDING)
    if session.exec(pending.where(col(OutboxMessage.due_at) <= now).limit(1)).first() is not None:
        return True
    state = session.get(Destination, destination)
    probing = state is not None and state.failing_since is not None and (state.probe_at is None or state.probe_at <= now)
    return probing and session.exec(pending.limit(1)).first() is not None


def pending_count(session: Session, destination: str) -> int:
    """How many messages wait for a destination."""
    statement = select(func.count()).select_from(OutboxMessage)
    return session.exec(statement.where(OutboxMessage.destination == destination, OutboxMessage.status == OutboxStatus.PENDING)).one()
