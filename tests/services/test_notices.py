"""Notices: every decision reaches its author and the reviewers concerned, and nobody hears of what they did themselves."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlmodel import col, select

from kbsearch.content import Content
from kbsearch.services import quarantine, submissions
from kbsearch.services.listings.slices import Paging
from kbsearch.services.notices import reading
from kbsearch.services.notices.telling import tell_expiring
from kbsearch.services.reading import log_of
from kbsearch.store.tables import DocumentType, InboxMessage, InboxStatus, Notice, Subject, Submission
from kbsearch.store.unit import Unit
from kbsearch.workflow.decide import Actor
from kbsearch.workflow.notices import NoticeKind
from kbsearch.workflow.states import Scope, Urgency
from tests.services import announcing as a
from tests.services.announcing import ours, wording
from tests.services.conftest import Staff
from tests.services.house import START, TEXT, House, refused

DAY = timedelta(days=1)
N = NoticeKind


def told(house: House, actor: Actor) -> list[tuple[NoticeKind, str]]:
    """Kind and headline of what a person was told, oldest first."""
    statement = select(Notice).where(Notice.person_id == actor.id).order_by(col(Notice.sequence), col(Notice.ordinal))
    return [(n.kind, n.title) for n in house.rows(statement)]


def waiting_at_hq(house: House, staff: Staff, content: Content = TEXT) -> Submission:
    made = house.draft(staff.wang, content)
    return house.to_hq(staff.wang, staff.zhao, made.id)


def last(house: House, actor: Actor) -> Notice:
    return house.rows(select(Notice).where(Notice.person_id == actor.id).order_by(col(Notice.sequence).desc(), col(Notice.ordinal).desc()))[
        0
    ]


def test_an_approval_here_is_told_to_the_author_alone(house: House, staff: Staff) -> None:
    made = waiting_at_hq(house, staff)
    assert told(house, staff.wang) == [(N.RESULT, "本地审核通过，待提交总部：知识发布《流量包》")]
    assert told(house, staff.zhao) == told(house, staff.qian) == told(house, staff.li) == []
    assert last(house, staff.wang).document_id == made.id


def test_headquarters_approval_is_told_to_author_and_reviewer(house: House, staff: Staff) -> None:
    made = waiting_at_hq(house, staff)
    assert house.hq("hqAcknowledge", submissionId=made.id, round=1, hqReference="HQ-1").receipt == "APPLIED"
    house.hq_approves(made.id)
    headline = (N.RESULT, "总部审批通过，已发布：知识发布《流量包》")
    assert told(house, staff.wang)[1:] == [headline]
    assert told(house, staff.zhao) == [headline]
    assert told(house, staff.qian) == []
    assert (last(house, staff.wang).next_step, last(house, staff.zhao).next_step) == ("请核对页面所示", "不须操作")
    house.hq_approves(made.id)  # again: a duplicate
    assert len(told(house, staff.zhao)) == 1


def test_amended_by_headquarters_says_so(house: House, staff: Staff) -> None:
    made = waiting_at_hq(house, staff)
    theirs = Content(title="流量包（总部改）", body="每月二十九元")
    house.hq_approves(made.id, content=theirs.document(), contentHash=theirs.hash)
    assert "总部改动了内容" in last(house, staff.wang).text


def test_a_return_reaches_also_the_reviewer_whose_approval_it_voids(house: House, staff: Staff) -> None:
    made = waiting_at_hq(house, staff)
    house.hq("hqReturn", submissionId=made.id, round=1, reasonCodes=["OTHER"], reasonText="资费写错")
    for person in (staff.wang, staff.zhao):
        assert told(house, person)[-1] == (N.RETURNED, "总部退回：知识发布《流量包》")
        assert "资费写错" in last(house, person).text
    assert house.get(made.id).approved_by is None


def test_the_assigned_reviewer_is_concerned_too(house: House, staff: Staff) -> None:
    made = house.draft(staff.wang)
    house.submit(staff.wang, made.id)
    lock = house.get(made.id).lock_version
    house.write(lambda u: submissions.reassign(u, staff.zhao, made.id, lock_version=lock, reviewer_id=staff.qian.id, reason_text="请假"))
    assert told(house, staff.qian) == [(N.ASSIGNED, "转派给您：知识发布《流量包》")]
    assert "请假" in last(house, staff.qian).text
    house.approve(staff.zhao, made.id, and_submit=True)
    house.hq("hqReject", submissionId=made.id, round=1, reasonCodes=["OTHER"], reasonText="重复")
    for person in (staff.wang, staff.zhao, staff.qian):
        assert told(house, person)[-1] == (N.RESULT, "总部否决，流程结束：知识发布《流量包》")


def test_work_given_away_is_told_to_its_new_author_only(house: House, staff: Staff) -> None:
    made = house.draft(staff.wang)
    house.write(lambda u: submissions.reassign(u, staff.zhao, made.id, lock_version=1, author_id=staff.li.id))
    assert told(house, staff.li) == [(N.ASSIGNED, "转派给您：知识发布《流量包》")]
    assert told(house, staff.wang) == told(house, staff.zhao) == []


def test_local_decisions_and_what_time_does(house: House, staff: Staff) -> None:
    later = Content(title="套餐", body="文", effective_from=START + DAY)
    made = house.draft(staff.wang, later, scope=Scope.LOCAL)
    house.submit(staff.wang, made.id)
    house.send_back(staff.zhao, made.id)
    house.submit(staff.wang, made.id)
    house.approve(staff.zhao, made.id)
    house.pass_time(2 * DAY)
    assert [title for _, title in told(house, staff.wang)] == [
        "本地审核退回：知识发布《套餐》",
        "本地审核通过，到生效时间发布：知识发布《套餐》",
        "生效时间已到，已发布：知识发布《套餐》",
    ]
    assert [title for _, title in told(house, staff.zhao)] == ["生效时间已到，已发布：知识发布《套餐》"]


def test_withdrawals(house: House, staff: Staff) -> None:
    asked = waiting_at_hq(house, staff)
    house.withdraw(staff.wang, asked.id)
    assert told(house, staff.zhao) == [(N.RESULT, "已申请撤回，等总部答复：知识发布《流量包》")]
    house.hq("hqWithdrawResult", submissionId=asked.id, round=1, granted=False, reasonText="已定稿")
    assert told(house, staff.wang)[-1][1] == "总部不同意撤回，继续审批：知识发布《流量包》"
    house.withdraw(staff.wang, asked.id)
    house.hq_approves(asked.id)
    assert "在此之前申请的撤回因此作罢" in last(house, staff.wang).text
    void = house.draft(staff.li)
    house.void(staff.zhao, void.id)
    assert told(house, staff.li) == [(N.RESULT, "已作废，流程结束：知识发布《流量包》")]


def test_a_moved_base_and_a_superseded_draft(house: House, staff: Staff) -> None:
    knowledge = house.in_force(staff.wang, staff.zhao)
    update = house.draft_update(staff.li, knowledge, Content(title="流量包", body="每月二十元"))
    house.to_hq(staff.li, staff.zhao, update.id)
    pushed = Content(title="流量包", body="每月十元")
    node = house.nodes[0]
    house.hq("hqPushVersion", knowledgeId=knowledge, number=2, categoryId=node, content=pushed.document(), contentHash=pushed.hash)
    for person in (staff.li, staff.zhao):
        assert told(house, person)[-1] == (N.CONFLICT, "现行版本已变，本轮作废：知识更新《流量包》")
    house.hq("hqPushRevocation", knowledgeId=knowledge, number=2, reason="SERVICE_RETIRED")
    assert told(house, staff.li)[-1] == (N.RESULT, "已被取代，流程结束：知识更新《流量包》")


def test_what_is_to_be_ended_is_called_by_its_title(house: House, staff: Staff) -> None:
    knowledge = house.in_force(staff.wang, staff.zhao)
    revoke = house.draft_revoke(staff.wang, knowledge)
    house.to_hq(staff.wang, staff.zhao, revoke.id)
    house.hq_approves(revoke.id)
    assert told(house, staff.wang)[-1] == (N.RESULT, "总部审批通过，已撤销：知识撤销《流量包》")


def test_idle_drafts_are_warned_then_closed(house: House, staff: Staff) -> None:
    house.draft(staff.wang)
    house.pass_time(house.store.deadlines.idle_warning)
    house.pass_time(house.store.deadlines.idle_close)
    assert [(kind, title) for kind, title in told(house, staff.wang)] == [
        (N.IDLE, "闲置提醒：知识发布《流量包》"),
        (N.IDLE, "长期无人处理，已自动关闭：知识发布《流量包》"),
    ]


def test_quarantined_messages_are_told_to_every_reviewer(house: House, staff: Staff) -> None:
    made = waiting_at_hq(house, staff)
    answer = house.hq("hqApprove", submissionId=made.id, round=1, submissionHash="0" * 64)
    assert answer.receipt == "QUARANTINED"
    for person in (staff.zhao, staff.qian, staff.both):
        assert told(house, person) == [(N.QUARANTINED, "总部消息被隔离：审批通过")]
    assert told(house, staff.operator) == []
    message = house.rows(select(InboxMessage).where(InboxMessage.status == InboxStatus.QUARANTINED))[0]
    lock = message.lock_version
    house.write(lambda u: quarantine.apply(u, staff.qian, message.id, lock_version=lock))
    assert told(house, staff.wang)[-1] == (N.RESULT, "已被取代，流程结束：知识发布《流量包》")


def test_urgent_previews_are_written_into_the_announcements_log(house: House, staff: Staff) -> None:
    made = a.draft(house, staff.wang, wording(must_read=True), urgency=Urgency.URGENT)
    house.to_hq(staff.wang, staff.zhao, made.id)
    house.hq("hqReturn", submissionId=made.id, round=1, reasonCodes=["OTHER"], reasonText="不妥")
    with house.store.read() as session:
        actions = [row.action for row in log_of(session, DocumentType.ANNOUNCEMENT, made.subject_id)]
    assert actions == ["PREVIEW", "PREVIEW_ENDED"]


def test_expiring_items_are_told_to_the_last_author_and_the_reviewers(house: House, staff: Staff) -> None:
    knowledge = house.in_force(staff.wang, staff.zhao)

    def tell(unit: Unit) -> list[str]:
        subject = unit.session.get_one(Subject, knowledge)
        return tell_expiring(unit, subject, "流量包", effective_to=START + 7 * DAY, author_id=staff.wang.id)

    assert house.write(tell) == [staff.wang.id, staff.both.id, staff.qian.id, staff.zhao.id]
    assert last(house, staff.qian).title == "即将到期：知识《流量包》"
    assert last(house, staff.qian).text == "将于 2026-11-09 09:00 失效。"


def listed(house: House, actor: Actor, *, unread_only: bool = False, first: int = 2) -> list[str]:
    """All pages of a person's notices."""
    found: list[str] = []
    after = None
    while True:
        paging = Paging(first, after, b"k")
        part = house.read(lambda s: reading.notices(s, actor, unread_only=unread_only, paging=paging))  # noqa: B023 - run at once
        found += [n.id for n in part.rows]
        if not part.has_next:
            return found
        after = part.cursors[-1]


