"""Rings the doorbells regularly, so that nothing depends on a single ring arriving."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Thread

import dramatiq
from dramatiq import Worker

from kbsearch.wiring import System
from kbsearch.worker.actors import Actors, register
from kbsearch.worker.broker import in_process_broker

TICK_SECONDS = 1.0
POPULARITY_TICKS = 3_600  # hourly: the index sorts 最热 by it, and every refresh rewrites documents
CLEANING_TICKS = 3_600  # hourly: what it removes has lain there for a week


class Ticker:
    """A thread that calls each job every so many ticks until stopped."""

    def __init__(self, jobs: list[tuple[int, Callable[[], object]]], tick_seconds: float = TICK_SECONDS) -> None:
        self._jobs = jobs
        self._tick_seconds = tick_seconds
        self._stopped = Event()
        self._thread = Thread(target=self._run, name="schedule", daemon=True)

    def start(self) -> None:
        """Begin; the first round is rung at once."""
        self._thread.start()

    def stop(self) -> None:
        """End after the present round."""
        self._stopped.set()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        tick = 0
        while not self._stopped.is_set():
            for every, job in self._jobs:
                if tick % every == 0:
                    job()
            tick += 1
            self._stopped.wait(self._tick_seconds)


class InProcessWorker:
    """Dramatiq's worker threads and the schedule inside this process, hung into the bell of its store."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._broker = in_process_broker()
        dramatiq.set_broker(self._broker)
        self.actors: Actors = register(self._broker, system)
        self._worker = Worker(self._broker, worker_timeout=100, worker_threads=4)
        self._ticker = Ticker(
            [
                (1, self.actors.index),
                (1, self.actors.relay),
                (1, self.actors.sweep),
                (2, self.actors.flush),
                (2, self.actors.notify),
                (2, self.actors.fetch),
                (CLEANING_TICKS, self.actors.clean),
                (POPULARITY_TICKS, self.actors.popularity),
            ]
        )

    def start(self) -> None:
        """Begin working."""
        self._worker.start()
        self._system.bell.listeners.append(self.actors.ring)
        self._ticker.start()

    def stop(self) -> None:
        """Finish what is being done, at most three seconds; the rest waits in the database."""
        self._system.bell.listeners.clear()
        self._ticker.stop()
        self._worker.stop(timeout=3_000)
        self._broker.close()
