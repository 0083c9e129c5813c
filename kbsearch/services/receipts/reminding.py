"""催签: whoever answers for an announcement reminds those who have not signed it; nobody more often than agreed."""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import select

from kbsearch.services.announcements.reading import AnnouncementPage, announcement_pages
from kbsearch.services.receipts.roster import lines
from kbsearch.services.refusals import denied, not_found, violated
from kbsearch.store.lives import load_life
from kbsearch.store.submissions import lock_subject
from kbsearch.store.tables import NoticeAbout, ReceiptReminder
from kbsearch.store.unit import Unit
from kbsearch.workflow.decide import Actor
from kbsearch.workflow.notices import NoticeKind
from kbsearch.workflow.receipts import ReceiptState, may_be_reminded

_FIELD = "announcementId"


@dataclass(frozen=True, slots=True)
class Reminded:
    """How many were reminded, and how many were spared because they had been a short while ago."""

    people: int
    spared: int


def answers_for(page: AnnouncementPage) -> bool:
    """Whether a person may see who has signed: reviewers, and authors of the announcement."""
    return page.sight.whole


def remind_unsigned(unit: Unit, actor: Actor, announcement_id: str) -> Reminded:
    """A notice to everybody concerned who has not signed what is in force; the one who reminds is left out."""
    lock_subject(unit.session, announcement_id)
    page = announcement_pages(unit.session, actor, [announcement_id], unit.now).get(announcement_id)
    life = load_life(unit.session, announcement_id)
    if page is None or life is None:
        raise not_found("公告", _FIELD)
    if not answers_for(page):
        raise denied("催签须由这个公告的作者或知识管理员来做。")
    if page.current is None:
        raise violated("NOT_IN_FORCE", f"这个公告现在是“{page.status.label}”，不须签收，不能催签。", _FIELD)
    if not page.must_read:
        raise violated("NOT_MUST_READ", "这个公告不是必读的，不须签收，不能催签。", _FIELD)
    waiting = [line for line in lines(unit.session, life, unit.now) if line.state is not ReceiptState.SIGNED]
    reminders = {r.person_id: r for r in unit.session.exec(select(ReceiptReminder).where(ReceiptReminder.subject_id == announcement_id))}
    told = spared = 0
    for line in waiting:
        known = reminders.get(line.person.id)
        if line.person.id == actor.id:
            continue
        if not may_be_reminded(None if known is None else known.reminded_at, unit.now):
            spared += 1
            continue
        _remember(unit, announcement_id, line.person.id, known)
        again = "内容有实质更正，须重新签收。" if line.standing.again else "您还没有签收。"
        unit.notify(
            line.person.id,
            NoticeKind.SIGN_REMINDER,
            about=NoticeAbout.ANNOUNCEMENT,
            document_id=announcement_id,
            title=f"催签：公告《{page.current.title}》",
            text=again,
            next_step="请打开公告，读后签收",
        )
        told += 1
    return Reminded(told, spared)


def _remember(unit: Unit, announcement_id: str, person_id: str, known: ReceiptReminder | None) -> None:
    if known is None:
        unit.session.add(ReceiptReminder(subject_id=announcement_id, person_id=person_id, reminded_at=unit.now))
    else:
        known.reminded_at, known.times = unit.now, known.times + 1