def test_reading_counting_and_marking(house: House, staff: Staff) -> None:
    for number in range(5):
        waiting_at_hq(house, staff, Content(title=f"题{number}", body="文"))
        house.now += DAY
    everything = listed(house, staff.wang)
    assert len(everything) == len(set(everything)) == 5
    count = lambda actor: house.read(lambda s: reading.unread_count(s, actor))  # noqa: E731
    assert count(staff.wang) == 5
    assert house.write(lambda u: reading.mark_read(u, staff.wang, ids=everything[:1])) == 1
    assert house.write(lambda u: reading.mark_read(u, staff.wang, ids=everything[:2])) == 1
    assert house.write(lambda u: reading.mark_read(u, staff.li, ids=everything)) == 0  # not theirs
    assert listed(house, staff.wang, unread_only=True) == everything[2:]
    assert house.write(lambda u: reading.mark_read(u, staff.wang, before=START + DAY)) == 2
    assert count(staff.wang) == 1
    assert refused(lambda: house.write(lambda u: reading.mark_read(u, staff.wang))) == ("RULE_VIOLATED", "ONE_OF_TWO")
    assert refused(lambda: house.write(lambda u: reading.mark_read(u, staff.wang, ids=[], before=START))) == ("RULE_VIOLATED", "ONE_OF_TWO")


