"""Counters of the HTTP door and the page Prometheus reads them from; measures, decides nothing."""

from __future__ import annotations

import re

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.types import Receive, Scope, Send

from kbsearch.http.answers import Answer
from kbsearch.http.errors import SERVER_CODES
from kbsearch.http.streams.hub import Streams

_BUCKETS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
_CODE = re.compile(r"[A-Z][A-Z0-9_]{0,47}", re.ASCII)
_OUTCOMES = {"INTERNAL": "internal", "DEADLINE_EXCEEDED": "deadline", "OVERLOADED": "overloaded"}


class HttpMetrics:
    """Counts requests; pass one to `GraphQLEndpoint(observer=…)`. Other parts may add their own metrics to `registry`."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry or CollectorRegistry()
        self.requests = Counter(
            "kbsearch_graphql_requests_total", "GraphQL requests by operation and outcome", ("operation", "outcome"), registry=self.registry
        )
        self.seconds = Histogram(
            "kbsearch_graphql_request_seconds", "Time to answer by operation", ("operation",), buckets=_BUCKETS, registry=self.registry
        )
        self.client_errors = Counter(
            "kbsearch_graphql_client_errors_total", "Errors the clients made, by code", ("code",), registry=self.registry
        )
        self.in_flight = Gauge("kbsearch_graphql_in_flight", "GraphQL requests being answered", registry=self.registry)

    def started(self) -> None:
        """Count one request that has begun."""
        self.in_flight.inc()

    def finished(self, answer: Answer | None, seconds: float) -> None:
        """Count one request that has ended; `answer` is None if the client went away first."""
        self.in_flight.dec()
        operation = answer.operation_type if answer else "none"
        self.requests.labels(operation, _outcome(answer)).inc()
        self.seconds.labels(operation).observe(seconds)

    def count_client_error(self, code: str) -> None:
        """Count one client error; pass this as `on_client_error`. Codes that are no constant names count as OTHER."""
        self.client_errors.labels(code if _CODE.fullmatch(code) else "OTHER").inc()

    def watch_streams(self, streams: Streams) -> None:
        """Show how many connections and subscriptions stand open."""
        for name, text, count in (
            ("kbsearch_graphql_connections", "Open WebSockets and event streams", lambda: streams.connections),
            ("kbsearch_graphql_subscriptions", "Open GraphQL subscriptions", lambda: streams.subscriptions),
        ):
            Gauge(name, text, registry=self.registry).set_function(count)

    async def page(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - the ASGI signature
        """ASGI application of `/metrics`: the registry in Prometheus text format."""
        body = generate_latest(self.registry)
        headers = [(b"content-type", CONTENT_TYPE_LATEST.encode()), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def _outcome(answer: Answer | None) -> str:
    if answer is None:
        return "client_gone"
    for code in answer.codes:
        if code in SERVER_CODES:
            return _OUTCOMES[code]
    return "client_error" if answer.codes else "ok"
