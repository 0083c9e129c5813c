"""Begins, discards and schedules comparisons with headquarters; judges no answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, func, select

from kbsearch.hq import messages
from kbsearch.services.people import require_role, who
from kbsearch.services.refusals import denied, not_found, require_reason_length, violated
from kbsearch.services.taxonomy.tree import HQ_ROOT, all_categories, subtree
from kbsearch.services.version_sync.records import HQ_DESTINATION, LANE, close_differences, enter, run_for
from kbsearch.services.version_sync.rows import counted, held_rows, unknown_at_hq
from kbsearch.store.tables import Category, CategoryOrigin, DocumentType, SyncRun, TaxonomyVersion
from kbsearch.store.unit import SYSTEM, Store, Unit
from kbsearch.workflow.actions import Role
from kbsearch.workflow.decide import Actor
from kbsearch.workflow.version_sync import OPEN_STATES, CategoryDigest, SyncAction, SyncState, digests

PATIENCE = timedelta(hours=1)
"""How long headquarters may take to answer or to send again before a new comparison may begin."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What we held at one instant, as digests; of many items it is taken before the transaction, which stays short."""

    at: datetime
    digests: list[CategoryDigest]


def take(session: Session, now: datetime) -> Taken:
    """Digest everything we hold; a reader's work, seconds for a hundred thousand items."""
    rows = counted(held_rows(session, now), unknown_at_hq(session))
    return Taken(now, digests(rows.values()))


def start(unit: Unit, actor: Actor | None, category_ids: Sequence[str] = (), *, taken: Taken | None = None) -> SyncRun:
    """Send headquarters one digest per category, all or those named with what lies below them; `actor` None is the schedule.

    One comparison at a time: refused while another waits for headquarters, unless that has waited too long.
    """
    if actor is not None and actor.roles.isdisjoint({Role.REVIEWER, Role.OPERATOR}):
        raise denied("版本比对须由知识管理员或运维发起。")
    _lock(unit)
    chosen = _chosen(unit, category_ids)
    _make_room(unit)
    taken = taken or take(unit.session, unit.now)
    told = _told(taken.digests, chosen)
    run = SyncRun(
        id=unit.new_id(),
        state=SyncState.ASKED,
        category_ids=chosen,
        compared=sum(digest.count for digest in told),
        messages=1,
        started_by=actor.id if actor is not None else None,
        started_at=taken.at,  # what changes from then on is told by the next comparison
    )
    unit.session.add(run)
    unit.session.flush()
    data = {
        "runId": run.id,
        "complete": not chosen,
        "categories": [{"categoryId": d.category_id, "count": d.count, "digest": d.digest} for d in told],
    }
    model = messages.KINDS["version.digest"][1].model_validate(data)
    unit.send(HQ_DESTINATION, LANE, "version.digest", model.model_dump(by_alias=True))
    unit.stamp(SyncRun, run.id)
    unit.log(
        who(actor) if actor is not None else SYSTEM,
        DocumentType.SYNC_RUN,
        run.id,
        SyncAction.COMPARE.value,
        to_state=run.state.value,
        lock_version=run.lock_version,
        details={"categories": len(told), "items": run.compared},
    )
    return run


def _lock(unit: Unit) -> None:
    """Whoever begins a comparison queues at headquarters' root node, so that of several processes one begins it."""
    unit.session.get(Category, HQ_ROOT, with_for_update=True, populate_existing=True)


def _chosen(unit: Unit, category_ids: Sequence[str]) -> list[str]:
    if not category_ids:
        return []
    categories = all_categories(unit.session)
    for category_id in category_ids:
        category = categories.get(category_id)
        if category is None:
            raise not_found("栏目", "categoryIds")
        if category.origin is not CategoryOrigin.HQ:
            raise violated("NOT_HQ_CATEGORY", f"“{category.name}”是本地栏目，总部没有，请选全网栏目。", "categoryIds")
    return [] if HQ_ROOT in category_ids else sorted(subtree(categories, list(category_ids)))


