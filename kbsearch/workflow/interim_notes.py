"""The workflow of interim notes 临时口径 as a table; decides from facts alone, carries nothing out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from kbsearch.errors import Refusal, RefusalCode
from kbsearch.workflow.actions import Role
from kbsearch.workflow.decide import Actor
from kbsearch.workflow.labels import Labelled
from kbsearch.workflow.states import KnowledgeStatus, Scope

MAX_TEXT = 500
MAX_HOURS = 72


class InterimNoteState(Labelled):
    """Where a note stands."""

    PENDING = "PENDING", "待审核"
    RETURNED = "RETURNED", "审核退回"
    ACTIVE = "ACTIVE", "生效中"
    ENDED = "ENDED", "已结束"
    WITHDRAWN = "WITHDRAWN", "已撤回"


class InterimNoteAction(Labelled):
    """Everything that can happen to a note."""

    WRITE = "WRITE", "写临时口径", "钉在全网知识的现行版本上，随即交审核"
    RESUBMIT = "RESUBMIT", "改后再交", "按退回的说明修改，重新交审核"
    APPROVE = "APPROVE", "审核通过", "随即展示，至多 72 小时；须由作者以外的知识管理员来做"
    RETURN = "RETURN", "审核退回", "须有说明"
    WITHDRAW = "WITHDRAW", "撤回", "审核通过之前由作者撤回"
    END = "END", "提前结束", "须有说明"
    RUN_OUT = "RUN_OUT", "到时结束"
    LAPSE = "LAPSE", "随知识结束", "所钉的版本不再现行，或知识已停用"


class Guard(Labelled):
    """What must hold, or the action is refused as RULE_VIOLATED."""

    NATIONAL = "NATIONAL", "全网知识（本地知识可直接更新）"
    IN_FORCE = "IN_FORCE", "所钉的版本是现行版本，知识没有停用"
    TEXT_FITS = "TEXT_FITS", "有文字，至多 500 个字"
    HOURS_FIT = "HOURS_FIT", "展示 1 至 72 小时"
    FOUR_EYES = "FOUR_EYES", "审核人不是作者"
    ALONE = "ALONE", "这条知识没有另一条生效中的临时口径"
    REASON_GIVEN = "REASON_GIVEN", "有一段说明"


_AUTHORS, _REVIEWERS = frozenset({Role.AUTHOR}), frozenset({Role.REVIEWER})
# Who may run which action; what is not here is the system's.
PERMITTED: dict[InterimNoteAction, frozenset[Role]] = {
    InterimNoteAction.WRITE: _AUTHORS,
    InterimNoteAction.RESUBMIT: _AUTHORS,
    InterimNoteAction.APPROVE: _REVIEWERS,
    InterimNoteAction.RETURN: _REVIEWERS,
    InterimNoteAction.WITHDRAW: _AUTHORS,
    InterimNoteAction.END: _REVIEWERS,
}
SYSTEM_ACTIONS = frozenset({InterimNoteAction.RUN_OUT, InterimNoteAction.LAPSE})
# Of the authors' actions on a note that exists only its own author may run any.
_OWN_ONLY = frozenset({InterimNoteAction.RESUBMIT, InterimNoteAction.WITHDRAW})
OPEN = frozenset({InterimNoteState.PENDING, InterimNoteState.RETURNED, InterimNoteState.ACTIVE})


@dataclass(frozen=True, slots=True)
class InterimNoteRow:
    """One row: `action` leads from any of `sources` (None: not there yet) to `target`."""

    action: InterimNoteAction
    sources: frozenset[InterimNoteState | None]
    target: InterimNoteState
    guards: tuple[Guard, ...] = ()


def _row(
    action: InterimNoteAction, sources: tuple[InterimNoteState | None, ...], target: InterimNoteState, *guards: Guard
) -> InterimNoteRow:
    return InterimNoteRow(action, frozenset(sources), target, guards)


A, S, G = InterimNoteAction, InterimNoteState, Guard
_SHAPE = (G.NATIONAL, G.IN_FORCE, G.TEXT_FITS, G.HOURS_FIT)
# fmt: off
TABLE: tuple[InterimNoteRow, ...] = (
    _row(A.WRITE,    (None,),                              S.PENDING,   *_SHAPE),
    _row(A.RESUBMIT, (S.RETURNED,),                        S.PENDING,   *_SHAPE),
    _row(A.APPROVE,  (S.PENDING,),                         S.ACTIVE,    G.FOUR_EYES, G.IN_FORCE, G.ALONE),
    _row(A.RETURN,   (S.PENDING,),                         S.RETURNED,  G.REASON_GIVEN),
    _row(A.WITHDRAW, (S.PENDING, S.RETURNED),              S.WITHDRAWN),
    _row(A.END,      (S.ACTIVE,),                          S.ENDED,     G.REASON_GIVEN),
    _row(A.RUN_OUT,  (S.ACTIVE,),                          S.ENDED),
    _row(A.LAPSE,    (S.PENDING, S.RETURNED, S.ACTIVE),    S.ENDED),
)
# fmt: on


@dataclass(frozen=True, slots=True)
class InterimNoteFacts:
    """What deciding needs to know of a note and its item at one instant; `state` None: it is about to be written.

    `current` is the number of the version in force, `other_active` whether the item has another active note that has not run out.
    """

    state: InterimNoteState | None
    lock_version: int
    author_id: str
    version_number: int
    scope: Scope
    status: KnowledgeStatus
    current: int | None
    other_active: bool = False


@dataclass(frozen=True, slots=True)
class InterimNoteCommand:
    """What is asked. `note` and `hours` of a note written or rewritten, `reason` of a return or an end."""

    action: InterimNoteAction
    lock_version: int | None = None
    note: str = ""
    hours: int = 0
    reason: str = ""


def _rule(rule: str, message: str, *path: str) -> Refusal:
    return Refusal(RefusalCode.RULE_VIOLATED, message, rule=rule, field=path)


def _national(facts: InterimNoteFacts, _actor: Actor, _command: InterimNoteCommand) -> Refusal | None:
    if facts.scope is Scope.NATIONAL:
        return None
    return _rule("NOT_NATIONAL", "临时口径只用于全网知识；本地知识请直接起草更新，审核通过即生效。", "knowledgeId")


def stands(facts: InterimNoteFacts) -> bool:
    """Whether the version the note is pinned to is what readers are shown now."""
    return facts.status is KnowledgeStatus.PUBLISHED and facts.current == facts.version_number


def _in_force(facts: InterimNoteFacts, _actor: Actor, _command: InterimNoteCommand) -> Refusal | None:
    if stands(facts):
        return None
    if facts.status is not KnowledgeStatus.PUBLISHED:
        return _rule("NOT_IN_FORCE", f"知识现在是“{facts.status.label}”，没有可附临时口径的现行版本。", "knowledgeId")
    return _rule("VERSION_MOVED", f"现行版本已是第 {facts.current} 版，请在新版本上另写。", "knowledgeId")


def _text_fits(_facts: InterimNoteFacts, _actor: Actor, command: InterimNoteCommand) -> Refusal | None:
    if 1 <= len(command.note.strip()) <= MAX_TEXT:
        return None
    return _rule("BAD_TEXT", f"临时口径须有 1 至 {MAX_TEXT} 个字，现有 {len(command.note.strip())} 个。", "text")


def _hours_fit(_facts: InterimNoteFacts, _actor: Actor, command: InterimNoteCommand) -> Refusal | None:
    if 1 <= command.hours <= MAX_HOURS:
        return None
    return _rule("BAD_HOURS", f"展示时长须为 1 至 {MAX_HOURS} 小时。", "hours")


def _four_eyes(facts: InterimNoteFacts, actor: Actor, _command: InterimNoteCommand) -> Refusal | None:
    if actor.id != facts.author_id:
        return None
    return _rule("FOUR_EYES", "这条临时口径是您写的，不能自己审核，请另一位知识管理员审核。")


def _alone(facts: InterimNoteFacts, _actor: Actor, _command: InterimNoteCommand) -> Refusal | None:
    if not facts.other_active:
        return None
    return _rule("ANOTHER_ACTIVE", "这条知识已有一条生效中的临时口径，请先结束它。")


def _reason_given(_facts: InterimNoteFacts, _actor: Actor, command: InterimNoteCommand) -> Refusal | None:
    return None if command.reason.strip() else _rule("REASON_REQUIRED", "请写明说明。", "reasonText")


_GUARDS: dict[Guard, Callable[[InterimNoteFacts, Actor, InterimNoteCommand], Refusal | None]] = {
    Guard.NATIONAL: _national,
    Guard.IN_FORCE: _in_force,
    Guard.TEXT_FITS: _text_fits,
    Guard.HOURS_FIT: _hours_fit,
    Guard.FOUR_EYES: _four_eyes,
    Guard.ALONE: _alone,
    Guard.REASON_GIVEN: _reason_given,
}
# The others judge what a person fills in when they act; these already tell whether a button makes sense.
_STANDING = frozenset({Guard.NATIONAL, Guard.IN_FORCE, Guard.FOUR_EYES, Guard.ALONE})


def find_row(state: InterimNoteState | None, action: InterimNoteAction) -> InterimNoteRow | None:
    """The row of the table that covers `action` in this state, if any."""
    return next((row for row in TABLE if row.action is action and state in row.sources), None)


def _permitted(action: InterimNoteAction, facts: InterimNoteFacts, actor: Actor) -> bool:
    return bool(PERMITTED[action] & actor.roles) and (action not in _OWN_ONLY or actor.id == facts.author_id)


def allowed_actions(facts: InterimNoteFacts, actor: Actor) -> list[InterimNoteAction]:
    """What this person could do now, in table order; input not judged yet."""
    allowed = []
    for action in PERMITTED:
        row = find_row(facts.state, action)
        if row is None or not _permitted(action, facts, actor):
            continue
        judged = [guard for guard in row.guards if guard in _STANDING]
        if all(_GUARDS[guard](facts, actor, InterimNoteCommand(action)) is None for guard in judged):
            allowed.append(action)
    return allowed


def decide_note(facts: InterimNoteFacts, actor: Actor, command: InterimNoteCommand) -> InterimNoteRow | tuple[Refusal, ...]:
    """Judge in this order: right, freshness, row, guards (all broken ones together)."""
    action = command.action
    if action in PERMITTED and not _permitted(action, facts, actor):
        needed = "、".join(sorted(role.label for role in PERMITTED[action]))
        return (Refusal(RefusalCode.PERMISSION_DENIED, f"您没有权限{action.label}，须由{needed}（作者动作须为本人）来做。"),)
    if command.lock_version is not None and command.lock_version != facts.lock_version:
        now = "" if facts.state is None else f"，现在是“{facts.state.label}”"
        details = {"lockVersion": facts.lock_version, "state": None if facts.state is None else facts.state.value}
        message = f"临时口径已被别人改过{now}。请刷新后再试。"
        return (Refusal(RefusalCode.STALE_OBJECT, message, rule="LOCK_VERSION", field=("lockVersion",), details=details),)
    row = find_row(facts.state, action)
    if row is None:
        return (_illegal(facts, actor, action),)
    broken = tuple(refusal for guard in row.guards if (refusal := _GUARDS[guard](facts, actor, command)) is not None)
    return broken or row


def _illegal(facts: InterimNoteFacts, actor: Actor, action: InterimNoteAction) -> Refusal:
    allowed = allowed_actions(facts, actor)
    can = "、".join(each.label for each in allowed) or "无"
    label = "" if facts.state is None else facts.state.label
    return Refusal(
        RefusalCode.ILLEGAL_TRANSITION,
        f"临时口径现在是“{label}”，不能{action.label}。现在可以：{can}。",
        details={"state": None if facts.state is None else facts.state.value, "allowedActions": [each.value for each in allowed]},
    )


def must_lapse(facts: InterimNoteFacts) -> bool:
    """Whether a note ends with its item: a brake ends what is shown; another or no version in force ends what waits, too."""
    if facts.state not in OPEN or stands(facts):
        return False
    return facts.state is InterimNoteState.ACTIVE or facts.current != facts.version_number


def shown_until(begins: datetime, hours: int) -> datetime:
    """When a note approved at `begins` ends by itself."""
    return begins + timedelta(hours=min(hours, MAX_HOURS))
