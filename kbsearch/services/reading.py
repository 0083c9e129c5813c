"""What readers get of a knowledge item: wording, notice, badges, history, related; every path hides what must be hidden."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from sqlalchemy import literal, union_all
from sqlalchemy import select as sa_select
from sqlmodel import Session, col, func, select

from kbsearch.clock import SHANGHAI
from kbsearch.content import Content
from kbsearch.services.drafts import wording
from kbsearch.store.lives import Life, load_lives
from kbsearch.store.plain_rows import among_ids, column, every_column, read_plain
from kbsearch.store.tables import (
    DocumentType,
    Feedback,
    InterimNote,
    SubjectRead,
    SubjectVersion,
    Submission,
    SyncDifference,
    TransitionLog,
)
from kbsearch.workflow.feedback import OPEN as FEEDBACK_OPEN
from kbsearch.workflow.interim_notes import InterimNoteState
from kbsearch.workflow.labels import Labelled
from kbsearch.workflow.reasons import RevokeReason
from kbsearch.workflow.states import TERMINAL, KnowledgeStatus, SubjectKind, SubmissionState
from kbsearch.workflow.version_sync import RepairAction

_SOON = timedelta(days=7)
_POPULAR_DAYS = 30
# Written once: every page of a list asks it.
_OPEN_MATTERS = union_all(
    sa_select(column(Submission, "subject_id"), literal("SUBMISSION")).where(
        among_ids(Submission, "subject_id"), column(Submission, "state").not_in([*TERMINAL, SubmissionState.DRAFT])
    ),
    sa_select(column(Feedback, "subject_id"), literal("FEEDBACK")).where(
        among_ids(Feedback, "subject_id"), column(Feedback, "state").in_(list(FEEDBACK_OPEN))
    ),
    sa_select(column(SyncDifference, "knowledge_id"), literal("DIFFERENCE")).where(
        among_ids(SyncDifference, "knowledge_id"),
        column(SyncDifference, "closed_at").is_(None),
        column(SyncDifference, "action") != RepairAction.WAIT,
    ),
    sa_select(column(InterimNote, "subject_id"), literal("NOTE")).where(
        among_ids(InterimNote, "subject_id"), column(InterimNote, "state") == InterimNoteState.ACTIVE
    ),
)
_ACTIVE_NOTES = every_column(InterimNote).where(
    among_ids(InterimNote, "subject_id"), column(InterimNote, "state") == InterimNoteState.ACTIVE
)


class Badge(Labelled):
    """A derived mark on a knowledge item; never a state."""

    EXPIRING_SOON = "EXPIRING_SOON", "即将到期", "七天内失效"
    COMING = "COMING", "将于…生效", "有已通过而未生效的版本"
    CHANGING = "CHANGING", "变更中", "有在途申请"
    SUSPENDED = "SUSPENDED", "已停用", "知识管理员暂停使用"
    REVOKED = "REVOKED", "已撤销", "已撤销，勿再使用"
    EXPIRED = "EXPIRED", "已过期", "已过有效期，勿再使用"
    FEEDBACK_OPEN = "FEEDBACK_OPEN", "有在途反馈", "有尚未办结的知识反馈"
    DIFFERS_FROM_HQ = "DIFFERS_FROM_HQ", "与总部不一致", "版本比对发现与总部不同，尚未修复"
    STILL_IN_USE = "STILL_IN_USE", "停售在用", "已停售，老客户仍在使用"
    INTERIM_NOTE = "INTERIM_NOTE", "临时口径", "附有本地审核的临时口径"


def _day(moment: datetime) -> str:
    return moment.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")


@dataclass(frozen=True)
class Page:
    """A knowledge item as one reader sees it at `now`; what is derived is derived once."""

    life: Life
    now: datetime
    changing: bool
    feedback_open: bool = False
    differs: bool = False
    note: InterimNote | None = None

    @cached_property
    def status(self) -> KnowledgeStatus:
        """The status readers are told."""
        return self.life.status(self.now)

    @cached_property
    def text_hidden(self) -> bool:
        """Title and notice only."""
        return self.life.text_hidden(self.now)

    @cached_property
    def current(self) -> SubjectVersion | None:
        """The version in force."""
        return self.life.current(self.now)

    @cached_property
    def shown(self) -> SubjectVersion | None:
        """What the page shows: in force, else last in force, else the first to come."""
        base = self.life.base(self.now)
        if base is not None:
            return self.life.versions[base]
        return min(self.coming, key=lambda v: v.live_from, default=None)

    @cached_property
    def coming(self) -> list[SubjectVersion]:
        """Accepted versions whose day lies ahead, soonest first."""
        ahead = [i for i in self.life.timeline.intervals if i.live_from > self.now]
        return [self.life.versions[i.number] for i in sorted(ahead, key=lambda i: i.live_from)]

    @cached_property
    def history(self) -> list[SubjectVersion]:
        """Every accepted version, newest first."""
        return sorted(self.life.versions.values(), key=lambda v: v.number, reverse=True)

    @cached_property
    def interim_note(self) -> InterimNote | None:
        """The note readers see now: for the version in force, not run out, hidden where the text is."""
        note = self.note
        if note is None or self.text_hidden or self.current is None or note.version_number != self.current.number:
            return None
        begun = note.begins_at is not None and note.begins_at <= self.now
        return note if begun and note.ends_at is not None and self.now < note.ends_at else None

    @cached_property
    def replacement_id(self) -> str | None:
        """Where 已合并 points."""
        ended = self.life.ended_by(self.now)
        return ended.replacement_id if ended is not None and self.status in (KnowledgeStatus.REVOKED, KnowledgeStatus.ARCHIVED) else None

    @cached_property
    def notice(self) -> str | None:
        """The sentence readers must see above, or instead of, the text."""
        knowledge, ended = self.life.subject, self.life.ended_by(self.now)
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
            Badge.FEEDBACK_OPEN: self.feedback_open,
            Badge.DIFFERS_FROM_HQ: self.differs,
            Badge.STILL_IN_USE: self.life.subject.still_in_use,
            Badge.INTERIM_NOTE: self.interim_note is not None,
        }
        return [badge for badge, held in holds.items() if held]

    def content(self, version: SubjectVersion) -> Content:
        """A version's wording as this reader may see it: of hidden text only the title."""
        known = self._contents.get(version.id)
        if known is None:
            known = self._contents[version.id] = Content(title=version.title) if self.text_hidden else wording(version)
        return known

    @cached_property
    def _contents(self) -> dict[str, Content]:
        return {}


