"""The workflow of feedback 知识反馈 as a table; decides from facts alone, carries nothing out.

IN_PROGRESS means: linked to a submission that is still open. So an answer is given from RECEIVED only; whoever wants to
answer an order in progress first unlinks it, or lets its submission end, which brings it back to RECEIVED.
"""

from __future__ import annotations

from dataclasses import dataclass

from kbsearch.workflow.actions import Role
from kbsearch.workflow.labels import Labelled


class FeedbackOrigin(Labelled):
    """Where it came from."""

    HQ = "HQ", "总部下发", "省公司提出，经总部审核下发"
    LOCAL = "LOCAL", "本地座席"


class FeedbackState(Labelled):
    """Where it stands (product.md §3.1)."""

    RECEIVED = "RECEIVED", "待处理"
    IN_PROGRESS = "IN_PROGRESS", "处理中", "关联着一个在途的申请：据此开出的，或并入的"
    RESOLVED = "RESOLVED", "已办结"


class Resolution(Labelled):
    """How it ended; headquarters is told."""

    ADOPTED = "ADOPTED", "采纳已更新"
    NO_CHANGE = "NO_CHANGE", "无需修改"
    DUPLICATE = "DUPLICATE", "重复"
    REJECTED = "REJECTED", "不采纳"


class FeedbackAction(Labelled):
    """Everything that can happen to feedback."""

    RECEIVE = "RECEIVE", "接收", "总部首次下发"
    GIVE = "GIVE", "提出", "本地座席提出"
    OPEN_UPDATE = "OPEN_UPDATE", "开出更新", "据此起草申请并指派作者；开出不是编辑"
    LINK = "LINK", "关联申请", "并入一个已有的在途申请"
    UNLINK = "UNLINK", "取消关联", "回到待处理；申请照常进行，与反馈不再相干"
    RESOLVE = "RESOLVE", "办结", "答复无需修改、重复或不采纳，须有说明"
    REASSIGN = "REASSIGN", "转派", "换处理人，状态不变"
    ADOPT = "ADOPT", "采纳办结", "关联的申请已生效"
    RETURN_TO_RECEIVED = "RETURN_TO_RECEIVED", "退回待处理", "关联的申请没有生效就结束了"
    REDISPATCH = "REDISPATCH", "再次下发", "总部再次下发；已办结的重新打开"


class Guard(Labelled):
    """What must hold, or the action is refused as RULE_VIOLATED."""

    OURS_TO_CHANGE = "OURS_TO_CHANGE", "知识归本系统所有，或反馈没有指明知识"
    LINKABLE = "LINKABLE", "申请在途，且说的是同一条知识"
    BY_ANSWER = "BY_ANSWER", "办结结果是答复，不是采纳已更新（那由申请生效得出）"
    TEXT_GIVEN = "TEXT_GIVEN", "有一段说明"
    ORIGINAL_KNOWN = "ORIGINAL_KNOWN", "结果为重复时指明另一条反馈，且不绕成圈"


_REVIEWERS = frozenset({Role.REVIEWER})
# Who may run which action; giving feedback is for everyone who signs in, and the rest is headquarters' and the system's.
PERMITTED: dict[FeedbackAction, frozenset[Role]] = {
    FeedbackAction.GIVE: frozenset(Role),
    FeedbackAction.OPEN_UPDATE: _REVIEWERS,
    FeedbackAction.LINK: _REVIEWERS,
    FeedbackAction.UNLINK: _REVIEWERS,
    FeedbackAction.RESOLVE: _REVIEWERS,
    FeedbackAction.REASSIGN: _REVIEWERS,
}
HQ_ACTIONS = frozenset({FeedbackAction.RECEIVE, FeedbackAction.REDISPATCH})
SYSTEM_ACTIONS = frozenset({FeedbackAction.ADOPT, FeedbackAction.RETURN_TO_RECEIVED})
OPEN = frozenset({FeedbackState.RECEIVED, FeedbackState.IN_PROGRESS})


@dataclass(frozen=True, slots=True)
class FeedbackRow:
    """One row: `action` leads from any of `sources` (None: not there yet) to `target` (None: the state stays)."""

    action: FeedbackAction
    sources: frozenset[FeedbackState | None]
    target: FeedbackState | None
    guards: tuple[Guard, ...] = ()


def _row(action: FeedbackAction, sources: tuple[FeedbackState | None, ...], target: FeedbackState | None, *guards: Guard) -> FeedbackRow:
    return FeedbackRow(action, frozenset(sources), target, guards)


A, S, G = FeedbackAction, FeedbackState, Guard
# fmt: off
TABLE: tuple[FeedbackRow, ...] = (
    _row(A.RECEIVE,            (None,),                     S.RECEIVED),
    _row(A.GIVE,               (None,),                     S.RECEIVED),
    _row(A.OPEN_UPDATE,        (S.RECEIVED,),               S.IN_PROGRESS, G.OURS_TO_CHANGE),
    _row(A.LINK,               (S.RECEIVED,),               S.IN_PROGRESS, G.LINKABLE),
    _row(A.UNLINK,             (S.IN_PROGRESS,),            S.RECEIVED),
    _row(A.RESOLVE,            (S.RECEIVED,),               S.RESOLVED,    G.BY_ANSWER, G.TEXT_GIVEN, G.ORIGINAL_KNOWN),
    _row(A.REASSIGN,           (S.RECEIVED, S.IN_PROGRESS), None),
    _row(A.ADOPT,              (S.IN_PROGRESS,),            S.RESOLVED),
    _row(A.RETURN_TO_RECEIVED, (S.IN_PROGRESS,),            S.RECEIVED),
    _row(A.REDISPATCH,         (S.RESOLVED,),               S.RECEIVED),
    _row(A.REDISPATCH,         (S.RECEIVED, S.IN_PROGRESS), None),
)
# fmt: on
