"""反馈下发: what headquarters' dispatch does; a number says one thing for ever, and the latest one is what stands."""

from __future__ import annotations

from datetime import datetime

from kbsearch.clock import wire_time
from kbsearch.content import canonical_hash
from kbsearch.hq.callbacks import DispatchFeedback
from kbsearch.services.feedback import telling
from kbsearch.services.feedback.changing import begin, carry_out
from kbsearch.services.hq_outcome import Outcome, applied, deferred, quarantined, rejected
from kbsearch.store.feedback import dispatches_of, lock_dispatched
from kbsearch.store.lives import load_life
from kbsearch.store.submissions import lock_subject
from kbsearch.store.tables import Feedback
from kbsearch.store.unit import HQ, Unit
from kbsearch.workflow.decide import Actor
from kbsearch.workflow.feedback import FeedbackAction, FeedbackOrigin, FeedbackState
from kbsearch.workflow.feedback_decisions import Dispatched, FeedbackCommand, judge_dispatch
from kbsearch.workflow.hq_decisions import Receipt
from kbsearch.workflow.regions import PROVINCES
from kbsearch.workflow.states import Scope, SubjectKind


def dispatch(unit: Unit, message: DispatchFeedback) -> Outcome:
    """Take feedback in, pinned to the version it speaks of, or again; wait for a version not here yet."""
    if message.province not in PROVINCES:
        return rejected(f"没有这样的省代码：{message.province}")
    subject = lock_subject(unit.session, message.knowledge_id)
    if subject is not None and (subject.scope is Scope.LOCAL or subject.kind is not SubjectKind.KNOWLEDGE):
        return quarantined("这个编号在我方不是全网知识")
    known = lock_dispatched(unit.session, message.feedback_id)
    said = None if known is None else Dispatched(known.dispatch, dispatches_of(unit.session, known.id))
    same_subject = known is None or known.subject_id == message.knowledge_id
    verdict = judge_dispatch(said, message.dispatch, _fingerprint(message), same_subject=same_subject)
    if verdict.receipt is not Receipt.APPLIED:
        return Outcome(verdict.receipt, verdict.reason, verdict.alarm)
    life = None if subject is None else load_life(unit.session, subject.id)
    if life is None or message.number not in life.versions:
        return deferred(f"version:{message.knowledge_id}:{message.number}", f"所指的知识第 {message.number} 版未到")
    if known is None:
        _receive(unit, message)
    else:
        _receive_again(unit, known, message)
    return applied()


def _fingerprint(message: DispatchFeedback) -> str:
    """What makes two dispatches of one number the same: every field we know."""
    document = message.model_dump(mode="json", by_alias=True, include=set(DispatchFeedback.model_fields))
    return canonical_hash(document | {"dueAt": wire_time(message.due_at)})


def _as_said(message: DispatchFeedback) -> str:
    opinion = f" 总部意见：{message.opinion}" if message.opinion else ""
    return f"第 {message.dispatch} 次下发。{message.text}{opinion}"


def _details(message: DispatchFeedback) -> dict[str, object]:
    return {"dispatch": message.dispatch, "fingerprint": _fingerprint(message), "number": message.number}


def _due(unit: Unit, message: DispatchFeedback) -> datetime:
    return message.due_at or unit.deadlines.feedback_due_at(message.urgency, unit.now)


def _receive(unit: Unit, message: DispatchFeedback) -> None:
    feedback = Feedback(
        id=unit.new_id(),
        origin=FeedbackOrigin.HQ,
        hq_id=message.feedback_id,
        subject_id=message.knowledge_id,
        text=message.text,
        created_at=unit.now,
        updated_at=unit.now,
    )
    _take_over(unit, feedback, message)
    begin(unit, feedback, HQ, FeedbackAction.RECEIVE, text=_as_said(message), details=_details(message))
    text = f"总部下发 {PROVINCES[message.province]} 的反馈：{telling.excerpt(message.text)}"
    telling.tell(unit, telling.reviewers(unit), feedback, text, next_step="请开出更新，或答复办结")


def _receive_again(unit: Unit, feedback: Feedback, message: DispatchFeedback) -> None:
    reopened = feedback.state is FeedbackState.RESOLVED
    command = FeedbackCommand(FeedbackAction.REDISPATCH, text=_as_said(message))
    carry_out(unit, feedback, HQ, Actor("hq"), command, details=_details(message))
    _take_over(unit, feedback, message)
    if reopened:
        feedback.resolution, feedback.resolution_text, feedback.resolved_version = None, "", None
        feedback.duplicate_of, feedback.submission_id = None, None
    text = f"总部第 {message.dispatch} 次下发这条反馈：{telling.excerpt(message.opinion or message.text)}"
    people = telling.reviewers(unit) if reopened else telling.responsible(unit, feedback)
    telling.tell(unit, people, feedback, text, next_step="请重新处理" if reopened else "请按总部的意见处理")


def _take_over(unit: Unit, feedback: Feedback, message: DispatchFeedback) -> None:
    """The latest dispatch is what stands, in whatever order they came; what each one said stays in the log."""
    feedback.dispatch, feedback.version_number = message.dispatch, message.number
    feedback.province, feedback.reporter_name = message.province, message.reporter or ""
    feedback.text, feedback.opinion, feedback.urgency = message.text, message.opinion or "", message.urgency
    feedback.due_at, feedback.reminded_at = _due(unit, message), None
