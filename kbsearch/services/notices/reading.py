"""A person's own notices: listed, counted, marked as read, and forgotten when old; nobody else's are reached from here."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlmodel import Session, col, delete, func, select, update

from kbsearch.services.listings.slices import Order, Paging, Slice, one_slice
from kbsearch.services.refusals import violated
from kbsearch.store.notice_channels import DESTINATIONS
from kbsearch.store.tables import Notice, OutboxMessage
from kbsearch.store.unit import Store, Unit
from kbsearch.workflow.decide import Actor

KEPT = timedelta(days=180)
MAX_IDS = 100
_PORTION = 2_000
_CHUNK = 500


def notices(session: Session, actor: Actor, *, unread_only: bool, paging: Paging) -> Slice[Notice]:
    """A person's notices, latest first."""
    statement = select(Notice).where(Notice.person_id == actor.id)
    if unread_only:
        statement = statement.where(col(Notice.read_at).is_(None))
    order: Order[Notice] = Order((col(Notice.sequence), col(Notice.ordinal)), lambda n: (n.sequence, n.ordinal), descending=True)
    return one_slice(session, statement, order, paging, name="notices", filters=[actor.id, unread_only])


def notice_of(session: Session, actor: Actor, notice_id: str) -> Notice | None:
    """One of a person's own."""
    return session.exec(select(Notice).where(Notice.id == notice_id, Notice.person_id == actor.id)).one_or_none()


def unread_count(session: Session, actor: Actor) -> int:
    """How many a person has not read."""
    statement = select(func.count()).select_from(Notice).where(Notice.person_id == actor.id, col(Notice.read_at).is_(None))
    return session.exec(statement).one()


def mark_read(unit: Unit, actor: Actor, *, ids: Collection[str] | None = None, before: datetime | None = None) -> int:
    """Mark those named, or all up to `before` (included); returns how many were unread. Others' ids change nothing."""
    if (ids is None) == (before is None):
        raise violated("ONE_OF_TWO", "请给出 ids 或 allBefore，二者选一。", "ids")
    if ids is not None and len(ids) > MAX_IDS:
        raise violated("TOO_MANY", f"一次最多 {MAX_IDS} 条，更多请用 allBefore。", "ids")
    which = col(Notice.id).in_(list(ids)) if ids is not None else col(Notice.created_at) <= before
    statement = update(Notice).where(col(Notice.person_id) == actor.id, col(Notice.read_at).is_(None), which)
    done = unit.session.execute(statement.values(read_at=unit.now).execution_options(synchronize_session=False))
    return int(getattr(done, "rowcount", 0))


def purge_old(store: Store) -> int:
    """Forget notices, and what became of delivering them, older than KEPT; a portion at a time, oldest first."""
    limit = store.clock() - KEPT
    oldest = select(Notice).order_by(col(Notice.sequence), col(Notice.ordinal))
    with store.read() as session:
        first = session.exec(oldest.limit(1)).first()
        if first is None or first.created_at >= limit:
            return 0
        old = [notice.id for notice in session.exec(oldest.limit(_PORTION)) if notice.created_at < limit]
    with store.write() as unit:
        for start in range(0, len(old), _CHUNK):
            chosen = col(Notice.id).in_(old[start : start + _CHUNK])
            unit.session.execute(delete(Notice).where(chosen).execution_options(synchronize_session=False))
        sent = (col(OutboxMessage.destination).in_(DESTINATIONS), col(OutboxMessage.created_at) < limit)
        unit.session.execute(delete(OutboxMessage).where(*sent).execution_options(synchronize_session=False))
    return len(old)
