"""Reminds authors of answers headquarters waits for: once before the day, once when it has passed. Run by the sweeper."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session, and_, col, or_, select

from kbsearch.clock import SHANGHAI
from kbsearch.services.announcements.replies import answered_among
from kbsearch.store.audiences import effective_audience, shown_version
from kbsearch.store.lives import Life, load_life
from kbsearch.store.submissions import lock_subject
from kbsearch.store.tables import NoticeAbout, Person, Subject, Submission
from kbsearch.store.unit import Store, Unit
from kbsearch.workflow.actions import Role
from kbsearch.workflow.notices import NoticeKind

_PORTION = 200


def replies_due(session: Session, store: Store) -> Sequence[str]:
    """Announcements whose day is near, or has passed, and of which nobody was reminded since."""
    now, lead = store.clock(), store.deadlines.reply_reminder
    due, reminded = col(Subject.reply_due_at), col(Subject.reply_reminded_at)
    overdue_untold = and_(due <= now, reminded < due)
    statement = select(Subject.id).where(due <= now + lead, or_(reminded.is_(None), overdue_untold), col(Subject.released_at) <= now)
    return session.exec(statement.order_by(due).limit(_PORTION)).all()


def remind(unit: Unit, announcement_id: str) -> bool:
    """Tell those who can answer; nobody when an answer is under way."""
    subject = lock_subject(unit.session, announcement_id)
    life = load_life(unit.session, announcement_id)
    if subject is None or life is None or subject.reply_due_at is None:
        return False
    subject.reply_reminded_at = unit.now
    if announcement_id in answered_among(unit.session, [announcement_id]):
        return False
    shown = shown_version(life, unit.now)
    title = "" if shown is None else shown.title
    day = subject.reply_due_at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
    overdue = subject.reply_due_at <= unit.now
    text = f"公告《{title}》要求的回复已逾期（{day} 截止）。" if overdue else f"公告《{title}》须在 {day} 前回复。"
    people = _who_can_answer(unit, life)
    for person_id in people:
        unit.notify(
            person_id,
            NoticeKind.REPLY_DUE,
            about=NoticeAbout.ANNOUNCEMENT,
            document_id=announcement_id,
            title="公告回复已逾期" if overdue else "公告回复将到期",
            text=text,
            next_step="请起草回复并提交审核" + ("；逾期的回复仍会收下，标明逾期。" if overdue else "。"),
        )
    return bool(people)


def _who_can_answer(unit: Unit, life: Life) -> list[str]:
    """Authors who may read it, and whoever has begun an answer; where there is none, the reviewers."""
    shown = shown_version(life, unit.now)
    active = unit.session.exec(select(Person).where(col(Person.active)).order_by(col(Person.login))).all()
    begun = set(
        unit.session.exec(
            select(Submission.author_id)
            .join(Subject, col(Subject.id) == col(Submission.subject_id))
            .where(Subject.parent_id == life.subject.id)
        )
    )
    reached = None if shown is None else effective_audience(life.subject, shown)
    authors = [
        p.id for p in active if Role.AUTHOR.value in p.roles and (p.id in begun or (reached is not None and reached.includes(p.login)))
    ]
    return authors or [p.id for p in active if Role.REVIEWER.value in p.roles]
