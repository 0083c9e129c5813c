"""Announcements at a house under a settable clock, for tests of operations; decides and asserts nothing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from kbsearch.content import Content, Terms
from kbsearch.services import drafts
from kbsearch.services.announcements import drafting, listing
from kbsearch.services.announcements.listing import AnnouncementFilter
from kbsearch.services.announcements.reading import AnnouncementPage, announcement_pages
from kbsearch.services.announcements.release import release
from kbsearch.services.drafts import Draft
from kbsearch.services.hq_inbox import Answer
from kbsearch.services.listings.slices import Paging
from kbsearch.store.tables import Subject, Submission
from kbsearch.workflow.audience import OURS, Addressee, Audience
from kbsearch.workflow.decide import Actor
from kbsearch.workflow.reasons import RevokeReason
from kbsearch.workflow.states import Urgency
from tests.services.house import House

EVERYBODY_HERE = Audience(frozenset({OURS}))
NATIONWIDE = Audience(frozenset({OURS, "GD", "HQ"}))


def ours(*logins: str) -> Audience:
    """Named people of ours: a 便签."""
    return Audience(people=frozenset(Addressee(OURS, login) for login in logins))


def wording(audience: Audience = NATIONWIDE, title: str = "割接公告", body: str = "今晚割接，暂停办理。", **more: Any) -> Content:
    """An announcement's content; `more` are its other terms and dates."""
    terms = {name: more.pop(name) for name in ("must_read", "needs_reply", "reply_due_at") if name in more}
    return Content(title=title, body=body, terms=Terms(audience, **terms), **more)


def draft(house: House, author: Actor, content: Content | None = None, *, urgency: Urgency = Urgency.NORMAL) -> Submission:
    """A new announcement."""
    text = content or wording()
    return house.write(lambda u: drafting.draft_announcement(u, author, content=text, draft=Draft(urgency=urgency)))


def correct(house: House, author: Actor, announcement_id: str, content: Content | None = None) -> Submission:
    """更正."""
    return house.write(lambda u: drafting.draft_correction(u, author, announcement_id, content=content, draft=Draft()))


def recall(
    house: House, author: Actor, announcement_id: str, reason: RevokeReason = RevokeReason.SERVICE_RETIRED, at: datetime | None = None
) -> Submission:
    """撤回."""
    return house.write(
        lambda u: drafting.draft_recall(u, author, announcement_id, reason=reason, reason_text="", effective_from=at, draft=Draft())
    )


def reply(house: House, author: Actor, announcement_id: str, body: str = "已转达。") -> Submission:
    """An answer to headquarters'."""
    return house.write(lambda u: drafting.draft_reply(u, author, announcement_id, content=Content(body=body), draft=Draft()))


def edit(house: House, author: Actor, submission_id: str, content: Content) -> Submission:
    """Rewrite what is with its author."""
    lock = house.get(submission_id).lock_version
    return house.write(lambda u: drafts.edit(u, author, submission_id, lock_version=lock, content=content, draft=Draft()))


def rebase(house: House, author: Actor, submission_id: str) -> Submission:
    """换基线."""
    lock = house.get(submission_id).lock_version
    return house.write(lambda u: drafts.rebase(u, author, submission_id, lock_version=lock, content=None))


def in_force(house: House, author: Actor, reviewer: Actor, content: Content | None = None) -> str:
    """An announcement of ours by the ordinary way; its id."""
    made = draft(house, author, content)
    house.submit(author, made.id)
    house.approve(reviewer, made.id, and_submit=made.scope == "NATIONAL")
    if made.scope == "NATIONAL":
        house.hq_approves(made.id, distribution=["GD", OURS])
    return made.subject_id


def from_hq(house: House, announcement_id: str, content: Content, *, number: int = 1, **more: Any) -> Answer:
    """公告下发."""
    issuer = more.pop("issuer", {"code": "HQ", "name": "总部"})
    given = {"content": content.document(), "contentHash": content.hash, "number": number, "issuer": issuer, **more}
    return house.hq("hqPublishAnnouncement", announcementId=announcement_id, **given)


def corrected_by_hq(house: House, announcement_id: str, content: Content, *, number: int, base: int, **more: Any) -> Answer:
    """公告更正下发."""
    given = {"content": content.document(), "contentHash": content.hash, "number": number, "base": base, **more}
    return house.hq("hqCorrectAnnouncement", announcementId=announcement_id, **given)


def recalled_by_hq(house: House, announcement_id: str, number: int = 1, reason: str = "SERVICE_RETIRED", **more: Any) -> Answer:
    """公告撤回下发."""
    return house.hq("hqRecallAnnouncement", announcementId=announcement_id, number=number, reason=reason, **more)


def delivered(house: House, reply_id: str, announcement_id: str, body: str = "广东已知悉。", **more: Any) -> Answer:
    """A reply to ours."""
    content = Content(title="回复", body=body)
    given = {"content": content.document(), "contentHash": content.hash, "organisation": {"code": "GD", "name": "广东公司"}, **more}
    return house.hq("hqDeliverReply", replyId=reply_id, announcementId=announcement_id, **given)


def page(house: House, actor: Actor, announcement_id: str) -> AnnouncementPage | None:
    """As this person sees it."""
    return house.read(lambda s: announcement_pages(s, actor, [announcement_id], house.now)).get(announcement_id)


def seen(house: House, actor: Actor, announcement_id: str) -> AnnouncementPage:
    """The same where there must be one."""
    found = page(house, actor, announcement_id)
    assert found is not None
    return found


def mine(house: House, actor: Actor, wanted: AnnouncementFilter = AnnouncementFilter.CURRENT) -> list[str]:
    """The ids of what is addressed to a person."""
    found = house.read(lambda s: listing.my_announcements(s, actor, wanted, Paging(100, None, b"k"), house.now))
    return [p.life.subject.id for p in found.rows]


def released(house: House, reviewer: Actor, announcement_id: str, audience: Audience | None = None, **more: Any) -> Subject:
    """发布给本地使用者."""
    lock = house.read(lambda s: s.get_one(Subject, announcement_id).lock_version)
    return house.write(lambda u: release(u, reviewer, announcement_id, lock_version=lock, audience=audience, **more))


def readers(house: House, actors: Iterable[Actor], announcement_id: str) -> list[bool]:
    """Who of these may know of it."""
    return [page(house, actor, announcement_id) is not None for actor in actors]
