"""Plays what happened in the past in the order it happened, under a clock that only goes forward; knows no content."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from kbsearch.store.unit import Store

Step = Callable[[Store], None]
_TICK = timedelta(milliseconds=1)


def shifted(store: Store, now: datetime) -> Store:
    """The same store at another time, whose doorbells stay silent: nobody is to deliver yesterday's post."""
    return replace(store, clock=lambda: now, ring=lambda _destination: None)


class Timetable:
    """Steps with the instant each took place; steps of one instant run in the order they were entered."""

    def __init__(self) -> None:
        self._steps: list[tuple[datetime, Step]] = []

    def at(self, moment: datetime, step: Step) -> None:
        """Enter a step."""
        self._steps.append((moment, step))

    def play(self, store: Store) -> None:
        """Run all steps, each strictly later than the one before and none in the future."""
        now, last = store.clock(), None
        for moment, step in sorted(self._steps, key=lambda s: s[0]):
            instant = moment if last is None or moment > last else last + _TICK
            if instant > now:
                raise RuntimeError(f"the timetable reaches into the future: {instant} is after {now}")
            step(shifted(store, instant))
            last = instant
