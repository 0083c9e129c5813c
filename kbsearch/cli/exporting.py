"""`kbsearch export`: writes knowledge in the fields the import reads; what is written is services/exporting.py's."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from kbsearch.cli.chinese import ChineseTyper
from kbsearch.cli.named import ScopeName, category_id_of
from kbsearch.cli.opening import open_settings, opened_store
from kbsearch.cli.output import AsJson, say, say_json


def export(
    file: Annotated[Path, typer.Argument(metavar="文件", help="写到哪里：.jsonl 或 .csv，也可再加 .gz")],
    all_versions: Annotated[bool, typer.Option("--all-versions", help="连同历史各版；缺省只写现行的")] = False,
    category: Annotated[str | None, typer.Option(metavar="栏目", help="只要这个栏目（含下级）的，写编号或名称")] = None,
    scope: Annotated[ScopeName | None, typer.Option(help="只要 national 全网 或 local 本地 的")] = None,
    as_json: AsJson = False,
) -> None:
    """导出知识，可原样再导入。读者看不到的（停用、因错撤销）不导出。"""
    from kbsearch.services.exporting import ExportOptions, export_knowledge
    from kbsearch.services.people import CONSOLE
    from kbsearch.workflow.states import Scope

    settings = open_settings()
    with opened_store(settings) as store:
        options = ExportOptions(
            all_versions=all_versions,
            category_id=category_id_of(store, category) if category is not None else None,
            scope=Scope(scope.name) if scope is not None else None,
        )
        done = export_knowledge(store, CONSOLE, file, options)
    if as_json:
        say_json({"file": file, **asdict(done)})
        return
    say(f"已导出 {done.items} 条知识（{done.lines} 行）到 {file}。" + (f"另有 {done.hidden} 条对读者隐藏，未导出。" if done.hidden else ""))


def add_to(app: ChineseTyper) -> None:
    """Declare the command."""
    app.command("export")(export)
