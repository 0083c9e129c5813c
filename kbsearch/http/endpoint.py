"""The ASGI application behind /graphql: reads a request, has it run in a pooled thread, writes the answer; decides no content."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

import strawberry
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from kbsearch.http.answers import Answer, answer_crash, answer_fault
from kbsearch.http.body import ClientGoneError, check_content_headers, read_body
from kbsearch.http.errors import SERVER_CODES, HttpFault, Overloaded, bad_request
from kbsearch.http.facts import ContextFactory, HttpRequestFacts, Monotonic
from kbsearch.http.limits import HttpLimits
from kbsearch.http.negotiation import MediaType, accepts_event_stream, choose_media_type
from kbsearch.http.operation import OperationRunner
from kbsearch.http.params import params_from_body
from kbsearch.http.pool import BoundedPool
from kbsearch.http.projecting import Projector
from kbsearch.http.request_id import NewRequestId, random_request_id, request_id_of
from kbsearch.http.streams.evaluation import NotASubscription, caller_facts
from kbsearch.http.streams.event_stream import send_event_stream, send_refusal
from kbsearch.http.streams.feed import Journal
from kbsearch.http.streams.hub import Streams
from kbsearch.http.streams.limits import StreamLimits
from kbsearch.http.streams.subscriber import Subscriber
from kbsearch.http.streams.websocket import WebSocketEndpoint
from kbsearch.http.trusted import TrustedDocuments

_TOLD_IN_STREAM = frozenset({200, 400, 403, 409})


class OperationObserver(Protocol):
    """Who counts operations; `HttpMetrics` does."""

    def started(self) -> None:
        """Count one request that has begun."""

    def finished(self, answer: Answer | None, seconds: float) -> None:
        """Count one request that has ended; `answer` is None if the client went away first."""


class _NoObserver:
    def started(self) -> None:
        pass

    def finished(self, answer: Answer | None, seconds: float) -> None:
        pass


class GraphQLEndpoint:
    """GraphQL over HTTP for `schema`, for a Starlette `Route` (it is an ASGI application and answers every method itself).

    `execute_context` is called in the operation's thread with the request's facts; its context manager surrounds validation and
    execution and yields the context value. `threads` operations run at once, `queue` more wait, the next is answered 503.
    `deadline_seconds` counts from the moment the body is complete. `projector` completes query results faster than the executor,
    with the same answers. `console` answers browsers (GET with Accept: text/html). With a `journal`, subscriptions are served as event
    streams (POST with Accept: text/event-stream) and over `websocket`, which belongs under the same path.
    `on_client_error` gets the code of each error a client made (those are counted, never logged). `debug` lets validation errors
    suggest field names. Call `close()` when the process stops.
    """

    def __init__(
        self,
        schema: strawberry.Schema,
        execute_context: ContextFactory,
        *,
        limits: HttpLimits | None = None,
        threads: int = 8,
        queue: int = 64,
        deadline_seconds: float = 10.0,
        trusted: TrustedDocuments | None = None,
        projector: Projector | None = None,
        journal: Journal | None = None,
        stream_limits: StreamLimits | None = None,
        console: ASGIApp | None = None,
        observer: OperationObserver | None = None,
        on_client_error: Callable[[str], None] | None = None,
        debug: bool = False,
        new_request_id: NewRequestId = random_request_id,
        monotonic: Monotonic = time.monotonic,
    ) -> None:
        self.limits = limits or HttpLimits()
        self.runner = OperationRunner(schema, execute_context, self.limits, trusted or TrustedDocuments(), projector=projector, debug=debug)
        self.pool = BoundedPool(threads, queue)
        self._deadline_seconds = deadline_seconds
        self._console = console
        self._observer = observer or _NoObserver()
        self._on_client_error = on_client_error
        self._new_request_id = new_request_id
        self._monotonic = monotonic
        self.streams: Streams | None = None
        self.websocket: WebSocketEndpoint | None = None
        if journal is not None:
            self.streams = Streams(self.runner, journal, stream_limits or StreamLimits(), deadline_seconds, self._count_client_errors)
            self.websocket = WebSocketEndpoint(self.streams, self.limits, new_request_id=new_request_id, monotonic=monotonic)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one HTTP request."""
        headers = Headers(scope=scope)
        html = self._console is not None and scope["method"] == "GET"
        media_type = choose_media_type(headers.get("accept"), html=html)
        if media_type is MediaType.HTML and self._console is not None:
            await self._console(scope, receive, send)
            return
        began = self._monotonic()
        request_id = request_id_of(scope, self._new_request_id)
        answer: Answer | Subscriber | None = None
        self._observer.started()
        try:
            answer = await self._answer(scope, receive, headers, media_type)
            if isinstance(answer, Answer):
                self._count_client_errors(answer)
                await self._write(send, answer, media_type, headers, request_id)
        except ClientGoneError:
            pass
        finally:
            counted = Answer(200, b"", operation_type="subscription") if isinstance(answer, Subscriber) else answer
            self._observer.finished(counted, self._monotonic() - began)
        if isinstance(answer, Subscriber) and self.streams is not None:
            try:
                await send_event_stream(answer, self.streams.limits, request_id, receive, send)
            finally:
                self.streams.release()

    async def stop_streams(self) -> None:
        """End every subscription; what is asked for afterwards is refused. The server calls it when it begins to stop."""
        if self.streams is not None:
            await self.streams.stop()

    def close(self) -> None:
        """Wait for running operations and end the threads."""
        self.pool.close()
        if self.streams is not None:
            self.streams.close()

    def _count_client_errors(self, answer: Answer) -> None:
        if self._on_client_error is not None:
            for code in answer.codes:
                if code not in SERVER_CODES:
                    self._on_client_error(code)

    async def _answer(self, scope: Scope, receive: Receive, headers: Headers, media_type: MediaType | None) -> Answer | Subscriber:
        request_id = request_id_of(scope, self._new_request_id)
        streamed = self.streams is not None and scope["method"] == "POST" and accepts_event_stream(headers.get("accept"))
        try:
            body = await self._admit(scope["method"], receive, headers, media_type, streamed=streamed)
            facts = self._facts(scope, headers, body, request_id)
            opened = await self._subscribe(facts) if streamed and _may_subscribe(body) else None
            if opened is not None:
                return opened
            _require_acceptable(media_type)
            query_string: bytes = scope.get("query_string", b"")
            return await self.pool.run(lambda: self.runner.run(facts, query_string))
        except HttpFault as fault:
            return answer_fault(fault, request_id)
        except ClientGoneError:
            raise
        except Exception as error:  # noqa: BLE001 - the last door: a bug of ours must become a masked, logged answer
            return answer_crash(error, request_id)

    async def _subscribe(self, facts: HttpRequestFacts) -> Answer | Subscriber | None:
        """Open an event stream; None where the operation is no subscription after all."""
        streams = self.streams
        params = params_from_body(facts.body, self.limits)
        if streams is None or not streams.admit():
            raise Overloaded
        opened: Answer | Subscriber | None = None
        try:
            opened = await streams.subscribe(caller_facts(facts, facts.headers.get("authorization")), params)
        except NotASubscription:
            return None
        finally:
            if not isinstance(opened, Subscriber):
                streams.release()
        return opened

    async def _write(self, send: Send, answer: Answer, media_type: MediaType | None, headers: Headers, request_id: str) -> None:
        # GraphQL over SSE: what a client that knows nothing but streams did wrong in its operation is told in a stream.
        told = answer.request_error or (answer.operation_type == "subscription" and answer.status in _TOLD_IN_STREAM)
        if media_type is None and told and self.streams is not None and accepts_event_stream(headers.get("accept")):
            await send_refusal(answer, self.streams.limits, request_id, send)
            return
        await _send(send, answer, media_type or MediaType.JSON, request_id)

    async def _admit(self, method: str, receive: Receive, headers: Headers, media_type: MediaType | None, *, streamed: bool) -> bytes:
        if method not in {"GET", "POST"}:
            raise bad_request("METHOD_NOT_ALLOWED", "只接受 GET 和 POST 请求", 405, {"allow": "GET, POST"})
        if not streamed:
            _require_acceptable(media_type)
        if method == "GET":
            return b""
        check_content_headers(headers, self.limits)
        return await read_body(receive, self.limits)

    def _facts(self, scope: Scope, headers: Headers, body: bytes, request_id: str) -> HttpRequestFacts:
        client = scope.get("client")
        return HttpRequestFacts(
            method=scope["method"],
            headers=headers,
            body=body,
            request_id=request_id,
            client=client[0] if client else None,
            deadline=self._monotonic() + self._deadline_seconds,
            seconds=self._deadline_seconds,
            monotonic=self._monotonic,
            state=scope["state"],
        )


def _require_acceptable(media_type: MediaType | None) -> None:
    if media_type is None:
        offered = f"{MediaType.GRAPHQL} 或 {MediaType.JSON}"
        raise bad_request("NOT_ACCEPTABLE", f"无法按 Accept 要求的类型应答；请接受 {offered}", 406)


def _may_subscribe(body: bytes) -> bool:
    """A cheap look before parsing: clients that could take a stream say so with every query."""
    return b"subscription" in body or b"documentId" in body or b"persistedQuery" in body or b"\\u" in body


async def _send(send: Send, answer: Answer, media_type: MediaType, request_id: str) -> None:
    # GraphQL over HTTP: a client that knows only application/json reads request errors from the body, under 200.
    status = 200 if answer.request_error and media_type is MediaType.JSON else answer.status
    headers = {
        "content-type": f"{media_type}; charset=utf-8",
        "content-length": str(len(answer.body)),
        "cache-control": "no-store",
        "vary": "accept",
        "x-content-type-options": "nosniff",
        "x-request-id": request_id,
        **answer.headers,
    }
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": answer.body})
