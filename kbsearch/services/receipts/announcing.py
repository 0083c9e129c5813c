"""Tells those whom a must-read announcement is for that it is there, once per wording that asks for a signature; asks no right."""

from __future__ import annotations

from sqlmodel import col, select

from kbsearch.services.receipts.roster import lines
from kbsearch.store.audiences import must_read
from kbsearch.store.lives import Life
from kbsearch.store.tables import Notice, NoticeAbout, SubjectVersion
from kbsearch.store.unit import Unit
from kbsearch.workflow.announcements import released
from kbsearch.workflow.notices import NoticeKind
from kbsearch.workflow.receipts import ReceiptState


def announce(unit: Unit, life: Life) -> int:
    """Tell everybody concerned who has not signed yet and was not told of this wording; returns how many.

    Called when another wording comes into force and when a reviewer releases one to other people.
    """
    subject, current = life.subject, life.current(unit.now)
    if current is None or not released(subject.owner, subject.released_at, unit.now) or not must_read(subject, current):
        return 0
    told = _told(unit, life, current)
    count = 0
    for line in lines(unit.session, life, unit.now):
        if line.person.id in told or line.state is ReceiptState.SIGNED:
            continue
        unit.notify(
            line.person.id,
            NoticeKind.ANNOUNCEMENT,
            about=NoticeAbout.ANNOUNCEMENT,
            document_id=subject.id,
            title=f"必读公告《{current.title}》",
            text="内容有实质更正，须重新签收。" if line.standing.again else f"{subject.issuer_name or '本平台'}发布了必读公告。",
            next_step="请打开公告，读后签收",
        )
        count += 1
    return count


def _told(unit: Unit, life: Life, current: SubjectVersion) -> set[str]:
    """Who was told since the wording began that their signature is asked for: a correction without substance asks nobody anew."""
    asking = [life.versions[number] for start, number in life.timeline.takeovers if start <= unit.now]
    since = current.live_from
    for version in reversed(asking):
        since = version.live_from
        if version.material:
            break
    statement = select(Notice.person_id).where(
        Notice.about == NoticeAbout.ANNOUNCEMENT,
        Notice.document_id == life.subject.id,
        Notice.kind == NoticeKind.ANNOUNCEMENT,
        col(Notice.created_at) >= since,
    )
    return set(unit.session.exec(statement))
