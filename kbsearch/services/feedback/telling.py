"""Who hears what about feedback: notices to people, the result to headquarters; changes no state."""

from __future__ import annotations

from collections.abc import Iterable

from sqlmodel import select

from kbsearch.services import outgoing
from kbsearch.services.listings.people import colleagues
from kbsearch.store.tables import Feedback, NoticeAbout, SubjectVersion, Submission
from kbsearch.store.unit import Unit
from kbsearch.workflow.actions import Role
from kbsearch.workflow.feedback import FeedbackOrigin, Resolution
from kbsearch.workflow.notices import NoticeKind

_MOST_REVIEWERS = 500
_EXCERPT = 100
_UNNAMED = "知识"


def excerpt(text: str) -> str:
    """The beginning of a long text, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= _EXCERPT else f"{line[:_EXCERPT]}…"


def title_of(unit: Unit, feedback: Feedback) -> str:
    """What it speaks of, for a headline: the title of the version, or what was searched for in vain."""
    if feedback.subject_id is None:
        return f"搜索“{feedback.query}”没有答案"
    statement = select(SubjectVersion.title).where(
        SubjectVersion.subject_id == feedback.subject_id, SubjectVersion.number == feedback.version_number
    )
    return unit.session.exec(statement).first() or _UNNAMED


def tell(
    unit: Unit, people: Iterable[str], feedback: Feedback, text: str, *, kind: NoticeKind = NoticeKind.FEEDBACK, next_step: str = ""
) -> None:
    """One notice about the feedback to each of these people."""
    title = f"知识反馈：{title_of(unit, feedback)}"
    for person_id in dict.fromkeys(people):
        unit.notify(person_id, kind, about=NoticeAbout.FEEDBACK, document_id=feedback.id, title=title, text=text, next_step=next_step)


def reviewers(unit: Unit) -> list[str]:
    """Everybody who may handle feedback."""
    return [person.id for person in colleagues(unit.session, Role.REVIEWER, _MOST_REVIEWERS)]


def responsible(unit: Unit, feedback: Feedback) -> list[str]:
    """Whoever handles it; all reviewers while nobody does."""
    return [feedback.handler_id] if feedback.handler_id is not None else reviewers(unit)


def tell_author(unit: Unit, submission: Submission, feedback: Feedback, *, opened: bool) -> None:
    """The author learns of the draft assigned to them, or of what joined their submission."""
    text = f"据知识反馈为您开出了申请：{excerpt(feedback.text)}" if opened else f"一条知识反馈并入了您的申请：{excerpt(feedback.text)}"
    unit.notify(
        submission.author_id,
        NoticeKind.ASSIGNED if opened else NoticeKind.FEEDBACK,
        about=NoticeAbout.SUBMISSION,
        document_id=submission.id,
        title=f"知识反馈：{title_of(unit, feedback)}",
        text=text,
        next_step="请修改内容后提交审核" if opened else "请在申请中一并考虑",
    )


def tell_author_unlinked(unit: Unit, feedback: Feedback) -> None:
    """The author learns that their submission need not take care of it any more; it is theirs as before."""
    submission = unit.session.get_one(Submission, feedback.submission_id)
    unit.notify(
        submission.author_id,
        NoticeKind.FEEDBACK,
        about=NoticeAbout.SUBMISSION,
        document_id=submission.id,
        title=f"知识反馈：{title_of(unit, feedback)}",
        text=f"这条反馈与您的申请取消了关联：{excerpt(feedback.text)}",
        next_step="申请照常进行；不再需要的可以作废",
    )


def tell_resolved(unit: Unit, feedback: Feedback) -> None:
    """The giver, or headquarters and through it the province, learns what became of it."""
    if feedback.resolution is None:
        raise RuntimeError(f"feedback {feedback.id} is told as resolved without a resolution")
    if feedback.origin is FeedbackOrigin.HQ:
        _tell_headquarters(unit, feedback, feedback.resolution)
    if feedback.reporter_id is not None:
        answered = feedback.subject_id is None and feedback.resolution is Resolution.ADOPTED
        kind = NoticeKind.ANSWERED_SEARCH if answered else NoticeKind.FEEDBACK
        text = f"您的反馈已办结（{feedback.resolution.label}）：{feedback.resolution_text}"
        tell(unit, [feedback.reporter_id], feedback, text, kind=kind, next_step="请打开新的口径" if answered else "")


def _tell_headquarters(unit: Unit, feedback: Feedback, resolution: Resolution) -> None:
    original = unit.session.get(Feedback, feedback.duplicate_of) if feedback.duplicate_of is not None else None
    outgoing.send_feedback_result(
        unit,
        {
            "feedbackId": feedback.hq_id,
            "dispatch": feedback.dispatch,
            "resolution": resolution.value,
            "resolutionText": feedback.resolution_text,
            "knowledgeId": feedback.subject_id,
            "number": feedback.resolved_version,
            "submissionId": feedback.submission_id,
            "duplicateOf": None if original is None else original.hq_id,
        },
    )
