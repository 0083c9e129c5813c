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
from kbsearch.http.errors import SERVER_CODES, HttpFault, bad_request
from kbsearch.http.facts import ContextFactory, HttpRequestFacts, Monotonic
from kbsearch.http.limits import HttpLimits
from kbsearch.http.negotiation import MediaType, choose_media_type
from kbsearch.http.operation import OperationRunner
from kbsearch.http.pool import BoundedPool
from kbsearch.http.request_id import NewRequestId, random_request_id, request_id_of
from kbsearch.http.trusted import TrustedDocuments


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
    `deadline_seconds` counts from the moment the body is complete. `console` answers browsers (GET with Accept: text/html).
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
        console: ASGIApp | None = None,
        observer: OperationObserver | None = None,
        on_client_error: Callable[[str], None] | None = None,
        debug: bool = False,
        new_request_id: NewRequestId = random_request_id,
        monotonic: Monotonic = time.monotonic,
    ) -> None:
        self.limits = limits or HttpLimits()
        self.runner = OperationRunner(schema, execute_context, self.limits, trusted or TrustedDocuments(), debug=debug)
        self.pool = BoundedPool(threads, queue)
        self._deadline_seconds = deadline_seconds
        self._console = console
        self._observer = observer or _NoObserver()
        self._on_client_error = on_client_error
        self._new_request_id = new_request_id
        self._monotonic = monotonic

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one HTTP request."""
        headers = Headers(scope=scope)
        html = self._console is not None and scope["method"] == "GET"
        media_type = choose_media_type(headers.get("accept"), html=html)
        if media_type is MediaType.HTML and self._console is not None:
            await self._console(scope, receive, send)
            return
        began = self._monotonic()
        answer: Answer | None = None
        self._observer.started()
        try:
            answer = await self._answer(scope, receive, headers, media_type)
            self._count_client_errors(answer)
            await _send(send, answer, media_type or MediaType.JSON, request_id_of(scope, self._new_request_id))
        except ClientGoneError:
            pass
        finally:
            self._observer.finished(answer, self._monotonic() - began)

    def close(self) -> None:
        """Wait for running operations and end the threads."""
        self.pool.close()

    def _count_client_errors(self, answer: Answer) -> None:
        if self._on_client_error is not None:
            for code in answer.codes:
                if code not in SERVER_CODES:
                    self._on_client_error(code)

    async def _answer(self, scope: Scope, receive: Receive, headers: Headers, media_type: MediaType | None) -> Answer:
        request_id = request_id_of(scope, self._new_request_id)
        try:
            body = await self._admit(scope["method"], receive, headers, media_type)
            facts = self._facts(scope, headers, body, request_id)
            query_string: bytes = scope.get("query_string", b"")
            return await self.pool.run(lambda: self.runner.run(facts, query_string))
        except HttpFault as fault:
            return answer_fault(fault, request_id)
        except ClientGoneError:
            raise
        except Exception as error:  # noqa: BLE001 - the last door: a bug of ours must become a masked, logged answer
            return answer_crash(error, request_id)

    async def _admit(self, method: str, receive: Receive, headers: Headers, media_type: MediaType | None) -> bytes:
        if method not in {"GET", "POST"}:
            raise bad_request("METHOD_NOT_ALLOWED", "只接受 GET 和 POST 请求", 405, {"allow": "GET, POST"})
        if media_type is None:
            offered = f"{MediaType.GRAPHQL} 或 {MediaType.JSON}"
            raise bad_request("NOT_ACCEPTABLE", f"无法按 Accept 要求的类型应答；请接受 {offered}", 406)
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
