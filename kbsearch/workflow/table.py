"""The submission workflow as one declaration; engine, allowedActions, schema texts, docs and tests derive from it.

Rows are read from the top: the first row of an action whose source holds the state and whose conditions all hold is
the transition. Conditions choose between rows; guards refuse with a reason; effects say what must happen with it.
"""

from __future__ import annotations

from dataclasses import dataclass

from kbsearch.workflow.actions import Action
from kbsearch.workflow.labels import Labelled
from kbsearch.workflow.states import TERMINAL, SubmissionState

S = SubmissionState


class When(Labelled):
    """Conditions that choose between rows of the same action."""

    NATIONAL = "NATIONAL", "全网"
    LOCAL = "LOCAL", "本地"
    DUE = "DUE", "生效时间已到或未定"
    LATER = "LATER", "生效时间未到"
    CAME_FROM_HQ_REVIEW = "CAME_FROM_HQ_REVIEW", "撤回申请前为已提交或待总部审核"
    CAME_FROM_SCHEDULED = "CAME_FROM_SCHEDULED", "撤回申请前为待生效"
    WITHDRAWAL_ASKED = "WITHDRAWAL_ASKED", "已请总部撤回"
    CHANGES_EXISTING = "CHANGES_EXISTING", "更新或撤销"
    DEAD_LETTERED = "DEAD_LETTERED", "申请报文已成死信"


class Guard(Labelled):
    """What must hold, or the action is refused as RULE_VIOLATED (HASH_SEEN: STALE_OBJECT)."""

    COMPLETE = "COMPLETE", "内容完整"
    HAS_BASE = "HAS_BASE", "是更新或撤销，有基线可换"
    BASE_CURRENT = "BASE_CURRENT", "基线是现行版本"
    ONLY_ONE_OPEN = "ONLY_ONE_OPEN", "同一知识没有别的在途申请（规则 3）"
    FOUR_EYES = "FOUR_EYES", "审核人没有编辑或提交过任何一轮（规则 1）"
    HASH_SEEN = "HASH_SEEN", "审核人所见即所批（规则 2）"
    REASONS_GIVEN = "REASONS_GIVEN", "至少一个原因码和一段说明（规则 4）"


class Effect(Labelled):
    """What the shell carries out in the same transaction as the transition."""

    FREEZE_REVISION = "FREEZE_REVISION", "冻结修订"
    NEXT_ROUND_IF_SEEN = "NEXT_ROUND_IF_SEEN", "总部见过则轮次加一"
    VOID_APPROVAL = "VOID_APPROVAL", "审核通过作废"
    RECORD_APPROVAL = "RECORD_APPROVAL", "记下审核人"
    RELEASE_CLAIM = "RELEASE_CLAIM", "放回领取"
    SEND = "SEND", "发件：申请报文"
    ASK_LET_GO = "ASK_LET_GO", "发件：撤回申请，须总部答复"
    TELL_LET_GO = "TELL_LET_GO", "发件：撤回告知（总部见过才发）"
    RECLAIM = "RECLAIM", "发件：请总部放行（总部手里有才发）"
    ACCEPT = "ACCEPT", "版本或撤销成立"
    UNACCEPT = "UNACCEPT", "版本或撤销不成立"
    PUT_IN_FORCE = "PUT_IN_FORCE", "现行版本随之而动"
    CANCEL_SENDING = "CANCEL_SENDING", "取消未送达的报文"
    REMEMBER_ORIGIN = "REMEMBER_ORIGIN", "记下撤回前的状态"
    FORGET_WITHDRAWAL = "FORGET_WITHDRAWAL", "撤回请求已了结"


@dataclass(frozen=True, slots=True)
class Transition:
    """One row: `action` leads from any of `sources` to `target` when `when` holds."""

    action: Action
    sources: frozenset[SubmissionState]
    target: SubmissionState | None  # None: the state stays
    when: tuple[When, ...] = ()
    guards: tuple[Guard, ...] = ()
    effects: tuple[Effect, ...] = ()


def _row(
    action: Action,
    sources: tuple[SubmissionState, ...],
    target: SubmissionState | None,
    *,
    when: tuple[When, ...] = (),
    guards: tuple[Guard, ...] = (),
    effects: tuple[Effect, ...] = (),
) -> Transition:
    return Transition(action, frozenset(sources), target, when, guards, effects)


