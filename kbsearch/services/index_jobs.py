"""What the index's one writer does when rung: rebuild when needed or asked for, then refresh what changed."""

from __future__ import annotations

import structlog
from sqlmodel import col, delete, select

from kbsearch.indexing.port import SearchEngine
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
    """Do whatever waits; an index of another schema or lexicon, or a broken one, is rebuilt by itself."""
    with store.read() as session:
        asked = session.exec(select(OutboxMessage.id).where(OutboxMessage.destination == destination, OutboxMessage.kind == REBUILD)).all()
    freshness = engine.freshness()
    if asked or not freshness.fresh:
        _LOG.info("index.rebuild_begins", reason=freshness.reason or "asked for")
        documents = reindex(store, engine)
        _LOG.info("index.rebuilt", documents=documents)
        with store.write() as unit:
            for job_id in asked:
                unit.session.exec(delete(OutboxMessage).where(col(OutboxMessage.id) == job_id))
    return drain(store, engine, destination)
