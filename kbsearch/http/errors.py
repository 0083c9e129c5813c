"""What the HTTP door can refuse, as typed faults with a code and a Chinese sentence; knows no ASGI and logs nothing."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class ErrorItem:
    """One entry of a GraphQL `errors` list: `code` and `extra` go to `extensions`, `locations` and `path` as the spec has them."""

    code: str
    message: str
    locations: tuple[tuple[int, int], ...] = ()
    path: tuple[str | int, ...] = ()
    extra: Mapping[str, Any] = dataclasses.field(default_factory=dict)


class HttpFault(Exception):  # noqa: N818 - mostly the caller's fault, answered and counted, never logged as ours
    """An answer without `data`: the request was not carried out.

    `status` is the HTTP status. `request_error` marks a well-formed request whose document or variables are wrong; the
    GraphQL-over-HTTP specification answers it with 200 where the client accepts only `application/json`.
    """

    status = 400
    request_error = False

    def __init__(self, *items: ErrorItem, status: int | None = None, headers: Mapping[str, str] | None = None) -> None:
        super().__init__("; ".join(f"{item.code}: {item.message}" for item in items))
        self.items = items
        self.headers = dict(headers or {})
        if status is not None:
            self.status = status


class DocumentRefused(HttpFault):
    """The document, operation name or variables cannot be executed; nothing was run."""

    request_error = True


class Unauthenticated(HttpFault):
    """The caller could not be identified; raised by the context factory or a resolver. `message` is a Chinese sentence."""

    status = 401

    def __init__(self, message: str) -> None:
        super().__init__(ErrorItem("UNAUTHENTICATED", message), headers={"www-authenticate": 'Bearer realm="kbsearch"'})


class DeadlineExceeded(HttpFault):
    """The operation's time is used up; raised by `HttpRequestFacts.check_deadline()`."""

    status = 503

    def __init__(self, seconds: float) -> None:
        message = f"本次操作超过了 {seconds:g} 秒的时限，已停止；请缩小查询范围或稍后重试"
        super().__init__(ErrorItem("DEADLINE_EXCEEDED", message), headers={"retry-after": "1"})


class Overloaded(HttpFault):
    """All threads are busy and the queue is full."""

    status = 503

    def __init__(self) -> None:
        super().__init__(ErrorItem("OVERLOADED", "系统繁忙，请一秒后重试"), headers={"retry-after": "1"})


SERVER_CODES = frozenset({"INTERNAL", "OVERLOADED", "DEADLINE_EXCEEDED"})
"""Codes that are not the client's fault; every other code is counted through `on_client_error`."""


def bad_request(code: str, message: str, status: int = 400, headers: Mapping[str, str] | None = None) -> HttpFault:
    """Build the fault of a request that is not a well-formed GraphQL request."""
    return HttpFault(ErrorItem(code, message), status=status, headers=headers)


def refused(code: str, message: str, **extra: Any) -> DocumentRefused:
    """Build the fault of a document that is refused before execution."""
    return DocumentRefused(ErrorItem(code, message, extra=extra))
