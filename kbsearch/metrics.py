"""Gauges of what waits and what needs a person, read from the store when scraped."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlmodel import col, func, select

from kbsearch.store.tables import Alarm, InboxMessage, OutboxMessage, OutboxStatus, Submission
from kbsearch.wiring import System


class StoreGauges(Collector):
    """Counts by status, one grouped query each; a store that does not answer gives no figures rather than wrong ones."""

    def __init__(self, system: System) -> None:
        self._system = system

    def collect(self) -> Iterable[Metric]:
        """Read the figures now."""
        submissions = GaugeMetricFamily("kbsearch_submissions", "申请数，按状态", labels=["state"])
        outbox = GaugeMetricFamily("kbsearch_outbox", "发件箱报文数，按目的地与状态", labels=["destination", "status"])
        inbox = GaugeMetricFamily("kbsearch_inbox", "收件箱消息数，按状态", labels=["status"])
        alarms = GaugeMetricFamily("kbsearch_alarms_open", "未了结的告警数", labels=["kind"])
        with self._system.store.read() as session:
            for state, count in session.exec(select(Submission.state, func.count()).group_by(col(Submission.state))):
                submissions.add_metric([str(state)], count)
            waiting = select(OutboxMessage.destination, OutboxMessage.status, func.count())
            unfinished = col(OutboxMessage.status).in_([OutboxStatus.PENDING, OutboxStatus.DEAD])
            grouped = waiting.where(unfinished).group_by(col(OutboxMessage.destination), col(OutboxMessage.status))
            for destination, status, count in session.exec(grouped):
                outbox.add_metric([destination, str(status)], count)
            for status, count in session.exec(select(InboxMessage.status, func.count()).group_by(col(InboxMessage.status))):
                inbox.add_metric([str(status)], count)
            open_alarms = select(Alarm.kind, func.count()).where(col(Alarm.closed_at).is_(None)).group_by(col(Alarm.kind))
            for kind, count in session.exec(open_alarms):
                alarms.add_metric([str(kind)], count)
        return [submissions, outbox, inbox, alarms]


def register_gauges(registry: CollectorRegistry, system: System) -> None:
    """Add the gauges to the registry that /metrics shows."""
    registry.register(StoreGauges(system))
