"""Stands before headquarters' doors: commits the faults of its inboxes, and takes and shows the plan; judges no message."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kbsearch.sandbox.misbehaviour import Fault, Misbehaviour, Traffic, plan_from_json
from kbsearch.sandbox.refusal import RefusalError
from kbsearch.sandbox.web import ChineseJSONResponse, json_input, raw_body, refusal_answer

API = "/api/misbehaviour"
INBOXES = ("/inbox", "/province-inbox/")
LONGEST_SILENCE = 60.0
RETRY_AFTER = 1
_BROKEN = (500, 502, 503)


@dataclass(slots=True)
class MisbehavingDoor:
    """ASGI: everything passes but what the plan picks. A webhook-id is picked at its first arrival only, so that it gets in later."""

    app: ASGIApp
    misbehaviour: Misbehaviour
    _met: set[str] = field(default_factory=set)
    _api: ASGIApp = field(init=False)

    def __post_init__(self) -> None:
        self._api = _api(self.misbehaviour)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif scope["path"] == API:
            await self._api(scope, receive, send)
        elif scope["path"].startswith(INBOXES) and self.misbehaviour.plan.rules:
            await self._take_in(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _take_in(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body = await raw_body(Request(scope, receive))
        except RefusalError as error:
            await ChineseJSONResponse({"error": {"code": error.code, "message": error.message}}, status_code=error.status)(
                scope, receive, send
            )
            return
        read = _once(body, receive)
        kind = _kind(body)
        match self._fault(Headers(scope=scope).get("webhook-id"), kind):
            case None:
                await self.app(scope, read, send)
            case Fault.SERVER_ERROR:
                status = self.misbehaviour.chance("5xx", self.misbehaviour.count(Fault.SERVER_ERROR)).choice(_BROKEN)
                await Response("沙箱按故障计划出错。", status_code=status)(scope, receive, send)
            case Fault.BUSY:
                await Response("沙箱按故障计划限流。", status_code=429, headers={"retry-after": str(RETRY_AFTER)})(scope, receive, send)
            case Fault.TIME_OUT:
                await self.app(scope, read, _unheard)
                await _silence(receive)
            case Fault.LOST_RECEIPT:
                await self.app(scope, read, _unheard)
                await _hang_up(scope, receive)
            case _:
                await _hang_up(scope, receive)

    def _fault(self, webhook_id: str | None, kind: str | None) -> Fault | None:
        if webhook_id is None or kind is None or webhook_id in self._met:
            return None
        self._met.add(webhook_id)
        for fault in self.misbehaviour.drawn(Traffic(kind, incoming=True)):
            self.misbehaviour.fired(fault, kind)
            return fault
        return None


def _api(misbehaviour: Misbehaviour) -> ASGIApp:
    async def show(_request: Request) -> Response:
        return ChineseJSONResponse(misbehaviour.view())

    async def take(request: Request) -> Response:
        given = await json_input(request)
        misbehaviour.follow(plan_from_json(given, misbehaviour.plan.seed), afresh="seed" in given)
        return ChineseJSONResponse(misbehaviour.view())

    routes = [Route(API, show, methods=["GET"]), Route(API, take, methods=["POST"])]
    return Starlette(routes=routes, exception_handlers={RefusalError: refusal_answer})


def _kind(body: bytes) -> str | None:
    """The message's kind; None for what is no message: the true door will say so."""
    try:
        kind = json.loads(body)["kind"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return kind if isinstance(kind, str) else None


def _once(body: bytes, receive: Receive) -> Receive:
    """Give a body that was read already once more, then what comes behind it."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def read() -> Message:
        return waiting.pop() if waiting else await receive()

    return read


async def _unheard(_message: Message) -> None:
    """An answer nobody gets."""


async def _silence(receive: Receive) -> None:
    """Wait until the caller has given up."""
    try:
        async with asyncio.timeout(LONGEST_SILENCE):
            while (await receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        return


async def _hang_up(scope: Scope, receive: Receive) -> None:
    """Cut the connection without an answer; run.py's servers put it into the scope."""
    scope["transport"].abort()
    await _silence(receive)
