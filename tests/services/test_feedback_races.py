"""Feedback touched by many at once, on both engines: one wins, the others are told, headquarters hears once."""

from __future__ import annotations

from collections import Counter

import pytest

from kbsearch.services.feedback import handling
from kbsearch.store.tables import Feedback
from kbsearch.workflow.feedback import FeedbackState, Resolution
from kbsearch.workflow.hq_decisions import Receipt
from tests.services.conftest import Staff, hire
from tests.services.feedback_desk import Desk
from tests.services.house import House, refused
from tests.services.test_races import all_at_once


@pytest.fixture
def staff(either_house: House) -> Staff:
    return hire(either_house)


@pytest.fixture
def desk(either_house: House) -> Desk:
    return Desk(either_house)


def test_the_same_dispatch_many_times_at_once(either_house: House, desk: Desk, staff: Staff) -> None:
    item = either_house.in_force(staff.wang, staff.zhao)
    answers = Counter(all_at_once(8, lambda _: desk.dispatch(item).receipt))
    assert answers == {Receipt.APPLIED: 1, Receipt.DUPLICATE: 7}
    assert len(either_house.rows_of(Feedback)) == 1


def test_many_answers_at_once(either_house: House, desk: Desk, staff: Staff) -> None:
    feedback = desk.dispatched(either_house.in_force(staff.wang, staff.zhao))
    people = (staff.zhao, staff.qian) * 4

    def answer(number: int) -> tuple[str, str | None]:
        return refused(lambda: desk.resolve(people[number], feedback, text=f"答复 {number}", lock_version=1))

    assert Counter(all_at_once(8, answer)) == {("APPLIED", None): 1, ("STALE_OBJECT", "LOCK_VERSION"): 7}
    assert len(desk.results()) == 1


def test_an_unlink_against_the_approval_that_would_settle_it(either_house: House, desk: Desk, staff: Staff) -> None:
    house = either_house
    feedback = desk.dispatched(house.in_force(staff.wang, staff.zhao))
    opened = desk.open(staff.zhao, feedback, staff.wang)
    house.to_hq(staff.wang, staff.qian, opened.id)
    lock = desk.get(feedback).lock_version

    def act(number: int) -> str:
        if number == 0:
            return house.hq_approves(opened.id).receipt.value
        return refused(lambda: house.write(lambda u: handling.unlink(u, staff.zhao, feedback.id, lock_version=lock)))[0]

    approved, unlinked = all_at_once(2, act)
    assert approved == "APPLIED"
    now = desk.get(feedback)
    if unlinked == "APPLIED":
        assert (now.state, desk.results()) == (FeedbackState.RECEIVED, [])
    else:
        assert (unlinked, now.resolution, len(desk.results())) == ("STALE_OBJECT", Resolution.ADOPTED, 1)
