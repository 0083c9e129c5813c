"""The Dramatiq broker of this installation; a doorbell only, losing its messages loses nothing."""

from __future__ import annotations

from dramatiq import Broker
from dramatiq.brokers.stub import StubBroker
from dramatiq.middleware import AgeLimit, Callbacks, Pipelines, Retries, ShutdownNotifications


def in_process_broker() -> Broker:
    """Messages live in this process's memory; the schedule rings again for whatever a crash forgets."""
    # No time limits: Dramatiq enforces them by raising inside the thread, which could cut a transaction's bookkeeping.
    broker = StubBroker(middleware=[AgeLimit(), ShutdownNotifications(), Callbacks(), Pipelines(), Retries(max_retries=0)])
    broker.emit_after("process_boot")
    return broker
