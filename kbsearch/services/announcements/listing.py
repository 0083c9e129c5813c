"""Lists of announcements: mine to read, ours with their status, received ones for reviewers. The query proposes, the life decides."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import case, func
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from kbsearch.services.announcements.reading import AnnouncementPage, announcement_pages
from kbsearch.services.listings.slices import Order, Paging, Slice, one_slice
from kbsearch.services.receipts.roster import unread, unsigned
from kbsearch.store.column_types import UtcDateTime
from kbsearch.store.tables import Subject, Submission
from kbsearch.store.visibility import possibly_readable_announcements, sees_all_announcements
from kbsearch.workflow.announcements import AnnouncementStatus
from kbsearch.workflow.decide import Actor
from kbsearch.workflow.labels import Labelled
from kbsearch.workflow.states import Owner, SubjectKind, Urgency

_PORTION = 50
_MOST_PORTIONS = 100


class AnnouncementFilter(Labelled):
    """Which of the announcements addressed to a person."""

    CURRENT = "CURRENT", "现行的", "在有效期内的，含先行给看的紧急公告"
    ALL = "ALL", "全部", "也含已过期、已撤回的"
    MUST_READ = "MUST_READ", "必读的", "现行而必读的"
    UNREAD = "UNREAD", "未读的", "现行而我还没有打开过的；实质更正后算未读"
    UNSIGNED = "UNSIGNED", "未签收的", "现行、必读而我还没有签收的；实质更正后须重新签收"
    TO_REPLY = "TO_REPLY", "待回复的", "要求回复而我方尚未交出回复的，含已逾期"


_STANDING = (AnnouncementStatus.PUBLISHED,)


def _current(page: AnnouncementPage) -> bool:
    return page.status in _STANDING or page.preview is not None


_KEEP: dict[AnnouncementFilter, Callable[[AnnouncementPage], bool]] = {
    AnnouncementFilter.CURRENT: _current,
    AnnouncementFilter.ALL: lambda _: True,
    AnnouncementFilter.MUST_READ: lambda page: _current(page) and page.must_read,
    AnnouncementFilter.UNREAD: _current,
    AnnouncementFilter.UNSIGNED: lambda page: _current(page) and page.must_read,
    AnnouncementFilter.TO_REPLY: lambda page: page.to_reply,
}
Pages = dict[str, AnnouncementPage]
# What the caller's receipts decide is asked of a whole portion at once.
_NARROW: dict[AnnouncementFilter, Callable[[Session, str, Pages], Pages]] = {
    AnnouncementFilter.UNREAD: unread,
    AnnouncementFilter.UNSIGNED: unsigned,
}


def _whole(_session: Session, _person_id: str, pages: Pages) -> Pages:
    return pages


def my_announcements(session: Session, actor: Actor, wanted: AnnouncementFilter, paging: Paging, now: datetime) -> Slice[AnnouncementPage]:
    """What is addressed to a person, by whatever office they hold: urgent first, then the newest."""
    statement = select(Subject).where(possibly_readable_announcements(actor.login))
    keep, narrow = _KEEP[wanted], _NARROW.get(wanted, _whole)
    return _refined(session, actor, statement, paging, now, "myAnnouncements", [wanted.value], lambda p: p.addressed and keep(p), narrow)


def issued_announcements(
    session: Session, actor: Actor, statuses: frozenset[AnnouncementStatus], paging: Paging, now: datetime
) -> Slice[AnnouncementPage]:
    """Ours that stand or stood: for reviewers all, for authors those they wrote."""
    statement = select(Subject).where(col(Subject.kind) == SubjectKind.ANNOUNCEMENT, col(Subject.owner) == Owner.LOCAL)
    if not sees_all_announcements(actor):
        written = select(Submission.subject_id).where(Submission.author_id == actor.id)
        statement = statement.where(col(Subject.id).in_(written))
    return _refined(session, actor, statement, paging, now, "issuedAnnouncements", sorted(statuses), _of_status(statuses))


def received_announcements(
    session: Session, actor: Actor, statuses: frozenset[AnnouncementStatus], paging: Paging, now: datetime
) -> Slice[AnnouncementPage]:
    """What headquarters gave us, for reviewers."""
    statement = select(Subject).where(col(Subject.kind) == SubjectKind.ANNOUNCEMENT, col(Subject.owner) == Owner.HQ)
    return _refined(session, actor, statement, paging, now, "receivedAnnouncements", sorted(statuses), _of_status(statuses))


def _of_status(statuses: frozenset[AnnouncementStatus]) -> Callable[[AnnouncementPage], bool]:
    return lambda page: not statuses or page.status in statuses


def _order() -> Order[Subject]:
    moment = func.coalesce(col(Subject.released_at), col(Subject.created_at), type_=UtcDateTime())
    return Order(
        (case((col(Subject.urgency) == Urgency.URGENT, 1), else_=0), moment, col(Subject.id)),
        lambda s: (1 if s.urgency is Urgency.URGENT else 0, s.released_at or s.created_at, s.id),
        descending=True,
    )


def _refined(  # noqa: PLR0917 - one list, as its callers describe it
    session: Session,
    actor: Actor,
    statement: SelectOfScalar[Subject],
    paging: Paging,
    now: datetime,
    name: str,
    filters: list[str],
    keep: Callable[[AnnouncementPage], bool],
    narrow: Callable[[Session, str, Pages], Pages] = _whole,
) -> Slice[AnnouncementPage]:
    """One page of those the whole life lets through, in as many portions as it takes."""
    rows: list[AnnouncementPage] = []
    cursors: list[str] = []
    after, size, more = paging.after, max(_PORTION, paging.first + 1), False
    for _ in range(_MOST_PORTIONS):
        portion = one_slice(session, statement, _order(), Paging(size, after, paging.secret), name=name, filters=filters)
        seen = narrow(session, actor.id, announcement_pages(session, actor, [row.id for row in portion.rows], now))
        for row, cursor in zip(portion.rows, portion.cursors, strict=True):
            page = seen.get(row.id)
            if page is not None and keep(page):
                rows.append(page)
                cursors.append(cursor)
        more = portion.has_next
        if len(rows) > paging.first or not more:
            break
        after = portion.cursors[-1]
    return Slice(rows[: paging.first], cursors[: paging.first], len(rows) > paging.first or more)
