"""The lists of feedback: the reviewers' queue, what a person gave, what there is on a knowledge item or a submission."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, case, func, literal
from sqlalchemy.orm import Mapped
from sqlmodel import Session, col, select

from kbsearch.services.listings.slices import Order, Paging, Slice, one_slice
from kbsearch.store.column_types import UtcDateTime
from kbsearch.store.tables import Feedback
from kbsearch.store.visibility import visible_feedback
from kbsearch.workflow.decide import Actor
from kbsearch.workflow.feedback import OPEN, FeedbackOrigin, FeedbackState
from kbsearch.workflow.states import Urgency

_NEVER = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class FeedbackFilter:
    """What of the queue to show; empty filters nothing, except that `states` then means what is not settled."""

    states: frozenset[FeedbackState] = frozenset()
    origin: FeedbackOrigin | None = None
    province: str | None = None
    subject_id: str | None = None
    overdue_only: bool = False
    mine: bool = False

    def document(self, actor: Actor) -> dict[str, object]:
        """The filter as JSON, to bind cursors to it."""
        return {
            "states": sorted(self.states),
            "origin": self.origin,
            "province": self.province,
            "subject": self.subject_id,
            "overdue": self.overdue_only,
            "handler": actor.id if self.mine else None,
        }


def feedback_queue(session: Session, actor: Actor, wanted: FeedbackFilter, paging: Paging, now: datetime) -> Slice[Feedback]:
    """What there is to settle: urgent first, then by due date, then by id."""
    rank = case((col(Feedback.urgency) == Urgency.URGENT, 0), else_=1)
    due = func.coalesce(col(Feedback.due_at), literal(_NEVER, UtcDateTime()), type_=UtcDateTime())
    order: Order[Feedback] = Order(
        (rank, due, col(Feedback.id)),
        lambda f: (0 if f.urgency is Urgency.URGENT else 1, f.due_at or _NEVER, f.id),
    )
    statement = select(Feedback).where(visible_feedback(actor.id, actor.roles), *_conditions(actor, wanted, now))
    return one_slice(session, statement, order, paging, name="feedbackQueue", filters=wanted.document(actor))


def _conditions(actor: Actor, wanted: FeedbackFilter, now: datetime) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [col(Feedback.state).in_(sorted(wanted.states or OPEN))]
    if wanted.origin is not None:
        found.append(col(Feedback.origin) == wanted.origin)
    if wanted.province is not None:
        found.append(col(Feedback.province) == wanted.province)
    if wanted.subject_id is not None:
        found.append(col(Feedback.subject_id) == wanted.subject_id)
    if wanted.overdue_only:
        found += [col(Feedback.due_at) < now, col(Feedback.state).in_(sorted(OPEN))]
    if wanted.mine:
        found.append(col(Feedback.handler_id) == actor.id)
    return found


def my_feedback(session: Session, actor: Actor, paging: Paging) -> Slice[Feedback]:
    """What a person gave, latest first."""
    statement = select(Feedback).where(Feedback.reporter_id == actor.id)
    order: Order[Feedback] = Order((col(Feedback.created_at), col(Feedback.id)), lambda f: (f.created_at, f.id), descending=True)
    return one_slice(session, statement, order, paging, name="myFeedback", filters=actor.id)


def feedback_by_id(session: Session, actor: Actor, ids: Collection[str]) -> Mapping[str, Feedback]:
    """The feedback of these ids that this person may see."""
    statement = select(Feedback).where(col(Feedback.id).in_(list(ids)), visible_feedback(actor.id, actor.roles))
    return {feedback.id: feedback for feedback in session.exec(statement)}


def feedback_on(session: Session, actor: Actor, subject_ids: Collection[str]) -> Mapping[str, list[Feedback]]:
    """The feedback on each of these knowledge items that this person may see, newest first."""
    return _grouped(session, actor, col(Feedback.subject_id), subject_ids)


def feedback_linked_to(session: Session, actor: Actor, submission_ids: Collection[str]) -> Mapping[str, list[Feedback]]:
    """The feedback each of these submissions takes care of, that this person may see, newest first."""
    return _grouped(session, actor, col(Feedback.submission_id), submission_ids)


def _grouped(session: Session, actor: Actor, column: Mapped[str | None], keys: Collection[str]) -> Mapping[str, list[Feedback]]:
    found: defaultdict[str, list[Feedback]] = defaultdict(list)
    statement = select(column, Feedback).where(column.in_(list(keys)), visible_feedback(actor.id, actor.roles))
    for key, feedback in session.exec(statement.order_by(col(Feedback.created_at).desc(), col(Feedback.id))):
        found[key or ""].append(feedback)
    return found
