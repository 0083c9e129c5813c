"""Replies: ours to headquarters' announcements, late ones too, and those that come to ours; who is reminded, and who reads them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from kbsearch.content import Content
from kbsearch.services.announcements.listing import AnnouncementFilter
from kbsearch.services.announcements.replies import replies_to, visible_replies
from kbsearch.store.tables import Notice, Subject, TransitionLog
from kbsearch.workflow.announcements import AnnouncementBadge as Mark
from kbsearch.workflow.decide import Actor
from kbsearch.workflow.notices import NoticeKind
from kbsearch.workflow.states import Owner, Scope, SubjectKind, SubmissionState
from tests.services import announcing as a
from tests.services.announcing import EVERYBODY_HERE, ours, wording
from tests.services.conftest import Staff
from tests.services.house import START, House, refused

S = SubmissionState
DAY = timedelta(days=1)
ASKING = wording(EVERYBODY_HERE, needs_reply=True, reply_due_at=START + 3 * DAY)


@pytest.fixture
def asked(house: House) -> str:
    """An announcement of headquarters' that wants an answer."""
    assert a.from_hq(house, "HA1", ASKING).receipt == "APPLIED"
    return "HA1"


def told(house: House) -> list[tuple[str, str]]:
    """(person, title) of every reminder so far."""
    return [(n.person_id, n.title) for n in house.rows_of(Notice) if n.kind is NoticeKind.REPLY_DUE]


def test_a_reply_is_drafted_returned_modified_and_accepted(house: House, staff: Staff, asked: str) -> None:
    made = a.reply(house, staff.wang, asked)
    assert (made.subject_kind, made.scope) == (SubjectKind.REPLY, Scope.NATIONAL)
    house.to_hq(staff.wang, staff.zhao, made.id)
    [sent] = house.sent("reply.submit")
    assert (sent["replyId"], sent["announcementId"], sent["late"]) == (made.subject_id, asked, False)
    assert (sent["content"]["title"], "audience" in sent["content"], "base" in sent) == ("回复：割接公告", False, False)
    house.hq("hqAcknowledge", submissionId=made.id, round=1, hqReference="HQ-1")
    house.hq("hqReturn", submissionId=made.id, round=1, reasonCodes=["INCOMPLETE"], reasonText="请写明联系人")
    a.edit(house, staff.wang, made.id, Content(title="回复", body="联系人张三。"))
    house.to_hq(staff.wang, staff.zhao, made.id)
    assert house.hq_approves(made.id, 2).receipt == "APPLIED"
    assert house.hq_approves(made.id, 2).receipt == "DUPLICATE"
    assert house.get(made.id).state is S.EFFECTIVE
    [kept] = house.read(lambda s: replies_to(s, staff.zhao, [asked]))[asked]
    assert (kept.ours, kept.version.number, kept.content.body) == (True, 1, "联系人张三。")


def test_local_return_and_four_eyes_hold_for_replies(house: House, staff: Staff, asked: str) -> None:
    made = a.reply(house, staff.both, asked)
    house.submit(staff.both, made.id)
    assert refused(lambda: house.approve(staff.both, made.id)) == ("RULE_VIOLATED", "FOUR_EYES")
    assert house.send_back(staff.zhao, made.id).state is S.RETURNED


def test_a_reply_needs_a_body_and_an_announcement_that_asks_for_one_and_stands(house: House, staff: Staff, asked: str) -> None:
    empty = a.reply(house, staff.wang, asked, body=" ")
    assert refused(lambda: house.submit(staff.wang, empty.id)) == ("RULE_VIOLATED", "INCOMPLETE")
    a.from_hq(house, "HA2", wording(EVERYBODY_HERE))
    assert refused(lambda: a.reply(house, staff.wang, "HA2")) == ("RULE_VIOLATED", "NO_REPLY_ASKED")
    mine = a.in_force(house, staff.wang, staff.zhao, wording(needs_reply=True))
    assert refused(lambda: a.reply(house, staff.wang, mine)) == ("RULE_VIOLATED", "OWN_ANNOUNCEMENT")
    a.from_hq(house, "HA3", replace(ASKING, terms=wording(ours("agent"), needs_reply=True).terms))
    assert refused(lambda: a.reply(house, staff.wang, "HA3"))[0] == "NOT_FOUND"
    assert refused(lambda: a.reply(house, staff.agent, asked))[0] == "PERMISSION_DENIED"
    a.recalled_by_hq(house, asked)
    assert refused(lambda: a.reply(house, staff.wang, asked)) == ("RULE_VIOLATED", "RECALLED")


