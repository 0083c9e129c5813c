"""A small schema and a synchronous client for the tests of the HTTP door; imports nothing of the real schema."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any, Self

import httpx
import strawberry
import uvicorn
from graphql import GraphQLError
from starlette.types import ASGIApp
from strawberry.scalars import JSON

from kbsearch.errors import Refusal, RefusalCode, Refused
from kbsearch.http.endpoint import GraphQLEndpoint
from kbsearch.http.errors import Unauthenticated
from kbsearch.http.facts import HttpRequestFacts

GRAPHQL = "application/graphql-response+json"
JSON_TYPE = "application/json"


@strawberry.type
class PageInfo:
    has_next_page: bool


@strawberry.type
class Person:
    name: str

    @strawberry.field
    def friends(self, first: int = 20) -> "list[Person]":
        return [Person(name=f"{self.name}{i}") for i in range(first)]

    @strawberry.field
    def flaw(self) -> str | None:
        raise KeyError(self.name)

    @strawberry.field
    def children(self) -> "list[Person]":
        return [self]

    @strawberry.field
    def best(self) -> "Person":
        return self

    @strawberry.field
    def people(self, first: int = 20) -> "PersonConnection":
        return PersonConnection(nodes=self.friends(first), page_info=PageInfo(has_next_page=False))


@strawberry.type
class PersonConnection:
    nodes: list[Person]
    page_info: PageInfo


@strawberry.input
class Page:
    first: int = 10


@strawberry.type
class Query:
    @strawberry.field
    def hello(self, name: str = "世界") -> str:
        return f"你好，{name}"

    @strawberry.field
    def person(self) -> Person:
        return Person(name="甲")

    @strawberry.field
    def people(self, first: int | None = None, last: int | None = None) -> PersonConnection:
        count = first or last or 3
        return PersonConnection(nodes=[Person(name=str(i)) for i in range(count)], page_info=PageInfo(has_next_page=False))

    @strawberry.field
    def by_ids(self, ids: list[strawberry.ID]) -> list[Person]:
        return [Person(name=str(i)) for i in ids]

    @strawberry.field
    def search(self, page: Page) -> list[Person]:
        return [Person(name=str(i)) for i in range(page.first)]

    @strawberry.field
    def echo(self, value: JSON) -> JSON | None:
        return value

    @strawberry.field
    def boom(self) -> str | None:
        raise ValueError("机密：口令是 swordfish")

    @strawberry.field
    def mistake(self) -> str | None:
        raise GraphQLError("日期不对", extensions={"code": "BAD_DATE", "field": "day"})

    @strawberry.field
    def forbidden(self) -> str | None:
        raise Refused(Refusal(RefusalCode.PERMISSION_DENIED, "您没有查看的权限；请联系管理员", rule="view"))

    @strawberry.field
    def unencodable(self) -> JSON | None:
        return JSON({"big": 2**80})

    @strawberry.field
    async def awaitable(self) -> str | None:
        return "不支持"

    @strawberry.field
    def count_to(self, info: strawberry.Info, limit: int) -> int | None:
        for _ in range(limit):
            info.context.advance(1.0)
            info.context.facts.check_deadline()
        return limit

    @strawberry.field
    def wait(self, info: strawberry.Info) -> str | None:
        info.context.gate.wait(10)
        return "等到了"

    @strawberry.field
    def thread(self) -> str:
        return threading.current_thread().name

    @strawberry.field
    def whoami(self, info: strawberry.Info) -> str:
        return str(info.context.facts.state["principal"])


@strawberry.type
class Mutation:
    @strawberry.mutation
    def rename(self, info: strawberry.Info, name: str) -> str:
        info.context.renamed.append(name)
        info.context.advance(100.0)
        return name


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def ticks(self) -> int:
        yield 1


class Context:
    """What the factory yields: counts its openings and closings so that tests see them."""

    def __init__(self, advance: Callable[[float], None]) -> None:
        self.advance = advance
        self.gate = threading.Event()
        self.renamed: list[str] = []
        self.opened = 0
        self.closed = 0
        self.fail_on_exit: Exception | None = None
        self.facts: HttpRequestFacts

    @contextlib.contextmanager
    def open(self, facts: HttpRequestFacts) -> Iterator[Self]:
        self.facts = facts
        token = facts.headers.get("authorization")
        if token == "Bearer wrong":
            raise Unauthenticated("令牌无效或已过期；请重新登录")
        if token == "Bearer crash":
            raise RuntimeError("store is down")
        facts.state["principal"] = "zhang.san"
        self.opened += 1
        try:
            yield self
        finally:
            self.closed += 1
        if self.fail_on_exit:
            raise self.fail_on_exit


class ManualTime:
    """A monotonic clock that moves only when told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


class Door:
    """Calls an ASGI application from synchronous tests, on one event loop."""

    def __init__(self, app: ASGIApp, runner: asyncio.Runner) -> None:
        self.app = app
        self.runner = runner

    def request(self, method: str, path: str = "/graphql", *, raise_app_exceptions: bool = True, **kwargs: Any) -> httpx.Response:
        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=raise_app_exceptions)
            async with httpx.AsyncClient(transport=transport, base_url="http://door") as client:
                return await client.request(method, path, **kwargs)

        return self.runner.run(send())

    def raw(self, body: bytes, content_type: str | None = JSON_TYPE, **headers: str) -> httpx.Response:
        sent = {"accept": GRAPHQL, **({"content-type": content_type} if content_type else {}), **headers}
        return self.request("POST", content=body, headers=sent)

    def post(self, query: str, accept: str = GRAPHQL, headers: dict[str, str] | None = None, **params: Any) -> httpx.Response:
        return self.request("POST", json={"query": query, **params}, headers={"accept": accept, **(headers or {})})


def make_schema() -> strawberry.Schema:
    return strawberry.Schema(Query, Mutation, Subscription)


def error_codes(response: httpx.Response) -> list[str]:
    return [error["extensions"]["code"] for error in response.json().get("errors", [])]


@contextlib.contextmanager
def served(app: ASGIApp) -> Iterator[str]:
    """Serve `app` with uvicorn on a free port of this machine; yields its base URL."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off", ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()


MakeDoor = Callable[..., Door]
"""`make_door(**endpoint_options)`; the endpoint is `door.app`."""

__all__ = ["GRAPHQL", "JSON_TYPE", "Context", "Door", "GraphQLEndpoint", "MakeDoor", "ManualTime", "error_codes", "make_schema", "served"]
