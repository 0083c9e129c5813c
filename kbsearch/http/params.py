"""Turn a POST body or a GET query string into the parameters of one GraphQL request; executes and validates no document."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from kbsearch.http.clean_text import bad_text, check_json_value, is_unstorable, may_hide_bad_text
from kbsearch.http.errors import bad_request
from kbsearch.http.limits import HttpLimits

_INT64 = 2**63
_WORDS = {"query": "查询文本（query）", "variables": "变量（variables）", "operationName": "操作名（operationName）"}


@dataclass(frozen=True, slots=True)
class GraphQLParams:
    """The parameters of the GraphQL-over-HTTP specification, typed; `document_id` is its trusted-document id."""

    query: str | None
    variables: Mapping[str, Any] | None = None
    operation_name: str | None = None
    extensions: Mapping[str, Any] | None = None
    document_id: str | None = None


class _BadNumberError(ValueError):
    pass


class _DuplicateKeyError(ValueError):
    pass


def params_from_body(body: bytes, limits: HttpLimits) -> GraphQLParams:
    """Parse a POST body. Raises `HttpFault` (400) for anything that is not one well-formed GraphQL request."""
    if not body.strip():
        raise bad_request("EMPTY_BODY", "请求正文为空；请以 JSON 发送 {“query”: …}")
    value = parse_json(body, "请求正文", limits)
    if isinstance(value, list):
        raise bad_request("BATCH_REFUSED", "不接受批量请求；请每次只发送一个操作")
    if not isinstance(value, dict):
        raise bad_request("BAD_BODY", "请求正文须为 JSON 对象，例如 {“query”: …}")
    return typed_params(value)


def params_from_query_string(raw: bytes, limits: HttpLimits) -> GraphQLParams:
    """Parse a GET query string; `variables` and `extensions` are JSON texts in it."""
    if len(raw) > limits.url_bytes:
        raise bad_request("URL_TOO_LONG", f"网址参数超过 {limits.url_bytes} 字节；请改用 POST", 414)
    try:
        pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=50)
    except UnicodeDecodeError:
        raise bad_text("网址参数") from None
    except ValueError:
        raise bad_request("BAD_URL", "网址参数过多或格式不对") from None
    fields: dict[str, Any] = {}
    for name, text in pairs:
        if name in fields:
            raise bad_request("DUPLICATE_KEY", "网址中有重复的参数；请只保留一个")
        if is_unstorable(text):
            raise bad_text("网址参数")
        fields[name] = text
    for name in ("variables", "extensions"):
        if name in fields:
            fields[name] = parse_json(fields[name].encode(), f"网址参数 {name} ", limits) if fields[name] else None
    return typed_params(fields)


def parse_json(raw: bytes, where: str, limits: HttpLimits) -> Any:
    """Parse strictly: no repeated keys, no NaN, bounded numbers and depth, storable text. Raises `HttpFault` (400) naming `where`."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise bad_request("BAD_ENCODING", f"{where}不是有效的 UTF-8 文本；请以 UTF-8 编码重发") from None
    try:
        value = json.loads(
            text, object_pairs_hook=_object, parse_constant=_refuse_constant, parse_int=_bounded_int, parse_float=_finite_float
        )
    except _DuplicateKeyError:
        raise bad_request("DUPLICATE_KEY", f"{where}的 JSON 对象里有重复的键；请只保留一个") from None
    except _BadNumberError:
        raise bad_request("BAD_NUMBER", f"{where}里有超出 64 位范围的数、NaN 或 Infinity；大数请写成字符串") from None
    except RecursionError:
        raise bad_request("JSON_TOO_DEEP", f"{where}嵌套超过 {limits.json_depth} 层；请减少嵌套") from None
    except ValueError:
        raise bad_request("BAD_JSON", f"{where}不是有效的 JSON；请检查引号、逗号和括号") from None
    check_json_value(value, where, limits.json_depth, check_text=may_hide_bad_text(raw))
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # Two readers of one signed body must not see different values, so a repeated key is refused rather than resolved.
    result = dict(pairs)
    if len(result) != len(pairs):
        raise _DuplicateKeyError
    return result


def _refuse_constant(_name: str) -> float:
    raise _BadNumberError


def _bounded_int(digits: str) -> int:
    if len(digits) > 20:  # noqa: PLR2004 - the longest 64-bit integer; int() of a long text is quadratic
        raise _BadNumberError
    number = int(digits)
    if not -_INT64 <= number < _INT64:
        raise _BadNumberError
    return number


def _finite_float(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise _BadNumberError
    return number


def typed_params(fields: Mapping[str, Any]) -> GraphQLParams:
    """The parameters in a parsed JSON object. Raises `HttpFault` (400) for a value of the wrong kind."""
    return GraphQLParams(
        query=_text(fields, "query"),
        variables=_mapping(fields, "variables"),
        operation_name=_text(fields, "operationName") or None,
        extensions=_mapping(fields, "extensions"),
        document_id=_text(fields, "documentId"),
    )


def _text(fields: Mapping[str, Any], name: str) -> str | None:
    value = fields.get(name)
    if value is not None and not isinstance(value, str):
        raise bad_request("BAD_PARAMETER", f"{_WORDS.get(name, name)}须为字符串")
    return value


def _mapping(fields: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    value = fields.get(name)
    if value is not None and not isinstance(value, dict):
        raise bad_request("BAD_PARAMETER", f"{_WORDS.get(name, name)}须为 JSON 对象")
    return value
