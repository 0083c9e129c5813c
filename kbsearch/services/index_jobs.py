"""What the index's one writer does when rung: rebuild when needed or asked for, then refresh what changed."""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from sqlmodel import col, delete, select

from kbsearch.indexing.faults import IndexUnreachable, RebuildConflict
from kbsearch.indexing.port import Freshness, SearchEngine
from kbsearch.services.index_sync import drain, reindex
from kbsearch.store.tables import OutboxMessage
from kbsearch.store.unit import Store

REBUILD = "index.rebuild"
EVERYTHING = "*"
_LOG = structlog.get_logger()


def ask_for_rebuild(store: Store, destination: str) -> str:
    """Queue a rebuild for the process that writes the index; returns the job's id, gone from the outbox when done."""
    with store.write() as unit:
        return unit.send(destination, EVERYTHING, REBUILD, {})


def is_done(store: Store, job_id: str) -> bool:
    """Whether a queued rebuild has been done."""
    with store.read() as session:
        return session.get(OutboxMessage, job_id) is None


def work(store: Store, engine: SearchEngine, destination: str) -> int:
    """Do whatever waits; an index of another schema or lexicon, or a broken one, is rebuilt by itself. Raises IndexFault."""
    with store.read() as session:
        asked = session.exec(select(OutboxMessage.id).where(OutboxMessage.destination == destination, OutboxMessage.kind == REBUILD)).all()
    freshness = engine.freshness()
    if not freshness.reachable:
        raise IndexUnreachable(freshness.reason)
    if asked or not freshness.fresh:
        _rebuild(store, engine, destination, asked, freshness)
    return drain(store, engine, destination)


def _rebuild(store: Store, engine: SearchEngine, destination: str, asked: Sequence[str], freshness: Freshness) -> None:
    """Rebuild unless another process is at it; between two portions what changed meanwhile is written, so that it is found at once."""

    def catch_up(_done: int, _total: int) -> None:
        if freshness.searchable:
            drain(store, engine, destination)

    _LOG.info("index.rebuild_begins", reason=freshness.reason or "asked for")
    try:
        documents = reindex(store, engine, catch_up)
    except RebuildConflict as conflict:
        _LOG.info("index.rebuild_elsewhere", reason=str(conflict))
        return
    _LOG.info("index.rebuilt", documents=documents)
    with store.write() as unit:
        for job_id in asked:
            unit.session.exec(delete(OutboxMessage).where(col(OutboxMessage.id) == job_id))
