"""`kbsearch reindex` and `kbsearch reconcile`: rebuild the index, prove that it equals the store; how is services/index_sync.py's."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated

import typer

from kbsearch.cli import index_work
from kbsearch.cli.chinese import ChineseTyper
from kbsearch.cli.faults import NOT_OK, CommandFailed
from kbsearch.cli.opening import open_settings, opened_index, opened_store
from kbsearch.cli.output import AsJson, note, say, say_json

if TYPE_CHECKING:
    from kbsearch.services.index_sync import Difference
    from kbsearch.settings import Settings
    from kbsearch.store.unit import Store

_SHOWN = 5
_LOOKS = 3
Wait = Annotated[float, typer.Option("--wait", min=0, help="没有进展时最多等几秒")]


def reindex(wait: Wait = 600, as_json: AsJson = False) -> None:
    """重建索引：在旁边建好、核对、替换，检索不中断。服务正在运行时由它来做，本命令等它完成。"""
    settings = open_settings()
    with opened_store(settings) as store:
        with ExitStack() as held:
            engine = index_work.take_index(settings, held)
            by = "本命令" if engine is not None else "正在运行的服务"
            if engine is not None:
                documents = index_work.rebuild_here(store, engine, shown=not as_json)
        if engine is None:
            index_work.rebuild_elsewhere(store, seconds=wait, shown=not as_json)
            with opened_index(settings, write=False) as reader:
                documents = reader.count()
    if as_json:
        say_json({"documents": documents, "by": by})
    else:
        say(f"索引已由{by}重建，共 {documents} 篇。")


def reconcile(
    repair: Annotated[bool, typer.Option("--repair", help="把不一致的重新写入索引（服务在运行时由它重建），再核对一遍")] = False,
    wait: Wait = 60,
    as_json: AsJson = False,
) -> int:
    """逐篇核对数据库与索引是否一致；不一致则退出码为 1。先等在途的索引任务做完。"""
    settings = open_settings()
    with opened_store(settings) as store:
        if repair:
            repaired = _repair(settings, store, wait, shown=not as_json)
        found = _compare(settings, store, wait, shown=not as_json)
    if repair:
        found.repaired = repaired
    _tell(found, as_json=as_json)
    return 0 if found.equal else NOT_OK


def _compare(settings: Settings, store: Store, wait: float, *, shown: bool) -> Difference:
    """Compare while nothing is on its way; changes made during the comparison would look like differences, so look again."""
    from kbsearch.services import index_sync

    with opened_index(settings, write=False) as engine:
        for look in range(_LOOKS):
            if not index_work.wait_until_done(store, seconds=wait, shown=shown):
                left = index_work.pending(store)
                raise CommandFailed(
                    f"还有 {left} 项索引任务没有做完，{wait:g} 秒内没有进展，无从核对。"
                    "请启动服务或 kbsearch worker 后再试，或用 kbsearch reconcile --repair 由本命令来做。"
                )
            found = index_sync.reconcile(store, engine, repair=False)
            if found.equal or (not index_work.pending(store) and look > 0):
                return found
    return found


def _repair(settings: Settings, store: Store, wait: float, *, shown: bool) -> int:
    from kbsearch.services import index_sync
    from kbsearch.services.index_jobs import work
    from kbsearch.wiring import index_of

    with ExitStack() as held:
        engine = index_work.take_index(settings, held)
        if engine is not None and engine.freshness().fresh:
            work(store, engine, index_of(store))
            repaired = index_sync.reconcile(store, engine, repair=True).repaired
            work(store, engine, index_of(store))
            return repaired
        if engine is not None:
            return index_work.rebuild_here(store, engine, shown=shown)
    before = _compare(settings, store, wait, shown=shown)
    if before.equal:
        return 0
    note("索引由正在运行的服务写入，已请它重建。")
    index_work.rebuild_elsewhere(store, seconds=max(wait, 60), shown=shown)
    return len(before.missing) + len(before.surplus) + len(before.different)


def _tell(found: Difference, *, as_json: bool) -> None:
    lists = {"缺": found.missing, "多": found.surplus, "内容不同": found.different}
    if as_json:
        say_json(
            {
                "equal": found.equal,
                "checked": found.checked,
                "missing": found.missing,
                "surplus": found.surplus,
                "different": found.different,
                "repaired": found.repaired,
            }
        )
        return
    if found.repaired:
        say(f"已修复 {found.repaired} 篇。")
    if found.equal:
        say(f"一致：数据库与索引的 {found.checked} 篇逐篇核对相同。")
        return
    say(f"不一致：核对 {found.checked} 篇。")
    for name, ids in lists.items():
        if ids:
            say(f"  {name} {len(ids)} 篇：{'、'.join(ids[:_SHOWN])}{' …' if len(ids) > _SHOWN else ''}")
    say("请运行 kbsearch reconcile --repair 修复。")


def add_to(app: ChineseTyper) -> None:
    """Declare the commands."""
    app.command("reindex")(reindex)
    app.command("reconcile")(reconcile)