A, W, G, E = Action, When, Guard, Effect
_AT_HQ = (S.SUBMITTED, S.PENDING_HQ)
_WITH_AUTHOR = (S.DRAFT, S.RETURNED, S.HQ_RETURNED, S.BASE_CONFLICT)
_READY = (G.COMPLETE, G.BASE_CURRENT, G.ONLY_ONE_OPEN)
_OPEN = tuple(s for s in S if s not in TERMINAL)
_IN_FORCE = (E.RELEASE_CLAIM, E.ACCEPT, E.PUT_IN_FORCE)
_BASE_MOVES = (S.PENDING_REVIEW, S.RETURNED, S.APPROVED, S.SUBMITTED, S.PENDING_HQ, S.HQ_RETURNED)

# fmt: off
TABLE: tuple[Transition, ...] = (
    _row(A.EDIT,              _WITH_AUTHOR,                   None,                                                    effects=(E.VOID_APPROVAL,)),
    _row(A.REBASE,            (S.DRAFT, S.BASE_CONFLICT),     None,               guards=(G.HAS_BASE,),                effects=(E.VOID_APPROVAL,)),
    _row(A.SUBMIT_FOR_REVIEW, (S.DRAFT, S.RETURNED),          S.PENDING_REVIEW,   guards=_READY,                       effects=(E.FREEZE_REVISION,)),
    _row(A.SUBMIT_FOR_REVIEW, (S.HQ_RETURNED, S.BASE_CONFLICT), S.PENDING_REVIEW, guards=_READY,                       effects=(E.NEXT_ROUND_IF_SEEN, E.FREEZE_REVISION)),
    _row(A.RECALL,            (S.PENDING_REVIEW,),            S.DRAFT,                                                 effects=(E.RELEASE_CLAIM,)),
    _row(A.CLAIM,             (S.PENDING_REVIEW,),            None),
    _row(A.RELEASE,           (S.PENDING_REVIEW,),            None,                                                    effects=(E.RELEASE_CLAIM,)),
    _row(A.REASSIGN,          _OPEN,                          None),
    _row(A.APPROVE,           (S.PENDING_REVIEW,),            S.APPROVED,         when=(W.NATIONAL,),                  guards=(G.HASH_SEEN, G.FOUR_EYES), effects=(E.RECORD_APPROVAL, E.RELEASE_CLAIM)),
    _row(A.APPROVE,           (S.PENDING_REVIEW,),            S.SCHEDULED,        when=(W.LOCAL, W.LATER),             guards=(G.HASH_SEEN, G.FOUR_EYES), effects=(E.RECORD_APPROVAL, E.RELEASE_CLAIM, E.ACCEPT)),
    _row(A.APPROVE,           (S.PENDING_REVIEW,),            S.EFFECTIVE,        when=(W.LOCAL, W.DUE),               guards=(G.HASH_SEEN, G.FOUR_EYES), effects=(E.RECORD_APPROVAL, *_IN_FORCE)),
    _row(A.RETURN,            (S.PENDING_REVIEW, S.APPROVED), S.RETURNED,         guards=(G.REASONS_GIVEN,),           effects=(E.VOID_APPROVAL, E.RELEASE_CLAIM)),
    _row(A.SUBMIT_TO_HQ,      (S.APPROVED,),                  S.SUBMITTED,                                             effects=(E.SEND,)),
    _row(A.VOID,              _WITH_AUTHOR,                   S.VOIDED,                                                effects=(E.TELL_LET_GO,)),
    _row(A.WITHDRAW,          (S.APPROVED,),                  S.WITHDRAWN,                                             effects=(E.TELL_LET_GO,)),
    _row(A.WITHDRAW,          (S.SCHEDULED,),                 S.WITHDRAWN,        when=(W.LOCAL,),                     effects=(E.UNACCEPT,)),
    _row(A.WITHDRAW,          (S.SUBMITTED,),                 S.WITHDRAWN,        when=(W.NATIONAL, W.DEAD_LETTERED),  effects=(E.CANCEL_SENDING, E.TELL_LET_GO)),
    _row(A.WITHDRAW,          (*_AT_HQ, S.SCHEDULED),         S.WITHDRAW_PENDING, when=(W.NATIONAL,),                  effects=(E.REMEMBER_ORIGIN, E.ASK_LET_GO)),
    _row(A.HQ_ACKNOWLEDGE,    (S.SUBMITTED,),                 S.PENDING_HQ),
    _row(A.HQ_APPROVE,        _AT_HQ,                         S.SCHEDULED,        when=(W.LATER,),                     effects=(E.ACCEPT,)),
    _row(A.HQ_APPROVE,        _AT_HQ,                         S.EFFECTIVE,        when=(W.DUE,),                       effects=_IN_FORCE),
    _row(A.HQ_APPROVE,        (S.WITHDRAW_PENDING,),          S.SCHEDULED,        when=(W.CAME_FROM_HQ_REVIEW, W.LATER), effects=(E.ACCEPT,)),
    _row(A.HQ_APPROVE,        (S.WITHDRAW_PENDING,),          S.EFFECTIVE,        when=(W.CAME_FROM_HQ_REVIEW, W.DUE),  effects=_IN_FORCE),
    _row(A.HQ_RETURN,         _AT_HQ,                         S.HQ_RETURNED,      guards=(G.REASONS_GIVEN,),           effects=(E.VOID_APPROVAL,)),
    _row(A.HQ_RETURN,         (S.WITHDRAW_PENDING,),          S.HQ_RETURNED,      when=(W.CAME_FROM_HQ_REVIEW,),       guards=(G.REASONS_GIVEN,), effects=(E.VOID_APPROVAL, E.FORGET_WITHDRAWAL)),
    _row(A.HQ_REJECT,         _AT_HQ,                         S.HQ_REJECTED,      guards=(G.REASONS_GIVEN,)),
    _row(A.HQ_REJECT,         (S.WITHDRAW_PENDING,),          S.HQ_REJECTED,      when=(W.CAME_FROM_HQ_REVIEW,),       guards=(G.REASONS_GIVEN,), effects=(E.FORGET_WITHDRAWAL,)),
    _row(A.HQ_GRANT_WITHDRAWAL,  (S.WITHDRAW_PENDING,),       S.WITHDRAWN,                                             effects=(E.UNACCEPT, E.FORGET_WITHDRAWAL)),
    _row(A.HQ_GRANT_WITHDRAWAL,  (S.SCHEDULED,),              S.WITHDRAWN,        when=(W.WITHDRAWAL_ASKED,),          effects=(E.UNACCEPT, E.FORGET_WITHDRAWAL)),
    _row(A.HQ_REFUSE_WITHDRAWAL, (S.WITHDRAW_PENDING,),       S.PENDING_HQ,       when=(W.CAME_FROM_HQ_REVIEW,),       effects=(E.FORGET_WITHDRAWAL,)),
    _row(A.HQ_REFUSE_WITHDRAWAL, (S.WITHDRAW_PENDING,),       S.SCHEDULED,        when=(W.CAME_FROM_SCHEDULED,),       effects=(E.FORGET_WITHDRAWAL,)),
    _row(A.HQ_REFUSE_WITHDRAWAL, (S.SCHEDULED,),              None,               when=(W.WITHDRAWAL_ASKED,),          effects=(E.FORGET_WITHDRAWAL,)),
    _row(A.TAKE_EFFECT,       (S.SCHEDULED,),                 S.EFFECTIVE,        when=(W.DUE,),                       effects=(E.PUT_IN_FORCE, E.FORGET_WITHDRAWAL)),
    _row(A.TAKE_EFFECT,       (S.WITHDRAW_PENDING,),          S.EFFECTIVE,        when=(W.CAME_FROM_SCHEDULED, W.DUE), effects=(E.PUT_IN_FORCE, E.FORGET_WITHDRAWAL)),
    _row(A.BASE_MOVED,        _BASE_MOVES,                    S.BASE_CONFLICT,    when=(W.CHANGES_EXISTING,),          effects=(E.RECLAIM, E.VOID_APPROVAL, E.RELEASE_CLAIM)),
    _row(A.BASE_MOVED,        (S.WITHDRAW_PENDING,),          S.BASE_CONFLICT,    when=(W.CHANGES_EXISTING, W.CAME_FROM_HQ_REVIEW), effects=(E.RECLAIM, E.VOID_APPROVAL, E.FORGET_WITHDRAWAL)),
    _row(A.SUPERSEDE,         _OPEN,                          S.SUPERSEDED,                                            effects=(E.RECLAIM, E.UNACCEPT, E.RELEASE_CLAIM, E.FORGET_WITHDRAWAL)),
    _row(A.CLOSE_STALE,       _WITH_AUTHOR,                   S.CLOSED_STALE),
)
# fmt: on
