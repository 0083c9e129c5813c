"""Decides what a command does to feedback, and judges headquarters' dispatches of it, from facts alone; carries nothing out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from kbsearch.errors import Refusal, RefusalCode
from kbsearch.workflow.actions import Role
from kbsearch.workflow.decide import Actor
from kbsearch.workflow.feedback import PERMITTED, TABLE, FeedbackAction, FeedbackRow, FeedbackState, Guard, Resolution
from kbsearch.workflow.hq_decisions import Receipt, Verdict
from kbsearch.workflow.states import Owner


@dataclass(frozen=True, slots=True)
class FeedbackFacts:
    """What deciding needs to know of feedback; the shell gathers it. `owner` of the knowledge it speaks of, None for none."""

    id: str
    state: FeedbackState
    lock_version: int
    owner: Owner | None = None


@dataclass(frozen=True, slots=True)
class Linked:
    """The submission a command names: whether it is still open, and whether it speaks of the same knowledge."""

    open: bool
    same_subject: bool


@dataclass(frozen=True, slots=True)
class FeedbackCommand:
    """What is asked. `originals` is the feedback named as the original, followed by whatever that one repeats in turn.

    `lock_version` None means the door carries none (HQ, clock, a submission that ended).
    """

    action: FeedbackAction
    lock_version: int | None = None
    resolution: Resolution | None = None
    text: str = ""
    originals: tuple[str, ...] = ()
    linked: Linked | None = None


def _rule(rule: str, message: str, *path: str) -> Refusal:
    return Refusal(RefusalCode.RULE_VIOLATED, message, rule=rule, field=path)


def _ours_to_change(facts: FeedbackFacts, _command: FeedbackCommand) -> Refusal | None:
    if facts.owner is not Owner.HQ:
        return None
    return _rule("OWNED_BY_HQ", "这条知识归总部所有，我方不能更新。请答复并办结，或请总部更新。", "feedbackId")


def _linkable(_facts: FeedbackFacts, command: FeedbackCommand) -> Refusal | None:
    if command.linked is None or not command.linked.open:
        return _rule("SUBMISSION_OVER", "这个申请已经结束，请另选一个在途的申请，或开出更新。", "submissionId")
    if not command.linked.same_subject:
        return _rule("OTHER_SUBJECT", "这个申请说的是另一条知识，请选同一条知识上的申请。", "submissionId")
    return None


def _by_answer(_facts: FeedbackFacts, command: FeedbackCommand) -> Refusal | None:
    if command.resolution is not Resolution.ADOPTED:
        return None
    message = "“采纳已更新”由关联的申请生效得出，不能手工填写。请开出更新，或选无需修改、重复、不采纳。"
    return _rule("ADOPTED_BY_UPDATE", message, "resolution")


def _text_given(_facts: FeedbackFacts, command: FeedbackCommand) -> Refusal | None:
    return None if command.text.strip() else _rule("REASON_REQUIRED", "办结须写明说明，提出人和总部会看到，请补上。", "text")


def _original_known(facts: FeedbackFacts, command: FeedbackCommand) -> Refusal | None:
    if command.resolution is not Resolution.DUPLICATE:
        return _rule("ORIGINAL_NOT_ALLOWED", "只有结果为重复时才指明另一条反馈。", "duplicateOfId") if command.originals else None
    if not command.originals:
        return _rule("ORIGINAL_REQUIRED", "结果为重复时须指明与哪一条反馈重复。", "duplicateOfId")
    if facts.id in command.originals:
        return _rule("DUPLICATE_CIRCLE", "两条反馈不能互为重复（也不能与自己重复），请另选一条。", "duplicateOfId")
    return None


_GUARDS: dict[Guard, Callable[[FeedbackFacts, FeedbackCommand], Refusal | None]] = {
    Guard.OURS_TO_CHANGE: _ours_to_change,
    Guard.LINKABLE: _linkable,
    Guard.BY_ANSWER: _by_answer,
    Guard.TEXT_GIVEN: _text_given,
    Guard.ORIGINAL_KNOWN: _original_known,
}
# The others judge what a person fills in when they act; this one already tells whether a button makes sense.
_STANDING = frozenset({Guard.OURS_TO_CHANGE})


def find_row(state: FeedbackState | None, action: FeedbackAction) -> FeedbackRow | None:
    """The row of the table that covers `action` in this state (None: not there yet), if any."""
    return next((row for row in TABLE if row.action is action and state in row.sources), None)


def allowed_actions(facts: FeedbackFacts, roles: frozenset[Role]) -> list[FeedbackAction]:
    """What a person with these roles could do now, in table order; input not judged yet."""
    allowed = []
    for action, permitted in PERMITTED.items():
        row = find_row(facts.state, action)
        if row is None or not permitted & roles:
            continue
        if all(_GUARDS[guard](facts, FeedbackCommand(action)) is None for guard in row.guards if guard in _STANDING):
            allowed.append(action)
    return allowed


def decide(facts: FeedbackFacts, actor: Actor, command: FeedbackCommand) -> FeedbackRow | tuple[Refusal, ...]:
    """Judge in this order: right, freshness, row, guards (all broken ones together)."""
    action = command.action
    if action in PERMITTED and not PERMITTED[action] & actor.roles:
        needed = "、".join(sorted(role.label for role in PERMITTED[action]))
        return (Refusal(RefusalCode.PERMISSION_DENIED, f"您没有权限{action.label}，须由{needed}来做。"),)
    if command.lock_version is not None and command.lock_version != facts.lock_version:
        return (
            Refusal(
                RefusalCode.STALE_OBJECT,
                f"反馈已被别人改过，现在是“{facts.state.label}”。请刷新后再试。",
                rule="LOCK_VERSION",
                field=("lockVersion",),
                details={"lockVersion": facts.lock_version, "state": facts.state.value},
            ),
        )
    row = find_row(facts.state, action)
    if row is None:
        return (_illegal(facts, actor, action),)
    broken = tuple(refusal for guard in row.guards if (refusal := _GUARDS[guard](facts, command)) is not None)
    return broken or row


def _illegal(facts: FeedbackFacts, actor: Actor, action: FeedbackAction) -> Refusal:
    allowed = allowed_actions(facts, actor.roles)
    can = "、".join(each.label for each in allowed) or "无"
    return Refusal(
        RefusalCode.ILLEGAL_TRANSITION,
        f"反馈现在是“{facts.state.label}”，不能{action.label}。现在可以：{can}。",
        details={"state": facts.state.value, "allowedActions": [each.value for each in allowed]},
    )


@dataclass(frozen=True, slots=True)
class Dispatched:
    """What we hold of feedback when headquarters dispatches it: the latest number, and what each one said (a fingerprint)."""

    latest: int
    said: Mapping[int, str]


def judge_dispatch(known: Dispatched | None, dispatch: int, fingerprint: str, *, same_subject: bool) -> Verdict:
    """The receipt for a dispatch; APPLIED means: store it. A number says one thing for ever, and later ones win."""
    if known is None:
        return Verdict(Receipt.APPLIED)
    if dispatch in known.said:
        if known.said[dispatch] == fingerprint:
            return Verdict(Receipt.DUPLICATE, f"第 {dispatch} 次下发已收到过")
        return Verdict(Receipt.QUARANTINED, f"第 {dispatch} 次下发已收到过而内容不同，以先到的为准", alarm=True)
    if not same_subject:
        return Verdict(Receipt.QUARANTINED, "同一反馈前后说的不是同一条知识", alarm=True)
    if dispatch < known.latest:
        return Verdict(Receipt.OUT_OF_DATE, f"已收到第 {known.latest} 次下发，第 {dispatch} 次不再适用")
    return Verdict(Receipt.APPLIED)
