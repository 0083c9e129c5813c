"""Databases for the store's tests, on both engines."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.store.databases import ENGINES, Database, PostgresDatabase, SqliteDatabase


@pytest.fixture(scope="session", params=ENGINES)
def kept_database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """One migrated database of each engine for the whole run."""
    made = SqliteDatabase() if request.param == "sqlite" else PostgresDatabase()
    yield made
    made.close()


@pytest.fixture
def database(kept_database: Database) -> Database:
    """It, emptied."""
    kept_database.reset()
    return kept_database
