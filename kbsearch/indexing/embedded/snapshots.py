"""Keeps searched states alive for readers who are paging; searches nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable

from kbsearch.indexing.embedded.generation import State

KEPT_SECONDS = 60.0
_MOST = 48


class Snapshots:
    """States by name, each for 60 s after it was last pinned; at most 48, the oldest goes first."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._pinned: dict[str, tuple[float, State]] = {}

    def pin(self, state: State) -> None:
        """Keep `state` for another 60 s."""
        now = self._monotonic()
        with self._lock:
            self._pinned.pop(state.name, None)
            self._pinned[state.name] = (now + KEPT_SECONDS, state)
            self._drop_expired(now)
            while len(self._pinned) > _MOST:
                del self._pinned[next(iter(self._pinned))]

    def find(self, name: str) -> State | None:
        """Return the pinned state of that name, None when it expired or was never here."""
        now = self._monotonic()
        with self._lock:
            self._drop_expired(now)
            found = self._pinned.get(name)
        return found[1] if found else None

    def clear(self) -> None:
        """Let all go."""
        with self._lock:
            self._pinned.clear()

    def _drop_expired(self, now: float) -> None:
        while self._pinned:
            name, (expires, _) = next(iter(self._pinned.items()))
            if expires > now:
                return
            del self._pinned[name]
