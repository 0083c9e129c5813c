"""Throw-away migrated databases, SQLite files and PostgreSQL schemas, for every test that needs a real store; asserts nothing."""

from __future__ import annotations

import os
import shutil
import tempfile
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any, Protocol

import pytest
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlmodel import SQLModel

from kbsearch.store.engine import open_engine
from kbsearch.store.migrate import migrate

POSTGRES_VARIABLE = "KBSEARCH_TEST_POSTGRES_URL"
HOW_TO_START = (
    "needs a PostgreSQL: docker run --rm -d -p 5432:5432 -e POSTGRES_USER=kb -e POSTGRES_PASSWORD=kb postgres:16; "
    f"export {POSTGRES_VARIABLE}=postgresql://kb:kb@localhost/kb"
)
_NUMBERS = count(1)
_SEEDED = ("category", "sequence_counter")


class Database(Protocol):
    """A migrated database of one test; `reset` empties it, `save` and `restore` keep one moment of it."""

    engine: Engine

    def reset(self) -> None:
        """As freshly migrated."""

    def close(self) -> None:
        """Let go of it; nothing of it stays."""


@cache
def _template() -> Path:
    """A migrated empty file, made once per process and copied from then on."""
    path = Path(tempfile.mkdtemp(prefix="kbsearch-tests-")) / "template.db"
    engine = open_engine(f"sqlite:///{path}")
    migrate(engine)
    engine.dispose()
    return path


def quick_sqlite(path: Path) -> Engine:
    """The real engine on a file, except that it does not wait for the disk: what is tested here is not a power cut."""
    engine = open_engine(f"sqlite:///{path}")

    @event.listens_for(engine, "connect")
    def _do_not_wait(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA synchronous = OFF")

    return engine


class SqliteDatabase:
    """One file in a folder of its own."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="kbsearch-test-"))
        self.path = self.folder / "kb.db"
        shutil.copyfile(_template(), self.path)
        self.engine = quick_sqlite(self.path)

    def reset(self) -> None:
        self._become(_template())

    def save(self) -> None:
        """Keep this moment."""
        self.engine.dispose()
        shutil.copyfile(self.path, self.folder / "saved.db")

    def restore(self) -> None:
        """Back to the moment kept."""
        self._become(self.folder / "saved.db")

    def _become(self, other: Path) -> None:
        self.engine.dispose()
        for leftover in self.folder.glob("kb.db-*"):
            leftover.unlink()
        shutil.copyfile(other, self.path)

    def close(self) -> None:
        self.engine.dispose()
        shutil.rmtree(self.folder, ignore_errors=True)


def postgres_url() -> str | None:
    """Where tests may use a PostgreSQL, None when nowhere."""
    return os.environ.get(POSTGRES_VARIABLE)


POSTGRES_MARKS = (pytest.mark.postgres, pytest.mark.skipif(postgres_url() is None, reason=HOW_TO_START))
ENGINES = ["sqlite", pytest.param("postgres", marks=POSTGRES_MARKS)]


def _rows(connection: Connection, name: str) -> list[dict[str, Any]]:
    return [dict(row._mapping) for row in connection.execute(SQLModel.metadata.tables[name].select())]


class PostgresDatabase:
    """One schema of its own in the PostgreSQL of the environment, dropped at the end."""

    def __init__(self, *, migrated: bool = True) -> None:
        url = postgres_url()
        assert url is not None, HOW_TO_START
        self.admin = create_engine(make_url(url).set(drivername="postgresql+psycopg"), pool_size=1)
        self.schema = f"kbsearch_test_{os.getpid()}_{next(_NUMBERS)}"
        with self.admin.begin() as connection:
            connection.execute(text(f"CREATE SCHEMA {self.schema}"))
        self.url = (
            make_url(url)
            .update_query_dict({"options": f"-csearch_path={self.schema} -csynchronous_commit=off"})
            .render_as_string(hide_password=False)
        )
        self.engine = open_engine(self.url)
        if migrated:
            migrate(self.engine)
            with self.engine.connect() as connection:
                self._seeds = {name: _rows(connection, name) for name in _SEEDED}

    def reset(self) -> None:
        tables = ", ".join(f'"{t.name}"' for t in SQLModel.metadata.sorted_tables)
        with self.engine.begin() as connection:
            connection.execute(text(f"TRUNCATE {tables} CASCADE"))
            for name, rows in self._seeds.items():
                connection.execute(SQLModel.metadata.tables[name].insert(), rows)

    def close(self) -> None:
        self.engine.dispose()
        with self.admin.begin() as connection:
            connection.execute(text(f"DROP SCHEMA {self.schema} CASCADE"))
        self.admin.dispose()
