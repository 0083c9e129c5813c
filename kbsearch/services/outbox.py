"""Draining the outbox to headquarters and other destinations, and the operator's operations on what could not be delivered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import structlog
from sqlmodel import select

from kbsearch.services.alarms import close_alarm, raise_alarm
from kbsearch.services.people import require_role, who
from kbsearch.services.refusals import not_found, violated
from kbsearch.store.outbox import Attempt, anything_due, claim_heads, settle_attempts
from kbsearch.store.tables import AlarmKind, DocumentType, OutboxMessage, OutboxStatus
from kbsearch.store.unit import SYSTEM, Store, Unit
from kbsearch.workflow.actions import Role
from kbsearch.workflow.decide import Actor

HQ = "hq"
BATCH = 64
MAX_POISON_ATTEMPTS = 5
_LOG = structlog.get_logger()

Sender = Callable[[OutboxMessage], Attempt]


def relay(store: Store, send: Sender, pool: ThreadPoolExecutor, destination: str = HQ, batch: int = BATCH) -> int:
    """Send every due head for a destination until none is left; returns how many were delivered.

    Heads belong to different documents, so they may travel side by side and stay in order per document.
    """
    delivered = 0
    while True:
        with store.read() as session:
            if not anything_due(session, destination, store.clock()):
                return delivered
        with store.write() as unit:
            heads = claim_heads(unit.session, destination, unit.now, batch, unit.deadlines.probe)
        if not heads:
            return delivered
        attempts = list(pool.map(lambda message: _attempt(send, message), heads))
        delivered += _settle(store, destination, attempts)


def _attempt(send: Sender, message: OutboxMessage) -> Attempt:
    """What a bug of ours makes undeliverable must not stop the others; it is set aside after a few attempts."""
    try:
        return send(message)
    except Exception as error:  # noqa: BLE001 - see above; logged with its traceback
        _LOG.exception("outbox.cannot_send", message_id=message.id, kind=message.kind)
        return Attempt(message.id, permanent=message.attempts >= MAX_POISON_ATTEMPTS, error=f"{type(error).__name__}: {error}")


def _settle(store: Store, destination: str, attempts: Sequence[Attempt]) -> int:
    with store.write() as unit:
        for message in settle_attempts(unit.session, destination, attempts, unit.now, unit.deadlines.probe):
            text = f"报文 {message.kind} 被拒收：{message.last_error}"
            raise_alarm(unit, AlarmKind.DEAD_LETTER, message.id, text)
            unit.log(SYSTEM, DocumentType.OUTBOX, message.id, "DEAD", to_state=OutboxStatus.DEAD.value, reason_text=message.last_error)
    failed = [a for a in attempts if not a.delivered]
    if failed:
        _LOG.warning("outbox.not_delivered", destination=destination, count=len(failed), first_error=failed[0].error)
    return len(attempts) - len(failed)


def replay(unit: Unit, actor: Actor, message_id: str) -> OutboxMessage:
    """重放: a dead letter goes out again, first of its document."""
    require_role(actor, Role.OPERATOR)
    message = unit.session.exec(select(OutboxMessage).where(OutboxMessage.id == message_id).with_for_update()).one_or_none()
    if message is None:
        raise not_found("报文", "messageId")
    if message.status is not OutboxStatus.DEAD:
        raise violated("NOT_DEAD", f"报文现在是“{message.status.label}”，只有死信才能重放。", "messageId")
    message.status, message.due_at, message.attempts, message.claimed_until = OutboxStatus.PENDING, unit.now, 0, None
    close_alarm(unit, AlarmKind.DEAD_LETTER, message.id)
    unit.log(who(actor), DocumentType.OUTBOX, message.id, "REPLAY", from_state=OutboxStatus.DEAD.value, to_state=message.status.value)
    unit.rung.add(message.destination)
    return message


def replay_all(unit: Unit, actor: Actor) -> int:
    """Replay every dead letter; returns how many."""
    require_role(actor, Role.OPERATOR)
    dead = unit.session.exec(select(OutboxMessage.id).where(OutboxMessage.status == OutboxStatus.DEAD)).all()
    for message_id in dead:
        replay(unit, actor, message_id)
    return len(dead)
