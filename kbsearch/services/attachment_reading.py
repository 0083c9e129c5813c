"""Who may read an attached file: whoever may read a document that names it, now."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from kbsearch.services.attachments import held, users_of
from kbsearch.store.lives import Life, load_lives
from kbsearch.store.submissions import content_of, sent_revision
from kbsearch.store.tables import Attachment, AttachmentPlace, AttachmentUse, Revision, Subject, SubjectVersion, Submission
from kbsearch.store.visibility import authored_among, possible_previews, previewed_to, sight_of, visible_submissions
from kbsearch.workflow.decide import Actor
from kbsearch.workflow.states import Scope, SubjectKind

_PORTION = 100


def readable_by(session: Session, actor: Actor, sha256: str, now: datetime) -> Attachment | None:
    """The file's row when this person may read it now, else None: unknown and not allowed look the same from outside.

    Allowed are its uploader, whoever sees a submission one of whose revisions names it, and every reader of a knowledge item,
    announcement or reply with an accepted version that names it and whose text is not hidden.
    """
    row = held(session, [sha256]).get(sha256)
    if row is None:
        return None
    allowed = (
        row.uploaded_by == actor.id
        or _by_submission(session, actor, sha256)
        or _by_version(session, actor, sha256, now)
        or _by_preview(session, actor, sha256, now)
    )
    return row if allowed else None


def _by_submission(session: Session, actor: Actor, sha256: str) -> bool:
    statement = (
        select(Submission.id)
        .join(AttachmentUse, col(AttachmentUse.document_id) == col(Submission.id))
        .where(AttachmentUse.sha256 == sha256, AttachmentUse.place == AttachmentPlace.SUBMISSION)
        .where(visible_submissions(actor.id, actor.roles))
    )
    return session.exec(statement.limit(1)).first() is not None


def _by_version(session: Session, actor: Actor, sha256: str, now: datetime) -> bool:
    for ids in _portions(users_of(session, sha256, AttachmentPlace.SUBJECT)):
        lives = load_lives(session, ids)
        wrote = authored_among(session, actor, ids)
        announced = load_lives(session, {life.subject.parent_id for life in lives.values() if life.subject.parent_id})
        if any(_shows(actor, life, sha256, now, authored=i in wrote, announced=announced) for i, life in lives.items()):
            return True
    return False


def _shows(actor: Actor, life: Life, sha256: str, now: datetime, *, authored: bool, announced: dict[str, Life]) -> bool:
    """Whether a wording that names the file may be read; a reply by those who answer for the announcement it answers."""
    naming = [number for number, version in life.versions.items() if sha256 in version.attachments]
    if not naming or life.text_hidden(now):
        return False
    if life.subject.kind is SubjectKind.KNOWLEDGE:
        return True
    about = life if life.subject.kind is SubjectKind.ANNOUNCEMENT else announced.get(life.subject.parent_id or "")
    sight = None if about is None else sight_of(actor, about, now, authored=authored)
    if sight is None or about is not life:
        return sight is not None and sight.whole
    return any(sight.of_version(life, number, now) for number in naming)


def _by_preview(session: Session, actor: Actor, sha256: str, now: datetime) -> bool:
    """An urgent announcement of ours is shown to its audience before headquarters decided."""
    statement = (
        select(Submission)
        .join(AttachmentUse, col(AttachmentUse.document_id) == col(Submission.id))
        .where(AttachmentUse.sha256 == sha256, AttachmentUse.place == AttachmentPlace.SUBMISSION, possible_previews(actor.login))
    )
    for submission in session.exec(statement):
        revision = sent_revision(session, submission.id, submission.round)
        content = None if revision is None else content_of(revision)
        if content is not None and sha256 in content.attachments and previewed_to(submission, content, actor, now):
            return True
    return False


def _portions(ids: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(ids), _PORTION):
        yield ids[start : start + _PORTION]


def readable_by_headquarters(session: Session, sha256: str) -> Attachment | None:
    """The file's row when a wording that names it was sent to headquarters or is 全网 in force; nothing local leaves."""
    row = held(session, [sha256]).get(sha256)
    if row is None:
        return None
    return row if _was_sent(session, sha256) or _is_national(session, sha256) else None


def _was_sent(session: Session, sha256: str) -> bool:
    named: Any = col(Revision.content)["attachments"]
    statement = (
        select(named)
        .join(Submission, col(Submission.id) == col(Revision.submission_id))
        .join(AttachmentUse, col(AttachmentUse.document_id) == col(Submission.id))
        .where(AttachmentUse.sha256 == sha256, AttachmentUse.place == AttachmentPlace.SUBMISSION)
        .where(Submission.scope == Scope.NATIONAL, col(Revision.round) <= col(Submission.sent_round), col(Revision.frozen_at).is_not(None))
    )
    return any(sha256 in (digests or ()) for digests in session.exec(statement))


def _is_national(session: Session, sha256: str) -> bool:
    statement = (
        select(SubjectVersion.attachments)
        .join(Subject, col(Subject.id) == col(SubjectVersion.subject_id))
        .join(AttachmentUse, col(AttachmentUse.document_id) == col(Subject.id))
        .where(AttachmentUse.sha256 == sha256, AttachmentUse.place == AttachmentPlace.SUBJECT)
        .where(Subject.scope == Scope.NATIONAL, col(SubjectVersion.accepted))
    )
    return any(sha256 in digests for digests in session.exec(statement))
