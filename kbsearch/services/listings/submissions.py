"""The lists of submissions people work from: the reviewers' queue and an author's own work."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, case, func, literal
from sqlmodel import Session, col, or_, select

from kbsearch.services.listings.slices import Order, Paging, Slice, one_slice
from kbsearch.services.taxonomy import all_categories, subtree
from kbsearch.store.column_types import UtcDateTime
from kbsearch.store.tables import Submission
from kbsearch.store.visibility import visible_submissions
from kbsearch.workflow.decide import Actor
from kbsearch.workflow.states import TERMINAL, Scope, SubjectKind, SubmissionKind, SubmissionState, Urgency

_NEVER = datetime(9999, 1, 1, tzinfo=UTC)
QUEUE_STATES = frozenset({SubmissionState.PENDING_REVIEW, SubmissionState.APPROVED})


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """What of the queue to show; empty filters nothing, except that `states` then means what waits for a reviewer."""

    states: frozenset[SubmissionState] = frozenset()
    kinds: frozenset[SubmissionKind] = frozenset()
    subject_kinds: frozenset[SubjectKind] = frozenset()
    scope: Scope | None = None
    category_ids: tuple[str, ...] | None = None
    urgency: Urgency | None = None
    author_id: str | None = None
    claimed_by_me: bool = False
    unclaimed_only: bool = False
    overdue_only: bool = False

    def document(self) -> dict[str, object]:
        """The filter as JSON, to bind cursors to it."""
        return {
            "states": sorted(self.states),
            "kinds": sorted(self.kinds),
            "subjectKinds": sorted(self.subject_kinds),
            "scope": self.scope,
            "categories": None if self.category_ids is None else sorted(self.category_ids),
            "urgency": self.urgency,
            "author": self.author_id,
            "flags": [self.claimed_by_me, self.unclaimed_only, self.overdue_only],
        }


def review_queue(session: Session, actor: Actor, wanted: QueueFilter, paging: Paging, now: datetime) -> Slice[Submission]:
    """What waits for reviewers: urgent first, then by due date, then by id."""
    conditions = [visible_submissions(actor.id, actor.roles), *_conditions(session, actor, wanted, now)]
    rank = case((col(Submission.urgency) == Urgency.URGENT, 0), else_=1)
    due = func.coalesce(col(Submission.due_at), literal(_NEVER, UtcDateTime()), type_=UtcDateTime())
    order: Order[Submission] = Order(
        (rank, due, col(Submission.id)),
        lambda s: (0 if s.urgency is Urgency.URGENT else 1, s.due_at or _NEVER, s.id),
    )
    statement = select(Submission).where(*conditions)
    return one_slice(session, statement, order, paging, name="reviewQueue", filters=wanted.document())


def _conditions(session: Session, actor: Actor, wanted: QueueFilter, now: datetime) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [col(Submission.state).in_(sorted(wanted.states or QUEUE_STATES))]
    if wanted.kinds:
        found.append(col(Submission.kind).in_(sorted(wanted.kinds)))
    if wanted.subject_kinds:
        found.append(col(Submission.subject_kind).in_(sorted(wanted.subject_kinds)))
    if wanted.scope is not None:
        found.append(col(Submission.scope) == wanted.scope)
    if wanted.category_ids is not None:
        below = subtree(all_categories(session), list(wanted.category_ids))
        found.append(col(Submission.category_id).in_(sorted(below)))
    if wanted.urgency is not None:
        found.append(col(Submission.urgency) == wanted.urgency)
    if wanted.author_id is not None:
        found.append(col(Submission.author_id) == wanted.author_id)
    return found + _lease_conditions(actor, wanted, now)


def _lease_conditions(actor: Actor, wanted: QueueFilter, now: datetime) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.claimed_by_me:
        found += [col(Submission.claimed_by) == actor.id, col(Submission.claim_until) > now]
    if wanted.unclaimed_only:
        found.append(or_(col(Submission.claimed_by).is_(None), col(Submission.claim_until) <= now))
    if wanted.overdue_only:
        found += [col(Submission.due_at) < now, col(Submission.state).not_in(sorted(TERMINAL))]
    return found


@dataclass(frozen=True, slots=True)
class MyWorkFilter:
    """What of an author's own work to show; empty filters nothing."""

    states: frozenset[SubmissionState] = frozenset()
    subject_kinds: frozenset[SubjectKind] = frozenset()


def my_work(session: Session, actor: Actor, wanted: MyWorkFilter, paging: Paging) -> Slice[Submission]:
    """The submissions a person is the author of, last changed first."""
    statement = select(Submission).where(Submission.author_id == actor.id, visible_submissions(actor.id, actor.roles))
    if wanted.states:
        statement = statement.where(col(Submission.state).in_(sorted(wanted.states)))
    if wanted.subject_kinds:
        statement = statement.where(col(Submission.subject_kind).in_(sorted(wanted.subject_kinds)))
    order: Order[Submission] = Order((col(Submission.updated_at), col(Submission.id)), lambda s: (s.updated_at, s.id), descending=True)
    return one_slice(session, statement, order, paging, name="myWork", filters=[sorted(wanted.states), sorted(wanted.subject_kinds)])


def submissions_on(session: Session, actor: Actor, subject_ids: Collection[str]) -> Mapping[str, list[Submission]]:
    """The submissions on each of these knowledge items that this person may see, newest first."""
    found: dict[str, list[Submission]] = {i: [] for i in subject_ids}
    statement = select(Submission).where(col(Submission.subject_id).in_(list(found)), visible_submissions(actor.id, actor.roles))
    for submission in session.exec(statement.order_by(col(Submission.created_at).desc(), col(Submission.id))):
        found[submission.subject_id].append(submission)
    return found
