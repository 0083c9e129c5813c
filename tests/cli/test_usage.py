"""Help and wrong arguments: Chinese throughout, exit code 2, and nothing heavy loaded for it."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main

from kbsearch.cli.entry import app
from kbsearch.cli.faults import EXPLAINED
from tests.cli.conftest import Run
from tests.cli.program import Program, environment

HEAVY = {"sqlalchemy", "strawberry", "tantivy", "rjieba", "jieba", "uvicorn", "httpx", "dramatiq", "alembic", "kbsearch.wiring"}


def _commands() -> list[tuple[str, ...]]:
    root = typer.main.get_command(app)
    found: list[tuple[str, ...]] = []
    for name, command in root.commands.items():  # type: ignore[attr-defined]
        found += [(name, sub) for sub in getattr(command, "commands", {})] or [(name,)]
    return found


COMMANDS = _commands()
EXPECTED = {
    "serve", "worker", "migrate", "seed", "import", "export", "search", "reindex", "reconcile", "outbox", "inbox", "token",
    "user", "sandbox", "walk", "doctor", "demo", "feedback", "receipts", "report", "sync",
}  # fmt: skip


def test_every_command_of_the_product_is_there() -> None:
    assert {command[0] for command in COMMANDS} == EXPECTED


@pytest.mark.parametrize("command", [(), ("outbox",), *COMMANDS], ids=" ".join)
def test_help_is_chinese_and_complete(program: Program, tmp_path: Path, command: tuple[str, ...]) -> None:
    told = program.run(*command, "--help", folder=tmp_path).well().out
    assert "用法：" in told
    assert "显示这份说明" in told
    for english in ("Usage", "Options", "Show this message", "COMMAND", "[required]", "[default"):
        assert english not in told
    assert "…│" not in told.replace(" ", ""), "a line was cut off"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nonsense",), "没有命令 nonsense"),
        (("serve", "--porrt", "1"), "没有选项 --porrt"),
        (("serve", "--port", "abc"), "选项 --port 的值不对：须是整数"),
        (("serve", "--port", "70000"), "不能大于 65535"),
        (("search",), "缺少参数 检索词"),
        (("search", "a", "b"), "多出了参数 b"),
        (("search", "话费", "--first", "0"), "不能小于 1"),
        (("search", "话费", "--as-of", "昨天"), "看不懂时间"),
        (("search", "话费", "--as-of", "2026-11-01T08:00:00"), "没有时区"),
        (("search", "话费", "--region", "火星"), "没有省份"),
        (("user", "add", "x", "张三", "--role", "boss"), "须是 agent、author、reviewer、operator、admin 之一"),
        (("user", "update", "lina"), "没有要改的"),
        (("token", "issue", "lina", "--days", "400"), "不能大于 366"),
        (("outbox", "replay"), "二者选一"),
        (("outbox", "replay", "x", "--all"), "二者选一"),
        (("outbox", "list", "--status", "怪"), "没有状态“怪”"),
        (("import", "a.csv"), "二者选一"),
        (("import", "a.csv", "--as-stock", "--author", "lina"), "二者选一"),
        (("import", "a.csv", "b.csv", "--as-stock", "--rejected", "r"), "一个文件"),
        (("seed", "--demo", "--basics"), "只能选一个"),
        (("walk", "--url", "http://x"), "令牌"),
        (("demo", "--province-ports", "1"), "省公司的端口"),
        (("demo", "--port", "x"), "须是整数"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_wrong_arguments_get_code_2_and_a_sentence(kb: Run, arguments: tuple[str, ...], said: str) -> None:
    assert said in kb(*arguments).refused(2)


def test_help_loads_nothing_heavy(tmp_path: Path) -> None:
    program = "import sys, kbsearch.cli.entry as e; e.run(['--help']); print(sorted(sys.modules))"
    done = subprocess.run(  # noqa: S603 - our own
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment(KBSEARCH_DATA_DIR=str(tmp_path))
    )
    assert not [name for name in HEAVY if f"'{name}'" in done.stdout]


@pytest.mark.parametrize("name", EXPLAINED)
def test_every_explained_fault_exists(name: str) -> None:
    module, _, kind = name.rpartition(".")
    assert issubclass(getattr(importlib.import_module(module), kind), Exception)


def test_without_a_command_the_help_is_shown(program: Program, tmp_path: Path) -> None:
    done = program.run(folder=tmp_path)
    assert done.code == 2
    assert "用法：" in done.out
