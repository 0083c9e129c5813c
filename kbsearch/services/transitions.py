"""Carries a decided transition out: the one place where a submission's state changes.

Decide first (pure), then apply the row's effects, log, and raise the lock version. Effects that concern knowledge are
in acceptance.py, those that send messages in outgoing.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from kbsearch.content import Content
from kbsearch.errors import Refused
from kbsearch.services import acceptance, outgoing, revisions
from kbsearch.services.announcements.previewing import record_preview
from kbsearch.services.content_rules import completeness_problems
from kbsearch.services.feedback import following
from kbsearch.services.notices import telling
from kbsearch.store.submissions import content_of, gather_facts, latest_revision
from kbsearch.store.tables import DocumentType, Submission
from kbsearch.store.unit import Unit, Who
from kbsearch.workflow.actions import Action
from kbsearch.workflow.decide import Actor, Command, Decision, Facts, decide
from kbsearch.workflow.reasons import LetGoReason
from kbsearch.workflow.states import HELD_BY_HQ, SubmissionState
from kbsearch.workflow.table import Effect


@dataclass(frozen=True, slots=True)
class Approval:
    """What headquarters' approval brings beyond yes: number, provinces, amended content, a moved date, a category."""

    number: int | None = None
    distribution: tuple[str, ...] = ()
    content: Content | None = None
    effective_from: datetime | None = None
    moves_date: bool = False
    category_id: str | None = None


@dataclass(frozen=True, slots=True)
class Transit:
    """One transition being carried out."""

    unit: Unit
    submission: Submission
    who: Who
    command: Command
    source: SubmissionState
    approval: Approval = field(default_factory=Approval)
    hq_knows: bool = False


_LET_GO = {
    Action.VOID: LetGoReason.VOIDED,
    Action.WITHDRAW: LetGoReason.AUTHOR_REQUEST,
    Action.BASE_MOVED: LetGoReason.BASE_CONFLICT,
    Action.SUPERSEDE: LetGoReason.SUPERSEDED,
}


def _freeze(t: Transit) -> None:
    revisions.freeze(t.unit, t.submission, t.who.id)


def _next_round(t: Transit) -> None:
    if t.submission.sent_round == t.submission.round:
        t.submission.round += 1


def _void_approval(t: Transit) -> None:
    t.submission.approved_by = None


def _record_approval(t: Transit) -> None:
    t.submission.approved_by = t.who.id


def _release_claim(t: Transit) -> None:
    t.submission.claimed_by, t.submission.claim_until = None, None


def _send(t: Transit) -> None:
    outgoing.send_submission(t.unit, t.submission)
    t.submission.sent_round = t.submission.round


def _ask_let_go(t: Transit) -> None:
    t.submission.withdrawal_asked = True
    outgoing.send_let_go(t.unit, t.submission, LetGoReason.AUTHOR_REQUEST, t.command.reason_text, answer=True)


def _tell_let_go(t: Transit) -> None:
    if t.submission.sent_round:
        outgoing.send_let_go(t.unit, t.submission, _LET_GO[t.command.action], t.command.reason_text, answer=False)


def _reclaim(t: Transit) -> None:
    if t.submission.sent_round and t.source in HELD_BY_HQ and not t.hq_knows:
        outgoing.send_let_go(t.unit, t.submission, _LET_GO[t.command.action], t.command.reason_text, answer=False)


def _cancel_sending(t: Transit) -> None:
    outgoing.cancel_sending(t.unit, t.submission)


def _accept(t: Transit) -> None:
    a = t.approval
    t.submission.effective_at = acceptance.accept(
        t.unit,
        t.submission,
        number=a.number,
        distribution=a.distribution,
        content=a.content,
        effective_from=a.effective_from,
        moves_date=a.moves_date,
        category_id=a.category_id,
    )


def _unaccept(t: Transit) -> None:
    acceptance.unaccept(t.unit, t.submission)
    t.submission.effective_at = None


def _remember_origin(t: Transit) -> None:
    t.submission.origin = t.source


def _forget_withdrawal(t: Transit) -> None:
    t.submission.withdrawal_asked = False


