"""Replies: which announcements are answered, and the accepted replies a person may read; drafts are submissions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlmodel import Session, col, select

from kbsearch.content import Content
from kbsearch.services.drafts import version_content
from kbsearch.store.lives import Life, load_lives
from kbsearch.store.tables import Subject, SubjectVersion, Submission
from kbsearch.store.visibility import authored_among, sees_all_announcements, visible_submissions
from kbsearch.workflow.announcements import UNANSWERED
from kbsearch.workflow.decide import Actor
from kbsearch.workflow.states import Owner, SubjectKind


@dataclass(frozen=True, slots=True)
class AcceptedReply:
    """A reply that stands (采纳): ours to headquarters' announcement, or one delivered to ours."""

    life: Life

    @property
    def subject(self) -> Subject:
        """Whose it is, to what, and whether it came late."""
        return self.life.subject

    @property
    def version(self) -> SubjectVersion:
        """Its one version."""
        return self.life.versions[min(self.life.versions)]

    @property
    def content(self) -> Content:
        """Its wording."""
        return version_content(self.life, self.version.number)

    @property
    def ours(self) -> bool:
        """Whether we gave it."""
        return self.subject.owner is Owner.LOCAL


def answered_among(session: Session, announcement_ids: Collection[str]) -> frozenset[str]:
    """Which of these have an answer of ours that left its author's desk and did not come to nothing."""
    statement = (
        select(Subject.parent_id)
        .join(Submission, col(Submission.subject_id) == col(Subject.id))
        .where(col(Subject.parent_id).in_(list(announcement_ids)), col(Submission.state).not_in(sorted(UNANSWERED)))
    )
    return frozenset(i for i in session.exec(statement.distinct()) if i is not None)


def visible_replies(session: Session, actor: Actor, reply_ids: Collection[str]) -> dict[str, AcceptedReply]:
    """The accepted replies among these ids that a person may read: reviewers, its author, the author of what it answers."""
    lives = {i: life for i, life in load_lives(session, reply_ids).items() if life.subject.kind is SubjectKind.REPLY and life.versions}
    asked = {life.subject.parent_id or "" for life in lives.values()}
    authored = frozenset() if sees_all_announcements(actor) else authored_among(session, actor, asked | set(lives))

    def readable(i: str, life: Life) -> bool:
        to_ours = life.subject.owner is Owner.HQ and life.subject.parent_id in authored
        return sees_all_announcements(actor) or i in authored or to_ours

    return {i: AcceptedReply(life) for i, life in lives.items() if readable(i, life)}


def replies_to(session: Session, actor: Actor, announcement_ids: Collection[str]) -> Mapping[str, list[AcceptedReply]]:
    """Those to each of these announcements, oldest first."""
    ids = session.exec(select(Subject.id).where(col(Subject.parent_id).in_(list(announcement_ids)))).all()
    found: defaultdict[str, list[AcceptedReply]] = defaultdict(list)
    for reply in visible_replies(session, actor, ids).values():
        found[reply.subject.parent_id or ""].append(reply)
    for replies in found.values():
        replies.sort(key=lambda r: (r.version.created_at, r.subject.id))
    return {i: found[i] for i in announcement_ids}


def own_reply_submissions(session: Session, actor: Actor, announcement_ids: Collection[str]) -> Mapping[str, list[Submission]]:
    """The submissions of replies to each announcement that a person may see, newest first."""
    statement = (
        select(Subject.parent_id, Submission)
        .join(Submission, col(Submission.subject_id) == col(Subject.id))
        .where(col(Subject.parent_id).in_(list(announcement_ids)), visible_submissions(actor.id, actor.roles))
    )
    found: defaultdict[str, list[Submission]] = defaultdict(list)
    for parent_id, submission in session.exec(statement.order_by(col(Submission.created_at).desc(), col(Submission.id))):
        found[parent_id or ""].append(submission)
    return {i: found[i] for i in announcement_ids}
