"""A small schema with subscriptions over a journal in memory, served by a real uvicorn, and a client that talks raw frames."""

import asyncio
import contextlib
import json
import logging
import socket
import threading
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import strawberry
import uvicorn
from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send
from websockets.client import ClientProtocol
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.sync.client import ClientConnection, connect
from websockets.uri import parse_uri

from kbsearch.errors import Refusal, RefusalCode, Refused
from kbsearch.http.console.pages import Console
from kbsearch.http.endpoint import GraphQLEndpoint
from kbsearch.http.errors import Unauthenticated
from kbsearch.http.facts import HttpRequestFacts
from kbsearch.http.health import Readiness
from kbsearch.http.routes import create_exception_handlers, create_middleware, create_routes
from kbsearch.http.streams.feed import Feed, Position
from kbsearch.http.streams.limits import StreamLimits

LAST = 2**31 - 1
GOOD = "Bearer good"
TICKS = "subscription { ticks }"


@dataclass(frozen=True)
class Numbers:
    """A portion: the journal's entries are numbers."""

    after: Position
    upto: Position
    found: tuple[int, ...]


@dataclass
class Ledger:
    """An append-only journal in memory; `portion` bounds one reading."""

    portion: int = 7
    entries: list[int] = field(default_factory=list)
    revoked: set[str] = field(default_factory=set)
    heads: int = 0
    reads: int = 0
    away: bool = False

    def _be_there(self) -> None:
        if self.away:
            raise ConnectionError("the store is away")

    def write(self, *numbers: int) -> None:
        self.entries.extend(numbers)

    def head(self) -> Position:
        self._be_there()
        self.heads += 1
        return len(self.entries), LAST

    def read(self, after: Position, upto: Position) -> Numbers:
        self._be_there()
        self.reads += 1
        end = min(upto[0], after[0] + self.portion)
        return Numbers(after, (end, LAST), tuple(self.entries[after[0] : end]))

    @contextlib.contextmanager
    def open(self, facts: HttpRequestFacts) -> Iterator["Ledger"]:
        token = facts.headers.get("authorization")
        if token is not None and (not token.startswith("Bearer good") or token in self.revoked):
            raise Unauthenticated("令牌无效或已过期；请重新登录")
        if token is not None:
            facts.state["principal"] = "zhang.san"
        self._be_there()
        yield self


class TickFeed(Feed):
    def __init__(self, since: int | None, *, wide: bool = False) -> None:
        self.since, self.wide = since, wide

    @property
    def after(self) -> Position | None:
        return None if self.since is None else (self.since, LAST)

    def concerns(self, portion: Numbers) -> bool:
        return bool(portion.found)

    def events(self, portion: Numbers) -> Sequence[Any]:
        return [("x" * 20_000 if self.wide else number) for number in portion.found if number >= 0]


def _stream(feed: Feed) -> AsyncGenerator[Any, None]:
    return cast("AsyncGenerator[Any, None]", feed)


@strawberry.type
class Query:
    @strawberry.field
    def hello(self) -> str:
        return "你好"


@strawberry.type
class Mutation:
    @strawberry.mutation
    def change(self) -> str:
        return "改了"


@strawberry.type
class Subscription:
    @strawberry.subscription
    def ticks(self, after: int | None = None) -> AsyncGenerator[int | None, None]:
        return _stream(TickFeed(after))

    @strawberry.subscription
    def wide(self, after: int | None = None) -> AsyncGenerator[str | None, None]:
        return _stream(TickFeed(after, wide=True))

    @strawberry.subscription
    def forbidden(self) -> AsyncGenerator[int | None, None]:
        raise Refused(Refusal(RefusalCode.PERMISSION_DENIED, "您没有订阅的权限；请联系管理员", rule="view"))

    @strawberry.subscription
    def broken(self) -> AsyncGenerator[int | None, None]:
        raise ValueError("机密：口令是 swordfish")


def make_stream_schema() -> strawberry.Schema:
    return strawberry.Schema(Query, Mutation, Subscription)