def pages(session: Session, subject_ids: Iterable[str], now: datetime) -> dict[str, Page]:
    """The pages of these items; ids unknown, or never accepted by anyone, are left out."""
    return pages_of(session, load_lives(session, subject_ids), now)


def pages_of(session: Session, lives: Mapping[str, Life], now: datetime) -> dict[str, Page]:
    """The same for lives already loaded, with one query, and a second one where some have an interim note."""
    changing, spoken_of, differing, noted = _with_open_matters(session, list(lives))
    notes = {row.subject_id: row for row in read_plain(session, _ACTIVE_NOTES, sorted(noted))} if noted else {}
    readable = {i: life for i, life in lives.items() if life.versions and life.subject.kind is SubjectKind.KNOWLEDGE}
    return {i: Page(life, now, i in changing, i in spoken_of, i in differing, notes.get(i)) for i, life in readable.items()}


def page(session: Session, subject_id: str, now: datetime) -> Page | None:
    """One page, None when there is nothing a reader may know of."""
    return pages(session, [subject_id], now).get(subject_id)


def _with_open_matters(session: Session, ids: list[str]) -> tuple[set[str], ...]:
    """Which have open submissions, unsettled feedback, an unrepaired difference to headquarters, an active note; in one statement."""
    found = read_plain(session, _OPEN_MATTERS, ids)
    return tuple({i for i, what in found if what == kind} for kind in ("SUBMISSION", "FEEDBACK", "DIFFERENCE", "NOTE"))


def cited(session: Session, subject_id: str, number: int, at: datetime) -> SubjectVersion | None:
    """The wording a citation of this number meant at `at`, also where a repair has put another in its place since."""
    statement = select(SubjectVersion).where(
        SubjectVersion.subject_id == subject_id, SubjectVersion.number == number, SubjectVersion.created_at <= at
    )
    row = session.exec(statement.order_by(col(SubjectVersion.created_at).desc(), col(SubjectVersion.accepted).desc())).first()
    if row is None or row.accepted:
        return row
    # What a repair took away was in force and may be cited; what its authors withdrew never was.
    origin = None if row.submission_id is None else session.get(Submission, row.submission_id)
    withdrawn = origin is not None and origin.state is not SubmissionState.EFFECTIVE
    return None if withdrawn or row.live_from > at else row


def most_read(session: Session, limit: int, now: datetime) -> list[Page]:
    """What was opened most in the last 30 days and is in force now."""
    since = now.astimezone(SHANGHAI).date() - timedelta(days=_POPULAR_DAYS)
    reads = func.sum(SubjectRead.reads)
    statement = (
        select(SubjectRead.subject_id)
        .where(col(SubjectRead.day) >= since)
        .group_by(col(SubjectRead.subject_id))
        .order_by(reads.desc(), col(SubjectRead.subject_id))
        .limit(limit * 3)
    )
    ids = list(session.exec(statement))
    found = pages(session, ids, now)
    return [found[i] for i in ids if i in found and found[i].current is not None and not found[i].text_hidden][:limit]


def reads_of(session: Session, ids: Sequence[str]) -> dict[str, int]:
    """How often each was opened, ever."""
    statement = select(SubjectRead.subject_id, func.sum(SubjectRead.reads)).where(col(SubjectRead.subject_id).in_(list(ids)))
    return {i: int(n) for i, n in session.exec(statement.group_by(col(SubjectRead.subject_id)))}


def log_of(session: Session, document_type: DocumentType, document_id: str) -> Sequence[TransitionLog]:
    """Everything that happened to a document, oldest first."""
    statement = select(TransitionLog).where(TransitionLog.document_type == document_type, TransitionLog.document_id == document_id)
    return session.exec(statement.order_by(col(TransitionLog.sequence), col(TransitionLog.ordinal))).all()
