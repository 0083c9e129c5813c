"""The doctor on the search index: searchable, fresh, complete, keeping up; opens it as a reader."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from kbsearch.cli.checks.finding import Finding, fail, failed, ok, warn
from kbsearch.cli.opening import database_file, opened_index, opened_store

if TYPE_CHECKING:
    from kbsearch.services.index_sync import IndexState
    from kbsearch.settings import Settings

_LATE = timedelta(seconds=30)


def index(settings: Settings) -> list[Finding]:
    """Counts and freshness; a database that cannot be opened is the database check's finding."""
    from kbsearch.services.index_sync import index_state
    from kbsearch.wiring import index_of

    try:
        file = database_file(settings)
        if file is not None and not file.exists():
            return [fail("索引", "没有数据库，无从核对。请先运行 kbsearch migrate。")]
        with opened_store(settings) as store, opened_index(settings, write=False) as engine:
            return _judge(index_state(store, engine, index_of(store)))
    except Exception as error:  # noqa: BLE001 - an index may be broken in any way, the doctor goes on
        return [failed("索引", error)]


def _judge(state: IndexState) -> list[Finding]:
    if not state.searchable:
        return [fail("索引", f"{state.reason}。请启动服务，或运行 kbsearch reindex。")]
    counts = f"{state.documents} 篇，库中应有 {state.expected} 篇，{state.pending} 项任务在等"
    if not state.fresh:
        return [warn("索引", f"{state.reason}。服务启动后会自行重建。（{counts}）")]
    if state.lag is not None and state.lag > _LATE:
        seconds = int(state.lag.total_seconds())
        return [warn("索引", f"{counts}，最久的已等 {seconds} 秒。请启动服务或 kbsearch worker；若已在运行，请看其日志。")]
    if state.pending == 0 and state.documents != state.expected:
        return [fail("索引", f"{counts}，数目不符。请运行 kbsearch reconcile --repair。")]
    return [ok("索引", counts)]