@contextlib.contextmanager
def listening(app: ASGIApp, ws_max_size: int = 128 * 1024) -> Iterator[str]:
    """Serve on a free port of this machine; yields host and port."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        app, log_config=None, lifespan="off", ws="websockets-sansio", ws_max_size=ws_max_size, timeout_graceful_shutdown=2
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()


class StreamDoor:
    """A running server over one ledger."""

    def __init__(self, ledger: Ledger, endpoint: GraphQLEndpoint) -> None:
        self.address, self.ledger, self.endpoint = "", ledger, endpoint
        assert endpoint.streams is not None
        self.streams = endpoint.streams
        self.loops: list[asyncio.AbstractEventLoop] = []

    def socket(self, init: str | None = GOOD, **options: Any) -> contextlib.AbstractContextManager["Talk"]:
        """A connection, introduced unless `init` is None."""
        return socket_to(self.address, init, **options)

    @contextlib.contextmanager
    def deaf_socket(self, authorization: str = GOOD) -> Iterator["Deaf"]:
        """A connection that reads only when told."""
        host, _, port = self.address.partition(":")
        raw = socket.socket()
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8_192)
        raw.settimeout(10)
        raw.connect((host, int(port)))
        with raw:
            yield Deaf(raw, self.address, authorization)

    def stop(self) -> None:
        """End the streams as the server does when it is told to stop."""
        asyncio.run_coroutine_threadsafe(self.endpoint.stop_streams(), self.loops[0]).result(5)

    def quiet(self) -> None:
        """Wait until nothing is open any more."""
        wait_for(lambda: not self.streams.subscriptions and not self.streams.connections)


@contextlib.contextmanager
def socket_to(address: str, init: str | None, *, subprotocol: str = "graphql-transport-ws", **options: Any) -> Iterator["Talk"]:
    """A connection to a server, introduced unless `init` is None."""
    with connect(f"ws://{address}/graphql", subprotocols=[subprotocol], open_timeout=5, **options) as connection:  # type: ignore[list-item]
        talk = Talk(connection)
        if init is not None:
            talk.introduce(init)
        yield talk


class Talk:
    """Frames as JSON."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    def say(self, **message: Any) -> None:
        self.connection.send(json.dumps(message))

    def introduce(self, authorization: str = GOOD) -> None:
        self.say(type="connection_init", payload={"authorization": authorization})
        assert self.hear() == {"type": "connection_ack"}

    def subscribe(self, identity: str = "1", query: str = TICKS, **more: Any) -> None:
        self.say(type="subscribe", id=identity, payload={"query": query, **more})

    def hear(self, seconds: float = 5) -> Any:
        """The next message that is no ping."""
        while True:
            frame = self.connection.recv(seconds)
            assert isinstance(frame, str), "only text frames"
            message = json.loads(frame)
            if message != {"type": "ping"}:
                return message

    def ticks(self, count: int, name: str = "ticks") -> list[Any]:
        return [self.hear()["payload"]["data"][name] for _ in range(count)]

    def error_code(self) -> str:
        message = self.hear()
        assert message["type"] == "error", message
        return str(message["payload"][0]["extensions"]["code"])

    def closed(self, seconds: float = 5) -> tuple[int, str]:
        """The close the server sends; whatever it says before is passed over."""
        stop_at = time.monotonic() + seconds
        with contextlib.suppress(ConnectionClosed):
            while True:
                self.connection.recv(max(0.01, stop_at - time.monotonic()))
        assert self.connection.close_code is not None
        return self.connection.close_code, self.connection.close_reason or ""


class Deaf:
    """A client on a bare socket: what it does not ask for stays in the pipe."""

    def __init__(self, raw: socket.socket, address: str, authorization: str) -> None:
        self.raw = raw
        self.protocol = ClientProtocol(parse_uri(f"ws://{address}/graphql"), subprotocols=["graphql-transport-ws"], max_size=None)  # type: ignore[list-item]
        self.protocol.send_request(self.protocol.connect())
        self._flush()
        self._read_until(lambda event: isinstance(event, Response))
        self._say(type="connection_init", payload={"authorization": authorization})
        self.listen_until("connection_ack")

    def subscribe(self, query: str) -> None:
        self._say(type="subscribe", id="1", payload={"query": query})

    def listen_until(self, kind: str) -> list[Any]:
        """Everything heard up to a message of this type."""
        heard: list[Any] = []

        def ends(event: Any) -> bool:
            if isinstance(event, Frame) and event.opcode is Opcode.TEXT:
                heard.append(json.loads(event.data))
            return bool(heard) and heard[-1]["type"] == kind

        self._read_until(ends)
        return heard

    def _say(self, **message: Any) -> None:
        self.protocol.send_text(json.dumps(message).encode())
        self._flush()

    def _flush(self) -> None:
        for data in self.protocol.data_to_send():
            self.raw.sendall(data)

    def _read_until(self, ends: Callable[[Any], bool]) -> None:
        while True:
            for event in self.protocol.events_received():
                if ends(event):
                    return
            data = self.raw.recv(65_536)
            assert data, "the server closed the connection"
            self.protocol.receive_data(data)


def wait_for(holds: Callable[[], Any], seconds: float = 5) -> None:
    stop_at = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < stop_at, "waited in vain"
        time.sleep(0.01)


class Noise(logging.Handler):
    """Collects what anybody logs as an error."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.records: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record.getMessage())


@contextlib.contextmanager
def stream_door(schema: strawberry.Schema, console: Console | None = None, **limits: Any) -> Iterator[StreamDoor]:
    ledger = Ledger()
    endpoint = GraphQLEndpoint(
        schema,
        ledger.open,
        threads=2,
        console=console.page if console is not None else None,
        journal=ledger,
        stream_limits=StreamLimits(**{"poll_seconds": 0.02, **limits}),
    )
    routes = create_routes(endpoint, readiness=Readiness([]), console=console)
    app = Starlette(routes=routes, middleware=create_middleware(), exception_handlers=create_exception_handlers())
    door = StreamDoor(ledger, endpoint)

    async def noting_its_loop(scope: Scope, receive: Receive, send: Send) -> None:
        door.loops.append(asyncio.get_running_loop())
        await app(scope, receive, send)

    try:
        with listening(noting_its_loop) as door.address:
            yield door
    finally:
        endpoint.close()
