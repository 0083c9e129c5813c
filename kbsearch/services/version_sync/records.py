"""Comparison runs and their differences as stored: reading, locking and writing them down; decides nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlmodel import Session, col, select

from kbsearch.services.refusals import not_found, stale
from kbsearch.store.tables import DocumentType, SyncDifference, SyncRun
from kbsearch.store.unit import SYSTEM, Unit, Who
from kbsearch.workflow.version_sync import HeldRow, HeldStatus, SyncAction, SyncState

HQ_DESTINATION = "hq"
LANE = "sync"
"""All messages of version sync leave one after the other."""


def row_document(row: HeldRow | None) -> dict[str, Any] | None:
    """A row as a difference keeps it."""
    if row is None:
        return None
    return {"number": row.number, "status": row.status.value, "contentHash": row.content_hash, "categoryId": row.category_id}


def row_of(knowledge_id: str, document: dict[str, Any] | None) -> HeldRow | None:
    """The same read back."""
    if document is None:
        return None
    status = HeldStatus(document["status"])
    return HeldRow(knowledge_id, int(document["number"]), status, document["contentHash"], document["categoryId"])


def lock_run(unit: Unit, run_id: str) -> SyncRun | None:
    """A run for changing."""
    statement = select(SyncRun).where(SyncRun.id == run_id).with_for_update()
    return unit.session.exec(statement.execution_options(populate_existing=True)).one_or_none()


def run_for(unit: Unit, run_id: str, lock_version: int) -> SyncRun:
    """A run a person acts on, as they saw it."""
    run = lock_run(unit, run_id)
    if run is None:
        raise not_found("比对", "runId")
    if run.lock_version != lock_version:
        raise stale("比对", run.lock_version)
    return run


def enter(unit: Unit, who: Who, run: SyncRun, action: SyncAction, state: SyncState, *, note: str = "", **details: Any) -> None:
    """Bring a run into a state, logged and stamped."""
    before = run.state
    run.state = state
    run.lock_version += 1
    if note:
        run.note = note
    if state in (SyncState.EQUAL, SyncState.REPAIRED, SyncState.DISCARDED):
        run.ended_at = unit.now
    unit.stamp(SyncRun, run.id)
    unit.log(
        who,
        DocumentType.SYNC_RUN,
        run.id,
        action.value,
        from_state=before.value,
        to_state=state.value,
        reason_text=note,
        lock_version=run.lock_version,
        details=details,
    )
    unit.session.flush()


def differences_of(session: Session, run_id: str, *, standing_only: bool = False) -> Sequence[SyncDifference]:
    """A run's differences by item id."""
    statement = select(SyncDifference).where(SyncDifference.run_id == run_id)
    if standing_only:
        statement = statement.where(col(SyncDifference.closed_at).is_(None))
    return session.exec(statement.order_by(col(SyncDifference.knowledge_id))).all()


def close_differences(unit: Unit, run: SyncRun) -> int:
    """None of a run's differences stands any longer; how many did."""
    standing = differences_of(unit.session, run.id, standing_only=True)
    for difference in standing:
        difference.closed_at = unit.now
    unit.session.flush()
    return len(standing)


def finish_if_done(unit: Unit, run: SyncRun) -> None:
    """已修复 as soon as every chosen difference is."""
    unit.session.flush()
    left = select(SyncDifference.run_id).where(
        SyncDifference.run_id == run.id, col(SyncDifference.chosen), col(SyncDifference.repaired_at).is_(None)
    )
    if run.state is SyncState.REPAIRING and unit.session.exec(left.limit(1)).first() is None:
        enter(unit, SYSTEM, run, SyncAction.FINISH, SyncState.REPAIRED)
