"""Loads rows for one operation in batches, so that a list costs a fixed number of statements; decides nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Generic, TypeVar

T = TypeVar("T")


class Batch(Generic[T]):
    """Rows by id. `want` announces ids for nothing; the first `get` loads all that were announced, at once."""

    def __init__(self, load: Callable[[list[str]], Mapping[str, T]]) -> None:
        self._load = load
        self._wanted: set[str] = set()
        self._known: dict[str, T | None] = {}

    def want(self, ids: Iterable[str | None]) -> None:
        """Announce ids that are likely to be asked for."""
        self._wanted.update(i for i in ids if i is not None and i not in self._known)

    def get(self, id_: str | None) -> T | None:
        """The row, or None when there is none (or it is not this reader's to see)."""
        if id_ is None:
            return None
        if id_ not in self._known:
            ids = sorted(self._wanted | {id_})
            self._wanted = set()
            found = self._load(ids)
            self._known.update({i: found.get(i) for i in ids})
        return self._known[id_]

    def put(self, id_: str, row: T) -> None:
        """Remember a row that was loaded anyway."""
        self._known[id_] = row
