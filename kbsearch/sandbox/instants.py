"""Instants on the sandbox's wire: formatting and reading, with the clock passed in; knows no zone but UTC."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from kbsearch.sandbox.refusal import RefusalError

Clock = Callable[[], datetime]


def wall_clock() -> datetime:
    """Return the current instant, UTC; the one place of the sandbox that asks the system."""
    return datetime.now(UTC)


def to_wire(instant: datetime) -> str:
    """Format an aware instant as UTC with microseconds and `Z`; such texts sort as the instants do."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def wire_or_none(text: str | None, field: str) -> str | None:
    """Bring a caller's instant (ISO 8601 with offset) to wire form; blank is None; 422 when it is neither."""
    if text is None or not str(text).strip():
        return None
    try:
        instant = datetime.fromisoformat(str(text).strip())
        if instant.tzinfo is not None:
            return to_wire(instant)
    except (ValueError, OverflowError) as error:
        raise RefusalError.invalid(f"{field} 不是合法的时间：{text!r}，请写成 2026-11-23T01:02:03Z 的样子。") from error
    raise RefusalError.invalid(f"{field} 缺少时区：{text!r}，请在末尾加 Z 或 +08:00。")
