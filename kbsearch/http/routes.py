"""Assemble the routes, middleware and error pages of the HTTP door for the application to mount; opens nothing itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import orjson
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from kbsearch.http.access_log import AccessLogMiddleware
from kbsearch.http.answers import answer_crash
from kbsearch.http.console.pages import Console
from kbsearch.http.endpoint import GraphQLEndpoint
from kbsearch.http.health import Readiness, healthz
from kbsearch.http.metrics import HttpMetrics
from kbsearch.http.request_id import random_request_id, request_id_of


class _Asgi:
    """A bound ASGI method as an object, which Starlette's `Route` calls as an application rather than as a view."""

    def __init__(self, app: Callable[[Scope, Receive, Send], Any]) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)


def create_routes(
    endpoint: GraphQLEndpoint,
    *,
    readiness: Readiness,
    metrics: HttpMetrics | None = None,
    console: Console | None = None,
    path: str = "/graphql",
) -> list[BaseRoute]:
    """Return the routes of the HTTP door, for `Starlette(routes=[…])`.

    The endpoint shows the console only if it was built with `console=console.page`, and takes WebSockets only with a journal.
    """
    graphql: ASGIApp = endpoint
    routes: list[BaseRoute] = [Route(path, graphql), Route("/healthz", healthz), Route("/readyz", _readyz(readiness))]
    if endpoint.websocket is not None:
        routes.append(WebSocketRoute(path, endpoint.websocket))
    if metrics is not None:
        routes.append(Route("/metrics", _Asgi(metrics.page), methods=["GET"]))
    if console is not None:
        routes.append(Route(path + "/assets/{version}/{name}", _Asgi(console.asset), methods=["GET"]))
    return routes


def create_middleware() -> Sequence[Middleware]:
    """Return the middleware, outermost first, for `Starlette(middleware=…)`."""
    return [Middleware(AccessLogMiddleware)]


def create_exception_handlers() -> dict[Any, Callable[[Request, Exception], Any]]:
    """Return handlers that keep the answers GraphQL-shaped outside the endpoint, for `Starlette(exception_handlers=…)`."""
    return {404: _not_found, 405: _not_allowed, Exception: _crashed}


def _readyz(readiness: Readiness) -> Callable[[Request], Any]:
    async def readyz(request: Request) -> Response:
        return await readiness(request)

    return readyz


async def _not_found(request: Request, _error: Exception) -> Response:
    return _error_page(request, 404, "PATH_NOT_FOUND", "没有这个地址；GraphQL 的地址是 /graphql")


async def _not_allowed(request: Request, _error: Exception) -> Response:
    return _error_page(request, 405, "METHOD_NOT_ALLOWED", "这个地址不接受这种请求方法")


async def _crashed(request: Request, error: Exception) -> Response:
    answer = answer_crash(error, request_id_of(request.scope, random_request_id))
    return Response(answer.body, answer.status, media_type="application/json")


def _error_page(request: Request, status: int, code: str, message: str) -> Response:
    request_id = request_id_of(request.scope, random_request_id)
    body = {"errors": [{"message": message, "extensions": {"code": code, "requestId": request_id}}]}
    return Response(orjson.dumps(body), status, media_type="application/json")
