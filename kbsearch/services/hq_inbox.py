"""Everything headquarters delivers: the inbox row first, then its effect; exactly once, in any order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog
from pydantic import BaseModel, ValidationError
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from kbsearch.errors import Refused
from kbsearch.hq.callbacks import CALLBACKS
from kbsearch.services import hq_pushes, hq_submissions, taxonomy
from kbsearch.services.alarms import close_alarm, raise_alarm
from kbsearch.services.announcements import incoming
from kbsearch.services.feedback import receiving
from kbsearch.services.hq_outcome import Outcome, duplicate, rejected
from kbsearch.services.notices import telling
from kbsearch.services.taxonomy.tree import mirrored_version
from kbsearch.services.version_sync import answering
from kbsearch.store.tables import (
    AlarmKind,
    Category,
    DocumentType,
    InboxMessage,
    InboxStatus,
    Revocation,
    SubjectVersion,
    TransitionLog,
)
from kbsearch.store.unit import HQ, Store, Unit
from kbsearch.workflow.hq_decisions import Receipt

MAX_ATTEMPTS = 5
_LOG = structlog.get_logger()
_HANDLERS: dict[str, Callable[[Unit, Any], Outcome]] = {
    "hqAcknowledge": hq_submissions.acknowledge,
    "hqApprove": hq_submissions.approve,
    "hqReturn": hq_submissions.return_,
    "hqReject": hq_submissions.reject,
    "hqWithdrawResult": hq_submissions.withdraw_result,
    "hqPushVersion": hq_pushes.push_version,
    "hqPushRevocation": hq_pushes.push_revocation,
    "hqPushTaxonomy": taxonomy.push_taxonomy,
    "hqAnswerDigest": answering.answer_digest,
    "hqPublishAnnouncement": incoming.publish,
    "hqCorrectAnnouncement": incoming.correct,
    "hqRecallAnnouncement": incoming.recall,
    "hqDeliverReply": incoming.deliver_reply,
    "hqDispatchFeedback": receiving.dispatch,
}
_UNSETTLED = (InboxStatus.RECEIVED, InboxStatus.DEFERRED)


@dataclass(frozen=True, slots=True)
class Answer:
    """What headquarters is told about one delivery."""

    receipt: Receipt
    reason: str
    inbox_id: str


def _answer(message: InboxMessage) -> Answer:
    return Answer(Receipt(message.status.value), message.reason, message.id)


def _first_answer(session: Session, message: InboxMessage) -> Answer:
    """What headquarters was told when it was settled first, whatever became of the message since (product.md §3.3)."""
    statement = select(TransitionLog).where(TransitionLog.document_type == DocumentType.INBOX, TransitionLog.document_id == message.id)
    first = session.exec(statement.order_by(col(TransitionLog.sequence), col(TransitionLog.ordinal)).limit(1)).one()
    return Answer(Receipt(first.to_state or ""), first.reason_text, message.id)


def _by_webhook(session: Session, webhook_id: str) -> InboxMessage | None:
    return session.exec(select(InboxMessage).where(InboxMessage.webhook_id == webhook_id)).one_or_none()


def receive(store: Store, *, webhook_id: str, kind: str, payload: dict[str, Any]) -> Answer:
    """Take a verified delivery: store it, then carry it out. A repeated delivery gets the first receipt.

    The row is committed before the effect, so that whatever happens in between the sweeper finishes it.
    """
    fingerprint = hq_pushes.fingerprint(kind, payload)
    inbox_id = _store_row(store, webhook_id=webhook_id, kind=kind, payload=payload, fingerprint=fingerprint)
    answer = settle(store, inbox_id)
    if answer.receipt is Receipt.APPLIED:
        settle_deferred(store)
    return answer


def _store_row(store: Store, *, webhook_id: str, kind: str, payload: dict[str, Any], fingerprint: str) -> str:
    try:
        with store.write() as unit:
            known = _by_webhook(unit.session, webhook_id)
            if known is not None and known.content_hash == fingerprint:
                return known.id
            return _insert(unit, webhook_id=webhook_id, kind=kind, payload=payload, fingerprint=fingerprint, known=known).id
    except IntegrityError:  # the same delivery came twice at once: the other one stored it
        with store.read() as session:
            known = _by_webhook(session, webhook_id)
            if known is None:
                raise
            return known.id


def _insert(
    unit: Unit, *, webhook_id: str, kind: str, payload: dict[str, Any], fingerprint: str, known: InboxMessage | None
) -> InboxMessage:
    message = InboxMessage(
        id=unit.new_id(),
        webhook_id=webhook_id,
        content_hash=fingerprint,
        kind=kind,
        payload=payload,
        submission_id=payload.get("submissionId") or payload.get("originSubmissionId"),
        subject_id=payload.get("knowledgeId") or payload.get("announcementId"),
        received_at=unit.now,
    )
    if known is not None:
        message.webhook_id = f"{webhook_id}#{message.id}"
        _settle_row(unit, message, Outcome(Receipt.QUARANTINED, f"与已收到的消息（{known.id}）编号相同而内容不同", alarm=True))
    unit.session.add(message)
    unit.session.flush()
    return message


def settle(store: Store, inbox_id: str) -> Answer:
    """Carry out a stored message, or give its receipt when that was done before."""
    try:
        return _settle(store, inbox_id)
    except IntegrityError:  # another message made the same new thing at the same moment; judged again, it is there
        return _settle(store, inbox_id)


def _settle(store: Store, inbox_id: str) -> Answer:
    with store.write() as unit:
        message = unit.session.get(InboxMessage, inbox_id, with_for_update=True, populate_existing=True)
        if message is None:
            raise RuntimeError(f"inbox message {inbox_id} vanished")
        if message.status not in _UNSETTLED:
            return _first_answer(unit.session, message)
        outcome = _without_repeats(unit, message, run_again(unit, message))
        if message.status is not InboxStatus.DEFERRED or outcome.receipt is not Receipt.DEFERRED or outcome.waits_for != message.waits_for:
            _settle_row(unit, message, outcome)
        return _answer(message)


def run_again(unit: Unit, message: InboxMessage) -> Outcome:
    """Run the handler inside a savepoint: what it refuses leaves nothing behind."""
    model: type[BaseModel] = CALLBACKS[message.kind][1]
    try:
        parsed = model.model_validate(message.payload)
    except ValidationError as error:
        first = error.errors()[0]
        return rejected(f"{'.'.join(str(p) for p in first['loc'])}：{first['msg']}")
    try:
        with unit.savepoint():
            return _HANDLERS[message.kind](unit, parsed)
    except Refused as refused:
        return rejected("；".join(r.message for r in refused.refusals))


def _without_repeats(unit: Unit, message: InboxMessage, outcome: Outcome) -> Outcome:
    """The same content under a new id is not kept waiting or quarantined twice."""
    if outcome.receipt not in (Receipt.QUARANTINED, Receipt.DEFERRED):
        return outcome
    statement = select(InboxMessage.id).where(
        InboxMessage.content_hash == message.content_hash,
        InboxMessage.id != message.id,
        InboxMessage.status == InboxStatus(outcome.receipt.value),
    )
    first = unit.session.exec(statement).first()
    return outcome if first is None else duplicate(f"同样的内容{outcome.receipt.label}（{first}）")


def _settle_row(unit: Unit, message: InboxMessage, outcome: Outcome) -> None:
    message.status = InboxStatus(outcome.receipt.value)
    message.reason, message.waits_for = outcome.reason, outcome.waits_for
    message.lock_version += 1
    if outcome.receipt is not Receipt.DEFERRED:
        message.settled_at = unit.now
        close_alarm(unit, AlarmKind.DEFERRED_TOO_LONG, message.id)
    if outcome.alarm:
        raise_alarm(unit, AlarmKind.QUARANTINE, message.id, f"总部消息 {message.kind}：{outcome.reason}")
        telling.tell_quarantined(unit, message, CALLBACKS[message.kind][0] if message.kind in CALLBACKS else message.kind)
    unit.log(
        HQ,
        DocumentType.INBOX,
        message.id,
        message.kind,
        to_state=message.status.value,
        reason_text=outcome.reason,
        lock_version=message.lock_version,
    )


def settle_deferred(store: Store) -> int:
    """Try again every deferred message whose need has arrived, as long as that settles any; returns how many."""
    settled = 0
    while True:
        with store.read() as session:
            waiting = session.exec(
                select(InboxMessage).where(InboxMessage.status == InboxStatus.DEFERRED).order_by(col(InboxMessage.received_at))
            ).all()
            ready = [message.id for message in waiting if _worth_trying(session, message)]
        done = sum(settle(store, inbox_id).receipt is not Receipt.DEFERRED for inbox_id in ready)
        settled += done
        if not done:
            return settled


def _worth_trying(session: Session, message: InboxMessage) -> bool:
    """Whether what a message waits for is here (category, tree version), or its item changed so that it may not need it."""
    kind, _, rest = (message.waits_for or "").partition(":")
    if kind == "category":
        return session.get(Category, rest) is not None
    if kind == "tree":
        return mirrored_version(session) >= int(rest)
    subject_id, _, base = rest.rpartition(":")
    lowest = min(
        int(base), int(message.payload.get("number", base))
    )  # its base, its own number held, or a later one: then it may be history
    reached = (
        select(table.id).where(table.subject_id == subject_id, table.number >= lowest, col(table.accepted)).limit(1)
        for table in (SubjectVersion, Revocation)
    )
    return any(session.exec(statement).first() is not None for statement in reached)


def finish_orphans(store: Store) -> int:
    """Carry out deliveries whose effect was cut off after the row was stored; gives up into quarantine."""
    with store.read() as session:
        orphans = session.exec(
            select(InboxMessage.id).where(InboxMessage.status == InboxStatus.RECEIVED).order_by(col(InboxMessage.received_at)).limit(200)
        ).all()
    for inbox_id in orphans:
        if not _count_attempt(store, inbox_id):
            continue
        try:
            settle(store, inbox_id)
        except Exception:  # noqa: BLE001 - a bug in one effect must not stop the others; counted, and set aside after MAX_ATTEMPTS
            _LOG.exception("inbox.effect_failed", inbox_id=inbox_id)
    return len(orphans)


def _count_attempt(store: Store, inbox_id: str) -> bool:
    """Count before the work, so that what kills its worker is counted too; False once it is set aside as poison."""
    with store.write() as unit:
        message = unit.session.get(InboxMessage, inbox_id, with_for_update=True, populate_existing=True)
        if message is None or message.status is not InboxStatus.RECEIVED:
            return False
        message.attempts += 1
        if message.attempts <= MAX_ATTEMPTS:
            return True
        _settle_row(unit, message, Outcome(Receipt.QUARANTINED, f"处理时连续出错 {MAX_ATTEMPTS} 次，请运维查看日志", alarm=True))
        return False
