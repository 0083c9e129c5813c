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
    accepted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RevocationFacts:
    """An accepted revocation that names the version it ends, from `live_from` on. `id` tells it apart."""

    id: str
    number: int
    live_from: datetime


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
    endings: tuple[RevocationFacts, ...] = ()

    def current(self, at: datetime) -> int | None:
        """The number in force at `at`, None when there is none (unpublished, expired, revoked)."""
        return next((i.number for i in self.intervals if i.holds(at)), None)

    def base(self, at: datetime) -> int | None:
        """The version last in force: expiry, suspension and revocation do not move it."""
        started = [number for start, number in self.takeovers if start <= at]
        return started[-1] if started else None

    def ended_by(self, at: datetime) -> RevocationFacts | None:
        """The revocation that ended it, unless a newer version took over since."""
        past = [r for r in self.endings if r.live_from <= at]
        if not past:
            return None
        started = [start for start, _ in self.takeovers if start <= at]
        return None if started and started[-1] > past[-1].live_from else past[-1]

    def ended_up_to(self, at: datetime) -> int:
        """Versions up to this number are history by revocation; 0 when nothing was revoked."""
        return max((r.number for r in self.endings if r.live_from <= at), default=0)

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


def _is_history(revocation: RevocationFacts, last: VersionFacts | None, accepted: list[VersionFacts]) -> bool:
    """Below the highest number accepted by its own moment a revocation is history, unless it names the version last in force."""
    if last is not None and last.number == revocation.number:
        return False
    by_then = [v.number for v in accepted if v.accepted_at is None or v.accepted_at <= revocation.live_from]
    return revocation.number < max(by_then, default=0)


def timeline(versions: Iterable[VersionFacts], revocations: Iterable[RevocationFacts] = ()) -> Timeline:
    """Fold accepted versions and revocations into live intervals.

    A later live_from takes over (a tie: the higher number), but never from a version built on it; a revocation ends
    what is in force, and nothing up to its number takes over from then on (product.md §3.1).
    """
    known = list(versions)
    bases = {v.number: v.base for v in known}
    accepted = sorted((v for v in known if not v.history_only), key=lambda v: (v.live_from, v.number))
    # At the same instant a revocation acts last: a version up to its number does not flash into force.
    events: list[tuple[datetime, int, int, VersionFacts | RevocationFacts]] = [(v.live_from, 0, v.number, v) for v in accepted]
    events += [(r.live_from, 1, r.number, r) for r in revocations]
    runs: list[tuple[VersionFacts, datetime | None]] = []
    endings: list[RevocationFacts] = []
    ended_up_to = 0
    for at, _, _, event in sorted(events, key=lambda e: e[:3]):
        last = runs[-1][0] if runs else None
        if isinstance(event, RevocationFacts):
            if _is_history(event, last, accepted):
                continue
            endings.append(event)
            ended_up_to = max(ended_up_to, event.number)
        elif event.number <= ended_up_to or (last is not None and event.number in _ancestors(last.number, bases)):
            continue
        if runs and runs[-1][1] is None:
            runs[-1] = (runs[-1][0], at)
        if isinstance(event, VersionFacts):
            runs.append((event, None))
    intervals = []
    for version, end in runs:
        live_to = min((t for t in (end, version.effective_to) if t is not None), default=None)
        if live_to is None or version.live_from < live_to:
            intervals.append(Interval(version.number, version.live_from, live_to))
    takeovers = tuple((version.live_from, version.number) for version, _ in runs)
    return Timeline(tuple(intervals), takeovers, tuple(endings))
