"""版本摘要答复: takes headquarters' rows of the categories that differ and writes down exactly what differs; repairs nothing."""

from __future__ import annotations

from sqlmodel import col, select

from kbsearch.hq.callbacks import AnswerDigest, DigestCategory
from kbsearch.services.hq_outcome import Outcome, applied, duplicate, rejected
from kbsearch.services.version_sync.records import enter, lock_run, row_document
from kbsearch.services.version_sync.rows import changed_since, counted, held_rows, in_flight, rows_on, unknown_at_hq
from kbsearch.services.version_sync.running import supersede
from kbsearch.store.tables import InboxMessage, InboxStatus, SyncDifference, SyncRun
from kbsearch.store.unit import HQ, Unit
from kbsearch.workflow.hq_decisions import Receipt
from kbsearch.workflow.version_sync import HeldRow, ItemDifference, RepairAction, SyncAction, SyncState, compare, repair_action

KIND = "hqAnswerDigest"


def answer_digest(unit: Unit, message: AnswerDigest) -> Outcome:
    """Keep a portion; with the last one compare what headquarters holds with what we hold now."""
    run = lock_run(unit, message.run_id)
    if run is None:
        return rejected("没有这次比对，请核对 runId")
    if run.state is not SyncState.ASKED:
        return Outcome(Receipt.OUT_OF_DATE, f"这次比对已是“{run.state.label}”")
    if message.portion > message.portions:
        return rejected("portion 不能大于 portions")
    earlier = _received(unit, run)
    for known in earlier:
        if known.portions != message.portions:
            return rejected(f"portions 与先到的一份（{known.portions}）不同")
        if known.portion == message.portion:
            same = known.categories == message.categories
            return duplicate("这一份已收到过") if same else rejected(f"第 {message.portion} 份已收到过而内容不同")
    told = [category for portion in [*earlier, message] for category in portion.categories]
    problem = _problem(told)
    if problem:
        return rejected(problem)
    run.messages += 1
    if len(earlier) + 1 < message.portions:
        unit.stamp(SyncRun, run.id)
        return applied(f"已收 {len(earlier) + 1} 份，共 {message.portions} 份")
    return _conclude(unit, run, told)


def _received(unit: Unit, run: SyncRun) -> list[AnswerDigest]:
    """The portions that came before; the inbox keeps them."""
    statement = select(InboxMessage).where(
        InboxMessage.kind == KIND, InboxMessage.status == InboxStatus.APPLIED, col(InboxMessage.received_at) >= run.started_at
    )
    rows = unit.session.exec(statement.order_by(col(InboxMessage.received_at))).all()
    return [AnswerDigest.model_validate(row.payload) for row in rows if row.payload.get("runId") == run.id]


def _problem(told: list[DigestCategory]) -> str | None:
    categories: set[str] = set()
    items: set[str] = set()
    for category in told:
        if category.category_id in categories:
            return f"栏目 {category.category_id} 出现了不止一次"
        categories.add(category.category_id)
        for item in category.items:
            if item.knowledge_id in items:
                return f"知识 {item.knowledge_id} 出现了不止一次"
            items.add(item.knowledge_id)
    return None


def _conclude(unit: Unit, run: SyncRun, told: list[DigestCategory]) -> Outcome:
    theirs = [HeldRow(i.knowledge_id, i.number, i.status, i.content_hash, c.category_id) for c in told for i in c.items]
    categories, named = [c.category_id for c in told], {row.knowledge_id for row in theirs}
    held = rows_on(unit.session, unit.now, categories) | held_rows(unit.session, unit.now, named)
    # What was ended here because headquarters lacked it counts again where headquarters names it after all.
    ours = counted(held, unknown_at_hq(unit.session) - named)
    found = compare(ours, theirs, categories)
    # What moved since the digests were taken is told by the next comparison, not falsely by this one.
    moved = changed_since(unit.session, run.started_at, unit.now, [d.knowledge_id for d in found])
    kept = [d for d in found if d.knowledge_id not in moved]
    run.answered_at = unit.now
    note = f"另有 {len(found) - len(kept)} 条在比对期间变动，下次再比" if len(kept) < len(found) else ""
    if not kept:
        enter(unit, HQ, run, SyncAction.ANSWER, SyncState.EQUAL, note=note)
    else:
        _write(unit, run, kept)
        enter(unit, HQ, run, SyncAction.ANSWER, SyncState.DIFFERENT, note=note, differences=len(kept))
    supersede(unit, run)
    return applied(f"{len(kept)} 条不同" if kept else "一致")


def _write(unit: Unit, run: SyncRun, found: list[ItemDifference]) -> None:
    waiting = in_flight(unit.session, [d.knowledge_id for d in found])
    for difference in found:
        action = repair_action(difference, in_flight=difference.knowledge_id in waiting)
        unit.session.add(
            SyncDifference(
                run_id=run.id,
                knowledge_id=difference.knowledge_id,
                category_id=difference.category_id,
                kind=difference.kind,
                ours=row_document(difference.ours),
                theirs=row_document(difference.theirs),
                action=action,
                chosen=action is not RepairAction.WAIT,
            )
        )
    unit.session.flush()
