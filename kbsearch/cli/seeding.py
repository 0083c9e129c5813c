"""`kbsearch seed`: puts the demo, or only people and categories, into an empty store; the content is seed/'s."""

from __future__ import annotations

from typing import Annotated

import typer

from kbsearch.cli import index_work
from kbsearch.cli.chinese import ChineseTyper
from kbsearch.cli.faults import NOT_OK, USAGE, CommandFailed
from kbsearch.cli.migrating import migrate_database
from kbsearch.cli.opening import open_settings, opened_store
from kbsearch.cli.output import AsJson, note, say, say_json


def seed(
    demo: Annotated[bool, typer.Option("--demo", help="演示内容：知识、各种状态的申请、人员、栏目（缺省）")] = False,
    basics: Annotated[bool, typer.Option("--basics", help="只要演示人员和栏目，没有知识")] = False,
    as_json: AsJson = False,
) -> int:
    """装入演示内容；只装入空库，已有内容的库原样不动（退出码为 1）。没有数据库时先建立。"""
    if demo and basics:
        raise CommandFailed("--demo 与 --basics 只能选一个。", USAGE)
    from kbsearch.seed.load import load_basics, load_demo
    from kbsearch.wiring import open_files

    settings = open_settings()
    migrate_database(settings)
    with opened_store(settings) as store:
        loaded = load_basics(store) if basics else load_demo(store, open_files(settings)).loaded
        indexed = not loaded or index_work.settle(settings, store, seconds=60, shown=not as_json)
    if not indexed:
        note("索引还没有跟上，由正在运行的服务继续更新。")
    if as_json:
        say_json({"loaded": loaded})
    else:
        say("已装入。" if loaded else "库中已有内容，未作改动；要重新装入请换一个空的数据目录。")
    return 0 if loaded else NOT_OK


def add_to(app: ChineseTyper) -> None:
    """Declare the command."""
    app.command("seed")(seed)
