"""Prints answers: JSON for scripts, Chinese tables and sentences for people. Knows no nouns."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any

import typer

AsJson = Annotated[bool, typer.Option("--json", help="输出 JSON，供脚本读取")]
Limit = Annotated[int, typer.Option("--limit", min=1, max=1000, help="最多列出几条")]


def say(text: str = "") -> None:
    """A line for people."""
    typer.echo(text)


def note(text: str) -> None:
    """A remark beside the answer, on standard error so that pipes stay clean."""
    typer.echo(text, err=True)


def say_json(value: Any) -> None:
    """One JSON value, readable, instants as ISO 8601."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=_plain))


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value)


def local_time(instant: datetime | None) -> str:
    """As people at the console read it: Asia/Shanghai, to the second."""
    from kbsearch.clock import SHANGHAI

    return "" if instant is None else instant.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")


def say_table(headers: Sequence[str], rows: Sequence[Sequence[str]], *, empty: str) -> None:
    """Columns that stay aligned with Chinese in them; `empty` is said where there is no row."""
    if not rows:
        say(empty)
        return
    from rich.cells import cell_len

    widths = [max(cell_len(str(row[i])) for row in (headers, *rows)) for i in range(len(headers))]
    for row in (headers, *rows):
        cells = (str(cell) + " " * (width - cell_len(str(cell))) for cell, width in zip(row, widths, strict=True))
        say("  ".join(cells).rstrip())


Advance = Callable[[int, int], None]


@contextmanager
def progress_bar(text: str, *, shown: bool = True) -> Iterator[Advance]:
    """A bar on standard error, seen only on a terminal; yields `advance(done, total)`."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not (shown and console.is_terminal)) as progress:
        task = progress.add_task(text, total=None)

        def advance(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total)

        yield advance
