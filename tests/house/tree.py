"""The files of the repository as its rules see them: what is ours, without environments, caches, data and vendored code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Dot-folders but .ci are tools' caches; the others are made by running or building.
_LEFT_OUT = frozenset({"__pycache__", "data", "build", "dist", "htmlcov", "node_modules", "vendor"})
_OURS = frozenset({"data"})  # kbsearch/seed/data is ours, ./data is not
_TEXT = frozenset(
    {".py", ".md", ".toml", ".txt", ".js", ".mjs", ".css", ".html", ".json", ".jsonl", ".graphql", ".mako", ".lock", ".yaml", ".yml", ""}
)


def _walk(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.is_symlink() or (path.name.startswith(".") and path.name not in {".ci", ".gitignore"}):
            continue
        if path.is_dir():
            inside_package = folder != ROOT and path.name in _OURS
            if (path.name not in _LEFT_OUT or inside_package) and not path.name.endswith(".egg-info"):
                yield from _walk(path)
        else:
            yield path


@cache
def files() -> tuple[Path, ...]:
    """Every file of ours that is text."""
    return tuple(p for p in _walk(ROOT) if p.suffix in _TEXT)


@cache
def modules(*folders: str) -> tuple[Path, ...]:
    """Python files below some top-level folders (all of ours when none is named)."""
    return tuple(p for p in files() if p.suffix == ".py" and (not folders or p.relative_to(ROOT).parts[0] in folders))


def name_of(path: Path) -> str:
    """A file's path below the root, for messages."""
    return path.relative_to(ROOT).as_posix()


@cache
def syntax(path: Path) -> ast.Module:
    """A module's syntax tree."""
    return ast.parse(path.read_text("utf-8"), str(path))


def requirement_name(line: str) -> str:
    """`psycopg[binary]>=3.3` → `psycopg`."""
    return re.split(r"[\[<>=~!; ]", line, maxsplit=1)[0].lower()
