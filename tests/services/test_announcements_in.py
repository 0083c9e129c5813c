"""Announcements headquarters gives us: in any order, exactly once, to those they are for, and to nobody else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import permutations
from typing import Any

import pytest

from kbsearch.clock import wire_time
from kbsearch.content import Content
from kbsearch.services.announcements.release import release
from kbsearch.services.hq_inbox import Answer
from kbsearch.store.tables import Subject, SubjectVersion, TransitionLog
from kbsearch.store.unit import Store
from kbsearch.workflow.announcements import AnnouncementStatus as Status
from kbsearch.workflow.audience import OURS, Audience
from kbsearch.workflow.states import Owner, Scope, SubjectKind, Urgency
from tests.services import announcing as a
from tests.services.announcing import EVERYBODY_HERE, ours, wording
from tests.services.conftest import Staff, hire
from tests.services.house import START, House, refused

DAY = timedelta(days=1)
FIRST, SECOND = wording(EVERYBODY_HERE), wording(EVERYBODY_HERE, body="改到后天。")


@pytest.fixture
def reviewing(house: House) -> House:
    """A house where a reviewer releases what headquarters gives."""
    s = house.store
    house.store = Store(s.engine, s.clock, s.new_id, s.deadlines, s.index_destinations, announcement_review=True)
    return house


def state_of(house: House, announcement_id: str) -> list[object]:
    """What everything but the log says of it."""
    subject = house.read(lambda s: s.get_one(Subject, announcement_id))
    versions = sorted((v.number, v.body, v.accepted) for v in house.rows_of(SubjectVersion) if v.subject_id == announcement_id)
    return [subject.kind, subject.owner, subject.scope, subject.issuer_code, subject.recorded_base, versions]


def test_it_is_published_to_local_users_at_once(house: House, staff: Staff) -> None:
    issuer = {"code": "GD", "name": "广东公司"}
    assert a.from_hq(house, "HA1", FIRST, issuer=issuer, urgency="URGENT").receipt == "APPLIED"
    subject = house.read(lambda s: s.get_one(Subject, "HA1"))
    assert (subject.kind, subject.owner, subject.scope) == (SubjectKind.ANNOUNCEMENT, Owner.HQ, Scope.NATIONAL)
    assert (subject.issuer_code, subject.issuer_name, subject.released_at) == ("GD", "广东公司", START)
    page = a.seen(house, staff.agent, "HA1")
    assert (page.status, page.urgency) == (Status.PUBLISHED, "URGENT")
    assert a.mine(house, staff.agent) == ["HA1"]


def test_its_audience_is_a_right(house: House, staff: Staff) -> None:
    a.from_hq(house, "HA1", wording(ours("agent")))
    a.from_hq(house, "HA2", wording(Audience(frozenset({"GD"}))))
    everyone = (staff.agent, staff.wang, staff.operator, staff.admin, staff.zhao)
    assert a.readers(house, everyone, "HA1") == [True, False, False, False, True]
    assert a.readers(house, everyone, "HA2") == [False, False, False, False, True]
    assert (a.mine(house, staff.agent), a.mine(house, staff.zhao)) == (["HA1"], [])


def test_a_correction_that_narrows_the_audience_takes_it_away_and_one_that_widens_gives_no_history(house: House, staff: Staff) -> None:
    a.from_hq(house, "HA1", wording(ours("agent", "wang")))
    a.corrected_by_hq(house, "HA1", wording(ours("wang", "li"), body="第二版。"), number=2, base=1)
    assert a.page(house, staff.agent, "HA1") is None
    assert [v.number for v in a.seen(house, staff.wang, "HA1").history] == [2, 1]
    late = a.seen(house, staff.li, "HA1")
    assert [v.number for v in late.history] == [2]
    assert (late.version(1), late.as_of(START)) == (None, late.current)
    with pytest.raises(RuntimeError):
        late.content(late.life.versions[1])


def test_it_expires_and_is_recalled(house: House, staff: Staff) -> None:
    a.from_hq(house, "HA1", replace(FIRST, effective_to=START + DAY))
    a.from_hq(house, "HA2", FIRST)
    house.pass_time(DAY)
    assert a.seen(house, staff.agent, "HA1").status is Status.EXPIRED
    assert a.recalled_by_hq(house, "HA2", reason="PUBLISHED_IN_ERROR", reasonText="发错了").receipt == "APPLIED"
    page = a.seen(house, staff.agent, "HA2")
    assert (page.status, page.text_hidden, page.shown_content.body) == (Status.RECALLED, True, "")
    assert a.mine(house, staff.agent) == []


def test_a_later_recall_waits_for_its_day(house: House, staff: Staff) -> None:
    a.from_hq(house, "HA1", FIRST)
    a.recalled_by_hq(house, "HA1", effectiveFrom=wire_time(START + DAY))
    assert a.seen(house, staff.agent, "HA1").status is Status.PUBLISHED
    house.pass_time(DAY)
    assert a.seen(house, staff.agent, "HA1").status is Status.RECALLED
    [ended] = [row for row in house.rows_of(TransitionLog) if row.action == "ENDED"]
    assert ended.document_id == "HA1"


STEPS: dict[str, Callable[[House], Answer]] = {
    "publish": lambda h: a.from_hq(h, "HA1", FIRST),
    "correct": lambda h: a.corrected_by_hq(h, "HA1", SECOND, number=2, base=1),
    "recall": lambda h: a.recalled_by_hq(h, "HA1", 2),
}


@pytest.mark.parametrize("order", list(permutations(STEPS)), ids="-".join)
@pytest.mark.parametrize("twice", [False, True], ids=["once", "twice each"])
def test_any_order_and_repetition_ends_the_same(house: House, staff: Staff, order: tuple[str, ...], twice: bool) -> None:
    for step in order:
        for _ in range(1 + twice):
            assert STEPS[step](house).receipt in ("APPLIED", "DEFERRED", "DUPLICATE")
    for step in order:
        assert STEPS[step](house).receipt == "DUPLICATE"
    kind, owner, scope, issuer, _, versions = state_of(house, "HA1")
    assert (kind, owner, scope, issuer) == (SubjectKind.ANNOUNCEMENT, Owner.HQ, Scope.NATIONAL, "HQ")
    assert [(n, ok) for n, _, ok in versions] == [(1, True), (2, True)]  # type: ignore[attr-defined]
    assert a.seen(house, staff.zhao, "HA1").status is Status.RECALLED
    assert a.mine(house, staff.agent) == []


def test_a_correction_waits_for_what_it_builds_on(house: House, staff: Staff) -> None:
    assert STEPS["correct"](house).receipt == "DEFERRED"
    assert a.page(house, staff.zhao, "HA1") is None
    assert STEPS["publish"](house).receipt == "APPLIED"
    assert a.seen(house, staff.agent, "HA1").shown_content.body == "改到后天。"


@pytest.mark.parametrize(
    ("more", "receipt"),
    [
        ({"contentHash": "0" * 64}, "REJECTED"),
        ({"content": Content(title="题", body="文").document()}, "REJECTED"),
        (
            {"content": wording(Audience(frozenset({"XX"}))).document(), "contentHash": wording(Audience(frozenset({"XX"}))).hash},
            "REJECTED",
        ),
        ({"content": wording(Audience()).document(), "contentHash": wording(Audience()).hash}, "REJECTED"),
        ({"content": wording(title=" ").document(), "contentHash": wording(title=" ").hash}, "REJECTED"),
        ({"issuer": {"code": "XX", "name": "无此单位"}}, "REJECTED"),
        ({"issuer": {"code": OURS, "name": "我们"}}, "QUARANTINED"),
        ({"number": 0}, "REJECTED"),
        ({"originSubmissionId": "nowhere", "originRound": 1}, "REJECTED"),
    ],
)
def test_what_is_forged_or_unlawful_changes_nothing(house: House, staff: Staff, more: dict[str, Any], receipt: str) -> None:
    given = {"content": FIRST.document(), "contentHash": FIRST.hash, "number": 1, "issuer": {"code": "HQ", "name": "总部"}, **more}
    answer = house.hq("hqPublishAnnouncement", announcementId="HA1", **given)
    assert (answer.receipt, answer.reason != "") == (receipt, True)
    assert a.page(house, staff.zhao, "HA1") is None


def test_a_recall_cannot_be_a_merging(house: House) -> None:
    assert a.recalled_by_hq(house, "HA1", reason="MERGED").receipt == "REJECTED"


def test_ids_of_other_things_contradict(house: House, staff: Staff) -> None:
    knowledge = house.in_force(staff.wang, staff.zhao)
    local = a.in_force(house, staff.wang, staff.zhao, wording(EVERYBODY_HERE))
    for raw in (knowledge, local):
        assert a.from_hq(house, raw, FIRST, number=9).receipt == "QUARANTINED"
        assert a.recalled_by_hq(house, raw).receipt == "QUARANTINED"
    announced = a.in_force(house, staff.wang, staff.zhao)
    pushed = house.hq("hqPushRevocation", knowledgeId=announced, number=1, reason="SERVICE_RETIRED")
    assert pushed.receipt == "QUARANTINED"


def test_a_number_held_with_other_text_contradicts_and_an_older_one_is_history(house: House, staff: Staff) -> None:
    a.from_hq(house, "HA1", SECOND, number=2)
    assert a.from_hq(house, "HA1", FIRST, number=2).receipt == "QUARANTINED"
    assert a.from_hq(house, "HA1", FIRST, number=1).receipt == "APPLIED"
    page = a.seen(house, staff.agent, "HA1")
    assert (page.shown_content.body, len(page.life.versions)) == ("改到后天。", 2)


def test_what_we_sent_comes_back_as_a_confirmation_or_as_the_approval(house: House, staff: Staff) -> None:
    made = a.draft(house, staff.wang)
    house.to_hq(staff.wang, staff.zhao, made.id)
    text = wording()
    back: dict[str, Any] = {"issuer": {"code": OURS, "name": "二线"}, "originSubmissionId": made.id, "originRound": 1}
    assert a.from_hq(house, made.subject_id, text, **back).receipt == "APPLIED"
    assert house.get(made.id).state == "EFFECTIVE"
    assert a.from_hq(house, made.subject_id, text, **back, material=False).receipt == "DUPLICATE"
    assert house.hq_approves(made.id).receipt == "DUPLICATE"
    assert len(a.seen(house, staff.agent, made.subject_id).life.versions) == 1
    subject = house.read(lambda s: s.get_one(Subject, made.subject_id))
    assert (subject.owner, subject.issuer_code) == (Owner.LOCAL, OURS)


def test_headquarters_corrects_and_recalls_ours(house: House, staff: Staff) -> None:
    raw = a.in_force(house, staff.wang, staff.zhao)
    draft = a.correct(house, staff.wang, raw)
    assert a.corrected_by_hq(house, raw, wording(body="总部定的。"), number=2, base=1).receipt == "APPLIED"
    assert refused(lambda: house.submit(staff.wang, draft.id)) == ("RULE_VIOLATED", "BASE_MOVED")
    assert a.recalled_by_hq(house, raw, 2).receipt == "APPLIED"
    assert house.get(draft.id).state == "SUPERSEDED"


def test_by_setting_a_reviewer_releases_it_first(reviewing: House, staff: Staff) -> None:
    house = reviewing
    a.from_hq(house, "HA1", wording(EVERYBODY_HERE, must_read=False))
    assert a.readers(house, (staff.agent, staff.wang, staff.zhao), "HA1") == [False, False, True]
    page = a.seen(house, staff.zhao, "HA1")
    assert (page.status, page.notice) == (Status.RECEIVED, "总部已下发，尚未发布给本地使用者。")
    assert a.released(house, staff.zhao, "HA1", ours("agent"), must_read=True).released_by == staff.zhao.id
    assert a.readers(house, (staff.agent, staff.wang), "HA1") == [True, False]
    page = a.seen(house, staff.agent, "HA1")
    assert (page.status, page.must_read) == (Status.PUBLISHED, True)
    a.corrected_by_hq(house, "HA1", SECOND, number=2, base=1)
    assert a.readers(house, (staff.agent, staff.wang), "HA1") == [True, False]
    a.released(house, staff.qian, "HA1", EVERYBODY_HERE)
    assert a.readers(house, (staff.agent, staff.wang), "HA1") == [True, True]


def test_what_a_release_refuses(reviewing: House, staff: Staff) -> None:
    house = reviewing
    a.from_hq(house, "HA1", FIRST)
    for audience in (Audience(), Audience(frozenset({"GD"})), ours("nobody")):
        assert refused(partial(a.released, house, staff.zhao, "HA1", audience)) == ("RULE_VIOLATED", "BAD_AUDIENCE")
    assert refused(lambda: a.released(house, staff.wang, "HA1"))[0] == "PERMISSION_DENIED"
    a.recalled_by_hq(house, "HA1")
    assert refused(lambda: a.released(house, staff.zhao, "HA1"))[0] == "ILLEGAL_TRANSITION"
    mine = a.in_force(house, staff.wang, staff.zhao)
    assert refused(lambda: a.released(house, staff.zhao, mine)) == ("RULE_VIOLATED", "OWN_ANNOUNCEMENT")
    knowledge = house.in_force(staff.wang, staff.zhao)
    assert refused(lambda: a.released(house, staff.zhao, knowledge))[0] == "NOT_FOUND"


def test_two_reviewers_at_once(reviewing: House, staff: Staff) -> None:
    house = reviewing
    a.from_hq(house, "HA1", FIRST)
    a.released(house, staff.zhao, "HA1")
    late = refused(lambda: house.write(lambda u: release(u, staff.qian, "HA1", lock_version=1)))
    assert late == ("STALE_OBJECT", "LOCK_VERSION")


def test_either_database_finds_whom_it_is_for(either_house: House) -> None:
    house, staff = either_house, hire(either_house)
    a.from_hq(house, "HA1", wording(EVERYBODY_HERE))
    a.from_hq(house, "HA2", wording(ours("agent")))
    a.from_hq(house, "HA3", wording(Audience(frozenset({"GD"}))))
    a.from_hq(house, "HA4", wording(EVERYBODY_HERE))
    a.released(house, staff.zhao, "HA4", ours("wang"))
    urgent = a.draft(house, staff.wang, urgency=Urgency.URGENT)
    house.submit(staff.wang, urgent.id)
    house.approve(staff.zhao, urgent.id)
    assert a.mine(house, staff.agent) == [urgent.subject_id, "HA2", "HA1"]
    assert a.mine(house, staff.wang) == [urgent.subject_id, "HA4", "HA1"]


def test_what_is_no_announcement_is_rejected_also_as_a_correction(house: House) -> None:
    a.from_hq(house, "A1", FIRST)
    plain = Content(title="割接", body="没有对象等四键")
    told = house.hq("hqCorrectAnnouncement", announcementId="A1", number=2, base=1, content=plain.document(), contentHash=plain.hash)
    assert told.receipt.value == "REJECTED"
    empty = wording(Audience())
    assert a.corrected_by_hq(house, "A1", empty, number=2, base=1).receipt.value == "REJECTED"


def test_a_reviewer_releases_only_to_our_own_people(reviewing: House) -> None:
    staff = hire(reviewing)
    a.from_hq(reviewing, "A1", FIRST)
    for audience in (Audience(), Audience(frozenset({"GD"})), ours("nobody-here")):
        assert refused(lambda: a.released(reviewing, staff.zhao, "A1", audience)) == ("RULE_VIOLATED", "BAD_AUDIENCE")  # noqa: B023 - run at once
