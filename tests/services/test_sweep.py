"""What time itself does: taking effect, running out, idleness, overdue answers, alarms; nothing twice."""

from __future__ import annotations

from datetime import timedelta

from sqlmodel import select

from kbsearch.content import Content
from kbsearch.services import sweep
from kbsearch.store.tables import Alarm, AlarmKind, InboxMessage, OutboxMessage, Subject, Submission, TransitionLog
from kbsearch.workflow.states import SubmissionState, Urgency
from tests.services.conftest import Staff
from tests.services.house import HQ_NODE, INDEX, START, House

S = SubmissionState
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
LATER = Content(title="题", body="文", effective_from=START + DAY)


def alarms(house: House) -> list[str]:
    return [a.subject_id for a in house.rows_of(Alarm) if a.kind is AlarmKind.NOT_ACKNOWLEDGED and a.closed_at is None]


def refreshed(house: House, subject_id: str) -> int:
    rows = house.rows(select(OutboxMessage).where(OutboxMessage.destination == INDEX, OutboxMessage.document_key == subject_id))
    return len(rows)


def test_a_schedule_takes_effect_once_and_the_index_hears_of_it(house: House, staff: Staff) -> None:
    made = house.draft(staff.wang, LATER)
    house.to_hq(staff.wang, staff.zhao, made.id)
    house.hq_approves(made.id)
    before = refreshed(house, made.subject_id)
    assert house.pass_time(DAY - MINUTE)["effective"] == 0
    assert house.pass_time(MINUTE)["effective"] == 1
    assert sweep.sweep(house.store) == dict.fromkeys(sweep.sweep(house.store), 0)
    assert house.get(made.id).state is S.EFFECTIVE
    assert refreshed(house, made.subject_id) > before


def test_an_unanswered_withdrawal_does_not_hold_back_the_day(house: House, staff: Staff) -> None:
    made = house.draft(staff.wang, LATER)
    house.to_hq(staff.wang, staff.zhao, made.id)
    house.hq_approves(made.id)
    house.withdraw(staff.wang, made.id)
    house.pass_time(DAY)
    ended = house.get(made.id)
    assert (ended.state, ended.withdrawal_asked, ended.origin) == (S.EFFECTIVE, False, None)


def test_a_pushed_schedule_moves_the_base_of_open_updates(house: House, staff: Staff) -> None:
    item = house.in_force(staff.wang, staff.zhao)
    text = LATER.document()
    house.hq("hqPushVersion", knowledgeId=item, number=2, categoryId=HQ_NODE, content=text, contentHash=LATER.hash)
    update = house.draft_update(staff.wang, item, Content(title="我", body="的"))
    house.to_hq(staff.wang, staff.zhao, update.id)
    assert house.pass_time(DAY)["knowledge"] == 1
    assert house.get(update.id).state is S.BASE_CONFLICT
    assert [(t["reason"], t["answerExpected"]) for t in house.sent("withdraw.request")] == [("BASE_CONFLICT", False)]


def test_expiry_is_announced_to_the_index(house: House, staff: Staff) -> None:
    item = house.in_force(staff.wang, staff.zhao, Content(title="题", body="文", effective_to=START + DAY))
    assert house.read(lambda s: s.get_one(Subject, item).next_change_at) == START + DAY
    before = refreshed(house, item)
    assert house.pass_time(DAY)["knowledge"] == 1
    assert refreshed(house, item) == before + 1
    assert house.read(lambda s: s.get_one(Subject, item).next_change_at) is None


def test_idle_work_is_warned_about_then_closed(house: House, staff: Staff) -> None:
    made = house.draft(staff.wang)
    assert house.pass_time(30 * DAY - MINUTE)["idle"] == 0
    assert house.pass_time(MINUTE)["idle"] == 1
    assert house.get(made.id).warned_at == house.now
    assert house.pass_time(7 * DAY - MINUTE)["idle"] == 0
    assert house.pass_time(MINUTE)["idle"] == 1
    assert house.get(made.id).state is S.CLOSED_STALE
    steps = house.rows(select(TransitionLog.action).where(TransitionLog.document_id == made.id))
    assert steps == ["CREATE", "WARN_IDLE", "CLOSE_STALE"]


def test_a_step_after_the_warning_starts_the_time_anew(house: House, staff: Staff) -> None:
    made = house.draft(staff.wang)
    house.pass_time(30 * DAY)
    house.submit(staff.wang, made.id)
    house.send_back(staff.zhao, made.id)
    house.pass_time(10 * DAY)
    assert (house.get(made.id).state, house.get(made.id).warned_at) == (S.RETURNED, None)


