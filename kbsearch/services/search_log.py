"""Remembers searches and clicks in batches, best effort, outside any business transaction."""

from __future__ import annotations

from collections import Counter, deque
from datetime import datetime
from threading import Lock

from kbsearch.services.desk.readings import Opened, record_readings
from kbsearch.services.knowledge import record_reads
from kbsearch.store.tables import SearchClick, SearchLog
from kbsearch.store.unit import Store


class SearchLogger:
    """Collects in memory, written by `flush`; when nobody flushes, the oldest are dropped, never the memory filled."""

    def __init__(self, store: Store, capacity: int = 10_000) -> None:
        self._store = store
        self._rows: deque[SearchLog | SearchClick] = deque(maxlen=capacity)
        self._reads: Counter[str] = Counter()
        self._readings: deque[Opened] = deque(maxlen=capacity)
        self._lock = Lock()

    def searched(self, person_id: str, query: str, total: int, took_ms: float, at: datetime) -> str:
        """Note one search; returns its id for later clicks."""
        row = SearchLog(id=self._store.new_id(), at=at, person_id=person_id, query=query, total=total, took_ms=round(took_ms, 2))
        with self._lock:
            self._rows.append(row)
        return row.id

    def clicked(self, search_id: str, subject_id: str, version_number: int, position: int, at: datetime) -> None:
        """Note that a hit of a search was opened."""
        row = SearchClick(
            id=self._store.new_id(), search_id=search_id, subject_id=subject_id, version_number=version_number, position=position, at=at
        )
        with self._lock:
            self._rows.append(row)

    def opened(self, subject_id: str) -> None:
        """Note that a knowledge page was read."""
        with self._lock:
            self._reads[subject_id] += 1

    def read_by(self, person_id: str, subject_id: str, version_number: int, at: datetime) -> None:
        """Note which version of a document a person opened."""
        with self._lock:
            self._readings.append(Opened(person_id, subject_id, version_number, at))

    def flush(self) -> int:
        """Write what was collected; returns how many rows."""
        with self._lock:
            rows, reads, readings = list(self._rows), self._reads, list(self._readings)
            self._rows.clear()
            self._readings.clear()
            self._reads = Counter()
        if rows:
            with self._store.write() as unit:
                unit.session.add_all(rows)
        record_reads(self._store, reads, self._store.clock())
        return len(rows) + len(reads) + record_readings(self._store, readings)
