"""Decides what a command does to a submission, from facts alone; carries nothing out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from kbsearch.errors import Refusal, RefusalCode
from kbsearch.workflow.actions import PERMITTED, Action, Role, may
from kbsearch.workflow.reasons import ReturnReason
from kbsearch.workflow.states import Scope, SubmissionKind, SubmissionState
from kbsearch.workflow.table import TABLE, Guard, Transition, When

S = SubmissionState


@dataclass(frozen=True, slots=True)
class Facts:
    """What deciding needs to know of a submission at one instant; the shell gathers it.

    `editors` are the ids of everyone who edited or submitted any round; `problems` the Chinese sentences of what is
    missing for completeness; `due_later` whether the moment to take effect lies ahead; `origin` where WITHDRAW_PENDING
    came from; `sent_round` the last round handed to headquarters (0: never).
    """

    state: SubmissionState
    kind: SubmissionKind
    scope: Scope
    lock_version: int
    author_id: str
    round: int = 1
    sent_round: int = 0
    origin: SubmissionState | None = None
    withdrawal_asked: bool = False
    dead_lettered: bool = False
    due_later: bool = False
    submission_hash: str | None = None
    editors: frozenset[str] = frozenset()
    problems: tuple[str, ...] = ()
    base_current: bool = True
    other_open: str | None = None


@dataclass(frozen=True, slots=True)
class Actor:
    """Who commands: a person with roles, or a machine (no roles; HQ and SYSTEM are told by the action).

    `login` is the name announcements address a person by; machines have none.
    """

    id: str
    roles: frozenset[Role] = frozenset()
    login: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Command:
    """What is asked. `lock_version` None means the door carries none (HQ, clock)."""

    action: Action
    lock_version: int | None = None
    submission_hash: str | None = None
    reason_codes: tuple[ReturnReason, ...] = ()
    reason_text: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """The row that applies and the state it leads to."""

    row: Transition
    target: SubmissionState


_CONDITIONS: dict[When, Callable[[Facts], bool]] = {
    When.NATIONAL: lambda f: f.scope is Scope.NATIONAL,
    When.LOCAL: lambda f: f.scope is Scope.LOCAL,
    When.DUE: lambda f: not f.due_later,
    When.LATER: lambda f: f.due_later,
    When.CAME_FROM_HQ_REVIEW: lambda f: f.origin in (S.SUBMITTED, S.PENDING_HQ),
    When.CAME_FROM_SCHEDULED: lambda f: f.origin is S.SCHEDULED,
    When.WITHDRAWAL_ASKED: lambda f: f.withdrawal_asked,
    When.CHANGES_EXISTING: lambda f: f.kind.builds_on_base,
    When.DEAD_LETTERED: lambda f: f.dead_lettered,
}


def find_row(facts: Facts, action: Action) -> Transition | None:
    """The row of the table that covers `action` in these facts, if any."""
    for row in TABLE:
        if row.action is action and facts.state in row.sources and all(_CONDITIONS[w](facts) for w in row.when):
            return row
    return None


def _rule(
    rule: str, message: str, *, field_path: tuple[str, ...] = (), code: RefusalCode = RefusalCode.RULE_VIOLATED, **details: object
) -> Refusal:
    return Refusal(code, message, rule=rule, field=field_path, details=details)


def _complete(facts: Facts, _actor: Actor, _command: Command) -> Refusal | None:
    if not facts.problems:
        return None
    return _rule("INCOMPLETE", "内容还不完整：" + "；".join(facts.problems) + "。请补齐后再提交审核。", problems=list(facts.problems))


def _base_current(facts: Facts, _actor: Actor, _command: Command) -> Refusal | None:
    if facts.base_current:
        return None
    return _rule("BASE_MOVED", "现行版本已经变了，请先换基线（逐项取舍）再提交审核。")


def _has_base(facts: Facts, _actor: Actor, _command: Command) -> Refusal | None:
    if facts.kind.builds_on_base:
        return None
    return _rule("NO_BASE", "发布申请没有基线，直接编辑即可。")


def _only_one_open(facts: Facts, _actor: Actor, _command: Command) -> Refusal | None:
    if facts.other_open is None:
        return None
    return _rule("ANOTHER_OPEN", "已有一个在途申请，请等它结束，或先撤回、作废它。", openSubmissionId=facts.other_open)


def _four_eyes(facts: Facts, actor: Actor, _command: Command) -> Refusal | None:
    if actor.id not in facts.editors:
        return None
    return _rule("FOUR_EYES", "您编辑或提交过这个申请，不能审核它，请另一位知识管理员审核。")


def _hash_seen(facts: Facts, _actor: Actor, command: Command) -> Refusal | None:
    if command.submission_hash == facts.submission_hash:
        return None
    return _rule(
        "HASH_MISMATCH",
        "您所见的内容与现在待审的内容不同，请刷新后重新核对再审核。",
        field_path=("submissionHash",),
        code=RefusalCode.STALE_OBJECT,
        submissionHash=facts.submission_hash,
    )


def _reasons_given(_facts: Facts, _actor: Actor, command: Command) -> Refusal | None:
    if command.reason_codes and command.reason_text.strip():
        return None
    path = ("reasonText",) if command.reason_codes else ("reasonCodes",)
    return _rule("REASON_REQUIRED", "退回须有至少一个原因码和一段说明，请补上。", field_path=path)


_GUARDS = {
    Guard.COMPLETE: _complete,
    Guard.BASE_CURRENT: _base_current,
    Guard.HAS_BASE: _has_base,
    Guard.ONLY_ONE_OPEN: _only_one_open,
    Guard.FOUR_EYES: _four_eyes,
    Guard.HASH_SEEN: _hash_seen,
    Guard.REASONS_GIVEN: _reasons_given,
}
# What a person's input settles only when they act; the others already tell whether a button makes sense.
_INPUT_GUARDS = frozenset({Guard.HASH_SEEN, Guard.REASONS_GIVEN, Guard.COMPLETE})


def allowed_actions(facts: Facts, actor: Actor) -> list[Action]:
    """The actions this person could run now, in table order; input (reasons, hashes, completeness) not judged yet."""
    allowed: list[Action] = []
    for action in PERMITTED:
        if action is Action.CREATE or not may(actor.roles, action, is_author=actor.id == facts.author_id):
            continue
        row = find_row(facts, action)
        if row is None:
            continue
        judged = [g for g in row.guards if g not in _INPUT_GUARDS]
        if all(_GUARDS[g](facts, actor, Command(action)) is None for g in judged):
            allowed.append(action)
    return allowed


def _illegal(facts: Facts, actor: Actor, action: Action) -> Refusal:
    allowed = allowed_actions(facts, actor)
    can = "、".join(a.label for a in allowed) or "无"
    return Refusal(
        RefusalCode.ILLEGAL_TRANSITION,
        f"申请现在是“{facts.state.label}”，不能{action.label}。现在可以：{can}。",
        details={"state": facts.state.value, "allowedActions": [a.value for a in allowed]},
    )


def decide(facts: Facts, actor: Actor, command: Command) -> Decision | tuple[Refusal, ...]:
    """Judge in this order: right, freshness, row, guards (all broken ones together)."""
    action = command.action
    if action in PERMITTED and not may(actor.roles, action, is_author=actor.id == facts.author_id):
        needed = "、".join(sorted(r.label for r in PERMITTED[action]))
        return (Refusal(RefusalCode.PERMISSION_DENIED, f"您没有权限{action.label}这个申请，须由{needed}（作者动作须为本人）来做。"),)
    if command.lock_version is not None and command.lock_version != facts.lock_version:
        return (
            Refusal(
                RefusalCode.STALE_OBJECT,
                f"申请已被别人改过，现在是“{facts.state.label}”。请刷新后再试。",
                rule="LOCK_VERSION",
                field=("lockVersion",),
                details={"lockVersion": facts.lock_version, "state": facts.state.value},
            ),
        )
    row = find_row(facts, action)
    if row is None:
        return (_illegal(facts, actor, action),)
    broken = tuple(r for g in row.guards if (r := _GUARDS[g](facts, actor, command)) is not None)
    if broken:
        return broken
    return Decision(row, row.target or facts.state)
