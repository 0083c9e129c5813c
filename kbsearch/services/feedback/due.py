"""Reminders of feedback that is soon due or overdue, once each; settles nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlmodel import Session

from kbsearch.clock import SHANGHAI
from kbsearch.services.feedback import telling
from kbsearch.store.feedback import due_for_reminder, lock_feedback
from kbsearch.store.tables import DocumentType, Feedback
from kbsearch.store.unit import SYSTEM, Store, Unit
from kbsearch.workflow.deadlines import Deadlines
from kbsearch.workflow.feedback import OPEN
from kbsearch.workflow.states import Urgency

_PORTION = 500


def find_due(session: Session, store: Store) -> Sequence[str]:
    """What somebody is to be reminded of now."""
    ahead = {urgency: _ahead(store.deadlines, urgency) for urgency in Urgency}
    return due_for_reminder(session, store.clock(), ahead, _PORTION)


def _ahead(deadlines: Deadlines, urgency: Urgency) -> timedelta:
    return deadlines.feedback_reminder_urgent if urgency is Urgency.URGENT else deadlines.feedback_reminder


def remind(unit: Unit, feedback_id: str) -> bool:
    """Tell whoever handles it, or all reviewers; a second time only when it has become overdue since."""
    feedback = lock_feedback(unit.session, feedback_id)
    if feedback is None or feedback.due_at is None or feedback.state not in OPEN or not _wanted(unit, feedback):
        return False
    day = feedback.due_at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
    overdue = feedback.due_at <= unit.now
    text = f"已过办结期限（{day}）" if overdue else f"将于 {day} 到期"
    feedback.reminded_at = unit.now
    unit.stamp(Feedback, feedback.id)
    unit.log(SYSTEM, DocumentType.FEEDBACK, feedback.id, "REMIND", reason_text=text, lock_version=feedback.lock_version)
    telling.tell(unit, telling.responsible(unit, feedback), feedback, f"{text}：{telling.excerpt(feedback.text)}", next_step="请尽快办结")
    return True


def _wanted(unit: Unit, feedback: Feedback) -> bool:
    if feedback.due_at is None:
        return False
    if feedback.reminded_at is None:
        return feedback.due_at <= unit.now + _ahead(unit.deadlines, feedback.urgency)
    return feedback.reminded_at < feedback.due_at <= unit.now
