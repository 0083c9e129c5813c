"""Cuts pages out of a ranked search in a total order (value descending, then a fixed order of ids); builds no query."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import tantivy

_SLACK = 16
_LARGEST_WINDOW = 16_384
"""Ties beyond this many hits are cut in the engine's own order: exact within a pinned state's page, unspecified across states."""


class Ranked(NamedTuple):
    """A hit as the engine ranks it."""

    value: float
    tie: int
    address: tantivy.DocAddress


class Page(NamedTuple):
    """The hits of a page, for each how many come strictly before its value, whether more follow, and the count if asked."""

    hits: Sequence[tuple[Ranked, int]]
    more: bool
    total: int | None


class Ranking:
    """One query over one searcher, read window by window."""

    def __init__(self, searcher: tantivy.Searcher, query: tantivy.Query, order_by: str | None, *, count: bool) -> None:
        self._searcher, self._query, self._order_by, self._count = searcher, query, order_by, count

    def page(self, limit: int, after: tuple[float, int] | None, start: int) -> Page:
        """Return `limit` hits strictly after (value, tie); the first `start` hits are known to lie before that value."""
        size = limit + 1 + _SLACK
        while True:
            window, total = self._window(start, size)
            exhausted = len(window) < size
            ordered = sorted(window, key=lambda hit: (-hit.value, hit.tie))
            behind = ordered if after is None else [hit for hit in ordered if (-hit.value, hit.tie) > (-after[0], after[1])]
            chosen = behind[:limit]
            settled = len(behind) > limit and window[-1].value < chosen[-1].value
            if exhausted or settled or (size >= _LARGEST_WINDOW and len(behind) > limit):
                break
            size *= 4
        before: dict[float, int] = {}
        for index, hit in enumerate(ordered):
            before.setdefault(hit.value, start + index)
        return Page([(hit, before[hit.value]) for hit in chosen], len(behind) > limit, total)

    def _window(self, start: int, size: int) -> tuple[list[Ranked], int | None]:
        found = self._searcher.search(self._query, limit=size, offset=start, count=self._count, order_by_field=self._order_by)
        ties = self._searcher.fast_field_values("tie", [address for _, address in found.hits])
        window = [Ranked(value, int(tie or 0), address) for (value, address), tie in zip(found.hits, ties, strict=True)]
        return window, counted(found) if self._count else None


def counted(found: tantivy.SearchResult) -> int:
    """Return how many documents matched; the package's type stubs forget the attribute."""
    return int(found.count)  # type: ignore[attr-defined]
