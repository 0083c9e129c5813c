"""The actors: thin doors to one operation each. What they are told carries no data, only that something waits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import dramatiq
import structlog
from dramatiq import Broker

from kbsearch.indexing.faults import IndexFault
from kbsearch.services import attachment_cleaning, attachment_intake, index_jobs, knowledge, outbox, sweep
from kbsearch.store.notice_channels import DESTINATIONS as NOTICE_DESTINATIONS
from kbsearch.wiring import System, index_of
from kbsearch.worker.serial import Serial

_LOG = structlog.get_logger()


@dataclass(frozen=True)
class Actors:
    """One doorbell per job."""

    relay: Callable[[], object]
    index: Callable[[], object]
    sweep: Callable[[], object]
    flush: Callable[[], object]
    popularity: Callable[[], object]
    fetch: Callable[[], object]
    clean: Callable[[], object]
    notify: Callable[[], object]

    def ring(self, destination: str) -> None:
        """The outbox got a message for this destination."""
        if destination == outbox.HQ:
            self.relay()
        elif destination.startswith("index:"):
            self.index()
        elif destination in NOTICE_DESTINATIONS:
            self.notify()


def register(broker: Broker, system: System) -> Actors:
    """Declare the actors on a broker; jobs this process cannot do (no headquarters, no writer lock) do nothing."""

    def relay() -> None:
        if system.hq_door is not None:
            outbox.relay(system.store, system.hq_door.attempt, system.relay_pool)

    def index() -> None:
        if not system.writes_index:
            return
        try:
            index_jobs.work(system.store, system.engine, index_of(system.store))
        except IndexFault as fault:  # expected outage: the jobs stay, the schedule rings again
            _LOG.error("index.unavailable", reason=str(fault))

    def doorbell(name: str, job: Callable[[], object]) -> Callable[[], object]:
        serial = Serial(job)

        @dramatiq.actor(actor_name=name, broker=broker, queue_name=name)
        def ring() -> None:
            serial()

        def send() -> object:
            return ring.send()

        return send

    return Actors(
        relay=doorbell("relay_to_hq", relay),
        index=doorbell("refresh_index", index),
        sweep=doorbell("sweep", lambda: sweep.sweep(system.store)),
        popularity=doorbell("refresh_popularity", lambda: knowledge.refresh_popularity(system.store)),
        fetch=doorbell("fetch_attachments", lambda: _fetch_attachments(system)),
        clean=doorbell("clean_attachments", lambda: attachment_cleaning.clean(system.store, system.files)),
        notify=doorbell("relay_notices", lambda: system.notice_doors.relay(system.store)),
        flush=doorbell("flush_search_log", system.searcher.log.flush),
    )


def _fetch_attachments(system: System) -> None:
    if system.hq_files is not None:
        attachment_intake.fetch_missing(system.store, system.files, system.hq_files.fetch)
