"""Time as a value that is passed in: nothing else in the project asks the system what time it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """Return the current instant, UTC, microseconds."""
    return datetime.now(UTC)


def wire_time(instant: datetime | None) -> str | None:
    """Format an aware instant for hashes and messages: UTC, always microseconds, `Z`."""
    if instant is None:
        return None
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def start_of_day(day: date) -> datetime:
    """A bare date means midnight in Asia/Shanghai (product.md §2)."""
    return datetime.combine(day, time(), SHANGHAI).astimezone(UTC)
