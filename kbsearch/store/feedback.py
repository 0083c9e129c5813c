"""Queries about feedback 知识反馈: reads and locks, decides nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlmodel import Session, and_, col, or_, select

from kbsearch.store.submissions import lock_subject
from kbsearch.store.tables import DocumentType, Feedback, TransitionLog
from kbsearch.workflow.feedback import HQ_ACTIONS, OPEN, FeedbackState
from kbsearch.workflow.states import Urgency


def lock_feedback(session: Session, feedback_id: str) -> Feedback | None:
    """Read feedback for changing, the knowledge item it speaks of locked before it so that locks are always taken in one order."""
    subject_id = session.exec(select(Feedback.subject_id).where(Feedback.id == feedback_id)).one_or_none()
    if subject_id is not None:
        lock_subject(session, subject_id)
    statement = select(Feedback).where(Feedback.id == feedback_id).with_for_update()
    return session.exec(statement.execution_options(populate_existing=True)).one_or_none()


def lock_dispatched(session: Session, hq_id: str) -> Feedback | None:
    """Headquarters' feedback by its own number, for changing; its knowledge item is to be locked already."""
    statement = select(Feedback).where(Feedback.hq_id == hq_id).with_for_update()
    return session.exec(statement.execution_options(populate_existing=True)).one_or_none()


def lock_linked(session: Session, submission_id: str) -> Sequence[Feedback]:
    """The feedback in progress by this submission, for changing; the submission is to be locked already."""
    statement = select(Feedback).where(Feedback.submission_id == submission_id, Feedback.state == FeedbackState.IN_PROGRESS)
    return session.exec(statement.order_by(col(Feedback.id)).with_for_update()).all()


def dispatches_of(session: Session, feedback_id: str) -> dict[int, str]:
    """What headquarters said in each dispatch we stored: number → fingerprint, from the log."""
    statement = select(TransitionLog.details).where(
        TransitionLog.document_type == DocumentType.FEEDBACK,
        TransitionLog.document_id == feedback_id,
        col(TransitionLog.action).in_(sorted(HQ_ACTIONS)),
    )
    return {int(details["dispatch"]): str(details["fingerprint"]) for details in session.exec(statement)}


def chain_of_originals(session: Session, feedback_id: str) -> tuple[str, ...]:
    """This feedback, what it repeats, what that one repeats, and so on; empty when unknown."""
    chain: list[str] = []
    following: str | None = feedback_id
    while following is not None and following not in chain:
        row = session.get(Feedback, following)
        if row is None:
            break
        chain.append(row.id)
        following = row.duplicate_of
    return tuple(chain)


def given_since(session: Session, person_id: str, since: datetime) -> Sequence[Feedback]:
    """What a person gave after an instant."""
    return session.exec(select(Feedback).where(Feedback.reporter_id == person_id, col(Feedback.created_at) > since)).all()


def due_for_reminder(session: Session, now: datetime, ahead: Mapping[Urgency, timedelta], limit: int) -> Sequence[str]:
    """Unsettled feedback to remind somebody of: not yet reminded and due within `ahead`, or past due and not told so since."""
    soon = or_(*(and_(Feedback.urgency == urgency, col(Feedback.due_at) <= now + before) for urgency, before in ahead.items()))
    first = and_(col(Feedback.reminded_at).is_(None), soon)
    overdue = and_(col(Feedback.due_at) <= now, col(Feedback.reminded_at) < col(Feedback.due_at))
    statement = select(Feedback.id).where(col(Feedback.state).in_(sorted(OPEN)), or_(first, overdue))
    return session.exec(statement.order_by(col(Feedback.due_at), col(Feedback.id)).limit(limit)).all()
