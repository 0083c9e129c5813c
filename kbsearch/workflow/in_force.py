"""Which version is in force at an instant: the one predicate behind pages, search, as-of and the sweeper.

Pure: it gets the accepted versions and revocations of one knowledge item and folds them in time order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class VersionFacts:
    """One accepted version. `live_from`: later of our applying the approval and effective_from."""

    number: int
    live_from: datetime
    effective_to: datetime | None = None
    base: int | None = None
    history_only: bool = False


@dataclass(frozen=True, slots=True)
class RevocationFacts:
    """An accepted revocation of everything up to `number`, from `live_from` on."""

    number: int
    live_from: datetime
    history_only: bool = False


@dataclass(frozen=True, slots=True)
class Interval:
    """When a version is in force: [live_from, live_to); live_to None is open."""

    number: int
    live_from: datetime
    live_to: datetime | None

    def holds(self, at: datetime) -> bool:
        """Whether the version is in force at `at`."""
        return self.live_from <= at and (self.live_to is None or at < self.live_to)


@dataclass(frozen=True, slots=True)
class Timeline:
    """The life of one knowledge item: non-overlapping intervals in time order, and every takeover."""

    intervals: tuple[Interval, ...]
    takeovers: tuple[tuple[datetime, int], ...]

    def current(self, at: datetime) -> int | None:
        """The number in force at `at`, None when there is none (unpublished, expired, revoked)."""
        return next((i.number for i in self.intervals if i.holds(at)), None)

    def base(self, at: datetime) -> int | None:
        """The version last in force: expiry, suspension and revocation do not move it."""
        started = [number for start, number in self.takeovers if start <= at]
        return started[-1] if started else None

    def interval(self, number: int) -> Interval | None:
        """When `number` is in force; None if it never is."""
        return next((i for i in self.intervals if i.number == number), None)

    def next_change(self, after: datetime) -> datetime | None:
        """The next instant at which something starts or ends, for the sweeper."""
        moments = [i.live_from for i in self.intervals] + [i.live_to for i in self.intervals if i.live_to]
        return min((m for m in moments if m > after), default=None)


def _ancestors(number: int, bases: Mapping[int, int | None]) -> set[int]:
    seen: set[int] = set()
    base = bases.get(number)
    while base is not None and base not in seen:
        seen.add(base)
        base = bases.get(base)
    return seen


def timeline(versions: Iterable[VersionFacts], revocations: Iterable[RevocationFacts] = ()) -> Timeline:
    """Fold accepted versions and revocations into live intervals.

    A later live_from takes over (a tie: the higher number), but never from a version built on it; a revocation ends
    what is in force up to its number, and nothing up to that number takes over afterwards (product.md §3.1).
    """
    accepted = sorted((v for v in versions if not v.history_only), key=lambda v: (v.live_from, v.number))
    bases = {v.number: v.base for v in accepted}
    ends = sorted((r for r in revocations if not r.history_only), key=lambda r: r.live_from)
    # At the same instant a revocation acts last: a version up to its number does not flash into force.
    events: list[tuple[datetime, int, VersionFacts | RevocationFacts]] = [(v.live_from, 0, v) for v in accepted]
    events += [(r.live_from, 1, r) for r in ends]
    events.sort(key=lambda e: (e[0], e[1]))
    runs: list[tuple[VersionFacts, datetime | None]] = []
    current: VersionFacts | None = None
    for at, _, event in events:
        if isinstance(event, RevocationFacts):
            if current is not None and current.number <= event.number:
                runs[-1] = (current, at)
                current = None
            continue
        if any(r.live_from <= at and event.number <= r.number for r in ends):
            continue
        if current is not None and event.number in _ancestors(current.number, bases):
            continue
        if current is not None:
            runs[-1] = (current, at)
        runs.append((event, None))
        current = event
    intervals, takeovers = [], []
    for version, end in runs:
        takeovers.append((version.live_from, version.number))
        live_to = min((t for t in (end, version.effective_to) if t is not None), default=None)
        if live_to is None or version.live_from < live_to:
            intervals.append(Interval(version.number, version.live_from, live_to))
    return Timeline(tuple(intervals), tuple(takeovers))