def _told(held: list[CategoryDigest], chosen: list[str]) -> list[CategoryDigest]:
    """All that hold anything; of chosen ones also the empty, for headquarters may have something there."""
    if not chosen:
        return held
    by_id = {digest.category_id: digest for digest in held}
    return [by_id.get(i) or CategoryDigest(i, 0, EMPTY) for i in chosen]


EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
"""The digest of no rows: SHA-256 of nothing."""


def _make_room(unit: Unit) -> None:
    """Refuse beside a comparison that still waits for headquarters; give up one that has waited too long."""
    for run in _open_runs(unit):
        since = run.applied_at if run.state is SyncState.REPAIRING else run.started_at
        if run.state is SyncState.DIFFERENT or since is None:
            continue
        if since > unit.now - PATIENCE:
            raise violated("SYNC_RUNNING", f"上一次比对“{run.state.label}”，请等它结束，或先弃置它。", "categoryIds", runId=run.id)
        if run.state is SyncState.ASKED:
            enter(unit, SYSTEM, run, SyncAction.DISCARD_SYNC, SyncState.DISCARDED, note="总部一直没有答复")


def _open_runs(unit: Unit) -> Sequence[SyncRun]:
    statement = select(SyncRun).where(col(SyncRun.state).in_(sorted(OPEN_STATES))).order_by(col(SyncRun.started_at))
    return unit.session.exec(statement.with_for_update()).all()


def discard(unit: Unit, actor: Actor, run_id: str, *, lock_version: int, reason_text: str = "") -> SyncRun:
    """弃置: forget a comparison that is not finished; what was asked for already may still come and is judged as any push."""
    require_role(actor, Role.REVIEWER)
    run = run_for(unit, run_id, lock_version)
    require_reason_length(reason_text)
    if run.state not in OPEN_STATES:
        raise violated("SYNC_ENDED", f"比对现在是“{run.state.label}”，已经结束，不用弃置。", "runId")
    left = close_differences(unit, run)
    enter(unit, who(actor), run, SyncAction.DISCARD_SYNC, SyncState.DISCARDED, note=reason_text.strip() or "知识管理员弃置", left=left)
    return run


def supersede(unit: Unit, newer: SyncRun) -> None:
    """A finished comparison speaks for what earlier ones found in the same categories."""
    statement = select(SyncRun).where(SyncRun.id != newer.id, SyncRun.started_at <= newer.started_at)
    covered = set(newer.category_ids)
    states = [SyncState.DIFFERENT, SyncState.REPAIRING, SyncState.REPAIRED]
    for run in unit.session.exec(statement.where(col(SyncRun.state).in_(states)).with_for_update()).all():
        if covered and (not run.category_ids or not covered.issuperset(run.category_ids)):
            continue
        left = close_differences(unit, run)
        if run.state is not SyncState.REPAIRED:
            enter(unit, SYSTEM, run, SyncAction.DISCARD_SYNC, SyncState.DISCARDED, note=f"已由比对 {newer.id} 取代", left=left)


def start_if_due(store: Store) -> int:
    """Begin the scheduled comparison once a period, whichever process comes first; 0 when it is off, not due or running."""
    every = store.deadlines.sync_every
    if not every:
        return 0
    with store.read() as session:
        if not due(session.exec(_LAST).one(), session.exec(_FIRST_TREE).one(), store.clock(), every):
            return 0
        taken = take(session, store.clock())
    with store.write() as unit:
        _lock(unit)
        waiting = any(run.state is not SyncState.DIFFERENT and _recent(run, unit.now) for run in _open_runs(unit))
        if waiting or not due(unit.session.exec(_LAST).one(), unit.session.exec(_FIRST_TREE).one(), unit.now, every):
            return 0
        start(unit, None, taken=taken)
    return 1


_LAST = select(func.max(SyncRun.started_at))
_FIRST_TREE = select(func.min(TaxonomyVersion.applied_at))


def _recent(run: SyncRun, now: datetime) -> bool:
    return (run.applied_at or run.started_at) > now - PATIENCE


def due(last: datetime | None, first_contact: datetime | None, now: datetime, every: timedelta) -> bool:
    """A period after the last comparison, the first one a period after headquarters was first heard of."""
    since = last or first_contact
    return since is not None and since <= now - every
