"""续期, reminders before and after the end, 停售在用: what authors and reviewers do about wordings that run out."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel import col, select

from kbsearch.content import Content
from kbsearch.services import knowledge
from kbsearch.services.reading import Badge, Page, page
from kbsearch.services.renewal import draft_renewal
from kbsearch.store.submissions import content_of, latest_revision
from kbsearch.store.tables import Notice, Subject, SubjectVersion, Submission
from kbsearch.workflow.decide import Actor
from kbsearch.workflow.notices import NoticeKind
from kbsearch.workflow.reasons import RevokeReason
from kbsearch.workflow.states import KnowledgeStatus, Scope, SubmissionState
from tests.services.conftest import Staff
from tests.services.house import House, refused

DAY = timedelta(days=1)


def ending(house: House, staff: Staff, days: int = 10, scope: Scope = Scope.LOCAL) -> str:
    """An item that runs out in so many days."""
    text = Content(title="流量包", body="三十元", script="每月三十元", keywords=("流量",), effective_to=house.now + days * DAY)
    return house.in_force(staff.wang, staff.zhao, text, scope=scope)


def renew(house: House, author: Actor, item: str, until: datetime | None, note: str = "") -> Submission:
    return house.write(lambda u: draft_renewal(u, author, item, effective_to=until, change_note=note))


def shown(house: House, item: str) -> Page:
    found = house.read(lambda s: page(s, item, house.now))
    assert found is not None
    return found


def reminders(house: House, person: Actor) -> list[str]:
    wanted = select(Notice).where(Notice.person_id == person.id, Notice.kind == NoticeKind.EXPIRING)
    return [f"{row.title} {row.next_step}" for row in house.rows(wanted.order_by(col(Notice.sequence)))]


def test_a_renewal_moves_only_the_end(house: House, staff: Staff) -> None:
    item = ending(house, staff)
    until = house.now + 100 * DAY
    submission = renew(house, staff.li, item, until)
    revision = house.read(lambda s: latest_revision(s, submission.id))
    before = house.rows(select(SubjectVersion).where(SubjectVersion.subject_id == item))[0]
    content = content_of(revision)
    assert content is not None
    assert (content.effective_to, revision.material, revision.change_note[:3]) == (until, False, "续期至")
    assert (content.title, content.body, content.script, content.keywords) == (before.title, before.body, before.script, ("流量",))
    house.submit(staff.li, submission.id)
    assert house.approve(staff.zhao, submission.id).state is SubmissionState.EFFECTIVE
    current = shown(house, item).current
    assert current is not None
    assert (current.number, current.effective_to) == (2, until)


def test_nationwide_it_goes_through_headquarters(house: House, staff: Staff) -> None:
    item = ending(house, staff, scope=Scope.NATIONAL)
    submission = renew(house, staff.wang, item, None, "长期保留")
    assert house.to_hq(staff.wang, staff.zhao, submission.id).state is SubmissionState.SUBMITTED
    assert house.sent("knowledge.update")[0]["content"]["effectiveTo"] is None
    house.hq_approves(submission.id)
    current = shown(house, item).current
    assert current is not None
    assert current.effective_to is None


def test_what_expired_comes_back(house: House, staff: Staff) -> None:
    item = ending(house, staff, days=1)
    house.pass_time(2 * DAY)
    assert shown(house, item).status is KnowledgeStatus.EXPIRED
    submission = renew(house, staff.wang, item, house.now + 30 * DAY)
    house.submit(staff.wang, submission.id)
    house.approve(staff.zhao, submission.id)
    assert shown(house, item).status is KnowledgeStatus.PUBLISHED


def test_what_cannot_be_renewed_says_why(house: House, staff: Staff) -> None:
    endless = house.in_force(staff.wang, staff.zhao, scope=Scope.LOCAL)
    item = ending(house, staff)
    later = house.now + 20 * DAY
    assert refused(lambda: renew(house, staff.wang, endless, later)) == ("RULE_VIOLATED", "NO_END")
    assert refused(lambda: renew(house, staff.wang, item, house.now + 10 * DAY)) == ("RULE_VIOLATED", "NOT_LATER")
    assert refused(lambda: renew(house, staff.wang, item, house.now - DAY)) == ("RULE_VIOLATED", "NOT_LATER")
    assert refused(lambda: renew(house, staff.wang, "junk", later)) == ("NOT_FOUND", None)
    assert refused(lambda: renew(house, staff.agent, item, later)) == ("PERMISSION_DENIED", None)
    assert refused(lambda: renew(house, staff.wang, item, later, "字" * 1001)) == ("RULE_VIOLATED", "BAD_CONTENT")
    unpublished = house.draft(staff.wang)
    assert refused(lambda: renew(house, staff.wang, unpublished.subject_id, later)) == ("NOT_FOUND", None)
    revoke = house.draft_revoke(staff.wang, item, RevokeReason.SERVICE_RETIRED)
    house.submit(staff.wang, revoke.id)
    house.approve(staff.zhao, revoke.id)
    assert refused(lambda: renew(house, staff.wang, item, later)) == ("RULE_VIOLATED", "NOT_RENEWABLE")


def test_reminded_a_week_before_and_once_after(house: House, staff: Staff) -> None:
    ending(house, staff, days=10)
    house.pass_time(2 * DAY)
    assert reminders(house, staff.wang) == []
    assert house.pass_time(DAY)["expiring"] == 1
    soon = "即将到期：《流量包》 请续期或更新；不再适用则不须操作"
    assert reminders(house, staff.wang) == reminders(house, staff.zhao) == [soon]
    assert reminders(house, staff.li) == reminders(house, staff.qian) == []
    assert house.pass_time(DAY)["expiring"] == 0
    assert house.pass_time(6 * DAY)["expiring"] == 1
    assert reminders(house, staff.wang) == [soon, "已过期：《流量包》 请续期、更新或撤销"]
    assert [house.pass_time(DAY)["expiring"] for _ in range(3)] == [0, 0, 0]


def test_each_version_is_reminded_of_anew(house: House, staff: Staff) -> None:
    item = ending(house, staff, days=5)
    house.pass_time(timedelta())
    submission = renew(house, staff.wang, item, house.now + 20 * DAY)
    house.submit(staff.wang, submission.id)
    house.now += timedelta(hours=1)
    house.approve(staff.zhao, submission.id)
    house.pass_time(6 * DAY)
    assert len(reminders(house, staff.wang)) == 1
    house.pass_time(8 * DAY)
    assert len(reminders(house, staff.wang)) == 2


def test_nobody_is_reminded_of_what_is_replaced_in_time_or_revoked(house: House, staff: Staff) -> None:
    replaced, revoked = ending(house, staff, days=10), ending(house, staff, days=10)
    content = Content(title="流量包", body="四十元", effective_from=house.now + 8 * DAY)
    update = house.draft_update(staff.wang, replaced, content)
    house.submit(staff.wang, update.id)
    house.approve(staff.zhao, update.id)
    revoke = house.draft_revoke(staff.wang, revoked)
    house.submit(staff.wang, revoke.id)
    house.approve(staff.zhao, revoke.id)
    for _ in range(12):
        house.pass_time(DAY)
    assert reminders(house, staff.wang) == []


def test_what_was_over_long_before_is_not_news(house: House, staff: Staff) -> None:
    ending(house, staff, days=1)
    house.now += 30 * DAY
    assert house.pass_time(timedelta())["expiring"] == 0


def test_still_in_use_is_a_mark_of_reviewers(house: House, staff: Staff) -> None:
    item = house.in_force(staff.wang, staff.zhao)

    def mark(actor: Actor, lock: int, *, on: bool) -> Subject:
        return house.write(lambda u: knowledge.mark_still_in_use(u, actor, item, lock_version=lock, still_in_use=on))

    marked = mark(staff.zhao, 1, on=True)
    assert (marked.still_in_use, marked.lock_version) == (True, 2)
    assert Badge.STILL_IN_USE in shown(house, item).badges
    assert refused(lambda: mark(staff.zhao, 1, on=False)) == ("STALE_OBJECT", "LOCK_VERSION")
    assert refused(lambda: mark(staff.zhao, 2, on=True)) == ("RULE_VIOLATED", "NO_CHANGE")
    assert refused(lambda: mark(staff.wang, 2, on=False)) == ("PERMISSION_DENIED", None)
    mark(staff.zhao, 2, on=False)
    assert Badge.STILL_IN_USE not in shown(house, item).badges
