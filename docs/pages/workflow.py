"""docs/workflow.md: states, rights, the transition table and its diagrams, from kbsearch.workflow; adds no rule of its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import chain

from docs.pages import feedback_workflow
from kbsearch.workflow.actions import HQ_ACTIONS, PERMITTED, SYSTEM_ACTIONS, Action, Role
from kbsearch.workflow.hq_decisions import Receipt
from kbsearch.workflow.in_force import Timeline
from kbsearch.workflow.knowledge import (
    NATIONAL_SUSPENSION,
    KnowledgeAction,
    KnowledgeFacts,
    allowed_knowledge_actions,
    text_hidden,
)
from kbsearch.workflow.labels import Labelled
from kbsearch.workflow.reasons import LetGoReason, ReturnReason, RevokeReason
from kbsearch.workflow.states import (
    COUNTED_AS_OPEN,
    HELD_BY_HQ,
    TERMINAL,
    KnowledgeStatus,
    Owner,
    Scope,
    SubmissionKind,
    SubmissionState,
    Urgency,
)
from kbsearch.workflow.table import TABLE, Effect, Guard, Transition, When

_INTRO = """# 流程

由 `make docs` 从 `kbsearch/workflow/` 生成，请勿手改。引擎、`allowedActions`、GraphQL 枚举说明与本页同出一源。
"""
# Ways out that lead from many states to one end: said in a line each instead of drawn.
_UNDRAWN = (Action.VOID, Action.SUPERSEDE, Action.CLOSE_STALE)
_OPPOSITE = {Scope.NATIONAL: When.LOCAL, Scope.LOCAL: When.NATIONAL}


def page() -> str:
    """The whole page as Markdown."""
    parts: Iterable[Sequence[str]] = (
        [_INTRO],
        _section("申请的状态", _states()),
        _section("动作与权限", _actions()),
        _section(
            "流转", ["同一动作从上往下，第一条来源、条件都合的即是。没有合的：人得 `ILLEGAL_TRANSITION`，总部得回执。", "", *_transitions()]
        ),
        _section("全网申请状态图", _diagram(Scope.NATIONAL)),
        _section("本地申请状态图", _diagram(Scope.LOCAL)),
        _section("规则（守卫）与效果", [*_labelled("守卫", Guard), "", *_labelled("效果", Effect), "", *_labelled("条件", When)]),
        _section("知识的状态", _knowledge()),
        _section("知识反馈", feedback_workflow.lines()),
        _section(
            "原因码", [*_labelled("退回", ReturnReason), "", *_labelled("撤销", RevokeReason), "", *_labelled("请总部放行", LetGoReason)]
        ),
        _section("给总部的回执", _labelled("回执", Receipt)),
        _section(
            "其他枚举",
            [
                *_labelled("种类", SubmissionKind),
                "",
                *_labelled("范围", Scope),
                "",
                *_labelled("归属", Owner),
                "",
                *_labelled("紧急程度", Urgency),
            ],
        ),
    )
    return "\n".join(chain.from_iterable(parts)).rstrip() + "\n"


def _section(title: str, body: Sequence[str]) -> list[str]:
    return [f"## {title}", "", *body, ""]


def _labelled(title: str, kind: type[Labelled]) -> list[str]:
    return [f"| {title} | 中文 | 含义 |", "|---|---|---|", *(f"| `{m.value}` | {m.label} | {m.meaning} |" for m in kind)]


def _states() -> list[str]:
    lines = ["| 状态 | 中文 | 含义 | 结束 | 计入规则 3 | 总部手里有 |", "|---|---|---|---|---|---|"]
    for state in SubmissionState:
        counted = "是" if state in COUNTED_AS_OPEN else "非来自待生效时是" if state is SubmissionState.WITHDRAW_PENDING else ""
        held = "全网" if state in HELD_BY_HQ else ""
        lines.append(f"| `{state.value}` | {state.label} | {state.meaning} | {'是' if state in TERMINAL else ''} | {counted} | {held} |")
    return [*lines, "", "规则 3：同一知识最多一个在途的发布或更新，加一个在途的撤销。"]


def _who(action: Action) -> str:
    if action in HQ_ACTIONS:
        return "总部"
    if action in SYSTEM_ACTIONS:
        return "系统"
    own = "" if action is Action.CREATE else "（限本人的）"
    return "、".join(f"{r.label}{own}" if r is Role.AUTHOR else r.label for r in Role if r in PERMITTED[action])


def _actions() -> list[str]:
    lines = ["| 动作 | 中文 | 谁 | 说明 |", "|---|---|---|---|"]
    return lines + [f"| `{a.value}` | {a.label} | {_who(a)} | {a.meaning} |" for a in Action]


def _names(members: Iterable[Labelled]) -> str:
    return "；".join(m.label for m in members)


def _transitions() -> list[str]:
    lines = ["| 动作 | 从 | 到 | 条件 | 守卫 | 效果 |", "|---|---|---|---|---|---|"]
    for row in TABLE:
        sources = "、".join(s.label for s in SubmissionState if s in row.sources)
        target = row.target.label if row.target else "不变"
        lines.append(f"| {row.action.label} | {sources} | {target} | {_names(row.when)} | {_names(row.guards)} | {_names(row.effects)} |")
    return lines


def _rows_of(scope: Scope) -> list[Transition]:
    """Rows a submission of this scope can meet that change its state."""
    rows = [row for row in TABLE if row.target is not None and _OPPOSITE[scope] not in row.when]
    return rows if scope is Scope.NATIONAL else [row for row in rows if row.action not in HQ_ACTIONS]


def _reachable(rows: list[Transition]) -> set[SubmissionState]:
    reached = {SubmissionState.DRAFT}
    while True:
        more = {row.target for row in rows if row.target is not None and row.sources & reached} - reached
        if not more:
            return reached
        reached |= more


def _diagram(scope: Scope) -> list[str]:
    """Edges between the states this scope can reach; what is not drawn is listed below."""
    rows = _rows_of(scope)
    reached = _reachable(rows)
    edges: dict[tuple[SubmissionState, SubmissionState], list[str]] = {}
    for row in (r for r in rows if r.action not in _UNDRAWN and r.target is not None):
        for source in (s for s in SubmissionState if s in row.sources & reached):
            labels = edges.setdefault((source, row.target or source), [])
            if row.action.label not in labels:
                labels.append(row.action.label)
    drawn = [s for s in SubmissionState if any(s in edge for edge in edges)]
    lines = ["```mermaid", "stateDiagram-v2", *(f"    {s.value} : {s.label}" for s in drawn), f"    [*] --> {SubmissionState.DRAFT.value}"]
    lines += [f"    {source.value} --> {target.value} : {'、'.join(labels)}" for (source, target), labels in edges.items()]
    lines += [f"    {s.value} --> [*]" for s in drawn if s in TERMINAL]
    return [*lines, "```", "", "未画：", *_ways_out(rows, reached)]


def _ways_out(rows: list[Transition], reached: set[SubmissionState]) -> list[str]:
    lines = []
    for row in (r for r in rows if r.action in _UNDRAWN and r.target is not None):
        sources = "、".join(s.label for s in SubmissionState if s in row.sources & reached)
        lines.append(f"- {row.action.label}：从{sources}，到{row.target.label if row.target else ''}")
    return lines


def _hides(status: KnowledgeStatus) -> str:
    """Whether readers of a knowledge item in this status get title and notice only, asked of the code itself."""
    now = datetime.fromisoformat("2026-01-01T00:00:00+00:00")
    life = Timeline((), ((now, 1),))
    if status is KnowledgeStatus.SUSPENDED:
        return "隐藏" if text_hidden(KnowledgeFacts(life, suspended_at=now), now) else "可读"
    archived = now if status is KnowledgeStatus.ARCHIVED else None
    if archived or status is KnowledgeStatus.REVOKED:
        facts = {r: KnowledgeFacts(life, revoked_from=now, revoke_reason=r, archived_at=archived) for r in RevokeReason}
        hiding = "、".join(f"“{r.label}”" for r, f in facts.items() if text_hidden(f, now))
        return f"因{hiding}撤销的隐藏，其余可读"
    return "无" if status is KnowledgeStatus.UNPUBLISHED else "可读"


def _knowledge() -> list[str]:
    hours = NATIONAL_SUSPENSION.total_seconds() / 3600
    lines = [
        "所示状态依次取已归档、已撤销、已停用、已过期、已发布中第一个成立的，读时推算，从不存储。",
        f"全网知识停用 {hours:g} 小时后自动恢复；本地知识须由知识管理员恢复。",
        "",
        "| 状态 | 中文 | 含义 | 知识管理员可以 | 正文 |",
        "|---|---|---|---|---|",
    ]
    for status in KnowledgeStatus:
        can = "、".join(a.label for a in allowed_knowledge_actions(status))
        lines.append(f"| `{status.value}` | {status.label} | {status.meaning} | {can} | {_hides(status)} |")
    return [*lines, "", *_labelled("动作", KnowledgeAction)]
