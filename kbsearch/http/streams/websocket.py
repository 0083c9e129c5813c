"""GraphQL subscriptions over WebSocket, by the graphql-transport-ws protocol; text frames only, no queries, no mutations."""

from __future__ import annotations

import time

import structlog
from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from kbsearch.http.facts import HttpRequestFacts, Monotonic
from kbsearch.http.limits import HttpLimits
from kbsearch.http.request_id import NewRequestId, random_request_id, request_id_of
from kbsearch.http.streams.hub import Streams
from kbsearch.http.streams.messages import SUBPROTOCOL
from kbsearch.http.streams.session import Session

log = structlog.stdlib.get_logger("kbsearch.access")


class WebSocketEndpoint:
    """ASGI application for `WebSocketRoute("/graphql", …)`.

    Origins are not checked: a browser adds no credentials here by itself, every connection must bring its bearer token.
    """

    def __init__(
        self,
        streams: Streams,
        limits: HttpLimits,
        *,
        new_request_id: NewRequestId = random_request_id,
        monotonic: Monotonic = time.monotonic,
    ) -> None:
        self._streams = streams
        self._limits = limits
        self._new_request_id = new_request_id
        self._monotonic = monotonic

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection to its end."""
        await receive()  # websocket.connect
        if not self._streams.admit():
            await _reject(scope, send)
            return
        began = self._monotonic()
        session: Session | None = None
        try:
            offered = SUBPROTOCOL in scope.get("subprotocols", ())
            await send({"type": "websocket.accept", "subprotocol": SUBPROTOCOL if offered else None})
            if not offered:
                await send({"type": "websocket.close", "code": 4406, "reason": "Subprotocol not acceptable"})
                return
            session = Session(self._streams, self._limits, self._facts(scope), receive, send)
            await session.serve()
        except OSError:
            pass  # the client went away while we were talking
        finally:
            self._streams.release()
            milliseconds = round((self._monotonic() - began) * 1000, 2)
            notes = session.notes if session is not None else {"code": 4406}
            log.info("websocket", path=scope["path"][:200], ms=milliseconds, request_id=scope["state"].get("request_id"), **notes)

    def _facts(self, scope: Scope) -> HttpRequestFacts:
        request_id = request_id_of(scope, self._new_request_id)
        client = scope.get("client")
        return HttpRequestFacts(
            method="GET",
            headers=Headers(scope=scope),
            body=b"",
            request_id=request_id,
            client=client[0] if client else None,
            deadline=0.0,  # each evaluation gets its own
            seconds=0.0,
            monotonic=self._monotonic,
            state={},
        )


async def _reject(scope: Scope, send: Send) -> None:
    """Refuse the upgrade with 503 where the server can, which tells a client to come back later."""
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close"})
        return
    headers = [(b"retry-after", b"1"), (b"content-type", b"text/plain; charset=utf-8")]
    await send({"type": "websocket.http.response.start", "status": 503, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": "连接数已到上限，请稍后再连".encode()})
