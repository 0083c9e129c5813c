"""Announcements headquarters gives us, its corrections and recalls, and replies to ours that it delivers."""

from __future__ import annotations

from kbsearch.content import Content
from kbsearch.hq.callbacks import CorrectAnnouncement, DeliverReply, PublishAnnouncement, RecallAnnouncement
from kbsearch.services.acceptance import add_version
from kbsearch.services.hq_outcome import Outcome, applied, deferred, duplicate, quarantined, rejected
from kbsearch.services.hq_pushed import PushedEnding, PushedVersion, judge_ending, judge_version
from kbsearch.services.hq_wording import content_problem
from kbsearch.services.transitions import settle_subject
from kbsearch.store.audiences import shown_version, terms_of
from kbsearch.store.lives import Life, load_life
from kbsearch.store.submissions import lock_subject
from kbsearch.store.tables import DocumentType, NoticeAbout, Subject, VersionSource
from kbsearch.store.unit import HQ, Unit
from kbsearch.workflow.audience import organisation_name
from kbsearch.workflow.notices import NoticeKind
from kbsearch.workflow.reasons import RevokeReason
from kbsearch.workflow.states import Owner, Scope, SubjectKind

_A = SubjectKind.ANNOUNCEMENT


def _announced(message: PublishAnnouncement | CorrectAnnouncement) -> Content | Outcome:
    content = message.content.to_content()
    problem = content_problem(content, message.content_hash, _A)
    if problem:
        return rejected(problem)
    return content if message.effective_from is None else content.moved_to(message.effective_from)


def publish(unit: Unit, message: PublishAnnouncement) -> Outcome:
    """公告下发: a new announcement, the confirmation of one of ours, or the approval of our round."""
    content = _announced(message)
    if isinstance(content, Outcome):
        return content
    name = organisation_name(message.issuer.code)
    if name is None:
        return rejected(f"issuer 的单位代码 {message.issuer.code} 不对")
    pushed = PushedVersion(
        kind=_A,
        subject_id=message.announcement_id,
        number=message.number,
        content=content,
        origin_submission_id=message.origin_submission_id,
        origin_round=message.origin_round,
        material=message.material,
        issuer=(message.issuer.code, message.issuer.name.strip() or name),
        urgency=message.urgency,
    )
    return judge_version(unit, pushed)


def correct(unit: Unit, message: CorrectAnnouncement) -> Outcome:
    """公告更正下发: the next version, on a base that may still be on its way."""
    content = _announced(message)
    if isinstance(content, Outcome):
        return content
    pushed = PushedVersion(
        kind=_A,
        subject_id=message.announcement_id,
        number=message.number,
        content=content,
        base=message.base,
        origin_submission_id=message.origin_submission_id,
        origin_round=message.origin_round,
        change_note=message.change_note,
        material=message.material,
    )
    return judge_version(unit, pushed)


def recall(unit: Unit, message: RecallAnnouncement) -> Outcome:
    """公告撤回下发; one that arrives first leaves a tombstone."""
    if message.reason is RevokeReason.MERGED:
        return rejected("公告撤回的原因不能是 MERGED")
    ending = PushedEnding(
        kind=_A,
        subject_id=message.announcement_id,
        number=message.number,
        reason=message.reason,
        reason_text=message.reason_text,
        effective_from=message.effective_from,
    )
    return judge_ending(unit, ending)


def deliver_reply(unit: Unit, message: DeliverReply) -> Outcome:
    """送达对我方公告的回复: kept as a reply of headquarters', version 1; also when ours was recalled meanwhile."""
    content = message.content.to_content()
    problem = content_problem(content, message.content_hash, SubjectKind.REPLY)
    name = organisation_name(message.organisation.code)
    if name is None:
        problem = problem or f"organisation 的单位代码 {message.organisation.code} 不对"
    if problem:
        return rejected(problem)
    announcement = lock_subject(unit.session, message.announcement_id)
    life = None if announcement is None else load_life(unit.session, announcement.id)
    if announcement is not None and (announcement.kind is not _A or announcement.owner is not Owner.LOCAL):
        return quarantined("announcementId 所指的不是我方的公告")
    if announcement is not None and announcement.scope is Scope.LOCAL:
        return quarantined("announcementId 所指的是我方本地公告，没有发给总部")
    if life is None or not life.versions:
        return deferred(f"version:{message.announcement_id}:1", f"我方公告 {message.announcement_id} 尚未成立")
    known = lock_subject(unit.session, message.reply_id)
    if known is not None:
        return _known_already(unit, known, message, content)
    _keep(unit, life, message, content, name or "")
    return applied()


def _known_already(unit: Unit, known: Subject, message: DeliverReply, content: Content) -> Outcome:
    life = load_life(unit.session, known.id)
    held = None if life is None else life.versions.get(1)
    same = known.kind is SubjectKind.REPLY and known.owner is Owner.HQ and known.parent_id == message.announcement_id
    if same and held is not None and held.content_hash == content.hash:
        return duplicate("这个回复已收到过")
    return quarantined("这个编号我方已有而内容不同" if same else f"这个编号在我方是别的{known.kind.label}")


def _keep(unit: Unit, life: Life, message: DeliverReply, content: Content, name: str) -> None:
    shown = shown_version(life, unit.now)
    due = None if shown is None else terms_of(shown).reply_due_at
    reply = Subject(
        id=message.reply_id,
        kind=SubjectKind.REPLY,
        owner=Owner.HQ,
        scope=Scope.NATIONAL,
        parent_id=life.subject.id,
        issuer_code=message.organisation.code,
        issuer_name=message.organisation.name.strip() or name,
        author_name=message.author or "",
        late=message.late or (due is not None and due < unit.now),
        created_at=unit.now,
    )
    unit.session.add(reply)
    unit.session.flush()
    add_version(unit, reply, content, number=1, live_from=unit.now, source=VersionSource.HQ_PUSH)
    unit.log(HQ, DocumentType.REPLY, reply.id, "DELIVER_REPLY", details={"announcement": life.subject.id})
    if shown is not None and shown.author_id is not None:
        late = "（逾期）" if reply.late else ""
        unit.notify(
            shown.author_id,
            NoticeKind.ANNOUNCEMENT,
            about=NoticeAbout.ANNOUNCEMENT,
            document_id=life.subject.id,
            title="收到公告回复",
            text=f"{reply.issuer_name}回复了公告《{shown.title}》{late}。",
            next_step="请打开公告查看回复。",
        )
    settle_subject(unit, reply.id)
