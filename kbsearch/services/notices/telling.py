"""Tells people what was decided about their submissions and what else wants their attention; decides and changes nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlmodel import col, select

from kbsearch.clock import SHANGHAI
from kbsearch.services.listings.people import colleagues
from kbsearch.store.submissions import latest_revision
from kbsearch.store.tables import InboxMessage, NoticeAbout, Subject, SubjectVersion, Submission
from kbsearch.store.unit import Unit, Who
from kbsearch.workflow.actions import Role
from kbsearch.workflow.decide import Command
from kbsearch.workflow.news import Event, Party, named, news_of
from kbsearch.workflow.notices import NoticeKind
from kbsearch.workflow.states import SubjectKind, SubmissionState

_MOST_REVIEWERS = 500
_LONGEST_TITLE = 200


def reviewers_of(submission: Submission) -> tuple[str, ...]:
    """Who approved it and who is to review it, as it stands now: asked for before a transition voids the approval."""
    return tuple(i for i in (submission.approved_by, submission.reviewer_id) if i is not None)


def title_of(unit: Unit, submission: Submission) -> str:
    """What a submission is about: its own title, or that of what it is to end."""
    content = latest_revision(unit.session, submission.id).content
    if content is not None:
        return str(content.get("title") or "") or "无标题"
    statement = select(SubjectVersion.title).where(SubjectVersion.subject_id == submission.subject_id, col(SubjectVersion.accepted))
    return unit.session.exec(statement.order_by(col(SubjectVersion.number).desc())).first() or "无标题"


def tell(
    unit: Unit,
    submission: Submission,
    who: Who,
    command: Command,
    *,
    source: SubmissionState,
    reviewers: Iterable[str],
    details: dict[str, Any] | None = None,
) -> None:
    """News of a transition just carried out, to its author and the reviewers concerned; whoever did it is not told."""
    event = Event(
        action=command.action,
        source=source,
        target=submission.state,
        subject=submission.subject_kind,
        kind=submission.kind,
        title="",
        reasons=tuple(code.label for code in command.reason_codes),
        reason_text=command.reason_text.strip(),
        amended=bool((details or {}).get("amended")),
    )
    if not news_of(event):
        return
    told = {who.id}
    people = {Party.AUTHOR: [submission.author_id], Party.REVIEWER: [*reviewers, *reviewers_of(submission)]}
    for news in news_of(replace(event, title=title_of(unit, submission))):
        for person_id in people[news.party]:
            if person_id not in told:
                told.add(person_id)
                _about(unit, submission, person_id, news.kind, title=news.title, text=news.text, next_step=news.next_step)


def _about(unit: Unit, submission: Submission, person_id: str, kind: NoticeKind, *, title: str, text: str, next_step: str) -> None:
    unit.notify(
        person_id,
        kind,
        about=NoticeAbout.SUBMISSION,
        document_id=submission.id,
        title=title[:_LONGEST_TITLE],
        text=text,
        next_step=next_step,
    )


def _name(unit: Unit, submission: Submission) -> str:
    return named(submission.subject_kind, submission.kind, title_of(unit, submission))


def tell_assigned(unit: Unit, submission: Submission, who: Who, *, author_id: str | None, reviewer_id: str | None, reason: str) -> None:
    """转派: the new author and the new reviewer hear of it, unless they did it themselves."""
    name, because = _name(unit, submission), f"原因：{reason.strip()}。" if reason.strip() else ""
    steps = {author_id: ("作者", "请接着编写、提交审核"), reviewer_id: ("审核人", "请审核")}
    for person_id, (part, step) in steps.items():
        if person_id is not None and person_id != who.id:
            text = f"这个申请转派给您做{part}，现在是“{submission.state.label}”。{because}"
            _about(unit, submission, person_id, NoticeKind.ASSIGNED, title=f"转派给您：{name}", text=text, next_step=step)


def tell_idle(unit: Unit, submission: Submission) -> None:
    """闲置提醒 to the author."""
    limits = unit.deadlines
    text = f"停在“{submission.state.label}”已 {limits.idle_warning.days} 天没有动过，再过 {limits.idle_close.days} 天将自动关闭。"
    title = f"闲置提醒：{_name(unit, submission)}"
    _about(
        unit, submission, submission.author_id, NoticeKind.IDLE, title=title, text=text, next_step="请接着编写并提交审核，不再需要则作废"
    )


def reviewers(unit: Unit) -> list[str]:
    """Everybody active who reviews."""
    return [person.id for person in colleagues(unit.session, Role.REVIEWER, _MOST_REVIEWERS)]


def tell_quarantined(unit: Unit, message: InboxMessage, label: str) -> None:
    """总部消息待处理 to every reviewer: one of them applies or discards it."""
    for person_id in reviewers(unit):
        unit.notify(
            person_id,
            NoticeKind.QUARANTINED,
            about=NoticeAbout.INBOX,
            document_id=message.id,
            title=f"总部消息被隔离：{label}",
            text=f"{message.reason}。",
            next_step="请核对后应用或弃置",
        )


def tell_expiring(unit: Unit, subject: Subject, title: str, *, effective_to: datetime, author_id: str | None) -> list[str]:
    """即将到期 to the last author and the reviewers; returns whom it told. Called by the reminder sweep, once per subject."""
    day = effective_to.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
    about = NoticeAbout.ANNOUNCEMENT if subject.kind is SubjectKind.ANNOUNCEMENT else NoticeAbout.KNOWLEDGE
    people = list(dict.fromkeys([*([author_id] if author_id is not None else []), *reviewers(unit)]))
    for person_id in people:
        unit.notify(
            person_id,
            NoticeKind.EXPIRING,
            about=about,
            document_id=subject.id,
            title=f"即将到期：{subject.kind.label}《{title}》"[:_LONGEST_TITLE],
            text=f"将于 {day} 失效。",
            next_step="仍要使用请起草更新延长有效期，不再使用则任其失效",
        )
    return people
