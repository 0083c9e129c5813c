"""The sentence "In force" of product.md §3.1 as pure functions of stored rows and an instant; decides nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from .things import Knowledge, Revocation, Version


@dataclass(frozen=True)
class Interval:
    """A version is in force from `start` up to, not including, `end` (None: open)."""

    number: int
    start: datetime
    end: datetime | None


@dataclass
class Walk:
    """Where the item stands after walking through its events."""

    last: Version | None = None
    revoked: bool = False
    ended_up_to: int = 0
    intervals: list[Interval] = field(default_factory=list)
    effective_revocations: list[Revocation] = field(default_factory=list)


def walk(item: Knowledge, until: datetime | None = None) -> Walk:
    """Go through what became live and what was revoked, in time order, up to and including `until`."""
    versions = [(v.live_from, 0, v.number, v) for v in item.versions if v.accepted and not v.history_only]
    revocations = [(r.at, 1, r.number, r) for r in item.revocations if r.accepted]
    events: list[tuple[datetime, int, int, Version | Revocation]] = [*versions, *revocations]
    here = Walk()
    for at, _, _, event in sorted(events, key=lambda e: e[:3]):
        if until is not None and at > until:
            break
        if isinstance(event, Version):
            _take_over(item, here, event)
        else:
            _revoke(item, here, event)
    return here


def _take_over(item: Knowledge, here: Walk, version: Version) -> None:
    if version.number <= here.ended_up_to:
        return  # a revocation named it, or a later one, before its day came
    if here.last is not None and _built_on(item, here.last, version):
        return  # a version never takes over from one built on it
    _close(here, version.live_from)
    here.last, here.revoked = version, False
    end = version.content.effective_to
    if end is None or end > version.live_from:
        here.intervals.append(Interval(version.number, version.live_from, end))


def _revoke(item: Knowledge, here: Walk, revocation: Revocation) -> None:
    """Ends what it names if that is in force; below the highest accepted number it is history."""
    accepted = [v.number for v in item.versions if v.accepted and not v.history_only and v.recorded_at <= revocation.at]
    names_the_last = here.last is not None and here.last.number == revocation.number
    if not names_the_last and revocation.number < max(accepted, default=0):
        return
    here.revoked = True
    here.ended_up_to = max(here.ended_up_to, revocation.number)
    here.effective_revocations.append(revocation)
    _close(here, revocation.at)


def _close(here: Walk, at: datetime) -> None:
    if not here.intervals:
        return
    interval = here.intervals[-1]
    if interval.end is None or interval.end > at:
        here.intervals[-1] = Interval(interval.number, interval.start, at)
        if interval.start >= at:
            here.intervals.pop()


def _built_on(item: Knowledge, younger: Version, older: Version) -> bool:
    seen: set[int] = set()
    base = younger.base
    while base is not None and base not in seen:
        if base == older.number:
            return True
        seen.add(base)
        held = item.held(base)
        base = held.base if held else None
    return False


def last_in_force(item: Knowledge, at: datetime) -> Version | None:
    """The version last in force: the base of a new change; expiry, suspension and revocation do not move it."""
    return walk(item, at).last


def in_force(item: Knowledge, at: datetime) -> Version | None:
    """The version readers get at this instant, suspension aside."""
    here = walk(item, at)
    if here.last is None or here.revoked:
        return None
    end = here.last.content.effective_to
    return here.last if end is None or end > at else None


def live_intervals(item: Knowledge) -> list[Interval]:
    """All intervals, coming ones included; live_to is derived, never stored."""
    return walk(item).intervals


def status(item: Knowledge, at: datetime) -> str:
    """The first that holds of ARCHIVED, REVOKED, SUSPENDED, EXPIRED, PUBLISHED; otherwise UNPUBLISHED."""
    here = walk(item, at)
    if item.archived:
        return "ARCHIVED"
    if here.revoked:
        return "REVOKED"
    if item.suspension is not None:
        return "SUSPENDED"
    if here.last is None:
        return "UNPUBLISHED"
    return "PUBLISHED" if in_force(item, at) else "EXPIRED"
