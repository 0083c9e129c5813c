"""The demo's knowledge as it came to be over the past: ours imported as stock, headquarters' pushed by it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from kbsearch.content import Content
from kbsearch.seed.content import Calendar
from kbsearch.seed.headquarters import Headquarters
from kbsearch.seed.timetable import Step, Timetable, shifted
from kbsearch.services.importing.fields import Record
from kbsearch.services.importing.options import ImportMode, ImportOptions
from kbsearch.services.importing.placing import Places
from kbsearch.services.importing.stock import StockBatch
from kbsearch.services.knowledge import record_reads
from kbsearch.services.people import CONSOLE
from kbsearch.store.unit import Store
from kbsearch.workflow.states import Scope

SOURCE = "demo"
# Made by headquarters itself, so that both owners are seen; no scenario of ours is about them.
HQ_OWNED = frozenset(
    {"KB-GM-01", "KB-GM-06", "KB-HF-01", "KB-LL-01", "KB-SM-02", "KB-SM-04", "KB-TC-01", "KB-TF-01", "KB-TS-05", "KB-ZZ-01"}
)
_ANNOUNCED_AHEAD = timedelta(days=12)  # a version for a coming day was stored this long before loading
_DAYS_READ = 10


def _record(item: dict[str, Any], number: int, content: Content, note: str) -> Record:
    return Record(
        line=0,
        raw="",
        source=SOURCE,
        source_id=item["sourceId"],
        content=content,
        content_hash=content.hash,
        category_id=item["categoryId"],
        scope=Scope(item["scope"]),
        change_note=note,
        version=number,
        subject_id=item["sourceId"],
    )


def _import(store: Store, places: Places, record: Record) -> None:
    with store.write() as unit:
        batch = StockBatch(unit, CONSOLE, places, [record])
        batch.take(record)
        batch.finish()


@dataclass(frozen=True, slots=True)
class Stockroom:
    """What versions come in by: headquarters' pushes, or the import into the tree as it now stands."""

    calendar: Calendar
    headquarters: Headquarters
    places: Places

    @classmethod
    def open(cls, store: Store, calendar: Calendar, headquarters: Headquarters) -> Stockroom:
        """Read the tree once; the demo's stays as it is."""
        with store.read() as session:
            return cls(calendar, headquarters, Places.load(session, CONSOLE, ImportOptions(ImportMode.STOCK, SOURCE)))

    def _entry(self, item: dict[str, Any], number: int, content: Content, note: str) -> Step:
        if item["sourceId"] not in HQ_OWNED:
            record = _record(item, number, content, note)
            return lambda store: _import(store, self.places, record)
        subject_id, category_id = item["sourceId"], item["categoryId"]
        return lambda store: self.headquarters.push(store, subject_id, category_id, number=number, content=content, note=note)

    def enter(self, timetable: Timetable, items: list[dict[str, Any]], attached: Mapping[tuple[str, int], str]) -> None:
        """Every version on its day; one for a coming day was stored a while ago. `attached`: digest by (item, number)."""
        now = self.calendar.now
        for item in items:
            for version in item["versions"]:
                content = self.calendar.content(version)
                digest = attached.get((item["sourceId"], version["number"]))
                content = content if digest is None else replace(content, attachments=(digest,))
                begins = content.effective_from or now
                moment = begins if begins < now else now - _ANNOUNCED_AHEAD
                timetable.at(moment, self._entry(item, version["number"], content, version["changeNote"]))


def read_stock(store: Store, calendar: Calendar, subject_ids: list[str]) -> None:
    """People have been reading, some items far more than others: what 最热 shows."""
    for day in range(_DAYS_READ):
        at = calendar.ago(days=day, minutes=5)
        counts = {i: 240 // (place + 2) + (place * 7 + day * 3) % 5 for place, i in enumerate(subject_ids)}
        record_reads(shifted(store, at), Counter({i: n for i, n in counts.items() if n}), at)
