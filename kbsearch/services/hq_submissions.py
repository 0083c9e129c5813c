"""What headquarters decides about our submissions: acknowledge, approve, return, reject, withdraw result."""

from __future__ import annotations

from typing import Any

from sqlmodel import col, select

from kbsearch.clock import wire_time
from kbsearch.content import Content, canonical_hash
from kbsearch.hq.callbacks import Acknowledge, Approve, Return, WithdrawResult
from kbsearch.services.hq_outcome import Outcome, applied, quarantined, rejected
from kbsearch.services.hq_wording import completed, content_problem, distribution_problem
from kbsearch.services.transitions import Approval, carry_out, current_facts
from kbsearch.store.lives import load_life
from kbsearch.store.submissions import content_of, lock_submission, sent_revision
from kbsearch.store.tables import DocumentType, Submission, TransitionLog
from kbsearch.store.unit import HQ, Unit
from kbsearch.workflow.actions import HQ_ACTIONS, Action
from kbsearch.workflow.decide import Actor, Command
from kbsearch.workflow.hq_decisions import DECISIONS, WITHDRAW_RESULTS, History, HqMessage, Receipt, Said, judge

_ACTOR = Actor("hq")


def _history(unit: Unit, submission: Submission) -> History:
    statement = select(TransitionLog).where(
        TransitionLog.document_type == DocumentType.SUBMISSION,
        TransitionLog.document_id == submission.id,
        col(TransitionLog.action).in_([a.value for a in HQ_ACTIONS]),
    )
    decisions: dict[int, Said] = {}
    withdrawals: dict[int, set[str]] = {}
    acknowledged: dict[int, str] = {}
    for row in unit.session.exec(statement.order_by(col(TransitionLog.sequence), col(TransitionLog.ordinal))):
        action, fingerprint = Action(row.action), str(row.details.get("fingerprint", ""))
        about = int(row.details["round"])
        if action in DECISIONS:
            decisions.setdefault(about, Said(fingerprint, row.details.get("number")))
        elif action in WITHDRAW_RESULTS:
            withdrawals.setdefault(about, set()).add(fingerprint)
        else:
            acknowledged[about] = fingerprint
    return History(decisions, withdrawals, acknowledged)


def _unknown() -> Outcome:
    return rejected("没有这个申请，请核对 submissionId")


def _apply(
    unit: Unit,
    submission: Submission,
    message: HqMessage,
    command: Command,
    *,
    approval: Approval | None = None,
    reference: str | None = None,
) -> Outcome:
    """Judge, and carry out when a row of the table covers it."""
    facts = current_facts(unit, submission, approval=approval)
    verdict = judge(message, facts, _history(unit, submission))
    if reference and verdict.receipt in (Receipt.APPLIED, Receipt.OUT_OF_DATE):
        _store_reference(unit, submission, message, reference, late=verdict.receipt is Receipt.OUT_OF_DATE)
    if verdict.receipt is not Receipt.APPLIED:
        return Outcome(verdict.receipt, verdict.reason, verdict.alarm)
    problem = _number_problem(unit, submission, approval) if approval is not None else None
    if problem:
        return quarantined(problem)
    details: dict[str, Any] = {"fingerprint": message.fingerprint, "round": message.round, "number": message.number}
    if approval is not None and approval.content is not None:
        details["amended"] = True
    carry_out(unit, submission, HQ, _ACTOR, command, approval=approval, details=details)
    return applied()


def _store_reference(unit: Unit, submission: Submission, message: HqMessage, reference: str, *, late: bool) -> None:
    """Headquarters' reference of the newest round it has; a late acknowledgement is logged, so that its repetition is known."""
    if submission.hq_reference is None or message.round >= submission.sent_round:
        submission.hq_reference = reference
    if late and message.action is Action.HQ_ACKNOWLEDGE:
        state = submission.state.value
        unit.log(
            HQ,
            DocumentType.SUBMISSION,
            submission.id,
            message.action.value,
            from_state=state,
            to_state=state,
            lock_version=submission.lock_version,
            round_=submission.round,
            details={"fingerprint": message.fingerprint, "round": message.round, "reference": reference},
        )


def _number_problem(unit: Unit, submission: Submission, approval: Approval) -> str | None:
    """A number held with other content, or not above what is in force, contradicts us."""
    if approval.number is None or submission.kind.ends:
        return None
    life = load_life(unit.session, submission.subject_id)
    if life is None:
        return None
    held = life.versions.get(approval.number)
    if held is not None and held.content_hash != accepted_content(unit, submission, submission.round, approval).hash:
        return f"第 {approval.number} 版我方已有而内容不同"
    floor = max(life.base(unit.now) or 0, life.timeline.ended_up_to(unit.now))
    if held is None and approval.number <= floor:
        return f"第 {approval.number} 版不高于我方的第 {floor} 版"
    return None


