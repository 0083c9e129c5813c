"""Getting the index up to date from the command line: do the waiting jobs here, or watch the lock's holder do them; compares nothing."""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

from kbsearch.cli.faults import CommandFailed
from kbsearch.cli.opening import opened_index
from kbsearch.cli.output import progress_bar

if TYPE_CHECKING:
    from collections.abc import Callable

    from kbsearch.indexing.port import SearchEngine
    from kbsearch.settings import Settings
    from kbsearch.store.unit import Store

POLL_SECONDS = 0.2
_WORKER_HINT = "请看服务或 kbsearch worker 是否在运行、日志里有无报错；kbsearch doctor 会说明原因。"


def pending(store: Store) -> int:
    """How many index jobs wait."""
    from kbsearch.store.outbox import pending_count
    from kbsearch.wiring import index_of

    with store.read() as session:
        return pending_count(session, index_of(store))


def take_index(settings: Settings, held: ExitStack) -> SearchEngine | None:
    """The writing engine, kept open by `held`; None where the service or worker holds the lock."""
    from kbsearch.indexing.faults import IndexWriterBusy

    try:
        return held.enter_context(opened_index(settings, write=True))
    except IndexWriterBusy:
        return None


def rebuild_here(store: Store, engine: SearchEngine, *, shown: bool) -> int:
    """Rebuild beside and swap, then the jobs that came meanwhile; returns the number of documents."""
    from kbsearch.services.index_jobs import work
    from kbsearch.services.index_sync import reindex
    from kbsearch.wiring import index_of

    with progress_bar("重建索引", shown=shown) as advance:
        documents = reindex(store, engine, advance)
    work(store, engine, index_of(store))
    return documents


def rebuild_elsewhere(store: Store, *, seconds: float, shown: bool) -> None:
    """Ask the lock's holder for a rebuild and wait until it is done."""
    from kbsearch.services.index_jobs import ask_for_rebuild, is_done
    from kbsearch.wiring import index_of

    job_id = ask_for_rebuild(store, index_of(store))
    text = "索引由正在运行的服务重建，等它完成"
    if not _watched(lambda: 0 if is_done(store, job_id) else 1, seconds, text, shown=shown):
        raise CommandFailed(f"重建任务（{job_id}）已排队，{seconds:g} 秒内还没有完成；它不会丢失。{_WORKER_HINT}")


def settle(settings: Settings, store: Store, *, seconds: float, shown: bool) -> bool:
    """After many changes: do the waiting index jobs here if nobody else does; False where they still wait after `seconds`."""
    from kbsearch.services.index_jobs import work
    from kbsearch.wiring import index_of

    with ExitStack() as held:
        engine = take_index(settings, held)
        if engine is None:
            return wait_until_done(store, seconds=seconds, shown=shown)
        if not engine.freshness().fresh:
            rebuild_here(store, engine, shown=shown)
        else:
            work(store, engine, index_of(store))
    return True


def wait_until_done(store: Store, *, seconds: float, shown: bool) -> bool:
    """Watch the waiting jobs become none; False when some are left after `seconds` without progress."""
    return _watched(lambda: pending(store), seconds, "等索引任务完成", shown=shown)


def _watched(left: Callable[[], int], seconds: float, text: str, *, shown: bool) -> bool:
    """Poll until nothing is left; patience starts anew with every progress."""
    now = left()
    most, deadline = now, time.monotonic() + seconds
    with progress_bar(text, shown=shown) as advance:
        while now:
            advance(most - now, most)
            time.sleep(POLL_SECONDS)
            before, now = now, left()
            most = max(most, now)
            if now < before:
                deadline = time.monotonic() + seconds
            elif time.monotonic() > deadline:
                return False
    return True
