"""A world's schema served over real sockets, and people subscribing there."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import strawberry
from starlette.applications import Starlette

from kbsearch.http.endpoint import GraphQLEndpoint
from kbsearch.http.health import Readiness
from kbsearch.http.limits import HttpLimits
from kbsearch.http.routes import create_middleware, create_routes
from kbsearch.http.streams.limits import StreamLimits
from kbsearch.schema.build import LIST_SIZES
from kbsearch.schema.context import context_factory
from kbsearch.services.events import EventJournal
from tests.http.stream_door import Talk, listening, socket_to, wait_for

from .world import World

EVENT = "cursor at kind action actionText actorName documentId submission { id state title }"


class Live:
    """One serving process over the world's store."""

    def __init__(self, world: World, address: str, endpoint: GraphQLEndpoint) -> None:
        assert endpoint.streams is not None
        self.world, self.address, self.streams = world, address, endpoint.streams

    @contextlib.contextmanager
    def talk(self, who: str) -> Iterator[Talk]:
        with socket_to(self.address, f"Bearer {self.world.tokens[who]}") as talk:
            yield talk

    @contextlib.contextmanager
    def listening(self, who: str, field: str, after: str | None = None, selection: str = EVENT) -> Iterator[Listener]:
        """Somebody subscribed to `field`, certainly."""
        with self.talk(who) as talk:
            before = self.streams.subscriptions
            query = f"subscription($after: String) {{ {field}(after: $after) {{ {selection} }} }}"
            talk.subscribe(query=query, variables={"after": after})
            wait_for(lambda: self.streams.subscriptions > before)
            yield Listener(talk, field)


class Listener:
    """Hears the events of one subscription."""

    def __init__(self, talk: Talk, field: str) -> None:
        self.talk, self.field = talk, field

    def event(self, seconds: float = 5) -> Any:
        message = self.talk.hear(seconds)
        assert message["type"] == "next", message
        assert "errors" not in message["payload"], message
        return message["payload"]["data"][self.field]

    def error(self) -> str:
        return self.talk.error_code()

    def silence(self, seconds: float = 0.4) -> None:
        with contextlib.suppress(TimeoutError):
            raise AssertionError(self.talk.hear(seconds))


@contextlib.contextmanager
def live(world: World, schema: strawberry.Schema, **limits: Any) -> Iterator[Live]:
    endpoint = GraphQLEndpoint(
        schema,
        context_factory(world.system),
        limits=HttpLimits(list_sizes=LIST_SIZES),
        threads=2,
        journal=EventJournal(world.store),
        stream_limits=StreamLimits(**{"poll_seconds": 0.02, **limits}),
    )
    app = Starlette(routes=create_routes(endpoint, readiness=Readiness([])), middleware=create_middleware())
    try:
        with listening(app) as address:
            yield Live(world, address, endpoint)
    finally:
        endpoint.close()