def test_a_late_reply_passes_marked(house: House, staff: Staff) -> None:
    a.from_hq(house, "HA1", replace(ASKING, effective_to=START + 2 * DAY))
    house.pass_time(4 * DAY)
    assert a.mine(house, staff.wang) == []
    assert a.mine(house, staff.wang, AnnouncementFilter.TO_REPLY) == ["HA1"]
    assert Mark.REPLY_OVERDUE in a.seen(house, staff.wang, "HA1").badges
    made = a.reply(house, staff.wang, "HA1")
    house.to_hq(staff.wang, staff.zhao, made.id)
    assert house.sent("reply.submit")[0]["late"] is True
    assert house.hq_approves(made.id).receipt == "APPLIED"
    assert house.read(lambda s: s.get_one(Subject, made.subject_id)).late
    assert Mark.REPLY_OVERDUE not in a.seen(house, staff.wang, "HA1").badges


def test_it_is_to_reply_until_an_answer_left_its_authors_desk(house: House, staff: Staff, asked: str) -> None:
    made = a.reply(house, staff.wang, asked)
    to_reply = [a.mine(house, staff.li, AnnouncementFilter.TO_REPLY)]
    house.to_hq(staff.wang, staff.zhao, made.id)
    to_reply.append(a.mine(house, staff.li, AnnouncementFilter.TO_REPLY))
    house.hq("hqReturn", submissionId=made.id, round=1, reasonCodes=["OTHER"], reasonText="请改")
    to_reply.append(a.mine(house, staff.li, AnnouncementFilter.TO_REPLY))
    house.to_hq(staff.wang, staff.zhao, made.id)
    house.hq("hqReject", submissionId=made.id, round=2, reasonCodes=["OTHER"], reasonText="不收")
    to_reply.append(a.mine(house, staff.li, AnnouncementFilter.TO_REPLY))
    assert to_reply == [[asked], [], [asked], [asked]]


@pytest.mark.parametrize("state", ["DRAFT", "PENDING_REVIEW", "SUBMITTED", "HQ_RETURNED", "WITHDRAW_PENDING"])
def test_a_recall_ends_every_reply_under_way(house: House, staff: Staff, asked: str, state: str) -> None:
    made = a.reply(house, staff.wang, asked)
    if state == "PENDING_REVIEW":
        house.submit(staff.wang, made.id)
    elif state != "DRAFT":
        house.to_hq(staff.wang, staff.zhao, made.id)
    if state == "HQ_RETURNED":
        house.hq("hqReturn", submissionId=made.id, round=1, reasonCodes=["OTHER"], reasonText="请改")
    if state == "WITHDRAW_PENDING":
        house.withdraw(staff.wang, made.id)
    assert house.get(made.id).state == state
    assert a.recalled_by_hq(house, asked).receipt == "APPLIED"
    assert house.get(made.id).state is S.SUPERSEDED
    reasons = [m["reason"] for m in house.sent("withdraw.request")]
    assert ("SUPERSEDED" in reasons) is (state in ("SUBMITTED", "WITHDRAW_PENDING"))
    if state == "SUBMITTED":
        assert house.hq_approves(made.id).receipt == "QUARANTINED"


def test_an_accepted_reply_outlives_the_recall(house: House, staff: Staff, asked: str) -> None:
    made = a.reply(house, staff.wang, asked)
    house.to_hq(staff.wang, staff.zhao, made.id)
    house.hq_approves(made.id)
    a.recalled_by_hq(house, asked)
    assert house.get(made.id).state is S.EFFECTIVE


@pytest.mark.usefixtures("asked")
def test_authors_are_reminded_once_before_and_once_after(house: House, staff: Staff) -> None:
    assert told(house) == []
    house.pass_time(2 * DAY)
    authors = {staff.wang.id, staff.li.id, staff.both.id}
    assert {p for p, _ in told(house)} == authors
    assert {t for _, t in told(house)} == {"公告回复将到期"}
    house.pass_time(timedelta(hours=1))
    assert len(told(house)) == 3
    house.pass_time(DAY)
    house.pass_time(DAY)
    assert sorted(t for _, t in told(house)) == ["公告回复将到期"] * 3 + ["公告回复已逾期"] * 3


def test_nobody_is_reminded_of_what_is_answered_recalled_or_not_released(house: House, staff: Staff, asked: str) -> None:
    made = a.reply(house, staff.wang, asked)
    house.to_hq(staff.wang, staff.zhao, made.id)
    a.from_hq(house, "HA2", ASKING)
    a.recalled_by_hq(house, "HA2")
    house.pass_time(10 * DAY)
    assert told(house) == []


def test_a_new_day_reminds_anew(house: House, staff: Staff, asked: str) -> None:
    house.pass_time(2 * DAY)
    later = replace(ASKING, terms=wording(ours("wang"), needs_reply=True, reply_due_at=START + 6 * DAY).terms)
    a.corrected_by_hq(house, asked, later, number=2, base=1)
    house.pass_time(DAY)
    assert len(told(house)) == 3
    house.pass_time(2 * DAY)
    assert told(house)[3:] == [(staff.wang.id, "公告回复将到期")]


