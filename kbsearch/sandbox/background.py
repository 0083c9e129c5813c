"""Runs a sandbox in a thread of the calling process, for tests and the walk; `kbsearch sandbox` uses run.py instead."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Queue

from kbsearch.sandbox.config import SandboxConfig, SandboxPorts
from kbsearch.sandbox.instants import Clock, wall_clock
from kbsearch.sandbox.run import serve_sandbox

START_SECONDS = 15.0
STOP_SECONDS = 10.0


@contextmanager
def running_sandbox(config: SandboxConfig, clock: Clock = wall_clock) -> Iterator[SandboxPorts]:
    """Serve while the block runs; what stopped the start is raised here."""
    news: Queue[SandboxPorts | BaseException] = Queue()
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    def serve() -> None:
        asyncio.set_event_loop(loop)
        try:
            loop.run_until_complete(serve_sandbox(config, stop=stop, on_ready=news.put, clock=clock))
        except BaseException as error:  # noqa: BLE001 - handed to the caller's thread, which raises it
            news.put(error)
        finally:
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.run_until_complete(loop.shutdown_default_executor())
            loop.close()

    thread = threading.Thread(target=serve, name="sandbox", daemon=True)
    thread.start()
    first = news.get(timeout=START_SECONDS)
    if isinstance(first, BaseException):
        thread.join(STOP_SECONDS)
        raise first
    try:
        yield first
    finally:
        if thread.is_alive():
            loop.call_soon_threadsafe(stop.set)
        thread.join(STOP_SECONDS)
        if not news.empty() and isinstance(late := news.get(), BaseException):
            raise late
