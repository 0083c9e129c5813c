"""Favourites: what a person keeps at hand; a document they may not read cannot be kept, and keeping twice is no error."""

from __future__ import annotations

from sqlmodel import Session, col, select

from kbsearch.services.announcements.reading import announcement_pages
from kbsearch.services.listings.slices import Order, Paging, Slice, one_slice
from kbsearch.services.reading import pages
from kbsearch.services.refusals import not_found, violated
from kbsearch.store.dialect import insert_absent
from kbsearch.store.tables import Favourite, Subject
from kbsearch.store.unit import Unit
from kbsearch.workflow.decide import Actor
from kbsearch.workflow.states import SubjectKind

MOST = 1_000
_FIELD = "documentId"


def favourite(unit: Unit, actor: Actor, subject_id: str) -> None:
    """收藏 a knowledge item or an announcement."""
    _require_readable(unit, actor, subject_id)
    if len(unit.session.exec(select(Favourite.subject_id).where(Favourite.person_id == actor.id)).all()) >= MOST:
        raise violated("TOO_MANY", f"收藏最多 {MOST} 个，请先取消一些。", _FIELD)
    insert_absent(unit.session, Favourite, [{"person_id": actor.id, "subject_id": subject_id, "created_at": unit.now}])


def _require_readable(unit: Unit, actor: Actor, subject_id: str) -> None:
    subject = unit.session.get(Subject, subject_id)
    kind = None if subject is None else subject.kind
    if kind is SubjectKind.KNOWLEDGE and subject_id in pages(unit.session, [subject_id], unit.now):
        return
    if kind is SubjectKind.ANNOUNCEMENT and subject_id in announcement_pages(unit.session, actor, [subject_id], unit.now):
        return
    raise not_found("知识或公告", _FIELD)


def unfavourite(unit: Unit, actor: Actor, subject_id: str) -> bool:
    """取消收藏; returns whether it was kept. Nothing is asked about what it is: it may have become unreadable."""
    row = unit.session.get(Favourite, (actor.id, subject_id))
    if row is None:
        return False
    unit.session.delete(row)
    return True


def my_favourites(session: Session, actor: Actor, paging: Paging) -> Slice[Favourite]:
    """What a person keeps, latest first."""
    statement = select(Favourite).where(Favourite.person_id == actor.id)
    order: Order[Favourite] = Order((col(Favourite.created_at), col(Favourite.subject_id)), lambda f: (f.created_at, f.subject_id), True)
    return one_slice(session, statement, order, paging, name="myFavourites", filters=actor.id)
