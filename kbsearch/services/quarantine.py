"""A reviewer settles what headquarters said against what we know: apply it after all, or discard it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import ValidationError
from sqlmodel import select

from kbsearch.content import Content
from kbsearch.hq.callbacks import Approve
from kbsearch.services import hq_inbox
from kbsearch.services.acceptance import add_version, live_from, next_number
from kbsearch.services.alarms import close_alarm
from kbsearch.services.hq_submissions import read_approval
from kbsearch.services.outgoing import sent_request
from kbsearch.services.people import require_role, who
from kbsearch.services.refusals import not_found, require_reason_length, stale, violated
from kbsearch.services.transitions import Approval, carry_out, settle_subject
from kbsearch.store.lives import load_life
from kbsearch.store.submissions import lock_submission
from kbsearch.store.tables import AlarmKind, DocumentType, InboxMessage, InboxStatus, Revocation, Submission, VersionSource
from kbsearch.store.unit import HQ, Unit
from kbsearch.workflow.actions import Action, Role
from kbsearch.workflow.decide import Actor, Command
from kbsearch.workflow.hq_decisions import Receipt
from kbsearch.workflow.reasons import RevokeReason
from kbsearch.workflow.states import TERMINAL


def _quarantined(unit: Unit, actor: Actor, inbox_id: str, lock_version: int) -> InboxMessage:
    require_role(actor, Role.REVIEWER)
    message = unit.session.exec(
        select(InboxMessage).where(InboxMessage.id == inbox_id).with_for_update().execution_options(populate_existing=True)
    ).one_or_none()
    if message is None:
        raise not_found("消息", "inboxId")
    if message.lock_version != lock_version:
        raise stale("消息", message.lock_version)
    if message.status is not InboxStatus.QUARANTINED:
        raise violated("NOT_QUARANTINED", f"消息现在是“{message.status.label}”，只有已隔离的才能处理。", "inboxId")
    return message


def _close(unit: Unit, actor: Actor, message: InboxMessage, status: InboxStatus, *, reason: str, action: str) -> InboxMessage:
    message.status, message.reason = status, reason
    message.settled_at, message.settled_by = unit.now, actor.id
    message.lock_version += 1
    close_alarm(unit, AlarmKind.QUARANTINE, message.id)
    unit.log(
        who(actor), DocumentType.INBOX, message.id, action, to_state=status.value, reason_text=reason, lock_version=message.lock_version
    )
    return message


def discard(unit: Unit, actor: Actor, inbox_id: str, *, lock_version: int, reason_text: str) -> InboxMessage:
    """弃置, with a text why; the message stays to be seen."""
    message = _quarantined(unit, actor, inbox_id, lock_version)
    require_reason_length(reason_text)
    if not reason_text.strip():
        raise violated("REASON_REQUIRED", "弃置须写明原因，请补上。", "reasonText")
    return _close(unit, actor, message, InboxStatus.DISCARDED, reason=reason_text.strip(), action="DISCARD")


def apply(unit: Unit, actor: Actor, inbox_id: str, *, lock_version: int) -> InboxMessage:
    """Apply it: an approval becomes headquarters' push and supersedes the open submission; others run the table again."""
    message = _quarantined(unit, actor, inbox_id, lock_version)
    if message.kind == "hqApprove":
        _approval_as_push(unit, message)
    else:
        outcome = hq_inbox.run_again(unit, message)
        if outcome.receipt not in (Receipt.APPLIED, Receipt.DUPLICATE):
            raise violated("STILL_CONTRADICTS", f"仍不能应用：{outcome.reason}。可以弃置，或请总部改正后重发。", "inboxId")
    return _close(unit, actor, message, InboxStatus.APPLIED, reason="知识管理员核对后应用", action="APPLY")


def _approval_as_push(unit: Unit, message: InboxMessage) -> None:
    try:
        parsed = Approve.model_validate(message.payload)
    except ValidationError as error:  # a second message under a used id was set aside unread
        raise violated("BAD_MESSAGE", "消息内容不合法，只能弃置。", "inboxId") from error
    submission = lock_submission(unit.session, parsed.submission_id)
    if submission is None:
        raise violated("UNKNOWN_SUBMISSION", "消息所指的申请不存在，只能弃置。", "inboxId")
    approval = read_approval(unit, parsed, submission)
    if not isinstance(approval, Approval):
        raise violated("BAD_MESSAGE", f"消息内容不合法：{approval.reason}。只能弃置。", "inboxId")
    if submission.kind.ends:
        _store_revocation(unit, submission, parsed.round, approval)
    else:
        _store_version(unit, submission, parsed.round, approval)
    if submission.state not in TERMINAL:
        command = Command(Action.SUPERSEDE, reason_text="隔离的总部审批已由知识管理员应用")
        carry_out(unit, submission, HQ, Actor("hq"), command, hq_knows=parsed.round == submission.sent_round)
    settle_subject(unit, submission.subject_id)


def _approved_text(asked: dict[str, Any] | None, approval: Approval) -> Content:
    """Headquarters' text where it brings one, otherwise what it was sent; never a text of ours it has not seen."""
    content = approval.content or (Content.from_document(asked["content"]) if asked is not None else None)
    if content is None:
        raise violated("NO_CONTENT", "消息没有正文，这一轮我方也没有提交过，只能弃置。", "inboxId")
    return content.moved_to(approval.effective_from) if approval.moves_date else content


def _store_version(unit: Unit, submission: Submission, round_: int, approval: Approval) -> None:
    life = load_life(unit.session, submission.subject_id)
    if life is None:
        raise RuntimeError("a submission without knowledge")
    asked = sent_request(unit, submission.id, round_)
    content = _approved_text(asked, approval)
    number = approval.number or next_number(unit, life)
    if number in life.versions:
        raise violated("NUMBER_HELD", f"第 {number} 版我方已有，请总部以新的编号下发。", "inboxId")
    base = asked["base"]["number"] if asked and asked.get("base") else life.base(unit.now)
    add_version(
        unit,
        life.subject,
        content,
        number=number,
        live_from=live_from(content.effective_from, unit.now),
        source=VersionSource.HQ_PUSH,
        base_number=base,
        history_only=number < (life.base(unit.now) or 0),
        distribution=approval.distribution,
        submission_id=None,
    )


def _store_revocation(unit: Unit, submission: Submission, round_: int, approval: Approval) -> None:
    """The revocation as it was asked for in that round, on headquarters' day if it moved it."""
    asked = sent_request(unit, submission.id, round_)
    if asked is None:
        raise violated("NO_CONTENT", "这一轮我方没有提交过，不知撤销哪一版，只能弃置。", "inboxId")
    ours = datetime.fromisoformat(asked["effectiveFrom"]) if asked["effectiveFrom"] else None
    unit.session.add(
        Revocation(
            id=unit.new_id(),
            subject_id=submission.subject_id,
            number=asked["base"]["number"],
            live_from=live_from(approval.effective_from if approval.moves_date else ours, unit.now),
            reason=RevokeReason(asked["reason"]),
            reason_text=asked["reasonText"],
            replacement_id=asked.get("replacementId"),
            source=VersionSource.HQ_PUSH,
            distribution=sorted(approval.distribution),
            created_at=unit.now,
        )
    )
    unit.session.flush()
    unit.touch(submission.subject_id)
