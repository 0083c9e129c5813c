"""Runs a job one at a time however often it is rung for; a ring during a run makes it run once more."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock


class Serial:
    """Wraps a job that drains a queue: concurrent calls return at once and are covered by the run after the present one."""

    def __init__(self, job: Callable[[], object]) -> None:
        self._job = job
        self._lock = Lock()
        self._running = False
        self._again = False

    def __call__(self) -> None:
        """Run the job now, or have the running one start over when it ends."""
        with self._lock:
            if self._running:
                self._again = True
                return
            self._running = True
        try:
            while True:
                self._job()
                with self._lock:
                    if not self._again:
                        self._running = False
                        return
                    self._again = False
        except BaseException:
            with self._lock:
                self._running = self._again = False
            raise
