"""Runs an import: rows in batches, each batch one transaction, resumable after any end; knows nothing of what a batch does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from time import perf_counter
from typing import Protocol

from sqlalchemy.exc import DBAPIError

from kbsearch.services.importing.drafting import DraftBatch
from kbsearch.services.importing.fields import Record, read_record
from kbsearch.services.importing.lines import LineReader, open_lines
from kbsearch.services.importing.options import (
    DiskFullError,
    ImportFailedError,
    ImportMode,
    ImportOptions,
    ImportResult,
    Progress,
    RejectedLineError,
)
from kbsearch.services.importing.placing import Places
from kbsearch.services.importing.rejected import DISK_FULL, RejectedFile, Rejection, rejected_path
from kbsearch.services.importing.rows import Row, rows_of
from kbsearch.services.importing.stock import Outcome, StockBatch
from kbsearch.services.people import require_action, require_person_with, require_role
from kbsearch.store.unit import Store, Unit
from kbsearch.workflow.actions import Action, Role
from kbsearch.workflow.decide import Actor

_DATABASE_FULL = {"SQLITE_FULL", "53100"}


class _Taking(Protocol):
    def take(self, record: Record) -> Outcome:
        """Carry one record out or raise RejectedLineError."""

    def finish(self) -> None:
        """Write what was held back."""


_BATCHES: dict[ImportMode, Callable[[Unit, Actor, Places, list[Record]], _Taking]] = {
    ImportMode.STOCK: StockBatch,
    ImportMode.DRAFTS: DraftBatch,
}


@dataclass(slots=True)
class _Batch:
    lines: int = 0
    bytes: int = 0
    records: list[Record] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)


class _Seen:
    """Which records of this file came before; 16 bytes each, so that millions fit."""

    def __init__(self) -> None:
        self._digests: set[bytes] = set()

    def add(self, record: Record) -> None:
        key = f"{record.source}\0{record.source_id}\0{record.version or ''}"
        digest = blake2b(key.encode(), digest_size=16).digest()
        if digest in self._digests:
            raise RejectedLineError(f"编号 {record.source_id} 在本文件中已出现过，只取第一次")
        self._digests.add(digest)


def _batches(rows: Iterator[Row], options: ImportOptions) -> Iterator[_Batch]:
    seen, batch = _Seen(), _Batch()
    for row in rows:
        batch.lines += 1
        batch.bytes += len(row.raw)
        try:
            record = read_record(row, options)
            seen.add(record)
            batch.records.append(record)
        except RejectedLineError as rejected:
            batch.rejections.append(Rejection(row.number, rejected.reason, row.raw))
        if batch.lines >= options.batch_lines or batch.bytes >= options.batch_bytes:
            yield batch
            batch = _Batch()
    if batch.lines:
        yield batch


def _require_rights(store: Store, actor: Actor, options: ImportOptions) -> None:
    """Refuse before reading a line: stock and new categories are an admin's, drafts an author's under their own name."""
    if options.mode is ImportMode.STOCK or options.create_categories:
        require_role(actor, Role.ADMIN)
    if options.mode is ImportMode.DRAFTS:
        require_action(actor, Action.CREATE)
        with store.write() as unit:
            require_person_with(unit, actor.id, Role.AUTHOR, "author")


@contextmanager
def _disk_watched() -> Iterator[None]:
    """A full disk is an expected outage with its own name; every other failure keeps its own."""
    try:
        yield
    except OSError as error:
        if error.errno in DISK_FULL:
            raise DiskFullError from error
        raise
    except DBAPIError as error:
        told = {getattr(error.orig, "sqlite_errorname", None), getattr(error.orig, "sqlstate", None)}
        if told & _DATABASE_FULL:
            raise DiskFullError from error
        raise


def _write(store: Store, actor: Actor, options: ImportOptions, places: Places, batch: _Batch) -> list[Outcome]:
    """One transaction: outcomes are counted only once it is committed."""
    outcomes = []
    with store.write() as unit:
        taking = _BATCHES[options.mode](unit, actor, places, batch.records)
        for record in batch.records:
            try:
                outcomes.append(taking.take(record))
            except RejectedLineError as rejected:
                batch.rejections.append(Rejection(record.line, rejected.reason, record.raw))
        taking.finish()
    return outcomes


def _count(result: ImportResult, batch: _Batch, outcomes: list[Outcome]) -> None:
    result.read += batch.lines
    result.imported += outcomes.count(Outcome.IMPORTED)
    result.updated += outcomes.count(Outcome.UPDATED)
    result.unchanged += outcomes.count(Outcome.UNCHANGED)
    result.rejected += len(batch.rejections)


def _run(
    store: Store,
    actor: Actor,
    options: ImportOptions,
    *,
    reader: LineReader,
    rows: Iterator[Row],
    result: ImportResult,
    rejected: RejectedFile,
    progress: Progress | None,
) -> None:
    with store.read() as session:
        places = Places.load(session, actor, options)
    for batch in _batches(rows, options):
        outcomes = _write(store, actor, options, places, batch)
        _count(result, batch, outcomes)
        rejected.write(batch.rejections)
        if progress is not None:
            progress(reader.position, reader.size, result.read)


def run_import(store: Store, actor: Actor, path: Path, options: ImportOptions, *, progress: Progress | None = None) -> ImportResult:
    """Import one file; a second run of the same file changes nothing.

    Raises Refused where the actor may not, ImportFailedError (with `result` so far) where the file or the disk stops it.
    """
    _require_rights(store, actor, options)
    result, begun = ImportResult(), perf_counter()
    rejected = RejectedFile(options.rejected_file or rejected_path(path))
    try:
        with _disk_watched(), open_lines(path) as reader:
            rows = rows_of(reader, path, options.mapping.values())
            _run(store, actor, options, reader=reader, rows=rows, result=result, rejected=rejected, progress=progress)
    except ImportFailedError as failed:
        failed.result = result
        raise
    finally:
        result.rejected_file = rejected.close()
        result.seconds = perf_counter() - begun
    return result
