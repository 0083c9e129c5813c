"""The managers' report: the fold over the log by hand-made rows, and the whole over a store whose story is known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from kbsearch.content import Content
from kbsearch.services.managers_report.report import ManagersReport, managers_report
from kbsearch.services.managers_report.steps import FirstPass, Happened, Judge, ReportStep, measure
from kbsearch.services.receipts import giving
from kbsearch.store.tables import SubjectVersion
from kbsearch.workflow.decide import Actor
from kbsearch.workflow.reasons import ReturnReason
from kbsearch.workflow.states import Scope, SubmissionState
from tests.services import announcing as a
from tests.services.announcing import ours, wording
from tests.services.conftest import Staff
from tests.services.house import House, refused

T = datetime(2026, 11, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
S = ReportStep
# (hours after T, action, from, to)
USUAL = (
    (0, "CREATE", None, "DRAFT"),
    (1, "SUBMIT_FOR_REVIEW", "DRAFT", "PENDING_REVIEW"),
    (2, "RETURN", "PENDING_REVIEW", "RETURNED"),
    (4, "SUBMIT_FOR_REVIEW", "RETURNED", "PENDING_REVIEW"),
    (9, "APPROVE", "PENDING_REVIEW", "APPROVED"),
    (10, "SUBMIT_TO_HQ", "APPROVED", "SUBMITTED"),
    (13, "HQ_ACKNOWLEDGE", "SUBMITTED", "PENDING_HQ"),
    (20, "HQ_APPROVE", "PENDING_HQ", "SCHEDULED"),
    (50, "TAKE_EFFECT", "SCHEDULED", "EFFECTIVE"),
)


def rows(story: tuple[tuple[int, str, str | None, str | None], ...], key: str = "s") -> list[Happened]:
    codes = {"RETURN": ("OTHER",), "HQ_RETURN": ("OTHER", "NO_SUCH_CODE")}
    return [Happened(key, T + hours * HOUR, action, before, after, codes.get(action, ())) for hours, action, before, after in story]


def test_every_step_of_one_story() -> None:
    found = measure(rows(USUAL), T, T + 100 * HOUR)
    assert {step: (d.count, d.median_hours, d.p90_hours) for step, d in found.steps.items()} == {
        S.DRAFT_TO_SUBMIT: (1, 1, 1),
        S.SUBMIT_TO_APPROVE: (1, 5, 5),  # from the submission that was approved
        S.APPROVE_TO_HQ: (1, 1, 1),
        S.HQ_TO_ACKNOWLEDGE: (1, 3, 3),
        S.ACKNOWLEDGE_TO_DECISION: (1, 7, 7),
        S.DECISION_TO_FORCE: (1, 30, 30),
        S.WHOLE: (1, 50, 50),
    }
    assert found.first_pass == {Judge.LOCAL: FirstPass(1, 0), Judge.HQ: FirstPass(1, 1)}
    assert found.returns == {Judge.LOCAL: {ReturnReason.OTHER: 1}, Judge.HQ: {}}


def test_a_step_counts_where_it_ends_and_keeps_its_beginning() -> None:
    found = measure(rows(USUAL), T + 9 * HOUR, T + 13 * HOUR)
    counts = {step: d.count for step, d in found.steps.items() if d.count}
    assert counts == {S.SUBMIT_TO_APPROVE: 1, S.APPROVE_TO_HQ: 1}
    assert found.steps[S.SUBMIT_TO_APPROVE].median_hours == 5
    assert found.first_pass[Judge.LOCAL] == FirstPass(0, 0)  # it was first decided on before
    assert found.first_pass[Judge.LOCAL].share is None


def test_an_approval_that_came_before_the_acknowledgement_measures_no_receipt() -> None:
    story = (*USUAL[:6], (12, "HQ_RETURN", "SUBMITTED", "HQ_RETURNED"), (14, "SUBMIT_FOR_REVIEW", "HQ_RETURNED", "PENDING_REVIEW"))
    found = measure(rows(story), T, T + 100 * HOUR)
    assert found.steps[S.HQ_TO_ACKNOWLEDGE].count == found.steps[S.ACKNOWLEDGE_TO_DECISION].count == 0
    assert found.first_pass[Judge.HQ] == FirstPass(1, 0)
    assert found.returns[Judge.HQ] == {ReturnReason.OTHER: 1}  # a code nobody knows is not counted


def test_local_approval_is_the_decision() -> None:
    story = (*USUAL[:2], (3, "APPROVE", "PENDING_REVIEW", "EFFECTIVE"))
    found = measure(rows(story), T, T + 100 * HOUR)
    assert (found.steps[S.DECISION_TO_FORCE].median_hours, found.steps[S.WHOLE].median_hours) == (0, 3)
    assert found.first_pass[Judge.LOCAL] == FirstPass(1, 1)


def test_median_and_ninetieth_percentile_over_many() -> None:
    many = [
        row
        for n in range(1, 11)
        for row in rows(((0, "CREATE", None, "DRAFT"), (n, "SUBMIT_FOR_REVIEW", "DRAFT", "PENDING_REVIEW")), f"s{n}")
    ]
    step = measure(many, T, T + 100 * HOUR).steps[S.DRAFT_TO_SUBMIT]
    assert (step.count, step.median_hours, step.p90_hours) == (10, 5.5, 9)


def report(house: House, actor: Actor, *, max_rows: int = 1000, span: timedelta = 1000 * HOUR) -> ManagersReport:
    since = house.now - span
    return house.read(lambda s: managers_report(s, actor, since=since, until=house.now + HOUR, now=house.now, max_rows=max_rows))


def test_over_a_store(house: House, staff: Staff) -> None:
    first = house.draft(staff.wang)
    house.now += 2 * HOUR
    house.submit(staff.wang, first.id)
    house.now += 4 * HOUR
    house.approve(staff.zhao, first.id, and_submit=True)
    house.now += HOUR
    house.hq_approves(first.id, distribution=["GD", "BJ"])
    update = house.draft_update(staff.wang, first.subject_id, Content(title="流量包", body="四十元"))
    house.to_hq(staff.wang, staff.zhao, update.id)
    house.hq_approves(update.id, distribution=["GD"])
    returned = house.draft(staff.wang, scope=Scope.LOCAL)
    house.submit(staff.wang, returned.id)
    house.send_back(staff.zhao, returned.id)
    late = house.draft(staff.wang)
    house.submit(staff.wang, late.id)
    house.now += 20 * 24 * HOUR
    found = report(house, staff.zhao)
    steps = found.measured.steps
    assert (steps[S.DRAFT_TO_SUBMIT].count, steps[S.SUBMIT_TO_APPROVE].count, steps[S.WHOLE].count) == (4, 2, 2)
    assert (steps[S.WHOLE].median_hours, steps[S.WHOLE].p90_hours) == (3.5, 7)
    assert found.measured.first_pass == {Judge.LOCAL: FirstPass(3, 2), Judge.HQ: FirstPass(2, 2)}
    assert found.measured.returns[Judge.LOCAL] == {ReturnReason.OTHER: 1}
    assert found.overdue[SubmissionState.PENDING_REVIEW] == 1
    assert found.provinces_covered == 2
    assert len(found.provinces) == 31
    assert {code: n for code, n in found.provinces.items() if n} == {"GD": 1, "BJ": 1}
    assert (found.unsigned.announcements, found.unsigned.asked, found.unsigned.share) == (0, 0, None)


def test_an_empty_house_has_an_empty_report(house: House, staff: Staff) -> None:
    found = report(house, staff.admin)
    assert all(d.count == 0 and d.median_hours is None for d in found.measured.steps.values())
    assert (dict(found.overdue), found.provinces_covered) == ({}, 0)


def test_too_much_too_wide_and_not_for_everybody(house: House, staff: Staff) -> None:
    house.in_force(staff.wang, staff.zhao)
    assert refused(lambda: report(house, staff.zhao, max_rows=3)) == ("RULE_VIOLATED", "PERIOD_TOO_LONG")
    assert refused(lambda: report(house, staff.zhao, span=-2 * HOUR)) == ("RULE_VIOLATED", "BAD_SPAN")
    for actor in (staff.wang, staff.agent, staff.operator):
        assert refused(lambda actor=actor: report(house, actor)) == ("PERMISSION_DENIED", None)  # type: ignore[misc]


@pytest.mark.parametrize("rows_allowed", [5, 4])
def test_the_bound_is_exact(house: House, staff: Staff, rows_allowed: int) -> None:
    house.in_force(staff.wang, staff.zhao)  # CREATE, SUBMIT_FOR_REVIEW, APPROVE, SUBMIT_TO_HQ, HQ_APPROVE
    expected = ("APPLIED", None) if rows_allowed == 5 else ("RULE_VIOLATED", "PERIOD_TOO_LONG")
    assert refused(lambda: report(house, staff.zhao, max_rows=rows_allowed)) == expected


def test_who_has_not_signed(house: House, staff: Staff) -> None:
    everybody = a.in_force(house, staff.wang, staff.zhao, wording(ours("agent", "li"), must_read=True, title="必读"))
    a.in_force(house, staff.wang, staff.zhao, wording(ours("agent"), must_read=False, title="不必读"))
    found = report(house, staff.zhao).unsigned
    assert (found.announcements, found.asked, found.missing, found.share) == (1, 2, 2, 1)
    house.write(lambda u: giving.mark_read(u, staff.agent, everybody))
    assert report(house, staff.zhao).unsigned.missing == 2
    seen = house.rows(select(SubjectVersion).where(SubjectVersion.subject_id == everybody))[0]
    house.write(lambda u: giving.sign(u, staff.agent, everybody, content_hash=seen.content_hash))
    assert report(house, staff.zhao).unsigned.share == 0.5
