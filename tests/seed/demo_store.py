"""A demo loaded into a store of its own, for every test that looks at it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from sqlmodel import SQLModel, select

from kbsearch.attachments.disk import DiskFiles
from kbsearch.ids import random_id
from kbsearch.seed.load import Loaded, load_demo
from kbsearch.store.engine import open_engine
from kbsearch.store.migrate import migrate
from kbsearch.store.unit import Store
from kbsearch.workflow.deadlines import Deadlines

NOW = datetime(2026, 11, 23, 2, 30, tzinfo=UTC)
T = TypeVar("T", bound=SQLModel)


@dataclass
class Demo:
    store: Store
    files: DiskFiles
    loaded: Loaded
    seconds: float
    rung: list[str]

    def rows(self, table: type[T]) -> list[T]:
        return rows(self.store, table)


def rows(store: Store, table: type[T]) -> list[T]:
    with store.read() as session:
        found = list(session.exec(select(table)))
        session.expunge_all()
        return found


def empty_store(folder: Path, now: datetime = NOW, **more: Any) -> Store:
    engine = open_engine(f"sqlite:///{folder / 'kb.db'}")
    migrate(engine)
    return Store(engine, lambda: now, random_id, index_destinations=("index:embedded",), **more)


def loaded_demo(folder: Path) -> Iterator[Demo]:
    """Loaded with its attached file; seconds are of processor time."""
    rung: list[str] = []
    deadlines = Deadlines(sync_every=timedelta(days=1))  # as the service's settings have it
    store, files = empty_store(folder, ring=rung.append, deadlines=deadlines), DiskFiles(folder / "files")
    begun = time.process_time()
    loaded = load_demo(store, files)
    yield Demo(store, files, loaded, time.process_time() - begun, rung)
    store.engine.dispose()
