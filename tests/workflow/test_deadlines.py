"""Which steps are waited for, and how long."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kbsearch.workflow.deadlines import Deadlines
from kbsearch.workflow.states import SubmissionState, Urgency

NOW = datetime(2026, 11, 2, tzinfo=UTC)
S = SubmissionState
WAITS = {  # state: (ordinary, urgent)
    S.PENDING_REVIEW: (timedelta(hours=24), timedelta(minutes=30)),
    S.APPROVED: (timedelta(hours=24), timedelta(minutes=30)),
    S.SUBMITTED: (timedelta(hours=48), timedelta(minutes=5)),
    S.PENDING_HQ: (timedelta(hours=48), timedelta(hours=2)),
    S.WITHDRAW_PENDING: (timedelta(hours=48), timedelta(hours=2)),
}


@pytest.mark.parametrize("state", SubmissionState)
def test_a_step_is_due_where_somebody_is_waited_for(state: SubmissionState) -> None:
    limits = Deadlines()
    due = [limits.due_at(state, urgency, NOW) for urgency in (Urgency.NORMAL, Urgency.URGENT)]
    assert due == ([NOW + wait for wait in WAITS[state]] if state in WAITS else [None, None])


def test_settings_move_the_dates() -> None:
    assert Deadlines(review=timedelta(hours=1)).due_at(S.PENDING_REVIEW, Urgency.NORMAL, NOW) == NOW + timedelta(hours=1)
