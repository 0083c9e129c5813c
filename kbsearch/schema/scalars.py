"""The scalars with rules of their own: instants that know their offset, and plain JSON; converts, stores nothing."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any, NewType

import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

from kbsearch.clock import start_of_day

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_FIRST_YEAR, _LAST_YEAR = 1970, 2999  # beyond these, conversion between zones or engines may overflow


def bad_input(message: str) -> GraphQLError:
    """A mistake of the caller in an argument, as a Chinese sentence."""
    return GraphQLError(message, extensions={"code": "BAD_USER_INPUT"})


def read_instant(given: Any) -> datetime:
    """An instant in UTC from ISO 8601 with an offset, or from a bare date (midnight in Asia/Shanghai)."""
    if not isinstance(given, str) or len(given) > 40:  # noqa: PLR2004 - longer than any instant
        raise bad_input("时间须为字符串，如 2026-11-23T08:00:00+08:00，或只写日期 2026-11-23")
    try:
        instant = start_of_day(date.fromisoformat(given)) if _DAY.fullmatch(given) else datetime.fromisoformat(given)
        if instant.tzinfo is None:
            raise bad_input("时间须带时区，如 2026-11-23T08:00:00+08:00；只写日期则按北京时间零点")
        utc = instant.astimezone(UTC)
    except (ValueError, OverflowError):
        raise bad_input("时间写法不对，请用 ISO 8601，如 2026-11-23T08:00:00+08:00，或只写日期 2026-11-23") from None
    if not _FIRST_YEAR <= utc.year <= _LAST_YEAR:
        raise bad_input(f"时间须在 {_FIRST_YEAR} 年至 {_LAST_YEAR} 年之间")
    return utc


def _write_instant(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat()


Json = NewType("Json", object)

SCALARS: dict[object, ScalarDefinition] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description="时刻。输出为带偏移的 UTC（ISO 8601，微秒）；输入须带时区偏移，只写日期则为北京时间当日零点",
        serialize=_write_instant,
        parse_value=read_instant,
    ),
    Json: strawberry.scalar(
        name="JSON",
        description="任意 JSON 值，只用于原样查看报文",
        serialize=lambda value: value,
        parse_value=lambda value: value,
    ),
}

BUILT_IN_DESCRIPTIONS = {
    "Boolean": "布尔值：true 或 false",
    "Float": "双精度浮点数",
    "ID": "不透明的编号；原样带回，不要拆解",
    "Int": "32 位整数",
    "String": "文本（UTF-8）",
}
