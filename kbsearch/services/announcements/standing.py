"""What comes into force or ends on an announcement is written down here: release of ours, reply dates, its log; decides nothing."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import col, select

from kbsearch.services.receipts.announcing import announce
from kbsearch.store.audiences import shown_version, terms_of
from kbsearch.store.lives import Life
from kbsearch.store.tables import DocumentType, Revocation, Subject, Submission, TransitionLog
from kbsearch.store.unit import SYSTEM, Unit
from kbsearch.workflow.states import Owner, SubjectKind

IN_FORCE, ENDED = "IN_FORCE", "ENDED"


def record(unit: Unit, life: Life, ended: Revocation | None, *, moved: bool) -> None:
    """Bring the row of an announcement up to what its life says at the unit's instant; other kinds have nothing to record.

    `moved`: another version is last in force than before; `ended`: the recall in force.
    """
    subject = life.subject
    if subject.kind is not SubjectKind.ANNOUNCEMENT:
        return
    shown = shown_version(life, unit.now)
    if moved and shown is not None:
        unit.log(SYSTEM, DocumentType.ANNOUNCEMENT, subject.id, IN_FORCE, details={"number": shown.number})
        if subject.owner is Owner.LOCAL and subject.released_at is None:
            subject.released_at = unit.now
        announce(unit, life)
    if ended is not None and not _told(unit, subject, ended.live_from):
        reason = [ended.reason.value]
        unit.log(SYSTEM, DocumentType.ANNOUNCEMENT, subject.id, ENDED, reason_codes=reason, reason_text=ended.reason_text)
    asks = shown is not None and ended is None and subject.owner is Owner.HQ and terms_of(shown).needs_reply
    due = terms_of(shown).reply_due_at if asks and shown is not None else None
    if due != subject.reply_due_at:
        subject.reply_due_at, subject.reply_reminded_at = due, None


def _told(unit: Unit, subject: Subject, since: datetime) -> bool:
    statement = select(TransitionLog.sequence).where(
        TransitionLog.document_type == DocumentType.ANNOUNCEMENT,
        TransitionLog.document_id == subject.id,
        TransitionLog.action == ENDED,
        col(TransitionLog.at) >= since,
    )
    return unit.session.exec(statement.limit(1)).first() is not None


def reply_ids(unit: Unit, announcement_id: str) -> list[str]:
    """The replies of ours to an announcement that may still be under way, locked in order of their ids."""
    statement = select(Subject.id).where(Subject.parent_id == announcement_id, Subject.owner == Owner.LOCAL)
    under_way = col(Subject.id).in_(select(Submission.subject_id).where(Submission.subject_kind == SubjectKind.REPLY))
    return list(unit.session.exec(statement.where(under_way).order_by(col(Subject.id)).with_for_update()))
