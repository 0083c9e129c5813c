"""Deliveries: stored before their effect, applied once, finished after a crash, set aside when poisonous, kept while they wait."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from kbsearch.content import Content
from kbsearch.services import hq_inbox, hq_pushes, sweep
from kbsearch.store.tables import Alarm, AlarmKind, InboxMessage, InboxStatus, Subject, TransitionLog
from kbsearch.workflow.states import SubmissionState
from tests.services.conftest import Staff
from tests.services.house import HQ_NODE, House

TEXT = Content(title="流量包", body="每月三十元")
HOUR = timedelta(hours=1)


def push(house: House, webhook_id: str | None = None, **more: Any) -> Any:
    given = {"knowledgeId": "hq1", "number": 1, "categoryId": HQ_NODE, "content": TEXT.document(), "contentHash": TEXT.hash, **more}
    return house.hq("hqPushVersion", webhook_id, **given)


def message(house: House, inbox_id: str) -> InboxMessage:
    return house.read(lambda s: s.get_one(InboxMessage, inbox_id))


def open_alarms(house: House, kind: AlarmKind) -> list[str]:
    return [a.subject_id for a in house.rows_of(Alarm) if a.kind is kind and a.closed_at is None]


def crash_before_the_effect(house: House, webhook_id: str, **more: Any) -> str:
    """What the process leaves behind when it dies right after the inbox row was committed."""
    payload = {"knowledgeId": "hq1", "number": 1, "categoryId": HQ_NODE, "content": TEXT.document(), "contentHash": TEXT.hash, **more}
    fingerprint = hq_pushes.fingerprint("hqPushVersion", payload)
    return hq_inbox._store_row(house.store, webhook_id=webhook_id, kind="hqPushVersion", payload=payload, fingerprint=fingerprint)


def test_a_repeated_delivery_gets_the_first_receipt(house: House) -> None:
    first = push(house, "w")
    again = push(house, "w")
    assert first == again
    assert message(house, first.inbox_id).subject_id == "hq1"
    assert len(house.rows(select(TransitionLog).where(TransitionLog.action == "PUSH_VERSION"))) == 1


def test_the_first_receipt_also_after_a_deferred_one_was_applied(house: House) -> None:
    first = push(house, "w", categoryId="HQ-NEW")
    assert (first.receipt, message(house, first.inbox_id).waits_for) == ("DEFERRED", "category:HQ-NEW")
    house.add_hq_node("HQ-NEW")
    assert message(house, first.inbox_id).status is InboxStatus.APPLIED
    assert push(house, "w", categoryId="HQ-NEW") == first


def test_an_orphan_is_finished_by_the_sweeper(house: House) -> None:
    inbox_id = crash_before_the_effect(house, "w")
    assert (message(house, inbox_id).status, house.rows_of(Subject)) == (InboxStatus.RECEIVED, [])
    assert sweep.sweep(house.store)["orphans"] == 1
    assert (message(house, inbox_id).status, len(house.rows_of(Subject))) == (InboxStatus.APPLIED, 1)
    assert sweep.sweep(house.store)["orphans"] == 0


def test_an_orphan_is_finished_by_its_repetition(house: House) -> None:
    inbox_id = crash_before_the_effect(house, "w")
    answer = push(house, "w")
    assert (answer.receipt, answer.inbox_id, len(house.rows_of(Subject))) == ("APPLIED", inbox_id, 1)


def test_the_same_id_with_another_payload_is_quarantined(house: House) -> None:
    first = push(house, "w")
    other = push(house, "w", number=2)
    assert (other.receipt, other.inbox_id != first.inbox_id) == ("QUARANTINED", True)
    assert first.inbox_id in other.reason
    assert open_alarms(house, AlarmKind.QUARANTINE) == [other.inbox_id]
    assert push(house, "w") == first
    assert len(house.rows_of(Subject)) == 1


def test_poison_is_set_aside_after_five_attempts(house: House) -> None:
    inbox_id = crash_before_the_effect(house, "w")
    with house.store.write() as unit:
        unit.session.get_one(InboxMessage, inbox_id).kind = "hqUnheardOf"  # its effect raises, whoever tries
    sound = crash_before_the_effect(house, "w2", knowledgeId="hq2")
    for attempt in range(1, 6):
        sweep.sweep(house.store)
        assert (message(house, inbox_id).attempts, message(house, inbox_id).status) == (attempt, InboxStatus.RECEIVED)
    assert message(house, sound).status is InboxStatus.APPLIED
    sweep.sweep(house.store)
    assert message(house, inbox_id).status is InboxStatus.QUARANTINED
    assert "连续出错 5 次" in message(house, inbox_id).reason
    assert open_alarms(house, AlarmKind.QUARANTINE) == [inbox_id]
    assert sweep.sweep(house.store)["orphans"] == 0


def test_an_attempt_is_not_counted_on_what_is_settled(house: House) -> None:
    settled = push(house, "w").inbox_id
    assert hq_inbox._count_attempt(house.store, settled) is False
    assert message(house, settled).attempts == 0
    with pytest.raises(RuntimeError, match="vanished"):
        hq_inbox.settle(house.store, "nowhere")


def test_what_waits_is_applied_when_its_need_arrives(house: House) -> None:
    third, second = (
        push(house, number=n, base=n - 1, content=c.document(), contentHash=c.hash)
        for n, c in ((3, Content(title="三", body="三")), (2, Content(title="二", body="二")))
    )
    assert [third.receipt, second.receipt] == ["DEFERRED", "DEFERRED"]
    assert (
        push(
            house, number=3, base=2, content=Content(title="三", body="三").document(), contentHash=Content(title="三", body="三").hash
        ).receipt
        == "DUPLICATE"
    )
    assert push(house).receipt == "APPLIED"
    assert [message(house, m.inbox_id).status for m in (second, third)] == [InboxStatus.APPLIED] * 2


def test_what_still_waits_is_not_written_again(house: House) -> None:
    push(house)
    other = Content(title="五", body="五")
    waiting = push(house, number=5, base=3, content=other.document(), contentHash=other.hash)
    push(house, number=6, content=other.document(), contentHash=other.hash, effectiveFrom="2027-01-01T00:00:00.000000Z")
    before = message(house, waiting.inbox_id).lock_version
    assert hq_inbox.settle_deferred(house.store) == 0
    assert (message(house, waiting.inbox_id).lock_version, message(house, waiting.inbox_id).status) == (before, InboxStatus.DEFERRED)


def test_waiting_too_long_alarms_and_arriving_closes_it(house: House) -> None:
    waiting = push(house, categoryId="HQ-NEW")
    assert sweep.sweep(house.store)["waiting"] == 0
    assert house.pass_time(HOUR)["waiting"] == 1
    assert house.pass_time(HOUR)["waiting"] == 0
    assert open_alarms(house, AlarmKind.DEFERRED_TOO_LONG) == [waiting.inbox_id]
    house.add_hq_node("HQ-NEW")
    assert open_alarms(house, AlarmKind.DEFERRED_TOO_LONG) == []


def test_a_refusal_inside_an_effect_leaves_nothing_and_is_rejected(house: House, staff: Staff) -> None:
    made = house.draft(staff.wang)
    house.to_hq(staff.wang, staff.zhao, made.id)
    blank = house.hq("hqReturn", submissionId=made.id, round=1, reasonCodes=["OTHER"], reasonText=" ")
    assert (blank.receipt, house.get(made.id).state) == ("REJECTED", SubmissionState.SUBMITTED)
    assert message(house, blank.inbox_id).submission_id == made.id


def test_an_unknown_field_is_kept(house: House) -> None:
    answer = push(house, futureField={"a": 1})
    assert answer.receipt == "APPLIED"
    assert message(house, answer.inbox_id).payload["futureField"] == {"a": 1}
