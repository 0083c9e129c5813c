"""How feedback fares, counted over a span of time for those who lead; reads only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from sqlmodel import Session, col, select

from kbsearch.services.people import require_role
from kbsearch.services.refusals import violated
from kbsearch.store.tables import Feedback
from kbsearch.workflow.actions import Role
from kbsearch.workflow.decide import Actor
from kbsearch.workflow.feedback import FeedbackOrigin, FeedbackState, Resolution

_TOP = 10


@dataclass(frozen=True, slots=True)
class FeedbackStatistics:
    """Of the feedback that came in within [since, until): counts, how long it took, how much of it was late.

    `median_hours` of what is resolved, None when nothing is; `overdue` counts what was resolved after its day, or is still open
    past it; `top_subjects` are the knowledge items spoken of most, (id, count).
    """

    since: datetime
    until: datetime
    total: int
    by_state: Mapping[FeedbackState, int]
    by_origin: Mapping[FeedbackOrigin, int]
    by_resolution: Mapping[Resolution, int]
    by_province: Mapping[str, int]
    median_hours: float | None
    overdue: int
    top_subjects: tuple[tuple[str, int], ...]

    @property
    def overdue_share(self) -> float | None:
        """Between 0 and 1; None when there is no feedback."""
        return self.overdue / self.total if self.total else None


def feedback_statistics(session: Session, actor: Actor, *, since: datetime, until: datetime, now: datetime) -> FeedbackStatistics:
    """Count what came in from `since` (included) to `until` (not included)."""
    require_role(actor, Role.REVIEWER)
    if since >= until:
        raise violated("BAD_SPAN", "起始时间须早于截止时间。", "from")
    within = (col(Feedback.created_at) >= since, col(Feedback.created_at) < until)
    rows = session.exec(select(Feedback).where(*within)).all()
    hours = [(row.resolved_at - row.created_at).total_seconds() / 3600 for row in rows if row.resolved_at is not None]
    subjects = Counter(row.subject_id for row in rows if row.subject_id is not None)
    return FeedbackStatistics(
        since=since,
        until=until,
        total=len(rows),
        by_state=Counter(row.state for row in rows),
        by_origin=Counter(row.origin for row in rows),
        by_resolution=Counter(row.resolution for row in rows if row.resolution is not None),
        by_province=Counter(row.province for row in rows if row.province is not None),
        median_hours=median(hours) if hours else None,
        overdue=sum(row.due_at is not None and (row.resolved_at or now) > row.due_at for row in rows),
        top_subjects=tuple(sorted(subjects.items(), key=lambda found: (-found[1], found[0]))[:_TOP]),
    )
