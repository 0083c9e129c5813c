"""`kbsearch sync`: compares what we hold with headquarters and has differences repaired; the operations are services/version_sync/'s."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kbsearch.cli.chinese import ChineseTyper
from kbsearch.cli.faults import NOT_OK, CommandFailed
from kbsearch.cli.named import category_id_of
from kbsearch.cli.opening import open_settings, opened_store
from kbsearch.cli.output import AsJson, local_time, say, say_json, say_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kbsearch.store.tables import SyncDifference, SyncRun
    from kbsearch.store.unit import Store
    from kbsearch.workflow.version_sync import SyncState

_LOOK_EVERY = 0.2
Patience = Annotated[float, typer.Option("--timeout", min=0, max=3600, metavar="秒", help="等总部答复最多几秒；0 为不等")]
RunId = Annotated[str | None, typer.Argument(metavar="[编号]", help="比对的编号；不给则最近一次")]


def compare(
    category: Annotated[list[str] | None, typer.Option(metavar="栏目", help="只比对这个栏目（含下级），编号或名称，可多次")] = None,
    timeout: Patience = 60.0,
    as_json: AsJson = False,
) -> int:
    """与总部比对版本并等答复；两边有差异则退出码为 1。摘要由正在运行的服务发出。"""
    from kbsearch.services.people import CONSOLE
    from kbsearch.services.version_sync import running
    from kbsearch.workflow.version_sync import SyncState

    settings = open_settings()
    if not settings.hq_url:
        raise CommandFailed("没有设总部地址（KBSEARCH_HQ_URL），摘要发不出去。请设好并启动服务后再比对。")
    with opened_store(settings) as store:
        chosen = [category_id_of(store, text) for text in category or ()]
        with store.read() as session:
            taken = running.take(session, store.clock())
        with store.write() as unit:
            run_id = running.start(unit, CONSOLE, chosen, taken=taken).id
        run = _awaited(store, run_id, SyncState.ASKED, timeout)
        return _tell(store, run, as_json=as_json)


def show(run_id: RunId = None, as_json: AsJson = False) -> int:
    """显示一次比对的差异与修复计划；有还没了结的差异则退出码为 1。"""
    with opened_store(open_settings()) as store:
        return _tell(store, _run(store, run_id), as_json=as_json)


def repair(
    run_id: RunId = None,
    exclude: Annotated[list[str] | None, typer.Option(metavar="知识编号", help="不修复这一条，可多次")] = None,
    timeout: Patience = 60.0,
    as_json: AsJson = False,
) -> int:
    """按计划修复：请总部补发，等到与总部一致；还有差异则退出码为 1。"""
    from kbsearch.services.people import CONSOLE
    from kbsearch.services.version_sync import planning
    from kbsearch.workflow.version_sync import SyncState

    with opened_store(open_settings()) as store:
        run = _run(store, run_id)
        with store.write() as unit:
            planning.apply_repair(unit, CONSOLE, run.id, lock_version=run.lock_version, exclude=frozenset(exclude or ()))
        return _tell(store, _awaited(store, run.id, SyncState.REPAIRING, timeout), as_json=as_json)


def _run(store: Store, run_id: str | None) -> SyncRun:
    from sqlmodel import col, select

    from kbsearch.services.refusals import not_found
    from kbsearch.store.tables import SyncRun

    with store.read() as session:
        latest = select(SyncRun).order_by(col(SyncRun.started_at).desc(), col(SyncRun.id).desc())
        run = session.exec(latest.limit(1)).first() if run_id is None else session.get(SyncRun, run_id)
    if run is None and run_id is None:
        raise CommandFailed("还没有比对过，请先运行 kbsearch sync compare。")
    if run is None:
        raise not_found("比对", "runId")
    return run


def _awaited(store: Store, run_id: str, while_in: SyncState, patience: float) -> SyncRun:
    """The run as soon as it has left a state, or as it is when patience ends."""
    end = time.monotonic() + patience
    while True:
        run = _run(store, run_id)
        if run.state is not while_in or time.monotonic() >= end:
            return run
        time.sleep(_LOOK_EVERY)


def _tell(store: Store, run: SyncRun, *, as_json: bool) -> int:
    from kbsearch.services.version_sync.records import differences_of
    from kbsearch.workflow.version_sync import SyncState

    with store.read() as session:
        found = differences_of(session, run.id)
    if as_json:
        say_json({**run.model_dump(mode="json"), "differences": [d.model_dump(mode="json") for d in found]})
    else:
        _print(run, found)
    settled = run.state in (SyncState.EQUAL, SyncState.REPAIRED, SyncState.DISCARDED)
    return 0 if settled and all(d.closed_at is not None for d in found) else NOT_OK


def _print(run: SyncRun, found: Sequence[SyncDifference]) -> None:
    say(f"比对 {run.id}：{run.state.label}，比对 {run.compared} 条，往来 {run.messages} 条消息，发起于 {local_time(run.started_at)}")
    if run.note:
        say(run.note)
    rows = [
        (d.knowledge_id, d.kind.label, _side(d.ours), _side(d.theirs), d.action.label, local_time(d.repaired_at) if d.repaired_at else "")
        for d in found
    ]
    say_table(("知识", "差异", "我方", "总部", "计划", "修复于"), rows, empty="没有差异。" if run.answered_at else "总部还没有答复。")


def _side(held: dict[str, Any] | None) -> str:
    from kbsearch.workflow.version_sync import HeldStatus

    if held is None:
        return "无"
    return f"第 {held['number']} 版 {HeldStatus(held['status']).label} {held['contentHash'][:8]}"


def add_to(app: ChineseTyper) -> None:
    """Declare the commands."""
    group = ChineseTyper("版本同步：与总部比对所持的版本，并修复差异。")
    group.command("compare")(compare)
    group.command("show")(show)
    group.command("repair")(repair)
    app.add_typer(group, name="sync")
