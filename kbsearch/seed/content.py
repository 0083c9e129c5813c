"""Reads the demo's data files (data/README.txt tells their form); turns "-30d" or "+80m" into instants; loads nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Any

from kbsearch.content import Content, Terms

_UNITS = {"d": "days", "h": "hours", "m": "minutes"}


def _text(name: str) -> str:
    return files("kbsearch.seed").joinpath("data", name).read_text(encoding="utf-8")


def document(name: str) -> Any:
    """A whole JSON file."""
    return json.loads(_text(name))


def lines(name: str) -> list[dict[str, Any]]:
    """A JSONL file, in file order."""
    return [json.loads(line) for line in _text(name).splitlines() if line.strip()]


@dataclass(frozen=True, slots=True)
class Calendar:
    """Instants told relative to the moment of loading."""

    now: datetime

    def ago(self, **units: float) -> datetime:
        """`ago(hours=3)`: three hours before loading."""
        return self.now - timedelta(**units)

    def moment(self, told: str | None) -> datetime | None:
        """Read "-30d", "+3h" or "-40m" as an instant, None as none."""
        return None if told is None else self.at(told)

    def at(self, told: str) -> datetime:
        """The same for what is never left out."""
        return self.now + timedelta(**{_UNITS[told[-1]]: int(told[:-1])})

    def content(self, wording: dict[str, Any]) -> Content:
        """A version's or scenario's wording with its dates resolved."""
        return Content(
            title=wording["title"],
            body=wording["body"],
            summary=wording["summary"],
            script=wording["script"],
            keywords=tuple(wording["keywords"]),
            regions=tuple(sorted(wording["regions"])),
            effective_from=self.moment(wording["effectiveFrom"]),
            effective_to=self.moment(wording["effectiveTo"]),
        )

    def announced(self, wording: dict[str, Any]) -> Content:
        """An announcement's wording, its terms written as they are on the wire, with its dates resolved."""
        terms = Terms.from_document({**wording, "replyDueAt": None})
        return Content(
            title=wording["title"],
            body=wording["body"],
            summary=wording["summary"],
            effective_from=self.moment(wording["effectiveFrom"]),
            effective_to=self.moment(wording["effectiveTo"]),
            terms=replace(terms, reply_due_at=self.moment(wording["replyDueAt"])),
        )
