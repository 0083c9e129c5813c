"""What one person gets of an announcement: wordings that are for them, status, notice, marks; nothing else of it leaves."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from sqlmodel import Session, col, select

from kbsearch.clock import SHANGHAI
from kbsearch.content import Content, Terms
from kbsearch.services.announcements.replies import answered_among
from kbsearch.services.drafts import version_content
from kbsearch.store.audiences import effective_audience, must_read, shown_version, terms_of
from kbsearch.store.lives import Life, load_lives
from kbsearch.store.submissions import content_of, latest_revisions
from kbsearch.store.tables import SubjectVersion, Submission
from kbsearch.store.visibility import Sight, authored_among, previewed_to, sight_of
from kbsearch.workflow.announcements import (
    PREVIEWED,
    AnnouncementBadge,
    AnnouncementFacts,
    AnnouncementStatus,
    announcement_status,
    released,
    shown_before_hq,
)
from kbsearch.workflow.audience import Audience
from kbsearch.workflow.decide import Actor
from kbsearch.workflow.reasons import RevokeReason
from kbsearch.workflow.states import TERMINAL, Owner, SubjectKind, SubmissionState, Urgency

_SOON = timedelta(days=7)


def status_of(life: Life, at: datetime) -> AnnouncementStatus:
    """The status readers are told."""
    ended = life.ended_by(at)
    subject = life.subject
    facts = AnnouncementFacts(life.timeline, subject.owner, subject.released_at, ended.live_from if ended else None)
    return announcement_status(facts, at)


@dataclass(frozen=True, slots=True)
class Preview:
    """An urgent announcement before headquarters decided: what was approved here."""

    submission: Submission
    content: Content


@dataclass(frozen=True)
class AnnouncementPage:
    """An announcement as one person sees it at `now`; what is derived is derived once."""

    life: Life
    now: datetime
    sight: Sight
    changing: bool = False
    answered: bool = False
    preview: Preview | None = field(default=None)

    @cached_property
    def status(self) -> AnnouncementStatus:
        """The status readers are told."""
        return status_of(self.life, self.now)

    @cached_property
    def text_hidden(self) -> bool:
        """Title and notice only (recalled as 发布错误)."""
        return self.life.text_hidden(self.now)

    @cached_property
    def current(self) -> SubjectVersion | None:
        """The version in force, if it is for this person."""
        return self._seen(self.life.current(self.now))

    @cached_property
    def shown(self) -> SubjectVersion | None:
        """What the page shows: last in force; for those who see all, else the first to come."""
        return shown_version(self.life, self.now) or next(iter(self.coming), None)

    @cached_property
    def coming(self) -> list[SubjectVersion]:
        """Accepted versions whose day lies ahead, soonest first; for those who see all."""
        ahead = sorted((i for i in self.life.timeline.intervals if i.live_from > self.now), key=lambda i: i.live_from)
        return [self.life.versions[i.number] for i in ahead] if self.sight.whole else []

    @cached_property
    def history(self) -> list[SubjectVersion]:
        """Every version this person may read, newest first."""
        numbers = sorted(self.life.versions, reverse=True)
        return [self.life.versions[n] for n in numbers if self.sight.of_version(self.life, n, self.now)]

    def version(self, number: int) -> SubjectVersion | None:
        """One version, if it is for this person."""
        return self._seen(self.life.versions.get(number))

    def as_of(self, at: datetime) -> SubjectVersion | None:
        """What was in force then, if it is for this person."""
        return self._seen(self.life.current(at))

    def _seen(self, version: SubjectVersion | None) -> SubjectVersion | None:
        return version if version is not None and self.sight.of_version(self.life, version.number, self.now) else None

    def content(self, version: SubjectVersion) -> Content:
        """A version's wording as this reader may see it: of hidden text only the title."""
        if not self.sight.of_version(self.life, version.number, self.now):
            raise RuntimeError(f"version {version.number} of {version.subject_id} was shown to somebody it is not for")
        return Content(title=version.title) if self.text_hidden else version_content(self.life, version.number)

    @cached_property
    def shown_content(self) -> Content:
        """The wording the page shows, or what is shown before headquarters decided."""
        if self.shown is not None:
            return self.content(self.shown)
        return Content() if self.preview is None else self.preview.content

    @cached_property
    def terms(self) -> Terms:
        """What is asked, of hidden text too: a reader must still be able to tell that nothing is."""
        if self.shown is not None:
            return terms_of(self.shown)
        return self.shown_content.terms or Terms()

    @cached_property
    def audience(self) -> Audience:
        """Whom it names."""
        return self.terms.audience

    @cached_property
    def addressed(self) -> bool:
        """Whether it is for this person, rather than seen by right of office."""
        login = self.sight.login
        counts = shown_version(self.life, self.now)
        if counts is None:
            return self.preview is not None and self.audience.includes(login)
        subject = self.life.subject
        return released(subject.owner, subject.released_at, self.now) and effective_audience(subject, counts).includes(login)

    @cached_property
    def must_read(self) -> bool:
        """Whether our people must sign it."""
        return self.terms.must_read if self.shown is None else must_read(self.life.subject, self.shown)

    @cached_property
    def urgency(self) -> Urgency:
        """As its issuer says."""
        return self.life.subject.urgency if self.preview is None else self.preview.submission.urgency

    @cached_property
    def to_reply(self) -> bool:
        """Whether an answer of ours is still to be given; one past its day, or to an expired announcement, still counts."""
        standing = self.status in (AnnouncementStatus.PUBLISHED, AnnouncementStatus.EXPIRED)
        return standing and self.life.subject.owner is Owner.HQ and self.terms.needs_reply and not self.answered

    @cached_property
    def reply_overdue(self) -> bool:
        """Whether the day has passed without an answer."""
        return self.to_reply and self.terms.reply_due_at is not None and self.terms.reply_due_at < self.now

    @cached_property
    def notice(self) -> str | None:
        """The sentence readers must see above, or instead of, the text."""
        ended = self.life.ended_by(self.now)
        if self.preview is not None:
            return "紧急公告，本地已审核通过，总部尚未审批，内容可能变动。"
        if self.status is AnnouncementStatus.RECALLED and ended is not None:
            why = f"（{ended.reason.label}）" if ended.reason is not RevokeReason.NO_LONGER_USEFUL else ""
            return f"本公告已于 {_minute(ended.live_from)} 撤回{why}，请勿再依据。{ended.reason_text}"
        if self.status is AnnouncementStatus.EXPIRED:
            return "本公告已过有效期。"
        if self.status is AnnouncementStatus.RECEIVED:
            return "总部已下发，尚未发布给本地使用者。"
        if self.coming:
            return f"将于 {_minute(self.coming[0].live_from)} {'更正' if self.current else '发布'}。"
        return None

    @cached_property
    def badges(self) -> list[AnnouncementBadge]:
        """The marks that hold now."""
        ends = self.current.effective_to if self.current is not None else None
        live = self.current is not None or self.preview is not None
        holds = {
            AnnouncementBadge.URGENT: self.urgency is Urgency.URGENT,
            AnnouncementBadge.MUST_READ: live and self.must_read,
            AnnouncementBadge.NEEDS_REPLY: live and self.terms.needs_reply,
            AnnouncementBadge.REPLY_OVERDUE: self.reply_overdue,
            AnnouncementBadge.PENDING_HQ: self.preview is not None,
            AnnouncementBadge.EXPIRING_SOON: ends is not None and ends - self.now <= _SOON,
            AnnouncementBadge.COMING: bool(self.coming),
            AnnouncementBadge.CHANGING: self.changing,
        }
        return [badge for badge, held in holds.items() if held]


