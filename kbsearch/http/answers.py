"""Turn results, faults and crashes into GraphQL-shaped answers: client mistakes keep their message, only crashes are masked.

The one place that decides what a client may read of an error.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import orjson
import structlog
from graphql import ExecutionResult, GraphQLError

from kbsearch.errors import RefusalCode, Refused
from kbsearch.http.errors import ErrorItem, HttpFault
from kbsearch.http.limits import HttpLimits

log = structlog.stdlib.get_logger("kbsearch.http")


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer before it is put on the wire.

    `status` is for `application/graphql-response+json`; `request_error` answers become 200 for `application/json`.
    `codes` are the error codes in it, for counting.
    """

    status: int
    body: bytes
    codes: tuple[str, ...] = ()
    request_error: bool = False
    headers: dict[str, str] = dataclasses.field(default_factory=dict)
    operation_type: str = "none"


def answer_fault(fault: HttpFault, request_id: str, operation_type: str = "none") -> Answer:
    """Answer a request that was not carried out."""
    return Answer(
        status=fault.status,
        body=orjson.dumps({"errors": [_rendered(item, request_id) for item in fault.items]}),
        codes=tuple(item.code for item in fault.items),
        request_error=fault.request_error,
        headers=fault.headers,
        operation_type=operation_type,
    )


def answer_refusal(refusal: Refused, request_id: str, operation_type: str = "none") -> Answer:
    """Answer a refusal of the whole operation, met while its context opened or closed: 403 or 409."""
    item = _refusal_item(refusal, (), ())
    status = 403 if item.code == RefusalCode.PERMISSION_DENIED else 409
    return answer_fault(HttpFault(item, status=status), request_id, operation_type)


def answer_crash(error: BaseException, request_id: str, operation_type: str = "none") -> Answer:
    """Answer 500 for a bug of ours, log it once with its traceback."""
    _log_crash(error, request_id)
    item = _masked(request_id)
    body = orjson.dumps({"errors": [_rendered(item, request_id)]})
    return Answer(500, body, (item.code,), operation_type=operation_type)


def answer_result(result: ExecutionResult, request_id: str, operation_type: str, limits: HttpLimits) -> Answer:
    """Answer an executed operation, with whatever errors its fields or variables had."""
    errors = _items(list(result.errors or ()), request_id, limits)
    # An error without a path was met before the first field: variables that do not fit their types.
    before_execution = result.data is None and bool(errors) and all(not item.path for item in errors)
    request_error = before_execution and all(item.code == "BAD_USER_INPUT" for item in errors)
    payload: dict[str, Any] = {} if request_error else {"data": result.data}
    if errors:
        payload["errors"] = [_rendered(item, request_id) for item in errors]
    return Answer(
        status=400 if request_error else 200,
        body=orjson.dumps(payload),
        codes=tuple(item.code for item in errors),
        request_error=request_error,
        operation_type=operation_type,
    )


def _rendered(item: ErrorItem, request_id: str) -> dict[str, Any]:
    rendered: dict[str, Any] = {"message": item.message}
    if item.locations:
        rendered["locations"] = [{"line": line, "column": column} for line, column in item.locations]
    if item.path:
        rendered["path"] = list(item.path)
    rendered["extensions"] = {**item.extra, "code": item.code, "requestId": request_id}
    return rendered


def _items(errors: list[GraphQLError], request_id: str, limits: HttpLimits) -> list[ErrorItem]:
    logged: set[str] = set()
    items = [_item(error, request_id, limits.message_chars, logged) for error in errors[: limits.field_errors_shown]]
    if len(errors) > len(items):
        unlisted = len(errors) - len(items)
        items.append(ErrorItem("TOO_MANY_ERRORS", f"另有 {unlisted} 个错误没有列出；请先解决已列出的错误", path=items[-1].path))
    return items


def _item(error: GraphQLError, request_id: str, message_chars: int, logged: set[str]) -> ErrorItem:
    locations = tuple((place.line, place.column) for place in error.locations or ())
    path = tuple(error.path or ())
    cause: BaseException = error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    if isinstance(cause, HttpFault):
        return dataclasses.replace(cause.items[0], locations=locations, path=path)
    if isinstance(cause, Refused):
        return _refusal_item(cause, locations, path)
    if isinstance(cause, GraphQLError) or not path:
        extensions = dict(error.extensions or {})
        code = str(extensions.pop("code", "BAD_USER_INPUT"))
        return ErrorItem(code, error.message[:message_chars], locations, path, extensions)
    # A field that fails in every row of a list is one bug, not a hundred tracebacks.
    where = f"{type(cause).__name__} at {_field_path(path)}"
    if where not in logged:
        logged.add(where)
        _log_crash(cause, request_id, path)
    return _masked(request_id, locations, path)


def _refusal_item(refused: Refused, locations: tuple[tuple[int, int], ...], path: tuple[str | int, ...]) -> ErrorItem:
    first = refused.refusals[0]
    details = [
        {"code": str(refusal.code), "rule": refusal.rule, "message": refusal.message, "field": list(refusal.field)}
        for refusal in refused.refusals
    ]
    message = "；".join(refusal.message for refusal in refused.refusals)
    return ErrorItem(str(first.code), message, locations, path, {"refusals": details})


def _masked(request_id: str, locations: tuple[tuple[int, int], ...] = (), path: tuple[str | int, ...] = ()) -> ErrorItem:
    message = f"系统内部错误，请稍后重试；如仍出现，请把请求编号 {request_id} 告诉运维"
    return ErrorItem("INTERNAL", message, locations, path)


def _log_crash(error: BaseException, request_id: str, path: tuple[str | int, ...] = ()) -> None:
    log.error("unexpected error", request_id=request_id, path=_field_path(path), exc_info=(type(error), error, error.__traceback__))


def _field_path(path: tuple[str | int, ...]) -> str:
    return ".".join(step for step in path if isinstance(step, str))
