"""Lists of knowledge for readers: the newest, and what is akin to an item; only what is in force now and not hidden."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, col, select

from kbsearch.indexing.port import SearchEngine
from kbsearch.indexing.query import Filters, SearchQuery
from kbsearch.services.reading import Page, pages
from kbsearch.store.tables import Subject, SubjectVersion
from kbsearch.workflow.states import SubjectKind

_PORTION = 200
_PORTIONS = 5


def newest(session: Session, limit: int, now: datetime) -> list[Page]:
    """What came into force last."""
    statement = (
        select(SubjectVersion.subject_id, SubjectVersion.number)
        .join(Subject, col(Subject.id) == col(SubjectVersion.subject_id))
        .where(
            Subject.kind == SubjectKind.KNOWLEDGE,
            col(SubjectVersion.accepted),
            ~col(SubjectVersion.history_only),
            col(SubjectVersion.live_from) <= now,
        )
        .order_by(col(SubjectVersion.live_from).desc(), col(SubjectVersion.id))
    )
    found: list[Page] = []
    for portion in range(_PORTIONS):
        rows = session.exec(statement.offset(portion * _PORTION).limit(_PORTION)).all()
        for begin in range(0, len(rows), limit):
            part = rows[begin : begin + limit]
            seen = pages(session, {subject_id for subject_id, _ in part}, now)
            found += [seen[i] for i, number in part if i in seen and _readable(seen[i], number)]
            if len(found) >= limit:
                return found[:limit]
        if len(rows) < _PORTION:
            break
    return found


def related(session: Session, engine: SearchEngine, page: Page, limit: int) -> list[Page]:
    """Other items of the same category whose text is like this one's title, most alike first."""
    shown, category = page.shown, page.life.subject.category_id
    if shown is None or category is None:
        return []
    query = SearchQuery(text=shown.title, at=page.now, filters=Filters(category_ids=frozenset({category})), limit=limit + 1, count=False)
    hits = [h for h in engine.search(query).hits if h.subject_id != page.life.subject.id]
    seen = pages(session, {h.subject_id for h in hits}, page.now)
    return [seen[h.subject_id] for h in hits if h.subject_id in seen and _readable(seen[h.subject_id], h.number)][:limit]


def _readable(page: Page, number: int) -> bool:
    return page.current is not None and page.current.number == number and not page.text_hidden
