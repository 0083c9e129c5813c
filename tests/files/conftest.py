"""The schema tests' world with the door of files beside its GraphQL door."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import strawberry

from kbsearch.indexing.analysis.chain import AnalysisChain
from tests.schema.conftest import chain, schema, template
from tests.schema.world import Template, World

from .desk import Desk

__all__ = ["chain", "schema", "template"]


@pytest.fixture
def world(tmp_path: Path, template: Template, schema: strawberry.Schema, chain: AnalysisChain) -> Iterator[World]:
    made = World.furnished(tmp_path, template, schema, chain)
    yield made
    made.close()


@pytest.fixture
def desk(world: World, tmp_path: Path) -> Iterator[Desk]:
    made = Desk(world, tmp_path / "attachments")
    yield made
    made.close()
