"""What becomes of feedback when the submission linked to it ends; called wherever a submission enters a state."""

from __future__ import annotations

from sqlmodel import col, select

from kbsearch.services.feedback import telling
from kbsearch.services.feedback.changing import SYSTEM_ACTOR, carry_out
from kbsearch.store.feedback import lock_linked
from kbsearch.store.tables import Feedback, SubjectVersion, Submission
from kbsearch.store.unit import SYSTEM, Unit
from kbsearch.workflow.feedback import FeedbackAction, Resolution
from kbsearch.workflow.feedback_decisions import FeedbackCommand
from kbsearch.workflow.states import TERMINAL, SubmissionKind, SubmissionState


def follow(unit: Unit, submission: Submission) -> None:
    """Settle the feedback linked to a locked submission that took effect; hand it back to the reviewers where it ended otherwise."""
    if submission.state not in TERMINAL:
        return
    for feedback in lock_linked(unit.session, submission.id):
        if submission.state is SubmissionState.EFFECTIVE:
            _adopt(unit, feedback, submission)
        else:
            _hand_back(unit, feedback, submission)


def _adopt(unit: Unit, feedback: Feedback, submission: Submission) -> None:
    number = None if submission.kind.ends else _number_of(unit, submission)
    text = _what_it_became(submission.kind, number)
    command = FeedbackCommand(FeedbackAction.ADOPT, resolution=Resolution.ADOPTED, text=text)
    carry_out(unit, feedback, SYSTEM, SYSTEM_ACTOR, command, details={"submission": submission.id, "number": number})
    feedback.resolution, feedback.resolution_text, feedback.resolved_version = Resolution.ADOPTED, text, number
    telling.tell_resolved(unit, feedback)
    if feedback.handler_id is not None:
        telling.tell(unit, [feedback.handler_id], feedback, f"关联的申请已生效，反馈自动办结：{text}")


def _hand_back(unit: Unit, feedback: Feedback, submission: Submission) -> None:
    text = f"关联的申请{submission.state.label}，没有生效"
    command = FeedbackCommand(FeedbackAction.RETURN_TO_RECEIVED, text=text)
    carry_out(unit, feedback, SYSTEM, SYSTEM_ACTOR, command, details={"submission": submission.id, "state": submission.state.value})
    feedback.submission_id = None
    people = [*([feedback.handler_id] if feedback.handler_id is not None else []), *telling.reviewers(unit)]
    telling.tell(unit, people, feedback, f"{text}，反馈回到待处理。", next_step="请重新开出更新，或答复办结")


def _number_of(unit: Unit, submission: Submission) -> int | None:
    statement = select(SubjectVersion.number).where(SubjectVersion.submission_id == submission.id, col(SubjectVersion.accepted))
    return unit.session.exec(statement).first()


def _what_it_became(kind: SubmissionKind, number: int | None) -> str:
    if kind.ends or number is None:
        return "已采纳，这条知识已撤销。"
    if kind is SubmissionKind.PUBLISH:
        return f"已采纳，新知识已发布（第 {number} 版）。"
    return f"已采纳，知识已更新为第 {number} 版。"
