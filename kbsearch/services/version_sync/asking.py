"""Asks headquarters once for the versions that deferred messages wait for; a message that still waits is alarmed by the sweeper."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session, col, select

from kbsearch.services.version_sync.planning import request_versions
from kbsearch.store.tables import DocumentType, InboxMessage, InboxStatus, TransitionLog
from kbsearch.store.unit import SYSTEM, Store, Unit

ASKED = "ASK_VERSION"
_PORTION = 500
_WAITS_FOR_VERSION = "version:"
_OF_KNOWLEDGE = ("hqPushVersion", "hqDispatchFeedback")


def waiting_for_a_version(session: Session, store: Store) -> Sequence[str]:
    """Deferred messages that waited for half the time after which they are alarmed, and were not asked about yet."""
    asked = select(TransitionLog.document_id).where(
        TransitionLog.document_type == DocumentType.INBOX,
        TransitionLog.document_id == InboxMessage.id,
        TransitionLog.action == ASKED,
    )
    statement = select(InboxMessage.id).where(
        InboxMessage.status == InboxStatus.DEFERRED,
        col(InboxMessage.kind).in_(_OF_KNOWLEDGE),
        col(InboxMessage.waits_for).startswith(_WAITS_FOR_VERSION),
        col(InboxMessage.received_at) <= store.clock() - store.deadlines.deferred_alarm / 2,
        ~asked.exists(),
    )
    return session.exec(statement.limit(_PORTION)).all()


def ask(unit: Unit, inbox_id: str) -> bool:
    """版本补发申请 for the item whose base has not come; its run is the message itself."""
    message = unit.session.get(InboxMessage, inbox_id, with_for_update=True, populate_existing=True)
    if message is None or message.status is not InboxStatus.DEFERRED or message.subject_id is None:
        return False
    request_versions(unit, message.id, [message.subject_id])
    text = f"久等不到 {message.waits_for}，已向总部申请补发"
    unit.log(SYSTEM, DocumentType.INBOX, message.id, ASKED, reason_text=text, lock_version=message.lock_version)
    return True
