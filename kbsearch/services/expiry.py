"""Reminders of wordings that run out: a week before, and once more when they have; changes nothing else.

Headquarters renews its own; for those only badges speak, since nobody here can act.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import Session, and_, col, or_, select

from kbsearch.clock import SHANGHAI
from kbsearch.services.listings.people import colleagues
from kbsearch.store.lives import Life, load_life
from kbsearch.store.submissions import lock_subject
from kbsearch.store.tables import DocumentType, NoticeAbout, Subject, SubjectVersion, Submission
from kbsearch.store.unit import SYSTEM, Store, Unit
from kbsearch.workflow.actions import Role
from kbsearch.workflow.notices import NoticeKind
from kbsearch.workflow.states import KnowledgeStatus, Owner, SubjectKind

AHEAD = timedelta(days=7)
_PORTION = 500
_MOST_REVIEWERS = 500
_LONGEST_TITLE = 200


def find_expiring(session: Session, store: Store) -> Sequence[str]:
    """Items of ours whose version last in force ends within a week, or ended within the last one, and nobody was told yet."""
    now = store.clock()
    ends, told = col(SubjectVersion.effective_to), col(Subject.expiry_reminded_at)
    before = or_(told.is_(None), told < col(SubjectVersion.live_from))
    after = and_(ends <= now, told < ends)
    statement = (
        select(Subject.id)
        .join(SubjectVersion, and_(col(SubjectVersion.subject_id) == Subject.id, SubjectVersion.number == Subject.recorded_base))
        .where(
            Subject.kind == SubjectKind.KNOWLEDGE,
            Subject.owner == Owner.LOCAL,
            col(Subject.archived_at).is_(None),
            col(SubjectVersion.accepted),
            ends > now - AHEAD,
            ends <= now + AHEAD,
            or_(before, after),
        )
    )
    return session.exec(statement.order_by(ends, col(Subject.id)).limit(_PORTION)).all()


def remind(unit: Unit, subject_id: str) -> bool:
    """Tell the version's author and reviewers, all reviewers where it has none; what is replaced or revoked only counts as told."""
    subject = lock_subject(unit.session, subject_id)
    life = load_life(unit.session, subject_id)
    number = None if life is None else life.base(unit.now)
    if subject is None or life is None or number is None:
        return False
    version = life.versions[number]
    told, ends = subject.expiry_reminded_at, version.effective_to
    due = ends is not None and ends <= unit.now + AHEAD and (told is None or told < version.live_from or told < ends <= unit.now)
    if ends is None or not due:
        return False
    subject.expiry_reminded_at = unit.now
    if not _matters(life, number, ends, unit.now):
        return False
    over = ends <= unit.now
    text = f"第 {number} 版{'已于' if over else '将于'} {ends.astimezone(SHANGHAI).strftime('%Y-%m-%d %H:%M')} 失效"
    unit.log(SYSTEM, DocumentType.KNOWLEDGE, subject.id, "REMIND_EXPIRY", reason_text=text, lock_version=subject.lock_version)
    title = f"{'已过期' if over else '即将到期'}：《{version.title}》"[:_LONGEST_TITLE]
    step = "请续期、更新或撤销" if over else "请续期或更新；不再适用则不须操作"
    for person_id in _concerned(unit, version):
        unit.notify(
            person_id,
            NoticeKind.EXPIRING,
            about=NoticeAbout.KNOWLEDGE,
            document_id=subject.id,
            title=title,
            text=f"{text}。",
            next_step=step,
        )
    return True


def _matters(life: Life, number: int, ends: datetime, now: datetime) -> bool:
    """Not where a later version takes over in time, nor where a revocation or an archive made the end irrelevant."""
    if life.status(now) not in (KnowledgeStatus.PUBLISHED, KnowledgeStatus.SUSPENDED, KnowledgeStatus.EXPIRED):
        return False
    interval = life.timeline.interval(number)
    return interval is not None and interval.live_to == ends


def _concerned(unit: Unit, version: SubjectVersion) -> list[str]:
    submission = None if version.submission_id is None else unit.session.get(Submission, version.submission_id)
    known = [] if submission is None else [submission.author_id, submission.approved_by, submission.reviewer_id]
    people = [person for person in dict.fromkeys([version.author_id, *known]) if person is not None]
    return people or [person.id for person in colleagues(unit.session, Role.REVIEWER, _MOST_REVIEWERS)]
