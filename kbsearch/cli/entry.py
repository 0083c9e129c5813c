"""The program `kbsearch`: its commands, and the one place where a fault becomes a sentence and an exit code."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from kbsearch.cli import (
    doctoring,
    exporting,
    feedback,
    importing,
    inbox,
    indexing,
    migrating,
    outbox,
    receipts,
    reporting,
    sandboxing,
    searching,
    seeding,
    serving,
    syncing,
    tokens,
    users,
    walking,
)
from kbsearch.cli.chinese import ChineseTyper, usage_error
from kbsearch.cli.demo import command
from kbsearch.cli.faults import NOT_OK, USAGE, exit_code, explain

OK, INTERRUPTED = 0, 130
# In the order people meet them.
_NOUNS = (
    serving, migrating, seeding, importing, exporting, searching, indexing, outbox, inbox, feedback, reporting, receipts, syncing,
    tokens, users, sandboxing, walking, doctoring, command,
)  # fmt: skip

app = ChineseTyper(
    "全网业务平台二线客服知识检索服务：知识检索、审批流程、与一级客服系统交换。设置用环境变量 KBSEARCH_…，见 docs/settings.md。"
)


@app.callback()
def _program(
    data_dir: Annotated[Path | None, typer.Option(help="数据目录，等同环境变量 KBSEARCH_DATA_DIR")] = None,
    debug: Annotated[bool, typer.Option("--debug", help="出错时显示完整的错误栈")] = False,
) -> None:
    if data_dir is not None:
        os.environ["KBSEARCH_DATA_DIR"] = str(data_dir)
    if debug:
        os.environ["KBSEARCH_DEBUG"] = "1"


for _noun in _NOUNS:
    _noun.add_to(app)


def run(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit code and prints no traceback for an expected fault."""
    try:
        code = app(arguments, prog_name="kbsearch", standalone_mode=False)
    except KeyboardInterrupt:
        _say("已中断。")
        return INTERRUPTED
    except SystemExit as end:
        if isinstance(end.__context__, BrokenPipeError):  # Typer's end when the reader of a pipe has gone (kbsearch … | head)
            return OK
        raise
    except Exception as error:  # noqa: BLE001 - the outermost door: all becomes a sentence or, a bug, an apology
        return _fail(error)
    return code if isinstance(code, int) else OK


def _fail(error: Exception) -> int:
    if type(error).__name__ == "NoArgsIsHelpError":
        typer.echo(getattr(error, "message", ""))
        return USAGE
    if hasattr(error, "format_message"):  # Typer's usage errors
        _say(usage_error(error))
        return int(getattr(error, "exit_code", USAGE))
    if os.environ.get("KBSEARCH_DEBUG") == "1":
        raise error
    sentence = explain(error)
    if sentence is not None:
        _say(sentence)
        return exit_code(error)
    _say(f"程序内部出错：{type(error).__name__}: {error}。请带 --debug 重跑（kbsearch --debug …），把错误栈交给维护人员。")
    return NOT_OK


def _say(text: str) -> None:
    typer.echo(text, err=True)


def main() -> None:
    """Entry point of the installed script."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal of another encoding shows ?, it does not stop the command.
        reconfigure: Any = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")
    code = run()
    try:
        sys.stdout.flush()
    except BrokenPipeError:  # what was still in the buffer finds nobody to read it; the interpreter must not complain again
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)
