"""One structured line per HTTP request, and its request id; logs no body, no query text, no header."""

from __future__ import annotations

import time

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kbsearch.http.facts import Monotonic
from kbsearch.http.request_id import NewRequestId, random_request_id, request_id_of

log = structlog.stdlib.get_logger("kbsearch.access")

_NOTES = ("operation_type", "operation_name", "principal")


class AccessLogMiddleware:
    """Pure ASGI middleware: settles the request id, returns it as `x-request-id` and writes the line when the answer is out.

    `principal`, `operation_type` and `operation_name` are taken from the request's scope state where somebody put them.
    Paths in `quiet` (probes) are logged only when they fail.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        quiet: frozenset[str] = frozenset({"/healthz", "/readyz", "/metrics"}),
        new_request_id: NewRequestId = random_request_id,
        monotonic: Monotonic = time.monotonic,
    ) -> None:
        self.app = app
        self._quiet = quiet
        self._new_request_id = new_request_id
        self._monotonic = monotonic

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; only HTTP requests are logged."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = self._monotonic()
        request_id = request_id_of(scope, self._new_request_id)
        status = 0

        async def send_noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = [pair for pair in message.get("headers", ()) if pair[0].lower() != b"x-request-id"]
                message = {**message, "headers": [*headers, (b"x-request-id", request_id.encode("ascii"))]}
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self.app(scope, receive, send_noting)
            except Exception:
                status = status or 500  # what the outermost middleware will answer
                raise
            finally:
                self._write(scope, request_id, status, (self._monotonic() - began) * 1000)

    def _write(self, scope: Scope, request_id: str, status: int, milliseconds: float) -> None:
        path = scope["path"]
        if path in self._quiet and 0 < status < 400:  # noqa: PLR2004 - the first HTTP status of a failure
            return
        state = scope.get("state", {})
        notes = {name: state[name] for name in _NOTES if state.get(name) is not None}
        # status 0: the client went away before the answer began
        log.info(
            "request", method=scope["method"], path=path[:200], status=status, ms=round(milliseconds, 2), request_id=request_id, **notes
        )
