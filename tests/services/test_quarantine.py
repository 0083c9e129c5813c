"""Working off quarantine: apply after all, or discard; who may, and what it does to what is open."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from kbsearch.clock import wire_time
from kbsearch.content import Content
from kbsearch.services import drafts, quarantine
from kbsearch.store.lives import Life, load_life
from kbsearch.store.tables import Alarm, InboxMessage, InboxStatus, Revocation
from kbsearch.workflow.decide import Actor
from kbsearch.workflow.states import SubmissionState
from tests.services.conftest import Staff
from tests.services.house import HQ_NODE, START, House, refused

S = SubmissionState
DAY = timedelta(days=1)
TEXT = Content(title="流量包", body="每月三十元")
OTHER = Content(title="流量包", body="别的")


def lock(house: House, inbox_id: str) -> int:
    return house.read(lambda s: s.get_one(InboxMessage, inbox_id).lock_version)


def apply(house: House, actor: Actor, inbox_id: str) -> InboxMessage:
    return house.write(lambda u: quarantine.apply(u, actor, inbox_id, lock_version=lock(house, inbox_id)))


def discard(house: House, actor: Actor, inbox_id: str, why: str = "核对过") -> InboxMessage:
    return house.write(lambda u: quarantine.discard(u, actor, inbox_id, lock_version=lock(house, inbox_id), reason_text=why))


def life_of(house: House, subject_id: str) -> Life:
    life = house.read(lambda s: load_life(s, subject_id))
    assert life is not None
    return life


@pytest.fixture
def sent(house: House, staff: Staff) -> str:
    made = house.draft(staff.wang)
    house.to_hq(staff.wang, staff.zhao, made.id)
    return made.id


def contradicting(house: House, sid: str, **more: Any) -> str:
    """An approval that echoes another hash."""
    answer = house.hq_approves(sid, **{"submissionHash": "0" * 64, **more})
    assert answer.receipt == "QUARANTINED"
    return answer.inbox_id


def test_only_reviewers_and_only_once(house: House, staff: Staff, sent: str) -> None:
    inbox_id = contradicting(house, sent)
    for actor in (staff.wang, staff.operator, staff.admin, staff.agent):
        assert refused(lambda a=actor: apply(house, a, inbox_id)) == ("PERMISSION_DENIED", None)  # type: ignore[misc]
        assert refused(lambda a=actor: discard(house, a, inbox_id)) == ("PERMISSION_DENIED", None)  # type: ignore[misc]
    stale = lambda: house.write(lambda u: quarantine.apply(u, staff.zhao, inbox_id, lock_version=99))  # noqa: E731
    assert refused(stale) == ("STALE_OBJECT", "LOCK_VERSION")
    nowhere = lambda: house.write(lambda u: quarantine.apply(u, staff.zhao, "nowhere", lock_version=1))  # noqa: E731
    assert refused(nowhere) == ("NOT_FOUND", None)
    assert refused(lambda: discard(house, staff.zhao, inbox_id, " ")) == ("RULE_VIOLATED", "REASON_REQUIRED")
    done = discard(house, staff.zhao, inbox_id)
    assert (done.status, done.settled_by, done.reason) == (InboxStatus.DISCARDED, staff.zhao.id, "核对过")
    assert all(a.closed_at for a in house.rows_of(Alarm))
    assert refused(lambda: apply(house, staff.zhao, inbox_id)) == ("RULE_VIOLATED", "NOT_QUARANTINED")
    assert house.get(sent).state is S.SUBMITTED


def test_an_applied_approval_is_headquarters_push(house: House, staff: Staff, sent: str) -> None:
    inbox_id = contradicting(house, sent, number=4, distribution=["BJ"], effectiveFrom=wire_time(START + DAY))
    assert apply(house, staff.zhao, inbox_id).status is InboxStatus.APPLIED
    made = house.get(sent)
    version = life_of(house, made.subject_id).versions[4]
    assert (made.state, version.source, version.submission_id) == (S.SUPERSEDED, "HQ_PUSH", None)
    assert (version.body, version.distribution, version.live_from) == (TEXT.body, ["BJ"], START + DAY)
    assert house.sent("withdraw.request") == []  # headquarters decided it itself
    assert house.hq_approves(sent).receipt == "QUARANTINED"


def test_a_late_approval_applied_ends_the_round_going_on(house: House, staff: Staff, sent: str) -> None:
    house.hq("hqReturn", submissionId=sent, round=1, reasonCodes=["OTHER"], reasonText="请改")
    house.to_hq(staff.wang, staff.zhao, sent)
    late = house.hq_approves(sent, 1)
    assert late.receipt == "QUARANTINED"
    apply(house, staff.zhao, late.inbox_id)
    assert house.get(sent).state is S.SUPERSEDED
    asked = house.sent("withdraw.request")
    assert [(a["round"], a["reason"], a["answerExpected"]) for a in asked] == [(2, "SUPERSEDED", False)]


def test_an_approval_after_the_end_is_stored_all_the_same(house: House, staff: Staff, sent: str) -> None:
    house.withdraw(staff.wang, sent)
    house.hq("hqWithdrawResult", submissionId=sent, round=1, granted=True)
    late = house.hq_approves(sent, content=OTHER.document(), contentHash=OTHER.hash)
    apply(house, staff.zhao, late.inbox_id)
    current = life_of(house, house.get(sent).subject_id).current(START)
    assert current is not None
    assert (current.number, current.body, house.get(sent).state) == (1, OTHER.body, S.WITHDRAWN)


def test_a_number_held_cannot_be_applied(house: House, staff: Staff) -> None:
    knowledge = house.in_force(staff.wang, staff.zhao)
    made = house.draft_update(staff.wang, knowledge, OTHER)
    house.to_hq(staff.wang, staff.zhao, made.id)
    inbox_id = house.hq_approves(made.id, number=1).inbox_id
    assert refused(lambda: apply(house, staff.zhao, inbox_id)) == ("RULE_VIOLATED", "NUMBER_HELD")
    assert house.get(made.id).state is S.SUBMITTED


def test_an_approved_revocation_is_applied_on_its_day(house: House, staff: Staff) -> None:
    knowledge = house.in_force(staff.wang, staff.zhao)
    made = house.draft_revoke(staff.wang, knowledge, effective_from=START + 2 * DAY)
    house.to_hq(staff.wang, staff.zhao, made.id)
    apply(house, staff.zhao, contradicting(house, made.id, distribution=["BJ"], effectiveFrom=wire_time(START + DAY)))
    (ended,) = house.rows_of(Revocation)
    assert (ended.live_from, ended.number, ended.distribution, ended.source) == (START + DAY, 1, ["BJ"], "HQ_PUSH")
    assert house.get(made.id).state is S.SUPERSEDED
    assert life_of(house, knowledge).status(START) == "PUBLISHED"
    house.pass_time(DAY)
    assert life_of(house, knowledge).status(START + DAY) == "REVOKED"


def test_a_revocation_without_a_moved_date_keeps_ours(house: House, staff: Staff) -> None:
    knowledge = house.in_force(staff.wang, staff.zhao)
    made = house.draft_revoke(staff.wang, knowledge, effective_from=START + 2 * DAY)
    house.to_hq(staff.wang, staff.zhao, made.id)
    apply(house, staff.zhao, contradicting(house, made.id))
    assert house.rows_of(Revocation)[0].live_from == START + 2 * DAY


def test_a_late_approval_of_a_revocation_ends_the_version_it_was_about(house: House, staff: Staff) -> None:
    knowledge = house.in_force(staff.wang, staff.zhao)
    made = house.draft_revoke(staff.wang, knowledge)
    house.to_hq(staff.wang, staff.zhao, made.id)
    house.hq("hqPushVersion", knowledgeId=knowledge, number=2, categoryId=HQ_NODE, content=OTHER.document(), contentHash=OTHER.hash)
    lock_now = house.get(made.id).lock_version
    house.write(lambda u: drafts.rebase(u, staff.wang, made.id, lock_version=lock_now, content=None))
    late = house.hq_approves(made.id)
    assert late.receipt == "QUARANTINED"
    apply(house, staff.zhao, late.inbox_id)
    assert house.rows_of(Revocation)[0].number == 1
    assert life_of(house, knowledge).status(START) == "PUBLISHED"  # history: version 2 is not what was approved to end


def test_a_revocation_of_a_round_never_sent_cannot_be_applied(house: House, staff: Staff) -> None:
    knowledge = house.in_force(staff.wang, staff.zhao)
    made = house.draft_revoke(staff.wang, knowledge)
    early = house.hq_approves(made.id)
    assert early.receipt == "QUARANTINED"
    assert refused(lambda: apply(house, staff.zhao, early.inbox_id)) == ("RULE_VIOLATED", "NO_CONTENT")


def test_other_kinds_run_the_table_again(house: House, staff: Staff, sent: str) -> None:
    house.hq_approves(sent, effectiveFrom=wire_time(START + DAY))
    second = house.hq("hqReturn", submissionId=sent, round=1, reasonCodes=["OTHER"], reasonText="还是请改")
    assert second.receipt == "QUARANTINED"
    assert refused(lambda: apply(house, staff.zhao, second.inbox_id)) == ("RULE_VIOLATED", "STILL_CONTRADICTS")
    assert house.read(lambda s: s.get_one(InboxMessage, second.inbox_id).status) is InboxStatus.QUARANTINED


def test_a_message_under_a_used_id_can_be_applied(house: House, staff: Staff, sent: str) -> None:
    house.hq("hqAcknowledge", "w", submissionId=sent, round=1, hqReference="HQ-1")
    other = house.hq("hqReject", "w", submissionId=sent, round=1, reasonCodes=["OTHER"], reasonText="不属全网")
    assert (other.receipt, house.get(sent).state) == ("QUARANTINED", S.PENDING_HQ)
    apply(house, staff.zhao, other.inbox_id)
    assert house.get(sent).state is S.HQ_REJECTED


def test_a_forged_or_hopeless_approval_can_only_be_discarded(house: House, staff: Staff, sent: str) -> None:
    house.hq("hqAcknowledge", "w", submissionId=sent, round=1, hqReference="HQ-1")
    approval = house.approval(sent)
    for wrong, rule in (
        ({"submissionId": "nowhere"}, "UNKNOWN_SUBMISSION"),
        ({"distribution": ["XX"]}, "BAD_MESSAGE"),
        ({"round": "x"}, "BAD_MESSAGE"),
    ):
        answer = house.hq("hqApprove", "w", **{**approval, **wrong})
        assert answer.receipt == "QUARANTINED"
        assert refused(lambda i=answer.inbox_id: apply(house, staff.zhao, i)) == ("RULE_VIOLATED", rule)  # type: ignore[misc]


def test_an_approval_of_a_round_never_written_has_no_text(house: House, staff: Staff, sent: str) -> None:
    house.hq("hqAcknowledge", "w", submissionId=sent, round=1, hqReference="HQ-1")
    answer = house.hq("hqApprove", "w", **{**house.approval(sent), "round": 9})
    assert refused(lambda: apply(house, staff.zhao, answer.inbox_id)) == ("RULE_VIOLATED", "NO_CONTENT")


def test_a_number_below_what_is_in_force_is_history(house: House, staff: Staff) -> None:
    knowledge = house.in_force(staff.wang, staff.zhao)
    theirs = replace(TEXT, body="五")
    house.hq("hqPushVersion", knowledgeId=knowledge, number=5, categoryId=HQ_NODE, content=theirs.document(), contentHash=theirs.hash)
    made = house.draft_update(staff.wang, knowledge, OTHER)
    house.to_hq(staff.wang, staff.zhao, made.id)
    low = house.hq_approves(made.id, number=3)
    assert low.receipt == "QUARANTINED"
    apply(house, staff.zhao, low.inbox_id)
    life = life_of(house, knowledge)
    current = life.current(START)
    assert current is not None
    assert (current.number, life.versions[3].history_only) == (5, True)