def test_headquarters_is_asked_when_nothing_comes_back(house: House, staff: Staff) -> None:
    made = house.draft(staff.wang)
    house.to_hq(staff.wang, staff.zhao, made.id)
    asked = [house.pass_time(by)["overdue"] for by in (2 * DAY - MINUTE, MINUTE, DAY, DAY)]
    assert asked == [0, 1, 0, 1]
    assert [(q["state"], q["round"]) for q in house.sent("result.query")] == [("SUBMITTED", 1)] * 2
    house.withdraw(staff.wang, made.id)
    assert house.pass_time(2 * DAY)["overdue"] == 1
    assert house.sent("result.query")[-1]["state"] == "WITHDRAW_PENDING"


def test_an_urgent_one_not_acknowledged_in_five_minutes_alarms(house: House, staff: Staff) -> None:
    made = house.draft(staff.wang, urgency=Urgency.URGENT)
    house.to_hq(staff.wang, staff.zhao, made.id)
    ordinary = house.draft(staff.li)
    house.to_hq(staff.li, staff.zhao, ordinary.id)
    assert house.pass_time(5 * MINUTE - timedelta(seconds=1))["unacknowledged"] == 0
    assert house.pass_time(timedelta(seconds=1))["unacknowledged"] == 1
    assert house.pass_time(MINUTE)["unacknowledged"] == 0
    assert alarms(house) == [made.id]
    house.hq("hqAcknowledge", submissionId=made.id, round=1, hqReference="HQ-1")
    sweep.sweep(house.store)
    assert alarms(house) == []
    house.hq("hqReturn", submissionId=made.id, round=1, reasonCodes=["OTHER"], reasonText="请改")
    house.to_hq(staff.wang, staff.zhao, made.id)
    house.pass_time(5 * MINUTE)
    assert alarms(house) == [made.id]  # the same cause again raises the same alarm again
    assert len(house.rows_of(Alarm)) == 1


def test_a_withdrawal_answered_by_a_base_that_moved(house: House, staff: Staff) -> None:
    """What came from headquarters' review conflicts like any other; what waits for its day does not."""
    item = house.in_force(staff.wang, staff.zhao)
    at_review = house.draft_update(staff.wang, item)
    house.to_hq(staff.wang, staff.zhao, at_review.id)
    house.withdraw(staff.wang, at_review.id)
    scheduled = house.draft_update(staff.li, item, Content(title="题", body="文", effective_from=START + 9 * DAY))
    text = Content(title="总部", body="第二")
    pushed = house.hq("hqPushVersion", knowledgeId=item, number=2, categoryId=HQ_NODE, content=text.document(), contentHash=text.hash)
    assert pushed.receipt == "APPLIED"
    assert [house.get(s.id).state for s in (at_review, scheduled)] == [S.BASE_CONFLICT, S.DRAFT]
    assert (house.get(at_review.id).withdrawal_asked, house.get(at_review.id).origin) == (False, None)


def test_what_moved_on_between_finding_and_locking_is_left_alone(house: House, staff: Staff) -> None:
    """Each act looks again under the lock; the stale lists here are what two sweepers at once see."""
    made = house.draft(staff.wang)
    item = house.in_force(staff.li, staff.zhao)
    inbox = house.rows_of(InboxMessage)[0].id
    for act in (sweep._take_effect, sweep._close_or_warn, sweep._ask_headquarters, sweep._change, sweep._alarm_waiting):
        assert house.write(lambda u, a=act: a(u, "nowhere")) is False  # type: ignore[misc]
    assert house.write(lambda u: sweep._change(u, item)) is False
    assert house.write(lambda u: sweep._ask_headquarters(u, made.id)) is False
    assert house.write(lambda u: sweep._alarm_waiting(u, inbox)) is False
    assert sweep._each(house.store, lambda _s, _h: [made.id], sweep._take_effect) == 0
    house.pass_time(30 * DAY)
    assert house.write(lambda u: sweep._close_or_warn(u, made.id)) is False
    house.submit(staff.wang, made.id)
    assert house.write(lambda u: sweep._close_or_warn(u, made.id)) is False
    assert house.read(lambda s: s.get_one(Submission, made.id).state) is S.PENDING_REVIEW
