"""Queries about submissions and their revisions; reads and locks, decides nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlmodel import Session, col, or_, select

from kbsearch.content import Content
from kbsearch.store.lives import Life, load_lives
from kbsearch.store.tables import DocumentType, OutboxMessage, OutboxStatus, Revision, Subject, Submission, TransitionLog
from kbsearch.workflow.actions import Action, ActorKind
from kbsearch.workflow.decide import Facts
from kbsearch.workflow.states import COUNTED_AS_OPEN, SubmissionState

_WRITING = (Action.CREATE.value, Action.EDIT.value, Action.REBASE.value, Action.SUBMIT_FOR_REVIEW.value)


def lock_subject(session: Session, subject_id: str) -> Subject | None:
    """Read a knowledge item for changing; whoever changes it or a submission on it queues here first."""
    statement = select(Subject).where(Subject.id == subject_id).with_for_update()
    return session.exec(statement.execution_options(populate_existing=True)).one_or_none()


def lock_submission(session: Session, submission_id: str) -> Submission | None:
    """Read a submission for changing, its knowledge item locked before it so that locks are always taken in one order."""
    subject_id = session.exec(select(Submission.subject_id).where(Submission.id == submission_id)).one_or_none()
    if subject_id is None:
        return None
    lock_subject(session, subject_id)
    statement = select(Submission).where(Submission.id == submission_id).with_for_update()
    return session.exec(statement.execution_options(populate_existing=True)).one_or_none()


def latest_revisions(session: Session, submission_ids: Iterable[str]) -> dict[str, Revision]:
    """The newest revision of each submission."""
    rows = session.exec(select(Revision).where(col(Revision.submission_id).in_(list(submission_ids))).order_by(col(Revision.number)))
    return {r.submission_id: r for r in rows}


def latest_revision(session: Session, submission_id: str) -> Revision:
    """The newest revision; every submission has one from its first moment."""
    return latest_revisions(session, [submission_id])[submission_id]


def sent_revision(session: Session, submission_id: str, round_: int) -> Revision | None:
    """What was frozen for a round, None when that round never froze anything."""
    statement = select(Revision).where(
        Revision.submission_id == submission_id, Revision.round == round_, col(Revision.frozen_at).is_not(None)
    )
    return session.exec(statement.order_by(col(Revision.number).desc())).first()


def open_submissions_on(session: Session, subject_id: str) -> Sequence[Submission]:
    """Every non-terminal submission on a knowledge item, oldest first."""
    ended = [s for s in SubmissionState if s not in COUNTED_AS_OPEN and s not in _ALSO_OPEN]
    statement = select(Submission).where(Submission.subject_id == subject_id, col(Submission.state).not_in(ended))
    return session.exec(statement.order_by(col(Submission.created_at), col(Submission.id)).with_for_update()).all()


_ALSO_OPEN = (SubmissionState.DRAFT, SubmissionState.SCHEDULED, SubmissionState.WITHDRAW_PENDING)


def counts_as_open(submission: Submission) -> bool:
    """Rule 3's notion of open, as the partial unique index has it."""
    if submission.state is SubmissionState.WITHDRAW_PENDING:
        return submission.origin is not SubmissionState.SCHEDULED
    return submission.state in COUNTED_AS_OPEN


def effective_moment(submission: Submission, content: Content | None) -> datetime | None:
    """When it asks to take effect; None: at once."""
    return submission.revoke_at if content is None else content.effective_from


def content_of(revision: Revision) -> Content | None:
    """The revision's content; None for a REVOKE."""
    return None if revision.content is None else Content.from_document(revision.content)


def _editors(session: Session, ids: list[str]) -> dict[str, frozenset[str]]:
    statement = select(TransitionLog.document_id, TransitionLog.actor_id).where(
        TransitionLog.document_type == DocumentType.SUBMISSION,
        col(TransitionLog.document_id).in_(ids),
        col(TransitionLog.action).in_(_WRITING),
        TransitionLog.actor_kind == ActorKind.USER,
    )
    found: defaultdict[str, set[str]] = defaultdict(set)
    for document_id, actor_id in session.exec(statement.distinct()):
        found[document_id].add(actor_id)
    return {i: frozenset(found[i]) for i in ids}


def _dead_lettered(session: Session, ids: list[str]) -> set[str]:
    statement = select(OutboxMessage.submission_id).where(
        col(OutboxMessage.submission_id).in_(ids),
        OutboxMessage.status == OutboxStatus.DEAD,
        or_(*(col(OutboxMessage.kind).startswith(f"{noun}.") for noun in ("knowledge", "announcement", "reply"))),
    )
    return {i for i in session.exec(statement) if i is not None}


def _other_open(session: Session, submissions: Sequence[Submission]) -> dict[str, str]:
    """Which other submission of the same slot (content, or revoke) is open on the same knowledge item."""
    statement = select(Submission).where(col(Submission.subject_id).in_({s.subject_id for s in submissions}))
    states = [*COUNTED_AS_OPEN, SubmissionState.WITHDRAW_PENDING]
    counted = [s for s in session.exec(statement.where(col(Submission.state).in_(states))) if counts_as_open(s)]
    slots = {(s.subject_id, s.kind.ends): s.id for s in counted}
    found = {s.id: slots.get((s.subject_id, s.kind.ends)) for s in submissions}
    return {own: other for own, other in found.items() if other is not None and other != own}


def _base_current(submission: Submission, life: Life | None, now: datetime) -> bool:
    if not submission.kind.builds_on_base:
        return True
    return life is not None and life.base(now) == submission.base_number


def gather_facts(session: Session, submissions: Sequence[Submission], now: datetime) -> dict[str, Facts]:
    """The facts deciding needs, for many submissions in a handful of queries; completeness is judged by the operation."""
    ids = [s.id for s in submissions]
    if not ids:
        return {}
    revisions, editors = latest_revisions(session, ids), _editors(session, ids)
    dead, others = _dead_lettered(session, ids), _other_open(session, submissions)
    lives = load_lives(session, {s.subject_id for s in submissions})
    facts = {}
    for s in submissions:
        revision = revisions[s.id]
        moment = effective_moment(s, content_of(revision))
        facts[s.id] = Facts(
            state=s.state,
            kind=s.kind,
            scope=s.scope,
            lock_version=s.lock_version,
            author_id=s.author_id,
            round=s.round,
            sent_round=s.sent_round,
            origin=s.origin,
            withdrawal_asked=s.withdrawal_asked,
            dead_lettered=s.id in dead,
            due_later=moment is not None and moment > now,
            submission_hash=revision.submission_hash,
            editors=editors[s.id],
            base_current=_base_current(s, lives.get(s.subject_id), now),
            other_open=others.get(s.id),
        )
    return facts
