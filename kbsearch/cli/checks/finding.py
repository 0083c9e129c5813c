"""A finding of the doctor as a value; judges nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from kbsearch.cli.faults import explain

if TYPE_CHECKING:
    from kbsearch.settings import Settings


class Level(StrEnum):
    """How bad it is; FAIL means the service cannot work."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """`text` is Chinese, what was found and, unless ok, how to mend it."""

    name: str
    level: Level
    text: str


Check = Callable[["Settings"], list[Finding]]


def ok(name: str, text: str) -> Finding:
    """All is well."""
    return Finding(name, Level.OK, text)


def warn(name: str, text: str) -> Finding:
    """It works, but somebody should look."""
    return Finding(name, Level.WARN, text)


def fail(name: str, text: str) -> Finding:
    """It does not work."""
    return Finding(name, Level.FAIL, text)


def failed(name: str, error: Exception) -> Finding:
    """A check that could not be carried out."""
    return fail(name, explain(error) or f"检查时出错：{type(error).__name__}: {error}。请带 --debug 重跑并交给维护人员。")
