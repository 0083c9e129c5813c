"""The part of docs/workflow.md about feedback 知识反馈, from kbsearch.workflow.feedback; adds no rule of its own."""

from __future__ import annotations

from kbsearch.workflow.feedback import HQ_ACTIONS, PERMITTED, SYSTEM_ACTIONS, TABLE, FeedbackAction, FeedbackRow, FeedbackState


def lines() -> list[str]:
    """States, and every row of the table with who may run it, as Markdown."""
    states = [f"| `{s.value}` | {s.label} | {s.meaning} |" for s in FeedbackState]
    head = ["| 动作 | 谁 | 从 | 到 | 守卫 | 说明 |", "|---|---|---|---|---|---|"]
    note = "“处理中”即关联着一个在途的申请，所以答复只从“待处理”给出：要答复处理中的，先取消关联，或结束那个申请。"
    return ["| 状态 | 中文 | 含义 |", "|---|---|---|", *states, "", *head, *(_row(row) for row in TABLE), "", note]


def _row(row: FeedbackRow) -> str:
    sources = "、".join("（新）" if s is None else s.label for s in (None, *FeedbackState) if s in row.sources)
    target = row.target.label if row.target else "不变"
    guards = "；".join(guard.label for guard in row.guards)
    return f"| {row.action.label} | {_who(row.action)} | {sources} | {target} | {guards} | {row.action.meaning} |"


def _who(action: FeedbackAction) -> str:
    if action in HQ_ACTIONS:
        return "总部"
    if action in SYSTEM_ACTIONS:
        return "系统"
    return "登录的人员" if action is FeedbackAction.GIVE else "、".join(sorted(role.label for role in PERMITTED[action]))
