"""What headquarters says about our submissions, as real payloads: what is applied, taken over, refused, and remembered."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from kbsearch.clock import wire_time
from kbsearch.content import Content
from kbsearch.store.lives import Life, load_life
from kbsearch.store.tables import Alarm, AlarmKind, InboxMessage, Revocation, Subject, SubjectVersion, TransitionLog
from kbsearch.workflow.states import SubmissionState
from tests.services.conftest import Staff
from tests.services.house import HQ_NODE, START, House

S = SubmissionState
DAY = timedelta(days=1)
TEXT = Content(title="流量包", body="每月三十元")
THEIRS = Content(title="流量包", body="总部改过的")


@pytest.fixture
def sent(house: House, staff: Staff) -> str:
    """A publication that headquarters has before it."""
    made = house.draft(staff.wang)
    house.to_hq(staff.wang, staff.zhao, made.id)
    return made.id


def life_of(house: House, sid: str) -> Life:
    life = house.read(lambda s: load_life(s, house.get(sid).subject_id))
    assert life is not None
    return life


def amended(content: Content = THEIRS) -> dict[str, Any]:
    return {"content": content.document(), "contentHash": content.hash}


def test_an_approval_brings_number_and_provinces(house: House, sent: str) -> None:
    answer = house.hq_approves(sent, number=7, distribution=["GD", "BJ", "GD"], hqReference="HQ-9")
    assert answer.receipt == "APPLIED"
    version = life_of(house, sent).versions[7]
    assert (version.distribution, version.submission_id, version.live_from) == (["BJ", "GD"], sent, START)
    assert house.get(sent).hq_reference == "HQ-9"


def test_amended_content_is_theirs_and_logged_as_such(house: House, sent: str) -> None:
    assert house.hq_approves(sent, **{**amended(), "submissionHash": "0" * 64}).receipt == "APPLIED"
    version = life_of(house, sent).versions[1]
    assert (version.body, version.content_hash) == (THEIRS.body, THEIRS.hash)
    row = house.rows(select(TransitionLog).where(TransitionLog.action == "HQ_APPROVE"))[0]
    assert row.details["amended"] is True


def test_content_equal_to_ours_is_no_amendment(house: House, sent: str) -> None:
    assert house.hq_approves(sent, **amended(TEXT)).receipt == "APPLIED"
    row = house.rows(select(TransitionLog).where(TransitionLog.action == "HQ_APPROVE"))[0]
    assert "amended" not in row.details


def test_content_equal_to_ours_under_a_wrong_hash_is_quarantined(house: House, sent: str) -> None:
    assert house.hq_approves(sent, **{**amended(TEXT), "submissionHash": "0" * 64}).receipt == "QUARANTINED"


def test_a_moved_date_schedules_and_amended_dates_too(house: House, staff: Staff, sent: str) -> None:
    assert house.hq_approves(sent, effectiveFrom=wire_time(START + DAY)).receipt == "APPLIED"
    assert (house.get(sent).state, house.get(sent).effective_at) == (S.SCHEDULED, START + DAY)
    other = house.draft(staff.wang)
    house.to_hq(staff.wang, staff.zhao, other.id)
    house.hq_approves(other.id, **amended(replace(THEIRS, effective_from=START + 2 * DAY)))
    assert house.get(other.id).effective_at == START + 2 * DAY


@pytest.mark.parametrize(
    "wrong",
    [
        {"number": 0},
        {"submissionHash": "abc"},
        {"distribution": ["XX"]},
        {"content": {"title": "题"}},
        {"content": THEIRS.document(), "contentHash": "0" * 64},
        {"content": replace(THEIRS, title=" ").document()},
        {"content": replace(THEIRS, regions=("XX",)).document()},
        {"round": 0},
        {"round": 2},
        {"submissionId": "nowhere"},
    ],
)
def test_an_approval_not_lawful_in_itself_is_rejected(house: House, sent: str, wrong: dict[str, Any]) -> None:
    answer = house.hq("hqApprove", **{**house.approval(sent), **wrong})
    assert answer.receipt == "REJECTED"
    assert answer.reason
    assert house.get(sent).state is S.SUBMITTED


@pytest.mark.parametrize("kind", ["hqAcknowledge", "hqReturn", "hqReject", "hqWithdrawResult"])
def test_an_unknown_submission_is_rejected(house: House, kind: str) -> None:
    more: dict[str, Any] = {"hqReference": "HQ-1", "reasonCodes": ["OTHER"], "reasonText": "x", "granted": True}
    assert house.hq(kind, submissionId="nowhere", round=1, **more).receipt == "REJECTED"


def test_an_approval_without_content_of_a_revocation(house: House, staff: Staff) -> None:
    knowledge = house.in_force(staff.wang, staff.zhao)
    made = house.draft_revoke(staff.wang, knowledge)
    house.to_hq(staff.wang, staff.zhao, made.id)
    assert house.hq_approves(made.id, **amended()).receipt == "REJECTED"
    assert house.hq_approves(made.id, distribution=["BJ"], number=9).receipt == "APPLIED"
    ended = house.rows_of(Revocation)[0]
    assert (ended.number, ended.distribution, ended.submission_id) == (1, ["BJ"], made.id)
    assert house.hq_approves(made.id).receipt == "DUPLICATE"
    assert house.hq_approves(made.id, effectiveFrom=wire_time(START + DAY)).receipt == "QUARANTINED"


def test_a_number_held_or_too_low_contradicts(house: House, staff: Staff) -> None:
    knowledge = house.in_force(staff.wang, staff.zhao)
    house.hq("hqPushVersion", knowledgeId=knowledge, number=4, categoryId=HQ_NODE, **amended())
    made = house.draft_update(staff.wang, knowledge, replace(TEXT, body="新"))
    house.to_hq(staff.wang, staff.zhao, made.id)
    assert house.hq_approves(made.id, number=4).reason == "第 4 版我方已有而内容不同"
    assert house.hq_approves(made.id, number=2).reason == "第 2 版不高于我方的第 4 版"
    assert house.get(made.id).state is S.SUBMITTED
    alarms = [a for a in house.rows_of(Alarm) if a.kind is AlarmKind.QUARANTINE]
    assert len(alarms) == 2
    assert house.hq_approves(made.id).receipt == "APPLIED"
    assert sorted(life_of(house, made.id).versions) == [1, 4, 5]


def test_an_approval_whose_version_a_push_brought_is_a_confirmation(house: House, staff: Staff) -> None:
    knowledge = house.in_force(staff.wang, staff.zhao)
    made = house.draft_update(staff.wang, knowledge, replace(TEXT, body="新", effective_from=START + DAY))
    house.to_hq(staff.wang, staff.zhao, made.id)
    pushed = replace(TEXT, body="新", effective_from=START + DAY)
    assert house.hq("hqPushVersion", knowledgeId=knowledge, number=2, categoryId=HQ_NODE, **amended(pushed)).receipt == "APPLIED"
    assert house.hq_approves(made.id, number=2).receipt == "APPLIED"
    assert house.get(made.id).state is S.SCHEDULED
    assert life_of(house, made.id).versions[2].submission_id == made.id
    assert len(house.rows_of(SubjectVersion)) == 2


def test_references_are_kept_of_the_newest_round(house: House, staff: Staff, sent: str) -> None:
    assert (
        house.hq("hqReturn", submissionId=sent, round=1, reasonCodes=["OTHER"], reasonText="请改", hqReference="HQ-1").receipt == "APPLIED"
    )
    house.to_hq(staff.wang, staff.zhao, sent)
    house.hq("hqAcknowledge", submissionId=sent, round=2, hqReference="HQ-2")
    late = [house.hq("hqAcknowledge", submissionId=sent, round=1, hqReference="HQ-0").receipt for _ in range(2)]
    assert late == ["OUT_OF_DATE", "DUPLICATE"]
    assert house.get(sent).hq_reference == "HQ-2"
    logged = house.rows(select(TransitionLog).where(TransitionLog.action == "HQ_ACKNOWLEDGE"))
    assert sorted(r.details["fingerprint"] for r in logged) == ["HQ-0", "HQ-2"]
    assert {r.from_state for r in logged if r.details["fingerprint"] == "HQ-0"} == {"PENDING_HQ"}


def test_an_early_answer_to_a_withdrawal_counts_again_for_the_next(house: House, staff: Staff, sent: str) -> None:
    house.withdraw(staff.wang, sent)
    refuse: dict[str, Any] = {"submissionId": sent, "round": 1, "granted": False}
    assert house.hq("hqWithdrawResult", **refuse).receipt == "APPLIED"
    assert house.hq("hqWithdrawResult", **refuse).receipt == "DUPLICATE"
    house.withdraw(staff.wang, sent)
    assert house.hq("hqWithdrawResult", **refuse).receipt == "APPLIED"
    house.withdraw(staff.wang, sent)
    assert house.hq("hqWithdrawResult", submissionId=sent, round=1, granted=True).receipt == "APPLIED"
    assert house.hq("hqWithdrawResult", **refuse).receipt == "DUPLICATE"
    assert house.get(sent).state is S.WITHDRAWN


def test_a_withdrawn_schedule_takes_its_version_back(house: House, staff: Staff, sent: str) -> None:
    house.hq_approves(sent, effectiveFrom=wire_time(START + DAY))
    house.withdraw(staff.wang, sent)
    house.hq("hqWithdrawResult", submissionId=sent, round=1, granted=True)
    assert life_of(house, sent).versions == {}
    assert house.get(sent).effective_at is None
    house.pass_time(2 * DAY)
    assert house.get(sent).state is S.WITHDRAWN


# --- pushes


def push(house: House, number: int, content: Content = THEIRS, **more: Any) -> Any:
    given = {"knowledgeId": "hq1", "number": number, "categoryId": HQ_NODE, **amended(content), **more}
    return house.hq("hqPushVersion", **given)


def test_a_pushed_item_is_headquarters(house: House) -> None:
    assert push(house, 3, distribution=["BJ"], changeNote="新", material=False).receipt == "APPLIED"
    item, version = house.rows_of(Subject)[0], house.rows_of(SubjectVersion)[0]
    assert (item.owner, item.scope, item.category_id, item.recorded_base) == ("HQ", "NATIONAL", HQ_NODE, 3)
    assert (version.distribution, version.change_note, version.material, version.base_number) == (["BJ"], "新", False, None)


@pytest.mark.parametrize(
    ("wrong", "receipt"),
    [
        ({"contentHash": "0" * 64}, "REJECTED"),
        ({"distribution": ["XX"]}, "REJECTED"),
        ({"categoryId": "HQ"}, "REJECTED"),
        ({"categoryId": "LOCAL-ROOT"}, "REJECTED"),
        ({"categoryId": "HQ-COMING"}, "DEFERRED"),
        ({"base": 2}, "DEFERRED"),
        ({"originSubmissionId": "nowhere", "originRound": 1}, "REJECTED"),
    ],
)
def test_pushes_that_cannot_be_applied_now(house: House, wrong: dict[str, Any], receipt: str) -> None:
    assert push(house, 3, **wrong).receipt == receipt
    assert house.rows_of(Subject) == []


def test_a_confirmation_takes_category_and_provinces_over_once(house: House) -> None:
    house.add_hq_node("HQ-NEW")
    push(house, 1)
    assert push(house, 1).receipt == "DUPLICATE"
    assert push(house, 1, categoryId="HQ-NEW", distribution=["BJ"]).receipt == "APPLIED"
    assert house.rows_of(Subject)[0].category_id == "HQ-NEW"
    push(house, 2, replace(THEIRS, body="第二"), base=1)
    assert house.rows_of(Subject)[0].category_id == HQ_NODE
    assert push(house, 1, categoryId="HQ-NEW", distribution=["BJ"]).receipt == "DUPLICATE"
    assert push(house, 2).receipt == "QUARANTINED"


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1), (2, 3, 1), (3, 1, 2)])
def test_pushes_in_any_order_end_the_same(house: House, order: tuple[int, ...]) -> None:
    house.add_hq_node("HQ-NEW")
    for number in order:
        push(house, number, replace(THEIRS, body=f"第{number}"), base=number - 1 or None, categoryId="HQ-NEW" if number == 3 else HQ_NODE)
    (item,) = house.rows_of(Subject)
    assert (item.category_id, item.recorded_base) == ("HQ-NEW", 3)
    assert {m.status.value for m in house.rows(select(InboxMessage).where(InboxMessage.kind == "hqPushVersion"))} == {"APPLIED"}


def test_a_back_filled_version_is_history_and_needs_no_base(house: House) -> None:
    push(house, 5)
    answer = push(house, 3, replace(THEIRS, body="旧"), base=2)
    assert (answer.receipt, answer.reason) == ("APPLIED", "只作历史保存，现行版本不变")
    assert [(v.number, v.history_only) for v in sorted(house.rows_of(SubjectVersion), key=lambda v: v.number)] == [(3, True), (5, False)]


def test_a_push_that_stems_from_our_round_is_its_approval(house: House, staff: Staff) -> None:
    made = house.draft(staff.wang)
    house.to_hq(staff.wang, staff.zhao, made.id)
    house.add_hq_node("HQ-NEW")
    stems = {"knowledgeId": made.subject_id, "originSubmissionId": made.id, "originRound": 1, "categoryId": "HQ-NEW"}
    assert push(house, 1, TEXT, **{**stems, "originRound": None}).receipt == "REJECTED"
    assert push(house, 1, TEXT, **{**stems, "originRound": 2}).receipt == "REJECTED"
    assert push(house, 1, TEXT, **stems).receipt == "APPLIED"
    assert (house.get(made.id).state, house.rows_of(Subject)[0].category_id) == (S.EFFECTIVE, "HQ-NEW")
    assert push(house, 1, TEXT, **stems).receipt == "DUPLICATE"
    assert house.hq_approves(made.id, number=1).receipt == "DUPLICATE"
    assert push(house, 2, replace(TEXT, body="又一"), **stems).receipt == "QUARANTINED"


def test_a_push_from_a_round_that_ended_is_quarantined(house: House, staff: Staff) -> None:
    made = house.draft(staff.wang)
    house.to_hq(staff.wang, staff.zhao, made.id)
    house.withdraw(staff.wang, made.id)
    house.hq("hqWithdrawResult", submissionId=made.id, round=1, granted=True)
    answer = push(house, 1, TEXT, knowledgeId=made.subject_id, originSubmissionId=made.id, originRound=1)
    assert answer.receipt == "QUARANTINED"
    assert life_of(house, made.id).versions == {}


def test_a_push_cannot_stem_from_a_revocation(house: House, staff: Staff) -> None:
    knowledge = house.in_force(staff.wang, staff.zhao)
    made = house.draft_revoke(staff.wang, knowledge)
    house.to_hq(staff.wang, staff.zhao, made.id)
    assert push(house, 2, knowledgeId=knowledge, originSubmissionId=made.id, originRound=1).receipt == "REJECTED"


def test_local_items_are_not_headquarters_to_push(house: House, staff: Staff) -> None:
    local = house.draft(staff.wang, scope="LOCAL").subject_id  # type: ignore[arg-type]
    assert push(house, 1, knowledgeId=local, categoryId="HQ-COMING").receipt == "QUARANTINED"
    assert house.hq("hqPushRevocation", knowledgeId=local, number=1, reason="SERVICE_RETIRED").receipt == "QUARANTINED"


def revoke(house: House, number: int, reason: str = "SERVICE_RETIRED", **more: Any) -> str:
    return house.hq("hqPushRevocation", knowledgeId="hq1", number=number, reason=reason, **more).receipt.value


def test_a_revocation_first_leaves_a_tombstone(house: House) -> None:
    assert revoke(house, 2, reasonText="停售") == "APPLIED"
    assert [push(house, number, replace(THEIRS, body=str(number))).receipt for number in (1, 2)] == ["APPLIED"] * 2
    life = house.read(lambda s: load_life(s, "hq1"))
    assert life is not None
    assert (life.status(START), life.highest, life.current(START)) == ("REVOKED", 2, None)
    assert revoke(house, 2) == "DUPLICATE"
    assert revoke(house, 2, "NO_LONGER_USEFUL") == "QUARANTINED"
    assert push(house, 3, replace(THEIRS, body="重新发布"), base=2).receipt == "APPLIED"
    again = house.read(lambda s: load_life(s, "hq1"))
    assert again is not None
    assert again.status(START) == "PUBLISHED"


def test_a_revocation_ahead_gives_way_to_an_earlier_day(house: House) -> None:
    push(house, 1)
    later: dict[str, Any] = {"effectiveFrom": wire_time(START + 2 * DAY)}
    assert [revoke(house, 1, **later), revoke(house, 1, **later)] == ["APPLIED", "DUPLICATE"]
    assert revoke(house, 1) == "APPLIED"
    life = house.read(lambda s: load_life(s, "hq1"))
    assert life is not None
    assert life.status(START) == "REVOKED"


@pytest.mark.parametrize(("reason", "replacement"), [("MERGED", None), ("SERVICE_RETIRED", "hq2")])
def test_only_merging_names_a_replacement(house: House, reason: str, replacement: str | None) -> None:
    assert revoke(house, 1, reason, replacementId=replacement) == "REJECTED"
    assert house.rows_of(Revocation) == []
