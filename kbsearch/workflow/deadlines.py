"""How long each step may take; pure arithmetic on the instant passed in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from kbsearch.workflow.states import SubmissionState, Urgency

S = SubmissionState


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Settings of the sweeper and of due dates; defaults are what product.md names, where it names one."""

    review: timedelta = timedelta(hours=24)
    review_urgent: timedelta = timedelta(minutes=30)
    hq: timedelta = timedelta(hours=48)
    hq_urgent: timedelta = timedelta(hours=2)
    acknowledge_urgent: timedelta = timedelta(minutes=5)
    idle_warning: timedelta = timedelta(days=30)
    idle_close: timedelta = timedelta(days=7)
    claim: timedelta = timedelta(minutes=30)
    deferred_alarm: timedelta = timedelta(hours=1)
    probe: timedelta = timedelta(seconds=10)  # during an outage, one message every so often
    sync_every: timedelta = timedelta()  # zero: only on demand
    reply_reminder: timedelta = timedelta(days=1)
    feedback: timedelta = timedelta(hours=72)
    feedback_urgent: timedelta = timedelta(hours=4)
    feedback_reminder: timedelta = timedelta(hours=24)
    feedback_reminder_urgent: timedelta = timedelta(hours=1)

    def due_at(self, state: SubmissionState, urgency: Urgency, now: datetime) -> datetime | None:
        """When a submission that enters `state` now is overdue there; None where no one is waited for."""
        urgent = urgency is Urgency.URGENT
        if state in (S.PENDING_REVIEW, S.APPROVED):
            return now + (self.review_urgent if urgent else self.review)
        if state is S.SUBMITTED:
            return now + (self.acknowledge_urgent if urgent else self.hq)
        if state in (S.PENDING_HQ, S.WITHDRAW_PENDING):
            return now + (self.hq_urgent if urgent else self.hq)
        return None

    def feedback_due_at(self, urgency: Urgency, now: datetime) -> datetime:
        """When feedback that comes in now is to be settled, where nobody names a day."""
        return now + (self.feedback_urgent if urgency is Urgency.URGENT else self.feedback)
