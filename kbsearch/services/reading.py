"""What readers get of a knowledge item: wording, notice, badges, history, related; every path hides what must be hidden."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from sqlmodel import Session, col, func, select

from kbsearch.clock import SHANGHAI
from kbsearch.content import Content
from kbsearch.services.drafts import version_content
from kbsearch.store.lives import Life, load_lives
from kbsearch.store.tables import DocumentType, KnowledgeRead, KnowledgeVersion, Submission, TransitionLog
from kbsearch.workflow.labels import Labelled
from kbsearch.workflow.reasons import RevokeReason
from kbsearch.workflow.states import TERMINAL, KnowledgeStatus

_SOON = timedelta(days=7)
_POPULAR_DAYS = 30


class Badge(Labelled):
    """A derived mark on a knowledge item; never a state."""

    EXPIRING_SOON = "EXPIRING_SOON", "即将到期", "七天内失效"
    COMING = "COMING", "将于…生效", "有已通过而未生效的版本"
    CHANGING = "CHANGING", "变更中", "有在途申请"
    SUSPENDED = "SUSPENDED", "已停用", "知识管理员暂停使用"
    REVOKED = "REVOKED", "已撤销", "已撤销，勿再使用"
    EXPIRED = "EXPIRED", "已过期", "已过有效期，勿再使用"


def _day(moment: datetime) -> str:
    return moment.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")


@dataclass(frozen=True)
class Page:
    """A knowledge item as one reader sees it at `now`; what is derived is derived once."""

    life: Life
    now: datetime
    changing: bool

    @cached_property
    def status(self) -> KnowledgeStatus:
        """The status readers are told."""
        return self.life.status(self.now)

    @cached_property
    def text_hidden(self) -> bool:
        """Title and notice only."""
        return self.life.text_hidden(self.now)

    @cached_property
    def current(self) -> KnowledgeVersion | None:
        """The version in force."""
        return self.life.current(self.now)

    @cached_property
    def shown(self) -> KnowledgeVersion | None:
        """What the page shows: in force, else last in force, else the first to come."""
        base = self.life.base(self.now)
        if base is not None:
            return self.life.versions[base]
        return min(self.coming, key=lambda v: v.live_from, default=None)

    @cached_property
    def coming(self) -> list[KnowledgeVersion]:
        """Accepted versions whose day lies ahead, soonest first."""
        ahead = [i for i in self.life.timeline.intervals if i.live_from > self.now]
        return [self.life.versions[i.number] for i in sorted(ahead, key=lambda i: i.live_from)]

    @cached_property
    def history(self) -> list[KnowledgeVersion]:
        """Every accepted version, newest first."""
        return sorted(self.life.versions.values(), key=lambda v: v.number, reverse=True)

    @cached_property
    def replacement_id(self) -> str | None:
        """Where 已合并 points."""
        ended = self.life.ended_by(self.now)
        return ended.replacement_id if ended is not None and self.status in (KnowledgeStatus.REVOKED, KnowledgeStatus.ARCHIVED) else None

    @cached_property
    def notice(self) -> str | None:
        """The sentence readers must see above, or instead of, the text."""
        knowledge, ended = self.life.knowledge, self.life.ended_by(self.now)
        if self.status is KnowledgeStatus.SUSPENDED:
            until = f"，最迟 {_day(knowledge.suspended_until)} 恢复" if knowledge.suspended_until else ""
            return f"本知识已停用{until}。原因：{knowledge.suspend_reason}"
        if self.status in (KnowledgeStatus.REVOKED, KnowledgeStatus.ARCHIVED) and ended is not None:
            merged = "，请看替代知识" if ended.reason is RevokeReason.MERGED else "，请勿再对客户使用"
            return f"本知识已于 {_day(ended.live_from)} 撤销（{ended.reason.label}）{merged}。{ended.reason_text}"
        if self.status in (KnowledgeStatus.EXPIRED, KnowledgeStatus.ARCHIVED):
            return "本知识已过有效期，请勿再对客户使用。"
        if self.coming:
            return (
                f"将于 {_day(self.coming[0].live_from)} 生效新的口径。"
                if self.current
                else f"本知识将于 {_day(self.coming[0].live_from)} 生效。"
            )
        return None

    @cached_property
    def badges(self) -> list[Badge]:
        """The marks that hold now."""
        ends = self.current.effective_to if self.current is not None else None
        holds = {
            Badge.EXPIRING_SOON: ends is not None and ends - self.now <= _SOON,
            Badge.COMING: bool(self.coming),
            Badge.CHANGING: self.changing,
            Badge.SUSPENDED: self.status is KnowledgeStatus.SUSPENDED,
            Badge.REVOKED: self.status is KnowledgeStatus.REVOKED,
            Badge.EXPIRED: self.status is KnowledgeStatus.EXPIRED,
        }
        return [badge for badge, held in holds.items() if held]

    def content(self, version: KnowledgeVersion) -> Content:
        """A version's wording as this reader may see it: of hidden text only the title."""
        if self.text_hidden:
            return Content(title=version.title)
        return version_content(self.life, version.number)


