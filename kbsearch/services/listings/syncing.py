"""Lists of comparisons with headquarters, of what they found, and of the trees that were mirrored; changes nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlmodel import Session, col, func, select

from kbsearch.services.listings.slices import Order, Paging, Slice, one_slice
from kbsearch.store.tables import SyncDifference, SyncRun, TaxonomyVersion
from kbsearch.workflow.version_sync import DifferenceKind, RepairAction, SyncState


@dataclass(frozen=True, slots=True)
class DifferenceCount:
    """How many differences of a kind a run found, and how many of them are repaired."""

    kind: DifferenceKind
    found: int
    repaired: int


@dataclass(frozen=True, slots=True)
class DifferenceFilter:
    """Which of a run's differences to show; empty filters nothing."""

    kinds: frozenset[DifferenceKind] = frozenset()
    actions: frozenset[RepairAction] = frozenset()
    standing_only: bool = False


def runs(session: Session, states: Collection[SyncState], paging: Paging) -> Slice[SyncRun]:
    """Comparisons, latest first."""
    statement = select(SyncRun)
    if states:
        statement = statement.where(col(SyncRun.state).in_(sorted(states)))
    order: Order[SyncRun] = Order((col(SyncRun.started_at), col(SyncRun.id)), lambda r: (r.started_at, r.id), descending=True)
    return one_slice(session, statement, order, paging, name="syncRuns", filters=sorted(states))


def differences(session: Session, run_id: str, wanted: DifferenceFilter, paging: Paging) -> Slice[SyncDifference]:
    """What a run found, by item id."""
    statement = select(SyncDifference).where(SyncDifference.run_id == run_id)
    if wanted.kinds:
        statement = statement.where(col(SyncDifference.kind).in_(sorted(wanted.kinds)))
    if wanted.actions:
        statement = statement.where(col(SyncDifference.action).in_(sorted(wanted.actions)))
    if wanted.standing_only:
        statement = statement.where(col(SyncDifference.closed_at).is_(None))
    order: Order[SyncDifference] = Order((col(SyncDifference.knowledge_id),), lambda d: (d.knowledge_id,))
    filters = [run_id, sorted(wanted.kinds), sorted(wanted.actions), wanted.standing_only]
    return one_slice(session, statement, order, paging, name="syncDifferences", filters=filters)


def difference_counts(session: Session, run_ids: Collection[str]) -> Mapping[str, list[DifferenceCount]]:
    """Counts by kind of each run, in one statement."""
    statement = select(SyncDifference.run_id, SyncDifference.kind, func.count(), func.count(col(SyncDifference.repaired_at)))
    grouped = statement.where(col(SyncDifference.run_id).in_(sorted(run_ids))).group_by(
        col(SyncDifference.run_id), col(SyncDifference.kind)
    )
    found: defaultdict[str, list[DifferenceCount]] = defaultdict(list)
    for run_id, kind, number, repaired in session.exec(grouped.order_by(col(SyncDifference.kind))):
        found[run_id].append(DifferenceCount(DifferenceKind(kind), number, repaired))
    return found


def taxonomy_versions(session: Session, paging: Paging) -> Slice[TaxonomyVersion]:
    """The trees headquarters pushed, latest first."""
    order: Order[TaxonomyVersion] = Order((col(TaxonomyVersion.tree_version),), lambda t: (t.tree_version,), descending=True)
    return one_slice(session, select(TaxonomyVersion), order, paging, name="taxonomyHistory")