def accepted_content(unit: Unit, submission: Submission, round_: int, approval: Approval) -> Content:
    """The text an approval accepts: headquarters' own where it brings one, otherwise ours, with the date as moved."""
    revision = sent_revision(unit.session, submission.id, round_)
    ours = content_of(revision) if revision is not None else None
    content = approval.content or ours or Content()
    return content.moved_to(approval.effective_from) if approval.moves_date else content


def acknowledge(unit: Unit, message: Acknowledge) -> Outcome:
    """接收确认: stores headquarters' reference."""
    submission = lock_submission(unit.session, message.submission_id)
    if submission is None:
        return _unknown()
    asked = HqMessage(Action.HQ_ACKNOWLEDGE, message.round, message.hq_reference)
    return _apply(unit, submission, asked, Command(Action.HQ_ACKNOWLEDGE), reference=message.hq_reference)


def read_approval(unit: Unit, message: Approve, submission: Submission) -> Approval | Outcome:
    """What an approval brings, or why it is not lawful in itself."""
    kind = submission.subject_kind
    problem = distribution_problem(message.distribution, kind)
    content = message.content.to_content() if message.content is not None else None
    if problem is None and content is not None:
        revision = sent_revision(unit.session, submission.id, message.round)
        content = completed(content, kind, None if revision is None else content_of(revision))
        problem = "撤销申请没有正文，不能带 content" if submission.kind.ends else content_problem(content, message.content_hash, kind)
    if problem:
        return rejected(problem)
    return Approval(
        number=message.number,
        distribution=tuple(message.distribution),
        content=content,
        effective_from=message.effective_from,
        moves_date=message.effective_from is not None,
    )


def _approval_fingerprint(unit: Unit, submission: Submission, round_: int, approval: Approval) -> str:
    """Approvals are the same when they accept the same text from the same moment on."""
    moment = approval.effective_from if approval.moves_date else submission.revoke_at
    text = None if submission.kind.ends else accepted_content(unit, submission, round_, approval).hash
    return canonical_hash({"action": Action.HQ_APPROVE.value, "content": text, "from": wire_time(moment) if text is None else None})


def approve(unit: Unit, message: Approve) -> Outcome:
    """审批通过: the version or revocation stands; approval implies receipt."""
    submission = lock_submission(unit.session, message.submission_id)
    if submission is None:
        return _unknown()
    approval = read_approval(unit, message, submission)
    if isinstance(approval, Outcome):
        return approval
    return approve_as(unit, submission, message.round, approval, submission_hash=message.submission_hash, reference=message.hq_reference)


def approve_as(
    unit: Unit, submission: Submission, round_: int, approval: Approval, *, submission_hash: str | None, reference: str | None = None
) -> Outcome:
    """Approve a round of ours, whether told so or by a push that stems from it (`submission_hash` None)."""
    revision = sent_revision(unit.session, submission.id, round_)
    matches = submission_hash is None or (revision is not None and revision.submission_hash == submission_hash)
    if approval.content is not None and revision is not None and approval.content.hash == revision.content_hash:
        approval = _unamended(approval)
    asked = HqMessage(
        Action.HQ_APPROVE,
        round_,
        _approval_fingerprint(unit, submission, round_, approval),
        hash_matches=matches,
        brings_content=approval.content is not None,
        number=approval.number,
    )
    return _apply(unit, submission, asked, Command(Action.HQ_APPROVE), approval=approval, reference=reference)


def _unamended(approval: Approval) -> Approval:
    """Content equal to ours is no amendment."""
    return Approval(
        number=approval.number,
        distribution=approval.distribution,
        effective_from=approval.effective_from,
        moves_date=approval.moves_date,
        category_id=approval.category_id,
    )


def _decline(unit: Unit, message: Return, action: Action) -> Outcome:
    submission = lock_submission(unit.session, message.submission_id)
    if submission is None:
        return _unknown()
    codes = tuple(message.reason_codes)
    command = Command(action, reason_codes=codes, reason_text=message.reason_text)
    return _apply(unit, submission, HqMessage(action, message.round, action.value), command, reference=message.hq_reference)


def return_(unit: Unit, message: Return) -> Outcome:
    """退回 with reasons; the next submit is the next round."""
    return _decline(unit, message, Action.HQ_RETURN)


def reject(unit: Unit, message: Return) -> Outcome:
    """否决: the end."""
    return _decline(unit, message, Action.HQ_REJECT)


def withdraw_result(unit: Unit, message: WithdrawResult) -> Outcome:
    """撤回结果: granted or refused."""
    submission = lock_submission(unit.session, message.submission_id)
    if submission is None:
        return _unknown()
    action = Action.HQ_GRANT_WITHDRAWAL if message.granted else Action.HQ_REFUSE_WITHDRAWAL
    asked = HqMessage(action, message.round, action.value)
    return _apply(unit, submission, asked, Command(action, reason_text=message.reason_text))
