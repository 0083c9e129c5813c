"""`kbsearch import`: takes files in by services/importing, with a progress bar; the mapping is documented in docs/import.md."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kbsearch.cli import index_work
from kbsearch.cli.chinese import ChineseTyper
from kbsearch.cli.faults import NOT_OK, USAGE, CommandFailed
from kbsearch.cli.named import ScopeName, category_id_of, person_by_login
from kbsearch.cli.opening import open_settings, opened_store
from kbsearch.cli.output import AsJson, note, progress_bar, say, say_json

if TYPE_CHECKING:
    from kbsearch.services.importing import ImportOptions, ImportResult
    from kbsearch.store.unit import Store
    from kbsearch.workflow.decide import Actor


def import_files(
    files: Annotated[list[Path], typer.Argument(metavar="文件…", help="JSONL 或 CSV 文件（也可 .gz），按文件名后缀识别")],
    as_stock: Annotated[bool, typer.Option("--as-stock", help="存量导入：每行直接成为已批准的知识（以管理员身份，逐条记日志）")] = False,
    author: Annotated[str | None, typer.Option(metavar="工号", help="作为这位作者的草稿导入")] = None,
    source: Annotated[str | None, typer.Option(help="来源名，与行内编号一起认出同一条；缺省为文件名")] = None,
    mapping: Annotated[list[str] | None, typer.Option("--map", metavar="字段=列名", help="列名与字段的对应，可多次，如 title=名称")] = None,
    category: Annotated[str | None, typer.Option(metavar="栏目", help="行内没有栏目时用的栏目编号或名称")] = None,
    scope: Annotated[ScopeName | None, typer.Option(help="行内没有范围时：national 全网，local 本地")] = None,
    create_categories: Annotated[bool, typer.Option("--create-categories", help="没有的本地栏目自动建立")] = False,
    rejected: Annotated[Path | None, typer.Option(help="未收的行写到哪个文件；缺省在原文件旁")] = None,
    no_index: Annotated[bool, typer.Option("--no-index", help="不等索引更新，留给服务或 kbsearch worker")] = False,
    as_json: AsJson = False,
) -> int:
    """导入知识：作为草稿（--author）或存量（--as-stock）。可重复运行，已导入的行自动跳过；有未收的行则退出码为 1。"""
    if as_stock == (author is not None):
        raise CommandFailed("请用 --author 工号（作为草稿）或 --as-stock（存量导入）说明导入成什么，二者选一。", USAGE)
    if rejected is not None and len(files) > 1:
        raise CommandFailed("--rejected 只能与一个文件同用。", USAGE)
    settings = open_settings()
    with opened_store(settings) as store:
        actor = _actor(store, author)
        options = replace(
            _options(store, mapping, category, scope, stock=as_stock), create_categories=create_categories, rejected_file=rejected
        )
        results = [(f, _import(store, actor, f, replace(options, source=source or _source_of(f)), shown=not as_json)) for f in files]
        indexed = no_index or index_work.settle(settings, store, seconds=60, shown=not as_json)
    if not indexed:
        note("知识已导入；索引还没有跟上，由正在运行的服务继续更新。")
    if as_json:
        say_json([{"file": file, **asdict(result)} for file, result in results])
    return NOT_OK if any(result.rejected for _, result in results) else 0


def _actor(store: Store, author: str | None) -> Actor:
    from kbsearch.services.people import CONSOLE
    from kbsearch.workflow.actions import Role
    from kbsearch.workflow.decide import Actor

    if author is None:
        return CONSOLE
    person = person_by_login(store, author)
    return Actor(person.id, frozenset(Role(role) for role in person.roles), person.login)


def _options(store: Store, mapping: list[str] | None, category: str | None, scope: ScopeName | None, *, stock: bool) -> ImportOptions:
    from kbsearch.services.importing import ImportMode, ImportOptions, parse_mapping
    from kbsearch.workflow.states import Scope

    return ImportOptions(
        mode=ImportMode.STOCK if stock else ImportMode.DRAFTS,
        mapping=parse_mapping(mapping or []),
        category_id=category_id_of(store, category) if category is not None else None,
        scope=Scope(scope.name) if scope is not None else None,
    )


def _source_of(file: Path) -> str:
    return file.name.removesuffix(".gz").rpartition(".")[0] or file.name


def _import(store: Store, actor: Actor, file: Path, options: ImportOptions, *, shown: bool) -> ImportResult:
    from kbsearch.services.importing import ImportFailedError, run_import

    try:
        with progress_bar(f"导入 {file.name}（字节）", shown=shown) as advance:
            result = run_import(store, actor, file, options, progress=lambda done, total, _lines: advance(done, total))
    except ImportFailedError as failed:
        if failed.result.read:
            note(_line(file, failed.result))
        raise
    if shown:
        say(_line(file, result))
    return result


def _line(file: Path, r: ImportResult) -> str:
    counts = f"新增 {r.imported}，更新 {r.updated}，未变 {r.unchanged}，未收 {r.rejected}"
    told = f"{file.name}：读 {r.read} 行，{counts}，用时 {r.seconds:.1f} 秒。"
    return told + (f"未收的行与原因见 {r.rejected_file}" if r.rejected_file is not None else "")


def add_to(app: ChineseTyper) -> None:
    """Declare the command."""
    app.command("import")(import_files)
