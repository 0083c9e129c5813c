"""Writes what must go to headquarters into the outbox of the running transaction; sends nothing itself."""

from __future__ import annotations

from typing import Any

from sqlmodel import col, select

from kbsearch.clock import wire_time
from kbsearch.content import Terms
from kbsearch.hq import messages
from kbsearch.store.lives import load_life
from kbsearch.store.submissions import latest_revision
from kbsearch.store.tables import OutboxMessage, OutboxStatus, Person, Revision, Subject, Submission
from kbsearch.store.unit import Unit
from kbsearch.workflow.reasons import LetGoReason
from kbsearch.workflow.states import Scope, SubjectKind, SubmissionKind

HQ = "hq"
_KINDS = {
    (SubjectKind.KNOWLEDGE, SubmissionKind.PUBLISH): "knowledge.publish",
    (SubjectKind.KNOWLEDGE, SubmissionKind.UPDATE): "knowledge.update",
    (SubjectKind.KNOWLEDGE, SubmissionKind.REVOKE): "knowledge.revoke",
    (SubjectKind.ANNOUNCEMENT, SubmissionKind.PUBLISH): "announcement.publish",
    (SubjectKind.ANNOUNCEMENT, SubmissionKind.CORRECT): "announcement.correct",
    (SubjectKind.ANNOUNCEMENT, SubmissionKind.RECALL): "announcement.recall",
    (SubjectKind.REPLY, SubmissionKind.PUBLISH): "reply.submit",
}
_SUBJECT_FIELD = {SubjectKind.KNOWLEDGE: "knowledgeId", SubjectKind.ANNOUNCEMENT: "announcementId", SubjectKind.REPLY: "replyId"}


def _person(unit: Unit, person_id: str | None) -> dict[str, str]:
    person = unit.session.get(Person, person_id) if person_id else None
    return {"id": person_id or "", "name": person.name if person else ""}


def _base(unit: Unit, submission: Submission) -> dict[str, Any] | None:
    if submission.base_number is None:
        return None
    life = load_life(unit.session, submission.subject_id)
    if life is None or submission.base_number not in life.versions:
        raise RuntimeError(f"submission {submission.id} builds on a version that does not exist")
    return {"number": submission.base_number, "contentHash": life.versions[submission.base_number].content_hash}


def _submission_data(unit: Unit, submission: Submission, revision: Revision) -> dict[str, Any]:
    data: dict[str, Any] = {
        "submissionId": submission.id,
        "round": submission.round,
        _SUBJECT_FIELD[submission.subject_kind]: submission.subject_id,
        "urgency": submission.urgency.value,
        "submissionHash": revision.submission_hash,
        "author": _person(unit, submission.author_id),
        "reviewer": _person(unit, submission.approved_by),
    }
    if submission.subject_kind is SubjectKind.REPLY:
        data |= _reply_data(unit, submission)
    else:
        data["base"] = _base(unit, submission)
    if submission.subject_kind is SubjectKind.KNOWLEDGE:
        data["categoryId"] = submission.category_id
    if revision.content is None and submission.subject_kind is SubjectKind.KNOWLEDGE:
        data["replacementId"] = submission.replacement_id
    if revision.content is None:
        data |= {
            "reason": submission.revoke_reason.value if submission.revoke_reason else None,
            "reasonText": submission.revoke_text,
            "effectiveFrom": wire_time(submission.revoke_at),
        }
    else:
        data |= {
            "content": revision.content,
            "contentHash": revision.content_hash,
            "material": revision.material,
            "changeNote": revision.change_note,
        }
    return data


def _reply_data(unit: Unit, submission: Submission) -> dict[str, Any]:
    """Which announcement it answers, and whether it comes after the day that one asked for, which is kept with it."""
    reply = unit.session.get_one(Subject, submission.subject_id)
    asked = load_life(unit.session, reply.parent_id or "")
    number = None if asked is None else asked.base(unit.now)
    terms = None if asked is None or number is None else asked.versions[number].terms
    due = None if terms is None else Terms.from_document(terms).reply_due_at
    reply.late = due is not None and due < unit.now
    return {"announcementId": reply.parent_id, "late": reply.late}


def _send(unit: Unit, subject_id: str, kind: str, data: dict[str, Any], submission: Submission | None = None) -> None:
    model = messages.KINDS[kind][1].model_validate(data)
    unit.send(
        HQ,
        subject_id,
        kind,
        model.model_dump(by_alias=True),
        submission_id=submission.id if submission else None,
        round_=submission.round if submission else None,
    )


def send_submission(unit: Unit, submission: Submission) -> None:
    """知识上传, 公告提交, 公告回复提交 and the like, of the frozen revision."""
    revision = latest_revision(unit.session, submission.id)
    _send(
        unit,
        submission.subject_id,
        _KINDS[submission.subject_kind, submission.kind],
        _submission_data(unit, submission, revision),
        submission,
    )


def send_let_go(unit: Unit, submission: Submission, reason: LetGoReason, text: str, *, answer: bool) -> None:
    """撤回申请 of the last round headquarters was sent."""
    data = {
        "submissionId": submission.id,
        "round": submission.sent_round,
        "subjectKind": submission.subject_kind.value,
        "subjectId": submission.subject_id,
        "reason": reason.value,
        "reasonText": text,
        "answerExpected": answer,
    }
    _send(unit, submission.subject_id, "withdraw.request", data, submission)


def send_result_query(unit: Unit, submission: Submission) -> None:
    """审批结果查询 for a round past due."""
    data = {
        "submissionId": submission.id,
        "round": submission.round,
        "subjectKind": submission.subject_kind.value,
        "subjectId": submission.subject_id,
        "state": submission.state.value,
    }
    _send(unit, submission.subject_id, "result.query", data, submission)


def send_suspension(unit: Unit, knowledge: Subject, *, suspended: bool, reason: str) -> None:
    """停用告知, for 全网 items only."""
    if knowledge.scope is not Scope.NATIONAL:
        return
    data = {
        "knowledgeId": knowledge.id,
        "suspended": suspended,
        "reasonText": reason,
        "until": wire_time(knowledge.suspended_until) if suspended else None,
    }
    _send(unit, knowledge.id, "suspension.notice", data)


def send_feedback_result(unit: Unit, data: dict[str, Any]) -> None:
    """反馈处理结果, behind everything else about the knowledge it speaks of."""
    _send(unit, data["knowledgeId"], "feedback.result", data)


def sent_request(unit: Unit, submission_id: str, round_: int) -> dict[str, Any] | None:
    """What headquarters was asked in a round: base, reason, dates as they stood then; None when that round was never sent."""
    statement = select(OutboxMessage).where(
        OutboxMessage.submission_id == submission_id, OutboxMessage.round == round_, col(OutboxMessage.kind).in_(_KINDS.values())
    )
    row = unit.session.exec(statement.order_by(col(OutboxMessage.sequence))).first()
    return row.payload if row is not None else None


def cancel_sending(unit: Unit, submission: Submission) -> None:
    """Cancel what has not been delivered of a submission; if headquarters never got any of it, it has not seen it."""
    rows = unit.session.exec(
        select(OutboxMessage).where(OutboxMessage.submission_id == submission.id).order_by(col(OutboxMessage.sequence))
    ).all()
    for row in rows:
        if row.status in (OutboxStatus.PENDING, OutboxStatus.DEAD):
            row.status = OutboxStatus.CANCELLED
    delivered = [r.round or 0 for r in rows if r.status is OutboxStatus.DELIVERED]
    submission.sent_round = max(delivered, default=0)
