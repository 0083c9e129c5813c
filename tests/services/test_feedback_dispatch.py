"""反馈下发: headquarters' feedback in any order and number, again and contradicting, and what headquarters is told of it."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations
from typing import Any

import jsonschema
import pytest

from kbsearch.content import Content
from kbsearch.hq.messages import json_schema
from kbsearch.services import quarantine
from kbsearch.store.tables import Alarm, AlarmKind, Feedback, InboxMessage
from kbsearch.workflow.feedback import FeedbackState, Resolution
from kbsearch.workflow.hq_decisions import Receipt
from kbsearch.workflow.states import Scope, SubmissionState, Urgency
from tests.services.conftest import Staff
from tests.services.feedback_desk import Desk
from tests.services.house import HQ_NODE, House, refused

R, S = Receipt, FeedbackState
PUSHED = Content(title="总部知识", body="总部口径")


@pytest.fixture
def desk(house: House) -> Desk:
    return Desk(house)


@pytest.fixture
def item(house: House, staff: Staff) -> str:
    """A 全网 item of ours in force."""
    return house.in_force(staff.wang, staff.zhao)


def push(house: House, subject_id: str = "K-HQ", number: int = 1) -> Receipt:
    return house.hq(
        "hqPushVersion", knowledgeId=subject_id, number=number, categoryId=HQ_NODE, content=PUSHED.document(), contentHash=PUSHED.hash
    ).receipt


def test_it_is_received_pinned_to_its_version(house: House, desk: Desk, staff: Staff, item: str) -> None:
    due = house.now + timedelta(hours=9)
    answer = desk.dispatch(item, reporter="张三", opinion="请核实", dueAt=due.isoformat(), urgency="URGENT")
    assert answer.receipt is R.APPLIED
    f = desk.of_hq()
    assert (f.state, f.subject_id, f.version_number, f.dispatch, f.province) == (S.RECEIVED, item, 1, 1, "BJ")
    assert (f.text, f.opinion, f.reporter_name, f.reporter_id) == ("资费与营业厅不一致", "请核实", "张三", None)
    assert (f.urgency, f.due_at) == (Urgency.URGENT, due)
    assert desk.log(f) == [("RECEIVE", None, "RECEIVED")]
    assert desk.told(staff.zhao)[-1] == desk.told(staff.qian)[-1] == "总部下发 北京 的反馈：资费与营业厅不一致"


@pytest.mark.parametrize(("urgency", "hours"), [("NORMAL", 72), ("URGENT", 4)])
def test_without_a_day_our_own_deadline_holds(house: House, desk: Desk, item: str, urgency: str, hours: int) -> None:
    assert desk.dispatched(item, urgency=urgency).due_at == house.now + timedelta(hours=hours)


@pytest.mark.parametrize(
    ("changed", "receipt"),
    [
        ({"province": "XX"}, R.REJECTED),
        ({"dispatch": 0}, R.REJECTED),
        ({"number": 0}, R.REJECTED),
        ({"text": "  "}, R.REJECTED),
        ({"text": "长" * 4001}, R.REJECTED),
        ({"feedbackId": ""}, R.REJECTED),
        ({"urgency": "SOON"}, R.REJECTED),
        ({"number": 9}, R.DEFERRED),
        ({"knowledgeId": "NOBODYS"}, R.DEFERRED),
    ],
)
def test_what_is_unlawful_or_early(desk: Desk, item: str, changed: dict[str, Any], receipt: Receipt) -> None:
    answer = desk.dispatch(item, **changed)
    assert (answer.receipt, bool(answer.reason)) == (receipt, True)
    assert desk.house.rows_of(Feedback) == []


def test_what_it_cannot_know_of_is_set_aside(house: House, desk: Desk, staff: Staff) -> None:
    local = house.in_force(staff.wang, staff.zhao, scope=Scope.LOCAL)
    assert desk.dispatch(local).receipt is R.QUARANTINED
    assert [a.kind for a in house.rows_of(Alarm)] == [AlarmKind.QUARANTINE]
    held = house.rows_of(InboxMessage)[-1]
    lock = held.lock_version
    assert refused(lambda: house.write(lambda u: quarantine.apply(u, staff.zhao, held.id, lock_version=lock))) == (
        "RULE_VIOLATED",
        "STILL_CONTRADICTS",
    )


def test_before_the_version_it_waits_and_then_applies(house: House, desk: Desk) -> None:
    assert desk.dispatch("K-HQ", number=2).receipt is R.DEFERRED
    assert desk.dispatch("K-HQ", number=2).receipt is R.DUPLICATE
    assert push(house) is R.APPLIED
    assert house.rows_of(Feedback) == []
    assert push(house, number=2) is R.APPLIED
    assert (desk.of_hq().version_number, desk.of_hq().state) == (2, S.RECEIVED)


def test_the_same_again_is_a_duplicate_whatever_became_of_it(desk: Desk, staff: Staff, item: str) -> None:
    feedback = desk.dispatched(item)
    assert desk.dispatch(item).receipt is R.DUPLICATE
    desk.resolve(staff.zhao, feedback)
    assert desk.dispatch(item).receipt is R.DUPLICATE
    assert desk.get(feedback).state is S.RESOLVED
    assert len(desk.house.rows_of(Feedback)) == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"text": "别的话"},
        {"province": "GD"},
        {"opinion": "改了"},
        {"urgency": "URGENT"},
        {"reporter": "李四"},
        {"dueAt": "2026-12-01T00:00:00Z"},
    ],
)
def test_the_same_dispatch_saying_something_else_is_set_aside(desk: Desk, item: str, changed: dict[str, Any]) -> None:
    before = desk.dispatched(item)
    assert desk.dispatch(item, **changed).receipt is R.QUARANTINED
    assert desk.of_hq() == before


def test_a_dispatch_about_other_knowledge_is_set_aside(house: House, desk: Desk, item: str) -> None:
    desk.dispatch(item)
    push(house)
    assert desk.dispatch("K-HQ", 2).receipt is R.QUARANTINED
    assert desk.of_hq().subject_id == item


def test_a_later_dispatch_opens_it_again(desk: Desk, staff: Staff, item: str) -> None:
    feedback = desk.dispatched(item)
    desk.resolve(staff.zhao, feedback)
    assert desk.dispatch(item, 2, opinion="省里仍不认可").receipt is R.APPLIED
    now = desk.get(feedback)
    assert (now.state, now.dispatch, now.opinion, now.resolution, now.resolved_at) == (S.RECEIVED, 2, "省里仍不认可", None, None)
    assert (now.resolution_text, now.handler_id) == ("", staff.zhao.id)
    assert desk.log(feedback)[-1] == ("REDISPATCH", "RESOLVED", "RECEIVED")
    desk.resolve(staff.zhao, feedback, Resolution.REJECTED, "仍以文件为准")
    assert [(r["dispatch"], r["resolution"]) for r in desk.results()] == [(1, "NO_CHANGE"), (2, "REJECTED")]


def test_a_later_dispatch_leaves_work_in_progress_alone(house: House, desk: Desk, staff: Staff, item: str) -> None:
    feedback = desk.dispatched(item)
    opened = desk.open(staff.zhao, feedback, staff.wang)
    assert desk.dispatch(item, 2, opinion="请加快", urgency="URGENT").receipt is R.APPLIED
    now = desk.get(feedback)
    assert (now.state, now.submission_id, now.urgency, now.due_at) == (
        S.IN_PROGRESS,
        opened.id,
        Urgency.URGENT,
        house.now + timedelta(hours=4),
    )
    assert desk.told(staff.zhao)[-1] == "总部第 2 次下发这条反馈：请加快"
    assert "总部第 2 次下发这条反馈：请加快" not in desk.told(staff.qian)


def test_an_earlier_dispatch_comes_too_late(desk: Desk, item: str) -> None:
    desk.dispatch(item, 3)
    assert desk.dispatch(item, 2).receipt is R.OUT_OF_DATE
    assert desk.of_hq().dispatch == 3


@pytest.mark.parametrize("order", list(permutations((1, 2, 3))))
def test_in_any_order_the_latest_stands(desk: Desk, item: str, order: tuple[int, ...]) -> None:
    for number in order:
        desk.dispatch(item, number, text=f"第 {number} 次说的", opinion=f"意见 {number}")
    f = desk.of_hq()
    assert (f.dispatch, f.text, f.opinion, f.state) == (3, "第 3 次说的", "意见 3", S.RECEIVED)


def test_what_headquarters_owns_is_answered_only(house: House, desk: Desk, staff: Staff) -> None:
    push(house)
    feedback = desk.dispatched("K-HQ")
    assert refused(lambda: desk.open(staff.zhao, feedback, staff.wang)) == ("RULE_VIOLATED", "OWNED_BY_HQ")
    desk.resolve(staff.zhao, feedback)
    assert [r["resolution"] for r in desk.results()] == ["NO_CHANGE"]


def test_adopted_it_is_told_with_its_version_in_the_transaction_of_the_approval(house: House, desk: Desk, staff: Staff, item: str) -> None:
    feedback = desk.dispatched(item)
    opened = desk.open(staff.zhao, feedback, staff.wang)
    house.to_hq(staff.wang, staff.qian, opened.id)
    assert desk.results() == []
    house.hq_approves(opened.id)
    assert house.get(opened.id).state is SubmissionState.EFFECTIVE
    [told] = desk.results()
    assert told == {
        "feedbackId": "FB-1",
        "dispatch": 1,
        "resolution": "ADOPTED",
        "resolutionText": "已采纳，知识已更新为第 2 版。",
        "knowledgeId": item,
        "number": 2,
        "submissionId": opened.id,
        "duplicateOf": None,
    }
    assert desk.get(feedback).sequence == house.get(opened.id).sequence


def test_the_number_told_is_the_one_headquarters_gave(house: House, desk: Desk, staff: Staff, item: str) -> None:
    opened = desk.open(staff.zhao, desk.dispatched(item), staff.wang)
    house.to_hq(staff.wang, staff.zhao, opened.id)
    house.hq_approves(opened.id, number=7)
    assert [r["number"] for r in desk.results()] == [7]


@pytest.mark.parametrize("local", [True, False])
def test_duplicates_are_told_by_headquarters_own_number(desk: Desk, staff: Staff, item: str, *, local: bool) -> None:
    original = desk.give(staff.agent, subject_id=item) if local else desk.dispatched(item, feedbackId="FB-0")
    desk.resolve(staff.zhao, desk.dispatched(item), Resolution.DUPLICATE, "同一件事", duplicate_of=original.id)
    assert [(r["resolution"], r["duplicateOf"]) for r in desk.results()] == [("DUPLICATE", None if local else "FB-0")]


def test_what_is_told_follows_its_schema(desk: Desk, staff: Staff, item: str) -> None:
    desk.resolve(staff.zhao, desk.dispatched(item))
    data = json_schema("feedback.result")
    jsonschema.validate(desk.results()[0], {**data["properties"]["data"], "$defs": data["$defs"]})
