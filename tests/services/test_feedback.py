"""Feedback given here and handled by reviewers: limits, drafts opened from it, links, answers, what becomes of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlmodel import col, select

from kbsearch.content import Content
from kbsearch.services.content_rules import MAX_CHANGE_NOTE
from kbsearch.services.reading import Badge, page
from kbsearch.store.submissions import gather_facts, latest_revision
from kbsearch.store.tables import Feedback, OutboxMessage, Submission
from kbsearch.workflow.decide import Actor
from kbsearch.workflow.feedback import FeedbackState, Resolution
from kbsearch.workflow.notices import NoticeKind
from kbsearch.workflow.states import Scope, SubmissionKind, SubmissionState, Urgency
from tests.services.conftest import Staff
from tests.services.feedback_desk import Desk
from tests.services.house import HQ_NODE, LOCAL_NODE, TEXT, House, refused

S = FeedbackState


@pytest.fixture
def desk(house: House) -> Desk:
    return Desk(house)


@pytest.fixture
def item(house: House, staff: Staff) -> str:
    """A 本地 item in force."""
    return house.in_force(staff.wang, staff.zhao, scope=Scope.LOCAL)


def _effective(house: House, staff: Staff, submission_id: str, *, reviewer: Actor | None = None, author: Actor | None = None) -> None:
    house.submit(author or staff.wang, submission_id)
    house.approve(reviewer or staff.zhao, submission_id)
    assert house.get(submission_id).state is SubmissionState.EFFECTIVE


# --- giving


def test_an_agent_gives_feedback_on_what_the_page_shows(house: House, desk: Desk, staff: Staff, item: str) -> None:
    given = desk.give(staff.agent, "  资费应为四十元  ", subject_id=item, query="流量 包")
    assert (given.state, given.version_number, given.text, given.query) == (S.RECEIVED, 1, "资费应为四十元", "流量 包")
    assert (given.reporter_id, given.reporter_name, given.due_at) == (staff.agent.id, "姓agent", house.now + timedelta(hours=72))
    assert desk.log(given) == [("GIVE", None, "RECEIVED")]
    assert desk.told(staff.zhao) == desk.told(staff.qian) == ["姓agent提出：资费应为四十元"]
    assert desk.told(staff.wang) == []
    assert desk.get(given).sequence > 0


def test_urgent_feedback_is_due_in_hours(house: House, desk: Desk, staff: Staff, item: str) -> None:
    assert desk.give(staff.agent, subject_id=item, urgency=Urgency.URGENT).due_at == house.now + timedelta(hours=4)


def test_a_failed_search_is_an_order(desk: Desk, staff: Staff) -> None:
    given = desk.give(staff.agent, "客户问得多", query="  5G   消息资费 ")
    assert (given.subject_id, given.version_number, given.query) == (None, None, "5G 消息资费")


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"text": "错"}, ("RULE_VIOLATED", "BAD_FEEDBACK_TEXT")),
        ({"text": "  错 \n"}, ("RULE_VIOLATED", "BAD_FEEDBACK_TEXT")),
        ({"text": "错" * 2001}, ("RULE_VIOLATED", "BAD_FEEDBACK_TEXT")),
        ({"query": "搜" * 201}, ("RULE_VIOLATED", "QUERY_TOO_LONG")),
        ({"number": 9}, ("RULE_VIOLATED", "NO_SUCH_VERSION")),
        ({"number": 0}, ("RULE_VIOLATED", "NO_SUCH_VERSION")),
        ({"subject_id": None}, ("RULE_VIOLATED", "NOTHING_NAMED")),
        ({"subject_id": None, "query": " ", "number": 1}, ("RULE_VIOLATED", "NOTHING_NAMED")),
        ({"subject_id": None, "query": "搜", "number": 1}, ("RULE_VIOLATED", "NUMBER_WITHOUT_KNOWLEDGE")),
        ({"subject_id": "NOBODYS"}, ("NOT_FOUND", None)),
    ],
)
def test_what_giving_refuses(desk: Desk, staff: Staff, item: str, given: dict[str, object], refusal: tuple[str, str]) -> None:
    assert refused(lambda: desk.give(staff.agent, **{"text": "口径写错了", "subject_id": item, **given})) == refusal  # type: ignore[arg-type]
    assert desk.house.rows_of(Feedback) == []


def test_what_is_not_readable_yet_takes_no_feedback(house: House, desk: Desk, staff: Staff) -> None:
    draft = house.draft(staff.wang)
    assert refused(lambda: desk.give(staff.agent, subject_id=draft.subject_id)) == ("NOT_FOUND", None)


def test_a_second_click_is_refused_for_a_minute(house: House, desk: Desk, staff: Staff, item: str) -> None:
    desk.give(staff.agent, subject_id=item)
    assert refused(lambda: desk.give(staff.agent, "另一句", subject_id=item)) == ("RULE_VIOLATED", "FEEDBACK_JUST_GIVEN")
    desk.give(staff.wang, subject_id=item)
    desk.give(staff.agent, query="话费")
    assert refused(lambda: desk.give(staff.agent, query=" 话费 ")) == ("RULE_VIOLATED", "FEEDBACK_JUST_GIVEN")
    house.now += timedelta(minutes=1)
    desk.give(staff.agent, "另一句", subject_id=item)
    assert len(house.rows_of(Feedback)) == 4


# --- opening an update


def test_an_update_is_opened_prefilled_linked_and_assigned(house: House, desk: Desk, staff: Staff, item: str) -> None:
    given = desk.give(staff.agent, "资费应为四十元", subject_id=item, urgency=Urgency.URGENT)
    opened = house.get(desk.open(staff.zhao, given, staff.li).id)
    assert (opened.kind, opened.state, opened.author_id) == (SubmissionKind.UPDATE, SubmissionState.DRAFT, staff.li.id)
    assert (opened.feedback_id, opened.base_number, opened.urgency) == (given.id, 1, Urgency.URGENT)
    revision = house.read(lambda s: latest_revision(s, opened.id))
    assert (revision.content, revision.edited_by) == (TEXT.document(), staff.li.id)
    assert revision.change_note == "据知识反馈（本地座席）：资费应为四十元"
    now = desk.get(given)
    assert (now.state, now.submission_id, now.handler_id) == (S.IN_PROGRESS, opened.id, staff.zhao.id)
    assert desk.told(staff.li, NoticeKind.ASSIGNED) == ["据知识反馈为您开出了申请：资费应为四十元"]
    assert house.read(lambda s: gather_facts(s, [opened], house.now)[opened.id].editors) == frozenset()


def test_whoever_opened_it_may_review_it_but_its_author_may_not(house: House, desk: Desk, staff: Staff, item: str) -> None:
    given = desk.give(staff.agent, subject_id=item)
    opened = desk.open(staff.zhao, given, staff.both)
    house.submit(staff.both, opened.id)
    assert refused(lambda: house.approve(staff.both, opened.id)) == ("RULE_VIOLATED", "FOUR_EYES")
    house.approve(staff.zhao, opened.id)
    assert desk.get(given).resolution is Resolution.ADOPTED


def test_who_assigns_an_update_to_themselves_cannot_review_it(house: House, desk: Desk, staff: Staff, item: str) -> None:
    opened = desk.open(staff.both, desk.give(staff.agent, subject_id=item), staff.both)
    house.submit(staff.both, opened.id)
    assert refused(lambda: house.approve(staff.both, opened.id)) == ("RULE_VIOLATED", "FOUR_EYES")


@pytest.mark.parametrize(("node", "scope"), [(LOCAL_NODE, Scope.LOCAL), (HQ_NODE, Scope.NATIONAL)])
def test_a_search_in_vain_becomes_new_knowledge_where_the_category_says(
    house: House, desk: Desk, staff: Staff, node: str, scope: Scope
) -> None:
    house.add_hq_node("TARIFF")
    wanted = "TARIFF" if node == HQ_NODE else LOCAL_NODE
    given = desk.give(staff.agent, "客户常问", query="国际漫游")
    opened = house.get(desk.open(staff.zhao, given, staff.wang, category_id=wanted).id)
    assert (opened.kind, opened.scope, opened.category_id) == (SubmissionKind.PUBLISH, scope, wanted)
    assert Content.from_document(house.read(lambda s: latest_revision(s, opened.id)).content or {}) == Content(title="国际漫游")
    assert desk.get(given).subject_id is None


@pytest.mark.parametrize("category", [None, "NOWHERE"])
def test_new_knowledge_needs_a_category(house: House, desk: Desk, staff: Staff, category: str | None) -> None:
    given = desk.give(staff.agent, query="国际漫游")
    assert refused(lambda: desk.open(staff.zhao, given, staff.wang, category_id=category)) == ("RULE_VIOLATED", "BAD_CATEGORY")
    assert (desk.get(given).state, house.rows_of(Submission)) == (S.RECEIVED, [])


def test_opening_refuses_who_cannot_write_and_who_may_not_open(house: House, desk: Desk, staff: Staff, item: str) -> None:
    given = desk.give(staff.agent, subject_id=item)
    before = len(house.rows_of(Submission))
    assert refused(lambda: desk.open(staff.zhao, given, staff.agent)) == ("RULE_VIOLATED", "NOT_ASSIGNABLE")
    assert refused(lambda: desk.open(staff.zhao, given, Actor("NOBODY"))) == ("NOT_FOUND", None)
    for person in (staff.wang, staff.agent, staff.operator, staff.admin):
        assert refused(lambda p=person: desk.open(p, given, staff.wang)) == ("PERMISSION_DENIED", None)  # type: ignore[misc]
    assert (desk.get(given).state, len(house.rows_of(Submission))) == (S.RECEIVED, before)
    desk.open(staff.zhao, given, staff.wang)
    assert refused(lambda: desk.open(staff.zhao, given, staff.wang))[0] == "ILLEGAL_TRANSITION"


def test_a_long_text_is_shortened_in_the_change_note(house: House, desk: Desk, staff: Staff, item: str) -> None:
    opened = desk.open(staff.zhao, desk.give(staff.agent, "很长" * 1000, subject_id=item), staff.wang)
    note = house.read(lambda s: latest_revision(s, opened.id)).change_note
    assert len(note) < MAX_CHANGE_NOTE
    assert note.endswith("…")


# --- what becomes of it


def test_it_is_settled_when_the_update_takes_effect_and_the_giver_told(house: House, desk: Desk, staff: Staff, item: str) -> None:
    given = desk.give(staff.agent, subject_id=item)
    opened = desk.open(staff.zhao, given, staff.wang)
    house.now += timedelta(hours=5)
    _effective(house, staff, opened.id)
    now = desk.get(given)
    assert (now.state, now.resolution, now.resolved_version, now.resolved_at) == (S.RESOLVED, Resolution.ADOPTED, 2, house.now)
    assert (now.resolution_text, now.submission_id) == ("已采纳，知识已更新为第 2 版。", opened.id)
    assert desk.told(staff.agent) == ["您的反馈已办结（采纳已更新）：已采纳，知识已更新为第 2 版。"]
    assert desk.log(given) == [("GIVE", None, "RECEIVED"), ("OPEN_UPDATE", "RECEIVED", "IN_PROGRESS"), ("ADOPT", "IN_PROGRESS", "RESOLVED")]
    assert desk.results() == []


def test_an_update_scheduled_ahead_settles_it_on_its_day(house: House, desk: Desk, staff: Staff, item: str) -> None:
    given = desk.give(staff.agent, subject_id=item)
    later = Content(title="流量包", body="每月四十元", effective_from=house.now + timedelta(days=1))
    submission = house.draft_update(staff.wang, item, later)
    desk.link(staff.zhao, given, submission.id)
    house.submit(staff.wang, submission.id)
    house.approve(staff.zhao, submission.id)
    assert desk.get(given).state is S.IN_PROGRESS
    house.pass_time(timedelta(days=1))
    assert (desk.get(given).state, desk.get(given).resolved_version) == (S.RESOLVED, 2)


def test_an_answered_search_tells_its_giver_so(house: House, desk: Desk, staff: Staff) -> None:
    given = desk.give(staff.agent, query="流量包")
    draft = house.draft(staff.wang, scope=Scope.LOCAL)
    desk.link(staff.zhao, given, draft.id)
    _effective(house, staff, draft.id)
    assert desk.told(staff.agent, NoticeKind.ANSWERED_SEARCH) == ["您的反馈已办结（采纳已更新）：已采纳，新知识已发布（第 1 版）。"]


def test_a_revocation_can_be_what_it_asked_for(house: House, desk: Desk, staff: Staff, item: str) -> None:
    given = desk.give(staff.agent, "业务早已下线", subject_id=item)
    revoke = house.draft_revoke(staff.wang, item)
    desk.link(staff.zhao, given, revoke.id)
    _effective(house, staff, revoke.id)
    now = desk.get(given)
    assert (now.resolution, now.resolved_version, now.resolution_text) == (Resolution.ADOPTED, None, "已采纳，这条知识已撤销。")


Ending = Callable[[House, Staff, Submission], object]


def _void(house: House, staff: Staff, submission: Submission) -> None:
    house.void(staff.wang, submission.id)


def _withdraw(house: House, staff: Staff, submission: Submission) -> None:
    house.submit(staff.wang, submission.id)
    house.approve(staff.zhao, submission.id)
    house.withdraw(staff.wang, submission.id)


def _reject(house: House, staff: Staff, submission: Submission) -> None:
    house.to_hq(staff.wang, staff.zhao, submission.id)
    house.hq("hqReject", submissionId=submission.id, round=1, reasonCodes=["OTHER"], reasonText="不必")


def _supersede(house: House, _staff: Staff, submission: Submission) -> None:
    house.hq("hqPushRevocation", knowledgeId=submission.subject_id, number=1, reason="SERVICE_RETIRED")


def _idle(house: House, _staff: Staff, _submission: Submission) -> None:
    house.pass_time(timedelta(days=31))
    house.pass_time(timedelta(days=8))


@pytest.mark.parametrize(
    ("end", "state"),
    [
        (_void, SubmissionState.VOIDED),
        (_withdraw, SubmissionState.WITHDRAWN),
        (_reject, SubmissionState.HQ_REJECTED),
        (_supersede, SubmissionState.SUPERSEDED),
        (_idle, SubmissionState.CLOSED_STALE),
    ],
)
def test_an_update_that_ends_unapplied_gives_it_back(house: House, desk: Desk, staff: Staff, end: Ending, state: SubmissionState) -> None:
    national = house.in_force(staff.wang, staff.zhao)
    given = desk.give(staff.agent, subject_id=national)
    opened = desk.open(staff.zhao, given, staff.wang)
    end(house, staff, opened)
    assert house.get(opened.id).state is state
    now = desk.get(given)
    assert (now.state, now.submission_id, now.resolution, now.handler_id) == (S.RECEIVED, None, None, staff.zhao.id)
    assert desk.log(given)[-1] == ("RETURN_TO_RECEIVED", "IN_PROGRESS", "RECEIVED")
    assert [t for t in desk.told(staff.qian) if "回到待处理" in t] == [f"关联的申请{state.label}，没有生效，反馈回到待处理。"]
    desk.resolve(staff.qian, given)
    assert desk.get(given).state is S.RESOLVED


# --- links


def test_several_orders_are_settled_by_one_update(house: House, desk: Desk, staff: Staff, item: str) -> None:
    first, second = desk.give(staff.agent, subject_id=item), desk.give(staff.li, "也看到了", subject_id=item)
    opened = desk.open(staff.zhao, first, staff.wang)
    desk.link(staff.qian, second, opened.id)
    assert desk.told(staff.wang, NoticeKind.FEEDBACK) == ["一条知识反馈并入了您的申请：也看到了"]
    _effective(house, staff, opened.id)
    assert {desk.get(f).resolution for f in (first, second)} == {Resolution.ADOPTED}


def test_what_linking_refuses(house: House, desk: Desk, staff: Staff, item: str) -> None:
    given = desk.give(staff.agent, subject_id=item)
    other = house.draft(staff.wang, scope=Scope.LOCAL)
    over = house.draft_update(staff.wang, item)
    house.void(staff.wang, over.id)
    assert refused(lambda: desk.link(staff.zhao, given, other.id)) == ("RULE_VIOLATED", "OTHER_SUBJECT")
    assert refused(lambda: desk.link(staff.zhao, given, over.id)) == ("RULE_VIOLATED", "SUBMISSION_OVER")
    assert refused(lambda: desk.link(staff.zhao, given, "NOBODYS")) == ("NOT_FOUND", None)
    assert desk.get(given).state is S.RECEIVED


def test_unlinked_the_update_goes_on_alone(house: House, desk: Desk, staff: Staff, item: str) -> None:
    given = desk.give(staff.agent, subject_id=item)
    opened = desk.open(staff.zhao, given, staff.wang)
    assert refused(lambda: desk.resolve(staff.zhao, given))[0] == "ILLEGAL_TRANSITION"
    desk.unlink(staff.zhao, given)
    assert (desk.get(given).state, desk.get(given).submission_id) == (S.RECEIVED, None)
    assert desk.told(staff.wang, NoticeKind.FEEDBACK) == ["这条反馈与您的申请取消了关联：口径写错了"]
    _effective(house, staff, opened.id)
    assert desk.get(given).state is S.RECEIVED


# --- answers


def test_an_answer_settles_it_and_is_told(desk: Desk, staff: Staff, item: str) -> None:
    given = desk.give(staff.agent, subject_id=item)
    done = desk.resolve(staff.zhao, given, Resolution.REJECTED, " 与文件相符 ")
    assert (done.state, done.resolution, done.resolution_text, done.handler_id) == (
        S.RESOLVED,
        Resolution.REJECTED,
        "与文件相符",
        staff.zhao.id,
    )
    assert desk.told(staff.agent) == ["您的反馈已办结（不采纳）：与文件相符"]


def test_duplicates_name_an_original_that_exists_and_make_no_circle(desk: Desk, staff: Staff, item: str) -> None:
    first, second, third = (desk.give(p, subject_id=item) for p in (staff.agent, staff.wang, staff.li))
    same = Resolution.DUPLICATE
    assert refused(lambda: desk.resolve(staff.zhao, first, same, duplicate_of="NOBODYS")) == ("NOT_FOUND", None)
    assert refused(lambda: desk.resolve(staff.zhao, first, same)) == ("RULE_VIOLATED", "ORIGINAL_REQUIRED")
    assert refused(lambda: desk.resolve(staff.zhao, first, same, duplicate_of=first.id)) == ("RULE_VIOLATED", "DUPLICATE_CIRCLE")
    desk.resolve(staff.zhao, second, same, duplicate_of=first.id)
    desk.resolve(staff.zhao, third, same, duplicate_of=second.id)
    assert refused(lambda: desk.resolve(staff.zhao, first, same, duplicate_of=third.id)) == ("RULE_VIOLATED", "DUPLICATE_CIRCLE")
    assert (desk.get(third).duplicate_of, desk.get(first).state) == (second.id, S.RECEIVED)


def test_what_answering_refuses(desk: Desk, staff: Staff, item: str) -> None:
    given = desk.give(staff.agent, subject_id=item)
    assert refused(lambda: desk.resolve(staff.zhao, given, text="  ")) == ("RULE_VIOLATED", "REASON_REQUIRED")
    assert refused(lambda: desk.resolve(staff.zhao, given, text="长" * 2001)) == ("RULE_VIOLATED", "TEXT_TOO_LONG")
    assert refused(lambda: desk.resolve(staff.zhao, given, lock_version=7)) == ("STALE_OBJECT", "LOCK_VERSION")
    assert refused(lambda: desk.resolve(staff.agent, given)) == ("PERMISSION_DENIED", None)
    desk.resolve(staff.zhao, given)
    assert refused(lambda: desk.resolve(staff.zhao, given))[0] == "ILLEGAL_TRANSITION"


def test_it_is_passed_on_to_another_reviewer(desk: Desk, staff: Staff, item: str) -> None:
    given = desk.give(staff.agent, subject_id=item)
    assert refused(lambda: desk.reassign(staff.zhao, given, staff.wang)) == ("RULE_VIOLATED", "NOT_ASSIGNABLE")
    desk.reassign(staff.zhao, given, staff.qian)
    assert (desk.get(given).handler_id, desk.get(given).state) == (staff.qian.id, S.RECEIVED)
    assert desk.told(staff.qian, NoticeKind.ASSIGNED) == ["这条反馈转由您处理：口径写错了"]


# --- reminders, badge


def test_reminders_come_once_before_and_once_after_the_day(house: House, desk: Desk, staff: Staff, item: str) -> None:
    given = desk.give(staff.agent, subject_id=item)
    assert house.pass_time(timedelta(hours=47))["feedback"] == 0
    assert house.pass_time(timedelta(hours=1))["feedback"] == 1
    assert house.pass_time(timedelta(hours=1))["feedback"] == 0
    desk.reassign(staff.zhao, given, staff.qian)
    assert house.pass_time(timedelta(hours=23))["feedback"] == 1
    assert house.pass_time(timedelta(hours=200))["feedback"] == 0
    ahead, late = "将于 2026-11-05 09:00 到期：口径写错了", "已过办结期限（2026-11-05 09:00）：口径写错了"
    assert desk.told(staff.zhao)[1:] == [ahead]
    assert [t for t in desk.told(staff.qian) if "期" in t] == [ahead, late]


def test_what_is_settled_is_reminded_of_no_more(house: House, desk: Desk, staff: Staff, item: str) -> None:
    desk.resolve(staff.zhao, desk.give(staff.agent, subject_id=item, urgency=Urgency.URGENT))
    assert house.pass_time(timedelta(hours=100))["feedback"] == 0


def test_the_badge_stands_while_it_is_open(house: House, desk: Desk, staff: Staff, item: str) -> None:
    def badges() -> list[Badge]:
        shown = house.read(lambda s: page(s, item, house.now))
        assert shown is not None
        return shown.badges

    assert badges() == []
    given = desk.give(staff.agent, subject_id=item)
    assert badges() == [Badge.FEEDBACK_OPEN]
    desk.open(staff.zhao, given, staff.wang)
    assert badges() == [Badge.FEEDBACK_OPEN]
    desk.unlink(staff.zhao, given)
    desk.resolve(staff.zhao, given)
    assert badges() == []


def test_locally_given_feedback_never_leaves(house: House, desk: Desk, staff: Staff) -> None:
    national = house.in_force(staff.wang, staff.zhao)
    desk.resolve(staff.zhao, desk.give(staff.agent, subject_id=national))
    sent = house.rows(select(OutboxMessage).where(OutboxMessage.destination == "hq", col(OutboxMessage.kind).startswith("feedback")))
    assert sent == []
