"""Fixtures of the HTTP tests: one event loop a test, a manual clock, endpoints that are closed again."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
import strawberry

from tests.http.http_door import Context, Door, GraphQLEndpoint, MakeDoor, ManualTime, make_schema


@pytest.fixture(scope="session")
def schema() -> strawberry.Schema:
    return make_schema()


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture
def clock() -> ManualTime:
    return ManualTime()


@pytest.fixture
def context(clock: ManualTime) -> Context:
    return Context(clock.advance)


@pytest.fixture
def make_door(schema: strawberry.Schema, runner: asyncio.Runner, clock: ManualTime, context: Context) -> Iterator[MakeDoor]:
    endpoints: list[GraphQLEndpoint] = []

    def make(**options: Any) -> Door:
        endpoint = GraphQLEndpoint(schema, context.open, **{"monotonic": clock, "threads": 2, **options})
        endpoints.append(endpoint)
        return Door(endpoint, runner)

    yield make
    context.gate.set()
    for endpoint in endpoints:
        endpoint.close()


@pytest.fixture
def door(make_door: MakeDoor) -> Door:
    return make_door()
