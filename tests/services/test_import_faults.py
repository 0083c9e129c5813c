"""What stops an import in the middle loses nothing and doubles nothing: a full disk, kill -9, a lost right to write."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlmodel import func, select

from kbsearch.services.importing import DiskFullError, ImportFailedError, run_import
from kbsearch.services.people import CONSOLE
from kbsearch.store.engine import open_engine
from kbsearch.store.tables import ImportedSource, Subject, SubjectVersion, TransitionLog

from .import_place import STOCK, Place, item, open_place

IMPORTER = """
import sys
from pathlib import Path
from kbsearch.clock import system_clock
from kbsearch.ids import random_id
from kbsearch.services.importing import ImportMode, ImportOptions, run_import
from kbsearch.services.people import CONSOLE
from kbsearch.store.engine import open_engine
from kbsearch.store.unit import Store
store = Store(open_engine(sys.argv[1]), system_clock, random_id, index_destinations=("index:embedded",))
run_import(store, CONSOLE, Path(sys.argv[2]), ImportOptions(ImportMode.STOCK, "crm", category_id="LC-1", batch_lines=100))
"""


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with open_place(tmp_path) as opened:
        yield opened


def test_a_full_database_disk_is_told_and_a_second_run_goes_on(place: Place) -> None:
    rows = [item(i, body="正文" * 300) for i in range(600)]
    path = place.file(rows)
    small = open_engine(str(place.store.engine.url))
    with place.store.engine.connect() as connection:
        pages = int(connection.execute(text("PRAGMA page_count")).scalar_one())

    @event.listens_for(small, "connect")
    def _bound(connection: Any, _record: Any) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages + 120}")

    with pytest.raises(DiskFullError, match="磁盘已满") as failed:
        run_import(replace(place.store, engine=small), CONSOLE, path, replace(STOCK, batch_lines=50))
    small.dispose()
    stored = len(place.rows(Subject))
    assert stored == failed.value.result.imported == failed.value.result.read
    assert 0 < stored < 600
    assert stored % 50 == 0
    result = run_import(place.store, CONSOLE, path, STOCK)
    assert (result.unchanged, result.imported) == (stored, 600 - stored)
    assert len(place.rows(SubjectVersion)) == len(place.rows(ImportedSource)) == 600


@pytest.mark.skipif(not os.access("/dev/full", os.W_OK), reason="no /dev/full here to stand for a full disk")
def test_a_full_disk_for_the_rejected_lines_is_told_too(place: Place) -> None:
    with pytest.raises(DiskFullError):
        run_import(place.store, CONSOLE, place.file([item(1, title="")]), replace(STOCK, rejected_file=Path("/dev/full")))


def test_a_place_for_rejected_lines_that_cannot_be_written_is_told(place: Place) -> None:
    with pytest.raises(ImportFailedError, match="--rejected"):
        run_import(place.store, CONSOLE, place.file([item(1, title="")]), replace(STOCK, rejected_file=place.folder))


def _stored(place: Place) -> int:
    with place.store.read() as session:
        return session.exec(select(func.count()).select_from(Subject)).one()


def test_killed_in_the_middle_it_goes_on_where_it_was(place: Place) -> None:
    total = 6_000
    path = place.file(item(i) for i in range(total))
    command = [sys.executable, "-c", IMPORTER, str(place.store.engine.url), str(path)]
    process = subprocess.Popen(command)  # noqa: S603 - this interpreter, our own words
    deadline = time.monotonic() + 60
    while _stored(place) < 500:
        assert process.poll() is None, "the import ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    stored = _stored(place)
    assert 500 <= stored < total
    assert stored % 100 == 0
    result = run_import(place.store, CONSOLE, path, STOCK)
    assert (result.unchanged, result.imported, result.rejected) == (stored, total - stored, 0)
    titles = [v.title for v in place.rows(SubjectVersion)]
    assert len(titles) == len(set(titles)) == total
    logged = [r.details["sourceId"] for r in place.rows(TransitionLog) if r.action == "IMPORT"]
    assert len(logged) == len(set(logged)) == total
    assert json.loads(path.read_text(encoding="utf-8").splitlines()[0])["sourceId"] in logged