_EFFECTS: dict[Effect, Callable[[Transit], None]] = {
    Effect.FREEZE_REVISION: _freeze,
    Effect.NEXT_ROUND_IF_SEEN: _next_round,
    Effect.VOID_APPROVAL: _void_approval,
    Effect.RECORD_APPROVAL: _record_approval,
    Effect.RELEASE_CLAIM: _release_claim,
    Effect.SEND: _send,
    Effect.ASK_LET_GO: _ask_let_go,
    Effect.TELL_LET_GO: _tell_let_go,
    Effect.RECLAIM: _reclaim,
    Effect.CANCEL_SENDING: _cancel_sending,
    Effect.ACCEPT: _accept,
    Effect.UNACCEPT: _unaccept,
    Effect.REMEMBER_ORIGIN: _remember_origin,
    Effect.FORGET_WITHDRAWAL: _forget_withdrawal,
}

# Others hear of what changed only after this submission's own row is settled.
_CHANGES_SUBJECT = {Effect.ACCEPT, Effect.UNACCEPT, Effect.PUT_IN_FORCE}


def current_facts(unit: Unit, submission: Submission, *, approval: Approval | None = None, complete: bool = False) -> Facts:
    """The facts at the unit's instant; an approval's moved date or amended content decides when it is due."""
    unit.session.flush()
    facts = gather_facts(unit.session, [submission], unit.now)[submission.id]
    changes: dict[str, Any] = {}
    if approval is not None and (approval.moves_date or approval.content is not None):
        moment = approval.effective_from if approval.moves_date else (approval.content.effective_from if approval.content else None)
        changes["due_later"] = moment is not None and moment > unit.now
    elif submission.state in (SubmissionState.SCHEDULED, SubmissionState.WITHDRAW_PENDING) and submission.effective_at is not None:
        changes["due_later"] = submission.effective_at > unit.now
    if complete:
        content = content_of(latest_revision(unit.session, submission.id))
        changes["problems"] = completeness_problems(unit.session, submission, content, unit.now)
    return replace(facts, **changes)


def carry_out(
    unit: Unit,
    submission: Submission,
    who: Who,
    actor: Actor,
    command: Command,
    *,
    approval: Approval | None = None,
    hq_knows: bool = False,
    details: dict[str, Any] | None = None,
) -> Decision:
    """Decide and carry out one command on a locked submission; raise Refused and leave nothing where it may not be.

    `hq_knows`: headquarters decided this round itself and need not be asked to let go of it.
    """
    facts = current_facts(unit, submission, approval=approval, complete=command.action is Action.SUBMIT_FOR_REVIEW)
    decided = decide(facts, actor, command)
    if not isinstance(decided, Decision):
        raise Refused(*decided)
    source, reviewers = submission.state, telling.reviewers_of(submission)
    transit = Transit(unit, submission, who, command, source, approval or Approval(), hq_knows)
    for effect in decided.row.effects:
        if effect in _EFFECTS:
            _EFFECTS[effect](transit)
    _enter(unit, submission, source, decided.target)
    unit.log(
        who,
        DocumentType.SUBMISSION,
        submission.id,
        command.action.value,
        from_state=source.value,
        to_state=submission.state.value,
        reason_codes=[c.value for c in command.reason_codes],
        reason_text=command.reason_text,
        lock_version=submission.lock_version,
        round_=submission.round,
        details=details,
    )
    unit.session.flush()
    record_preview(unit, submission, source)
    telling.tell(unit, submission, who, command, source=source, reviewers=reviewers, details=details)
    following.follow(unit, submission)
    if _CHANGES_SUBJECT & set(decided.row.effects):
        unit.touch(submission.subject_id)
        settle_subject(unit, submission.subject_id)
    return decided


def _enter(unit: Unit, submission: Submission, source: SubmissionState, target: SubmissionState) -> None:
    if target is not source:
        submission.due_at = unit.deadlines.due_at(target, submission.urgency, unit.now)
        submission.asked_hq_at = None
    submission.state = target
    if target is not SubmissionState.WITHDRAW_PENDING:
        submission.origin = None
    submission.lock_version += 1
    submission.updated_at = submission.idle_since = unit.now
    submission.warned_at = None
    unit.touch_submission(submission.id)


def settle_subject(unit: Unit, subject_id: str) -> None:
    """After a knowledge item's versions changed: tell open submissions whose base moved or whose subject ended."""
    for action, submission, reason in acceptance.consequences(unit, subject_id):
        carry_out(unit, submission, acceptance.SYSTEM_WHO, Actor("system"), Command(action, reason_text=reason))
