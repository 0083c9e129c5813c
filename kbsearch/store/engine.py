"""Opens the database by its URL, SQLite or PostgreSQL, behaving the same; holds no queries."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import make_url

from kbsearch.store.dialect import WRITE, prepare_postgres, prepare_sqlite

LOCK_WAIT_MS = 15_000


def open_engine(url: str, *, pool_size: int = 20) -> Engine:
    """Open an engine; a SQLite file's folder is made. `postgresql://` means psycopg 3."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        if parsed.database and parsed.database != ":memory:":
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(
            parsed,
            connect_args={"check_same_thread": False},
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=30,
            json_deserializer=_read_json,
        )
        prepare_sqlite(engine, LOCK_WAIT_MS)
        return engine
    engine = create_engine(
        parsed.set(drivername="postgresql+psycopg"), pool_size=pool_size, max_overflow=0, pool_timeout=30, pool_pre_ping=True
    )
    prepare_postgres(engine, LOCK_WAIT_MS)
    return engine


def _read_json(text: str) -> Any:
    # Four columns of every version are lists, mostly empty; a page of search results reads eighty of them.
    return [] if text == "[]" else json.loads(text)


def for_writing(engine: Engine) -> Engine:
    """The same engine and pool, whose transactions take the write lock at their beginning where that matters."""
    return engine.execution_options(**{WRITE: True})
