"""`kbsearch receipts`: who has signed an announcement as a CSV file, and whether such a file is genuine; services/receipts/ does it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from kbsearch.cli.chinese import ChineseTyper
from kbsearch.cli.faults import NOT_OK
from kbsearch.cli.opening import open_settings, opened_store
from kbsearch.cli.output import AsJson, say, say_json

_MOST_FAULTS = 50


def export(
    announcement_id: Annotated[str, typer.Argument(metavar="公告编号", help="未编码的公告编号")],
    file: Annotated[Path, typer.Argument(metavar="文件", help="写到哪个 .csv 文件")],
    as_json: AsJson = False,
) -> None:
    """导出签收清单（CSV，Excel 可直接打开），每人附签收凭证。"""
    from kbsearch.services.people import CONSOLE
    from kbsearch.services.receipts.exporting import export_receipts

    with opened_store(open_settings()) as store:
        done = export_receipts(store, CONSOLE, announcement_id, file)
    if as_json:
        say_json({"file": file, **asdict(done)})
    else:
        say(f"已导出 {done.people} 人到 {file}，其中 {done.signed} 人已签收。")


def verify(file: Annotated[Path, typer.Argument(metavar="文件", help="导出的签收清单")], as_json: AsJson = False) -> None:
    """核对签收清单是否真实：逐人验证凭证，并看有没有缺人。不真实则以非零退出。"""
    from kbsearch.services.people import CONSOLE
    from kbsearch.services.receipts.exporting import verify_receipts

    with opened_store(open_settings()) as store:
        found = verify_receipts(store, CONSOLE, file)
    if as_json:
        say_json({**asdict(found), "holds": found.holds})
    else:
        for fault in found.faults[:_MOST_FAULTS]:
            say(f"第 {fault.line} 行：{fault.why}")
        if found.missing:
            say(f"文件里缺 {found.missing} 人的签收。")
        say(f"{'真实' if found.holds else '不真实'}：凭证有效 {found.valid} 人，未签收 {found.unsigned} 人，不符 {len(found.faults)} 行。")
    if not found.holds:
        raise typer.Exit(NOT_OK)


def add_to(app: ChineseTyper) -> None:
    """Declare the commands."""
    group = ChineseTyper("公告签收：导出清单、核对清单。")
    group.command("export")(export)
    group.command("verify")(verify)
    app.add_typer(group, name="receipts")
