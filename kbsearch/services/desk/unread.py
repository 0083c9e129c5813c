"""How much waits for a person among the announcements addressed to them: to read, to sign, to answer; counts only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, or_, select

from kbsearch.services.announcements.reading import AnnouncementPage, announcement_pages
from kbsearch.services.receipts.roster import unread, unsigned
from kbsearch.store.tables import Subject, SubjectVersion
from kbsearch.store.visibility import possibly_readable_announcements
from kbsearch.workflow.decide import Actor

MOST = 500


@dataclass(frozen=True, slots=True)
class Waiting:
    """The counts; of more than 500 announcements only the newest are looked at."""

    announcements: int
    unsigned: int
    to_reply: int


def waiting(session: Session, actor: Actor, now: datetime) -> Waiting:
    """What of the announcements waits for a person."""
    pages = _standing(session, actor, now)
    return Waiting(
        announcements=len(unread(session, actor.id, pages)),
        unsigned=len(unsigned(session, actor.id, pages)),
        to_reply=sum(page.addressed and page.to_reply for page in pages.values()),
    )


def _standing(session: Session, actor: Actor, now: datetime) -> dict[str, AnnouncementPage]:
    """Announcements that may be in force, or may still be answered; the life judges each."""
    still = (
        select(SubjectVersion.id)
        .where(
            SubjectVersion.subject_id == Subject.id,
            col(SubjectVersion.accepted),
            or_(col(SubjectVersion.effective_to).is_(None), col(SubjectVersion.effective_to) > now),
        )
        .exists()
    )
    statement = select(Subject.id).where(possibly_readable_announcements(actor.login), or_(still, col(Subject.reply_due_at).is_not(None)))
    ids = session.exec(statement.order_by(col(Subject.released_at).desc(), col(Subject.id)).limit(MOST)).all()
    found: Mapping[str, AnnouncementPage] = announcement_pages(session, actor, ids, now)
    return dict(found)
