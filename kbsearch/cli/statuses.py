"""Reads status codes typed by an operator into the enum they belong to; knows no command."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar

from kbsearch.cli.faults import USAGE, CommandFailed

if TYPE_CHECKING:
    from kbsearch.workflow.labels import Labelled

E = TypeVar("E", bound="Labelled")


def statuses_of(kind: type[E], typed: Sequence[str] | None) -> frozenset[E]:
    """By code in any case or by Chinese label; none typed means all."""
    known = {**{m.label: m for m in kind}, **{m.value: m for m in kind}}
    found = set()
    for text in typed or ():
        member = known.get(text) or known.get(text.upper())
        if member is None:
            raise CommandFailed(f"没有状态“{text}”，可用：{'、'.join(f'{m.value} {m.label}' for m in kind)}。", USAGE)
        found.add(member)
    return frozenset(found)