@pytest.mark.parametrize(("days", "left"), [(179, 2), (181, 1), (400, 0)])
def test_old_notices_are_forgotten(house: House, staff: Staff, days: int, left: int) -> None:
    waiting_at_hq(house, staff)
    house.now += 2 * DAY
    waiting_at_hq(house, staff, Content(title="另一", body="文"))
    house.now = START + days * DAY
    reading.purge_old(house.store)
    assert len(house.rows_of(Notice)) == left


def test_a_notice_is_written_only_with_its_transaction(house: House, staff: Staff) -> None:
    made = waiting_at_hq(house, staff)
    before = len(house.rows_of(Notice))

    class Cut(Exception):  # noqa: N818 - stands for whatever breaks a transaction
        """The transaction fails after the transition."""

    def withdrawn_then_broken(unit: Unit) -> None:
        submissions.withdraw(unit, staff.zhao, made.id, lock_version=house.get(made.id).lock_version)
        raise Cut

    with pytest.raises(Cut):
        house.write(withdrawn_then_broken)
    assert len(house.rows_of(Notice)) == before


def test_named_people_hear_of_their_own_notes(house: House, staff: Staff) -> None:
    key = a.in_force(house, staff.wang, staff.zhao, wording(ours("agent"), must_read=True, title="便签"))
    assert told(house, staff.agent) == [(N.ANNOUNCEMENT, "必读公告《便签》")]
    assert last(house, staff.agent).document_id == key


def test_marking_takes_a_bounded_number(house: House, staff: Staff) -> None:
    many = [str(n) for n in range(reading.MAX_IDS + 1)]
    assert refused(lambda: house.write(lambda u: reading.mark_read(u, staff.agent, ids=many))) == ("RULE_VIOLATED", "TOO_MANY")