def test_where_no_author_is_addressed_reviewers_are_told(house: House, staff: Staff) -> None:
    a.from_hq(house, "HA1", replace(ASKING, terms=wording(ours("agent"), needs_reply=True, reply_due_at=START + DAY).terms))
    house.pass_time(timedelta(hours=1))
    assert {p for p, _ in told(house)} == {staff.zhao.id, staff.qian.id, staff.both.id}


def test_replies_to_ours_are_kept_with_their_organisation(house: House, staff: Staff) -> None:
    raw = a.in_force(house, staff.wang, staff.zhao, wording(needs_reply=True, reply_due_at=START + DAY))
    assert a.delivered(house, "R1", raw, author="张三").receipt == "APPLIED"
    assert a.delivered(house, "R1", raw, author="张三").receipt == "DUPLICATE"
    assert a.delivered(house, "R1", raw, body="换了。").receipt == "QUARANTINED"
    house.now += 2 * DAY
    assert a.delivered(house, "R2", raw, organisation={"code": "P-MALL", "name": ""}).receipt == "APPLIED"
    first, second = house.read(lambda s: replies_to(s, staff.wang, [raw]))[raw]
    assert (first.subject.issuer_code, first.subject.author_name, first.subject.late, first.ours) == ("GD", "张三", False, False)
    assert (second.subject.issuer_name, second.subject.late, second.subject.owner) == ("二线平台 MALL", True, Owner.HQ)
    assert [r.document_id for r in house.rows_of(TransitionLog) if r.action == "DELIVER_REPLY"] == ["R1", "R2"]
    notices = [(n.person_id, n.text) for n in house.rows_of(Notice) if n.kind is NoticeKind.ANNOUNCEMENT and n.title == "收到公告回复"]
    assert notices == [
        (staff.wang.id, "广东公司回复了公告《割接公告》。"),
        (staff.wang.id, "二线平台 MALL回复了公告《割接公告》（逾期）。"),
    ]


def test_a_reply_waits_until_ours_stands(house: House, staff: Staff) -> None:
    made = a.draft(house, staff.wang)
    house.to_hq(staff.wang, staff.zhao, made.id)
    assert a.delivered(house, "R1", made.subject_id).receipt == "DEFERRED"
    assert a.delivered(house, "R2", "nowhere").receipt == "DEFERRED"
    house.hq_approves(made.id)
    assert [r.subject.id for r in house.read(lambda s: replies_to(s, staff.zhao, [made.subject_id]))[made.subject_id]] == ["R1"]


@pytest.mark.parametrize(
    ("more", "receipt"),
    [
        ({"contentHash": "0" * 64}, "REJECTED"),
        ({"organisation": {"code": "XX"}}, "REJECTED"),
        ({"content": wording().document(), "contentHash": wording().hash}, "REJECTED"),
        ({"content": Content(title="题", body=" ").document(), "contentHash": Content(title="题", body=" ").hash}, "REJECTED"),
    ],
)
def test_a_forged_reply_is_rejected(house: House, staff: Staff, more: dict[str, Any], receipt: str) -> None:
    raw = a.in_force(house, staff.wang, staff.zhao)
    assert a.delivered(house, "R1", raw, **more).receipt == receipt


def test_a_reply_to_what_is_not_ours_or_never_left_contradicts(house: House, staff: Staff, asked: str) -> None:
    local = a.in_force(house, staff.wang, staff.zhao, wording(EVERYBODY_HERE))
    knowledge = house.in_force(staff.wang, staff.zhao)
    for raw in (asked, local, knowledge):
        assert a.delivered(house, "R1", raw).receipt == "QUARANTINED"
    raw = a.in_force(house, staff.wang, staff.zhao)
    assert a.delivered(house, knowledge, raw).receipt == "QUARANTINED"


def test_replies_are_read_by_reviewers_their_author_and_the_author_of_what_they_answer(house: House, staff: Staff, asked: str) -> None:
    raw = a.in_force(house, staff.wang, staff.zhao)
    a.delivered(house, "R1", raw)
    made = a.reply(house, staff.li, asked)
    house.to_hq(staff.li, staff.zhao, made.id)
    house.hq_approves(made.id)

    def visible(actor: Actor) -> set[str]:
        return set(house.read(lambda s: visible_replies(s, actor, ["R1", made.subject_id, raw])))

    assert [visible(p) for p in (staff.wang, staff.li, staff.zhao, staff.agent, staff.admin)] == [
        {"R1"},
        {made.subject_id},
        {"R1", made.subject_id},
        set(),
        set(),
    ]
