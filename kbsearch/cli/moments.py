"""Reads an instant as people type it at the console; guesses no time zone."""

from __future__ import annotations

from datetime import UTC, date, datetime

from kbsearch.cli.faults import USAGE, CommandFailed


def instant(text: str) -> datetime:
    """A date (midnight in Beijing) or an instant with its offset, in UTC; a Chinese usage error for anything else."""
    from kbsearch.clock import start_of_day

    try:
        if len(text) == len("2026-11-01"):
            return start_of_day(date.fromisoformat(text))
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandFailed(f"看不懂时间“{text}”，请写成 2026-11-01 或 2026-11-01T08:00:00+08:00。", USAGE) from error
    if moment.tzinfo is None:
        raise CommandFailed(f"时间“{text}”没有时区，请写成 2026-11-01T08:00:00+08:00；只写日期则指北京时间零点。", USAGE)
    return moment.astimezone(UTC)
