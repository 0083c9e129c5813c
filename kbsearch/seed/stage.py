"""What every act of the demo needs: who takes part, the calendar, headquarters, the timetable; knows no content."""

from __future__ import annotations

from dataclasses import dataclass

from kbsearch.seed.content import Calendar
from kbsearch.seed.headquarters import Headquarters
from kbsearch.seed.timetable import Step, Timetable
from kbsearch.workflow.decide import Actor


@dataclass(frozen=True, slots=True)
class Stage:
    """`people` are actors by login."""

    people: dict[str, Actor]
    calendar: Calendar
    headquarters: Headquarters
    timetable: Timetable

    def at(self, told: str, step: Step) -> None:
        """Enter a step at a told time ("-3h")."""
        self.timetable.at(self.calendar.at(told), step)
