"""A bounded pool of threads with a bounded queue: what does not fit is refused at once instead of waiting unseen."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from kbsearch.http.errors import Overloaded

T = TypeVar("T")


class BoundedPool:
    """At most `threads` calls run and `queue` more wait; the next one raises `Overloaded`."""

    def __init__(self, threads: int, queue: int, name: str = "graphql") -> None:
        self._capacity = threads + queue
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._lock = threading.Lock()
        self._admitted = 0

    @property
    def admitted(self) -> int:
        """Calls running or waiting now."""
        return self._admitted

    async def run(self, call: Callable[[], T]) -> T:
        """Run `call` in a thread with the caller's context variables and return its result. Raises `Overloaded`.

        A caller that is cancelled leaves a started call running: it holds its place until it ends.
        """
        with self._lock:
            if self._admitted >= self._capacity:
                raise Overloaded
            self._admitted += 1
        try:
            future = self._executor.submit(contextvars.copy_context().run, call)
        except RuntimeError:
            self._release()
            raise Overloaded from None  # the pool is closed: the process is stopping
        future.add_done_callback(self._release)
        return await asyncio.wrap_future(future)

    def close(self) -> None:
        """Take no more calls; wait for the running ones, drop the waiting ones."""
        self._executor.shutdown(wait=True, cancel_futures=True)

    def _release(self, _future: Future[T] | None = None) -> None:
        with self._lock:
            self._admitted -= 1