def pages(session: Session, knowledge_ids: Iterable[str], now: datetime) -> dict[str, Page]:
    """The pages of these items; ids unknown, or never accepted by anyone, are left out."""
    return pages_of(session, load_lives(session, knowledge_ids), now)


def pages_of(session: Session, lives: Mapping[str, Life], now: datetime) -> dict[str, Page]:
    """The same for lives already loaded, with one query."""
    changing = _with_open_submissions(session, list(lives))
    return {i: Page(life, now, i in changing) for i, life in lives.items() if life.versions}


def page(session: Session, knowledge_id: str, now: datetime) -> Page | None:
    """One page, None when there is nothing a reader may know of."""
    return pages(session, [knowledge_id], now).get(knowledge_id)


def _with_open_submissions(session: Session, ids: list[str]) -> set[str]:
    statement = select(Submission.knowledge_id).where(
        col(Submission.knowledge_id).in_(ids), col(Submission.state).not_in(list(TERMINAL)), col(Submission.state) != "DRAFT"
    )
    return set(session.exec(statement.distinct()))


def most_read(session: Session, limit: int, now: datetime) -> list[Page]:
    """What was opened most in the last 30 days and is in force now."""
    since = now.astimezone(SHANGHAI).date() - timedelta(days=_POPULAR_DAYS)
    reads = func.sum(KnowledgeRead.reads)
    statement = (
        select(KnowledgeRead.knowledge_id)
        .where(col(KnowledgeRead.day) >= since)
        .group_by(col(KnowledgeRead.knowledge_id))
        .order_by(reads.desc(), col(KnowledgeRead.knowledge_id))
        .limit(limit * 3)
    )
    ids = list(session.exec(statement))
    found = pages(session, ids, now)
    return [found[i] for i in ids if i in found and found[i].current is not None and not found[i].text_hidden][:limit]


def reads_of(session: Session, ids: Sequence[str]) -> dict[str, int]:
    """How often each was opened, ever."""
    statement = select(KnowledgeRead.knowledge_id, func.sum(KnowledgeRead.reads)).where(col(KnowledgeRead.knowledge_id).in_(list(ids)))
    return {i: int(n) for i, n in session.exec(statement.group_by(col(KnowledgeRead.knowledge_id)))}


def log_of(session: Session, document_type: DocumentType, document_id: str) -> Sequence[TransitionLog]:
    """Everything that happened to a document, oldest first."""
    statement = select(TransitionLog).where(TransitionLog.document_type == document_type, TransitionLog.document_id == document_id)
    return session.exec(statement.order_by(col(TransitionLog.sequence), col(TransitionLog.ordinal))).all()
