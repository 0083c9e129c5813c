"""Many at once, on both engines: one wins, the others are told; nothing happens twice, whoever comes when."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select

from kbsearch.content import Content
from kbsearch.services import people, submissions
from kbsearch.services.cursors import cursor_secret, decode_cursor, encode_cursor
from kbsearch.store.engine import for_writing
from kbsearch.store.submissions import latest_revision
from kbsearch.store.tables import AppSecret, InboxMessage, SubjectVersion, Submission, TransitionLog
from kbsearch.workflow.actions import Role
from kbsearch.workflow.states import SubmissionState
from tests.services.conftest import Staff, hire
from tests.services.house import HQ_NODE, House, refused

S = SubmissionState
TEXT = Content(title="流量包", body="每月三十元")


def all_at_once(count: int, act: Callable[[int], Any]) -> list[Any]:
    """Start `count` threads at one moment."""
    gate = threading.Barrier(count)

    def run(number: int) -> Any:
        gate.wait()
        return act(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


@pytest.fixture
def staff(either_house: House) -> Staff:
    return hire(either_house)


def test_thirty_two_approvals_of_one_submission(either_house: House, staff: Staff) -> None:
    house = either_house
    reviewers = [house.enroll(f"r{n}", Role.REVIEWER) for n in range(32)]
    made = house.draft(staff.wang)
    house.submit(staff.wang, made.id)
    lock, seen = house.get(made.id).lock_version, house.read(lambda s: latest_revision(s, made.id).submission_hash)

    def approve(number: int) -> tuple[str, str | None]:
        return refused(
            lambda: house.write(lambda u: submissions.approve(u, reviewers[number], made.id, lock_version=lock, submission_hash=seen))
        )

    answers = Counter(all_at_once(32, approve))
    assert answers == {("APPLIED", None): 1, ("STALE_OBJECT", "LOCK_VERSION"): 31}
    assert (house.get(made.id).state, house.get(made.id).lock_version) == (S.APPROVED, lock + 1)
    assert len(house.rows(select(TransitionLog).where(TransitionLog.action == "APPROVE"))) == 1


def test_two_updates_of_one_item_submitted_at_once(either_house: House, staff: Staff) -> None:
    house = either_house
    item = house.in_force(staff.wang, staff.zhao)
    authors = (staff.wang, staff.li)
    made = [house.draft_update(author, item, TEXT).id for author in authors]
    answers = all_at_once(2, lambda n: refused(lambda: house.submit(authors[n], made[n])))
    assert sorted(answers) == [("APPLIED", None), ("RULE_VIOLATED", "ANOTHER_OPEN")]
    assert sorted(house.get(i).state for i in made) == [S.DRAFT, S.PENDING_REVIEW]


def test_rule_three_holds_past_the_code(either_house: House, staff: Staff) -> None:
    house = either_house
    item = house.in_force(staff.wang, staff.zhao)
    made = [house.draft_update(author, item, TEXT).id for author in (staff.wang, staff.li)]

    def force(number: int) -> str:
        try:
            with Session(for_writing(house.store.engine)) as session:
                session.get_one(Submission, made[number]).state = S.PENDING_REVIEW
                session.commit()
        except IntegrityError:
            return "refused"
        return "stored"

    assert sorted(all_at_once(2, force)) == ["refused", "stored"]


def test_one_webhook_delivered_sixteen_times_at_once(either_house: House, staff: Staff) -> None:
    house = either_house
    made = house.draft(staff.wang)
    house.to_hq(staff.wang, staff.zhao, made.id)
    payload = house.approval(made.id)
    answers = all_at_once(16, lambda _: house.hq("hqApprove", "same-id", **payload))
    assert len({(a.receipt, a.reason, a.inbox_id) for a in answers}) == 1
    assert answers[0].receipt == "APPLIED"
    assert len(house.rows_of(SubjectVersion)) == 1
    assert len(house.rows(select(InboxMessage).where(InboxMessage.webhook_id == "same-id"))) == 1
    assert len(house.rows(select(TransitionLog).where(TransitionLog.action == "HQ_APPROVE"))) == 1


def test_different_decisions_at_once_leave_one(either_house: House, staff: Staff) -> None:
    house = either_house
    made = house.draft(staff.wang)
    house.to_hq(staff.wang, staff.zhao, made.id)
    approval = house.approval(made.id)
    refusal = {"submissionId": made.id, "round": 1, "reasonCodes": ["OTHER"], "reasonText": "不属全网"}

    def decide(number: int) -> str:
        kind, payload = ("hqApprove", approval) if number % 2 else ("hqReject", refusal)
        return house.hq(kind, f"d{number}", **payload).receipt.value

    answers = Counter(all_at_once(8, decide))
    assert answers["APPLIED"] == 1
    assert answers["QUARANTINED"] >= 1
    assert answers["APPLIED"] + answers["DUPLICATE"] + answers["QUARANTINED"] == 8
    assert house.get(made.id).state in {S.EFFECTIVE, S.HQ_REJECTED}


def test_new_items_pushed_at_once_under_one_id(either_house: House) -> None:
    house = either_house
    push = {"knowledgeId": "hq1", "number": 1, "categoryId": HQ_NODE, "content": TEXT.document(), "contentHash": TEXT.hash}

    def deliver(number: int) -> str:
        return house.hq("hqPushVersion", f"p{number}", **push).receipt.value

    answers = Counter(all_at_once(8, deliver))
    assert answers == {"APPLIED": 1, "DUPLICATE": 7}
    assert len(house.rows_of(SubjectVersion)) == 1


def test_a_login_taken_at_once(either_house: House, staff: Staff) -> None:
    def create(_: int) -> tuple[str, str | None]:
        return refused(
            lambda: either_house.write(lambda u: people.create_person(u, staff.admin, login="same", name="同名", roles=[Role.AGENT]))
        )

    assert Counter(all_at_once(8, create)) == {("APPLIED", None): 1, ("RULE_VIOLATED", "LOGIN_TAKEN"): 7}


def test_the_cursor_secret_is_made_once(either_house: House) -> None:
    secrets = all_at_once(8, lambda _: cursor_secret(either_house.store))
    assert len(set(secrets)) == 1
    assert len(either_house.rows_of(AppSecret)) == 1
    cursor = encode_cursor(secrets[0], "knowledge", ["词", 1])
    assert decode_cursor(secrets[0], "knowledge", cursor) == ["词", 1]


@pytest.mark.parametrize("junk", ["", "=", "x", "词", "A" * 2_001, "AAAA"])
def test_a_cursor_not_ours_is_refused(junk: str) -> None:
    secret = b"0" * 32
    good = encode_cursor(secret, "knowledge", [1])
    for cursor, purpose in ((junk, "knowledge"), (good, "submissions"), (good[:-2] + "xx", "knowledge")):
        assert refused(lambda c=cursor, p=purpose: decode_cursor(secret, p, c)) == ("RULE_VIOLATED", "BAD_CURSOR")  # type: ignore[misc]


def test_readers_are_never_held_up_by_a_writer(either_house: House, staff: Staff) -> None:
    made = either_house.draft(staff.wang)
    with either_house.store.write() as unit:
        unit.session.get_one(Submission, made.id).revoke_text = "写了一半"
        unit.session.flush()
        assert either_house.get(made.id).revoke_text == ""
    assert either_house.get(made.id).revoke_text == "写了一半"