def _minute(moment: datetime) -> str:
    return moment.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")


def announcement_pages(session: Session, actor: Actor, ids: Iterable[str], now: datetime) -> dict[str, AnnouncementPage]:
    """The announcements among these ids that a person may know of, as they see them."""
    return pages_of(session, actor, load_lives(session, ids), now)


def pages_of(session: Session, actor: Actor, lives: Mapping[str, Life], now: datetime) -> dict[str, AnnouncementPage]:
    """The same for lives already loaded, whatever kinds are among them."""
    found = {i: life for i, life in lives.items() if life.subject.kind is SubjectKind.ANNOUNCEMENT}
    if not found:
        return {}
    authored = authored_among(session, actor, found)
    previews = _previews(session, [i for i, life in found.items() if not life.versions])
    changing, answered = _changing(session, found), answered_among(session, found)
    made = {}
    for i, life in found.items():
        preview = previews.get(i)
        sight = sight_of(actor, life, now, authored=i in authored)
        if sight is None and preview is not None and previewed_to(preview.submission, preview.content, actor, now):
            sight = Sight(whole=False, login=actor.login)
        if sight is not None and (life.versions or preview is not None):
            mine = sight.whole and i in changing
            made[i] = AnnouncementPage(life, now, sight, changing=mine, answered=i in answered, preview=preview)
    return made


def _previews(session: Session, ids: Collection[str]) -> dict[str, Preview]:
    if not ids:
        return {}
    statement = select(Submission).where(col(Submission.subject_id).in_(ids), col(Submission.state).in_(sorted(PREVIEWED)))
    urgent = [s for s in session.exec(statement) if shown_before_hq(s.kind, s.scope, s.urgency, s.state)]
    revisions = latest_revisions(session, [s.id for s in urgent])
    return {s.subject_id: Preview(s, content_of(revisions[s.id]) or Content()) for s in urgent}


def _changing(session: Session, ids: Collection[str]) -> set[str]:
    statement = select(Submission.subject_id).where(
        col(Submission.subject_id).in_(list(ids)),
        col(Submission.state).not_in(list(TERMINAL)),
        col(Submission.state) != SubmissionState.DRAFT,
    )
    return set(session.exec(statement.distinct()))
