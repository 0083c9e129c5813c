"""Probes: /healthz says the process lives, /readyz runs the named checks; knows none of the parts it asks."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import orjson
import structlog
from starlette.requests import Request
from starlette.responses import Response

log = structlog.stdlib.get_logger("kbsearch.http")


@dataclass(frozen=True, slots=True)
class ReadinessCheck:
    """One part the service cannot do without: `check` returns None if it is well, else a Chinese sentence saying what is wrong."""

    name: str
    check: Callable[[], str | None]


async def healthz(_request: Request) -> Response:
    """Answer 200 as long as the event loop turns."""
    return _json(200, {"status": "ok"})


class Readiness:
    """Handler of `/readyz`: 200 if every check is well within `seconds`, else 503 with the reasons.

    Checks run side by side in threads. One that still hangs from the last time is reported and not started again, so that a dead
    database cannot pile up threads.
    """

    def __init__(self, checks: Sequence[ReadinessCheck], seconds: float = 2.0) -> None:
        self._checks = tuple(checks)
        self._seconds = seconds
        self._executor = ThreadPoolExecutor(max(1, len(self._checks)), thread_name_prefix="readyz")
        self._running: dict[str, Future[str | None]] = {}
        self._lock = threading.Lock()

    async def __call__(self, _request: Request) -> Response:
        """Run every check and report."""
        reasons = await asyncio.gather(*(self._reason(check) for check in self._checks))
        report = {check.name: reason or "正常" for check, reason in zip(self._checks, reasons, strict=True)}
        ready = not any(reasons)
        return _json(200 if ready else 503, {"status": "ready" if ready else "not_ready", "checks": report})

    def close(self) -> None:
        """End the threads without waiting for a check that hangs."""
        self._executor.shutdown(wait=False, cancel_futures=True)

    async def _reason(self, check: ReadinessCheck) -> str | None:
        with self._lock:
            last = self._running.get(check.name)
            if last is not None and not last.done():
                return "上一次检查仍没有答复"
            future = self._executor.submit(check.check)
            self._running[check.name] = future
        answer = asyncio.wrap_future(future)
        done, _ = await asyncio.wait({answer}, timeout=self._seconds)
        if not done:
            answer.add_done_callback(_look_at)
            return f"{self._seconds:g} 秒内没有答复"
        error = answer.exception()
        if error is None:
            return answer.result()
        log.warning("readiness check failed", check=check.name, error=type(error).__name__)
        return f"检查失败（{type(error).__name__}），详见日志"


def _look_at(late: asyncio.Future[str | None]) -> None:
    # asyncio complains about exceptions that nobody has looked at.
    if not late.cancelled():
        late.exception()


def _json(status: int, content: dict[str, object]) -> Response:
    return Response(orjson.dumps(content), status_code=status, media_type="application/json", headers={"cache-control": "no-store"})
