"""Fixtures of the schema tests: one schema and one migrated database template for all, a fresh world for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import strawberry

from kbsearch.indexing.analysis.chain import AnalysisChain
from kbsearch.schema.build import build_schema
from kbsearch.store.engine import open_engine
from kbsearch.store.migrate import migrate

from .world import Template, World


@pytest.fixture(scope="session")
def schema() -> strawberry.Schema:
    return build_schema()


@pytest.fixture(scope="session")
def chain() -> AnalysisChain:
    return AnalysisChain()


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory, schema: strawberry.Schema, chain: AnalysisChain) -> Iterator[Template]:
    empty = tmp_path_factory.mktemp("empty") / "kb.sqlite"
    engine = open_engine(f"sqlite:///{empty}")
    migrate(engine)
    with engine.connect() as connection:  # the copy must not need the write-ahead log beside it
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    made = World(tmp_path_factory.mktemp("template"), empty, schema, chain, prefix="T")
    yield made.furnish()
    made.close()


@pytest.fixture
def world(tmp_path: Path, template: Template, schema: strawberry.Schema, chain: AnalysisChain) -> Iterator[World]:
    made = World.furnished(tmp_path, template, schema, chain)
    yield made
    made.close()
