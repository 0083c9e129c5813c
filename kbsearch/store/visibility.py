"""Who may see which rows, as query filters, in this one place; the same rules on loaded rows beside them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, false, true
from sqlmodel import Session, and_, col, or_, select

from kbsearch.content import Content
from kbsearch.store.audiences import addressed_in, addressed_somewhere, effective_audience, shown_version
from kbsearch.store.lives import Life
from kbsearch.store.tables import Batch, Feedback, InterimNote, Revision, Subject, Submission
from kbsearch.workflow.actions import Role
from kbsearch.workflow.announcements import PREVIEWED, released, shown_before_hq
from kbsearch.workflow.decide import Actor
from kbsearch.workflow.states import Owner, Scope, SubjectKind, SubmissionKind, Urgency


def visible_submissions(person_id: str, roles: frozenset[Role]) -> ColumnElement[bool]:
    """Reviewers see every submission (they reassign absent people's work), authors their own, nobody else any."""
    if Role.REVIEWER in roles:
        return true()
    if Role.AUTHOR in roles:
        return col(Submission.author_id) == person_id
    return false()


def visible_submission_to(submission: Submission, person_id: str, roles: frozenset[Role]) -> bool:
    """The same rule for one loaded row."""
    return Role.REVIEWER in roles or (Role.AUTHOR in roles and submission.author_id == person_id)


def visible_feedback(person_id: str, roles: frozenset[Role]) -> ColumnElement[bool]:
    """Reviewers see all feedback; others what they gave, and authors what an update of theirs was opened from."""
    if Role.REVIEWER in roles:
        return true()
    given = col(Feedback.reporter_id) == person_id
    if Role.AUTHOR not in roles:
        return given
    return or_(given, col(Feedback.submission_id).in_(select(Submission.id).where(Submission.author_id == person_id)))


def visible_notes(person_id: str, roles: frozenset[Role]) -> ColumnElement[bool]:
    """Reviewers see every interim note, authors their own; what is shown to readers comes with its page."""
    if Role.REVIEWER in roles:
        return true()
    return col(InterimNote.author_id) == person_id if Role.AUTHOR in roles else false()


def visible_note_to(note: InterimNote, person_id: str, roles: frozenset[Role]) -> bool:
    """The same rule for one loaded row."""
    return Role.REVIEWER in roles or (Role.AUTHOR in roles and note.author_id == person_id)


def visible_batches(person_id: str, roles: frozenset[Role]) -> ColumnElement[bool]:
    """Reviewers see every batch, authors their own."""
    if Role.REVIEWER in roles:
        return true()
    return col(Batch.author_id) == person_id if Role.AUTHOR in roles else false()


def visible_batch_to(batch: Batch, person_id: str, roles: frozenset[Role]) -> bool:
    """The same rule for one loaded row."""
    return Role.REVIEWER in roles or (Role.AUTHOR in roles and batch.author_id == person_id)


def sees_all_announcements(actor: Actor) -> bool:
    """Reviewers set audiences and answer for what goes out."""
    return Role.REVIEWER in actor.roles


@dataclass(frozen=True, slots=True)
class Sight:
    """How much of an announcement one person sees: everything (`whole`), or the wordings that are for them."""

    whole: bool
    login: str

    def of_version(self, life: Life, number: int, at: datetime) -> bool:
        """Whether this wording may be read: in force once, and for this person."""
        version = life.versions[number]
        return self.whole or (version.live_from <= at and effective_audience(life.subject, version).includes(self.login))


def sight_of(actor: Actor, life: Life, at: datetime, *, authored: bool = False) -> Sight | None:
    """What a person may see of an announcement, None: nothing of it, not even that it exists.

    `authored`: they have a submission on it; authors of its wordings are known from the life. Others see it once it is released
    and in force, if the wording that counts is for them.
    """
    wrote = authored or any(v.author_id == actor.id for v in life.versions.values())
    if sees_all_announcements(actor) or (wrote and Role.AUTHOR in actor.roles):
        return Sight(whole=True, login=actor.login)
    shown = shown_version(life, at)
    if shown is None or not released(life.subject.owner, life.subject.released_at, at):
        return None
    return Sight(whole=False, login=actor.login) if effective_audience(life.subject, shown).includes(actor.login) else None


def readable(actor: Actor, life: Life, number: int, at: datetime) -> bool:
    """Whether a search may show this version to this person; hiding (停用, 发布错误) is not judged here."""
    if life.subject.kind is not SubjectKind.ANNOUNCEMENT:
        return life.subject.kind is SubjectKind.KNOWLEDGE
    sight = sight_of(actor, life, at)
    return sight is not None and sight.of_version(life, number, at)


def previewed_to(submission: Submission, content: Content, actor: Actor, at: datetime) -> bool:
    """Whether an urgent announcement may be seen by this person before headquarters decided."""
    begun = content.effective_from is None or content.effective_from <= at
    over = content.effective_to is not None and content.effective_to <= at
    shown = shown_before_hq(submission.kind, submission.scope, submission.urgency, submission.state)
    return shown and begun and not over and content.terms is not None and content.terms.audience.includes(actor.login)


def possible_previews(login: str) -> ColumnElement[bool]:
    """SQL over Submission: urgent new announcements under way that name this person; `previewed_to` judges each."""
    newest = select(Revision.id).where(
        Revision.submission_id == Submission.id, col(Revision.frozen_at).is_not(None), addressed_in(col(Revision.content), login)
    )
    return and_(
        col(Submission.subject_kind) == SubjectKind.ANNOUNCEMENT,
        col(Submission.kind) == SubmissionKind.PUBLISH,
        col(Submission.scope) == Scope.NATIONAL,
        col(Submission.urgency) == Urgency.URGENT,
        col(Submission.state).in_(sorted(PREVIEWED)),
        newest.exists(),
    )


def possibly_readable_announcements(login: str) -> ColumnElement[bool]:
    """SQL over Subject: announcements whose audience may hold this person; `sight_of` and `previewed_to` judge each."""
    previews = select(Submission.id).where(Submission.subject_id == Subject.id, possible_previews(login))
    shown = or_(col(Subject.owner) == Owner.LOCAL, col(Subject.released_at).is_not(None))
    return and_(col(Subject.kind) == SubjectKind.ANNOUNCEMENT, or_(and_(shown, addressed_somewhere(login)), previews.exists()))


def authored_among(session: Session, actor: Actor, subject_ids: Collection[str]) -> frozenset[str]:
    """On which of these a person has a submission as its author."""
    if Role.AUTHOR not in actor.roles or not subject_ids:
        return frozenset()
    statement = select(Submission.subject_id).where(col(Submission.subject_id).in_(list(subject_ids)), Submission.author_id == actor.id)
    return frozenset(session.exec(statement.distinct()))
