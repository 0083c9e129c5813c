"""A reviewer applies a repair plan: asks headquarters to send again what was chosen; changes no knowledge item itself."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from kbsearch.hq import messages
from kbsearch.services.people import require_role, who
from kbsearch.services.refusals import violated
from kbsearch.services.version_sync.records import HQ_DESTINATION, LANE, differences_of, enter, finish_if_done, row_of, run_for
from kbsearch.services.version_sync.rows import held_rows, highest_held, in_flight, portions
from kbsearch.store.tables import SyncDifference, SyncRun
from kbsearch.store.unit import Unit
from kbsearch.workflow.actions import Role
from kbsearch.workflow.decide import Actor
from kbsearch.workflow.version_sync import RepairAction, SyncAction, SyncState, repaired


def apply_repair(unit: Unit, actor: Actor, run_id: str, *, lock_version: int, exclude: Collection[str] = ()) -> SyncRun:
    """修复: send version.request for every difference not excluded and not on its way; headquarters answers with pushes."""
    require_role(actor, Role.REVIEWER)
    run = run_for(unit, run_id, lock_version)
    if run.state is not SyncState.DIFFERENT:
        raise violated("NOTHING_TO_REPAIR", f"比对现在是“{run.state.label}”，只有“{SyncState.DIFFERENT.label}”的才能修复。", "runId")
    found = differences_of(unit.session, run.id)
    unknown = sorted(set(exclude) - {d.knowledge_id for d in found})
    if unknown:
        raise violated("NOT_IN_PLAN", f"这次比对的差异中没有 {'、'.join(unknown[:5])}，请核对。", "exclude")
    chosen = _choose(unit, found, frozenset(exclude))
    if not any(d.chosen for d in found):
        raise violated("NOTHING_CHOSEN", "没有可以修复的差异：都已排除或在途。请少排除几条，或弃置这次比对。", "exclude")
    run.applied_by, run.applied_at = actor.id, unit.now
    run.messages += request_versions(unit, run.id, chosen)
    enter(unit, who(actor), run, SyncAction.REPAIR, SyncState.REPAIRING, chosen=len(chosen), of=len(found))
    finish_if_done(unit, run)
    return run


def _choose(unit: Unit, found: Sequence[SyncDifference], exclude: frozenset[str]) -> list[str]:
    """Judged again as things stand now: what is on its way waits, what has become equal is done."""
    ids = [d.knowledge_id for d in found]
    waiting, ours = in_flight(unit.session, ids), held_rows(unit.session, unit.now, ids)
    chosen = []
    for difference in found:
        key = difference.knowledge_id
        if key in waiting:
            difference.action = RepairAction.WAIT
        difference.chosen = difference.action is not RepairAction.WAIT and key not in exclude
        if difference.chosen and repaired(ours.get(key), row_of(key, difference.theirs)):
            difference.repaired_at = difference.closed_at = unit.now
        elif difference.chosen:
            chosen.append(key)
    unit.session.flush()
    return chosen


def request_versions(unit: Unit, run_id: str, subject_ids: Sequence[str]) -> int:
    """版本补发申请, in portions of 500 items; returns how many messages."""
    held, sent = highest_held(unit.session, subject_ids), 0
    for chunk in portions(sorted(subject_ids)):
        data = {"runId": run_id, "items": [{"knowledgeId": i, "held": held.get(i)} for i in chunk]}
        model = messages.KINDS["version.request"][1].model_validate(data)
        unit.send(HQ_DESTINATION, LANE, "version.request", model.model_dump(by_alias=True))
        sent += 1
    return sent
