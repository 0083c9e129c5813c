"""Random lives of feedback: whatever happens in whatever order, the log replays to the rows and headquarters is told once an end."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlmodel import col, select

from kbsearch.errors import Refused
from kbsearch.store.tables import DocumentType, Feedback, Submission, TransitionLog
from kbsearch.workflow.feedback import FeedbackOrigin, FeedbackState, Resolution
from kbsearch.workflow.states import TERMINAL, Scope
from tests.services.conftest import Staff
from tests.services.feedback_desk import Desk
from tests.services.house import House

STEPS = 120


class Walk:
    """One random life of a house with a 全网 and a 本地 item."""

    def __init__(self, house: House, staff: Staff, seed: int) -> None:
        self.house, self.staff, self.desk = house, staff, Desk(house)
        self.chance = random.Random(seed)  # noqa: S311 - a repeatable walk
        self.national = house.in_force(staff.wang, staff.zhao)
        self.local = house.in_force(staff.wang, staff.zhao, scope=Scope.LOCAL)
        self.done = 0

    def feedback(self) -> Feedback:
        return self.chance.choice(self.house.rows_of(Feedback))

    def submission(self) -> Submission:
        return self.chance.choice([s for s in self.house.rows_of(Submission) if s.state not in TERMINAL])

    def step(self) -> None:
        """Something happens, or is refused."""
        self.house.now += timedelta(microseconds=1)
        one: Callable[[], object] = self.chance.choice(
            (self.dispatch, self.give, self.open, self.open, self.link, self.unlink, self.answer, self.void, self.submit, self.approve)
        )
        try:
            one()
        except (Refused, IndexError):  # not possible now, or nothing there to do it to
            return
        self.done += 1

    def dispatch(self) -> None:
        number = self.chance.randint(1, 6)
        self.desk.dispatch(self.national, number, feedbackId=f"FB-{self.chance.randint(1, 3)}", opinion=f"意见 {number}")

    def give(self) -> None:
        self.desk.give(self.chance.choice((self.staff.agent, self.staff.li)), subject_id=self.local)

    def open(self) -> None:
        self.desk.open(self.staff.zhao, self.feedback(), self.staff.wang)

    def link(self) -> None:
        self.desk.link(self.staff.zhao, self.feedback(), self.submission().id)

    def unlink(self) -> None:
        self.desk.unlink(self.staff.zhao, self.feedback())

    def answer(self) -> None:
        resolution = self.chance.choice(list(Resolution))
        original = self.feedback().id if resolution is Resolution.DUPLICATE else None
        self.desk.resolve(self.staff.zhao, self.feedback(), resolution, "说明", duplicate_of=original)

    def void(self) -> None:
        self.house.void(self.staff.wang, self.submission().id)

    def submit(self) -> None:
        self.house.submit(self.staff.wang, self.submission().id)

    def approve(self) -> None:
        submission = self.submission()
        national = submission.scope is Scope.NATIONAL
        self.house.approve(self.staff.qian, submission.id, and_submit=national)
        if national:
            self.house.hq_approves(submission.id)

    def log(self, feedback_id: str) -> list[TransitionLog]:
        statement = select(TransitionLog).where(
            TransitionLog.document_type == DocumentType.FEEDBACK, TransitionLog.document_id == feedback_id
        )
        return self.house.rows(statement.order_by(col(TransitionLog.sequence), col(TransitionLog.ordinal)))


@pytest.mark.parametrize("seed", range(4))
def test_every_invariant_holds(house: House, staff: Staff, seed: int) -> None:
    walk = Walk(house, staff, seed)
    for _ in range(STEPS):
        walk.step()
    rows = house.rows_of(Feedback)
    states = {s.id: s.state for s in house.rows_of(Submission)}
    ends = 0
    for row in rows:
        state, locks = None, []
        for entry in walk.log(row.id):
            assert entry.from_state == state
            state = entry.to_state
            locks.append(entry.lock_version)
            ends += row.origin is FeedbackOrigin.HQ and state == FeedbackState.RESOLVED.value
        assert (state, locks) == (row.state.value, list(range(1, row.lock_version + 1)))
        assert (row.state is FeedbackState.RESOLVED) == (row.resolution is not None) == (row.resolved_at is not None)
        assert (row.state is FeedbackState.IN_PROGRESS) == (row.submission_id is not None and states[row.submission_id] not in TERMINAL)
    told = [(r["feedbackId"], r["dispatch"]) for r in walk.desk.results()]
    assert len(told) == len(set(told)) == ends
    assert walk.done > STEPS // 4
    assert {row.origin for row in rows} == set(FeedbackOrigin)
