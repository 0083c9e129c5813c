"""What a knowledge item's readers are told: status, visibility of its text, and the reviewer's brake; all derived."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from kbsearch.errors import Refusal, RefusalCode
from kbsearch.workflow.in_force import Timeline
from kbsearch.workflow.labels import Labelled
from kbsearch.workflow.reasons import RevokeReason
from kbsearch.workflow.states import KnowledgeStatus, Scope

NATIONAL_SUSPENSION = timedelta(hours=72)


class KnowledgeAction(Labelled):
    """What a reviewer can do to a knowledge item directly, without a submission."""

    SUSPEND = "SUSPEND", "停用", "暂停使用，须有说明"
    RESUME = "RESUME", "恢复"
    ARCHIVE = "ARCHIVE", "归档", "只从已撤销或已过期，不可逆"
    MARK_STILL_IN_USE = "MARK_STILL_IN_USE", "标记停售在用", "打上或去掉“停售在用”，状态不变"


_SOURCES = {
    KnowledgeAction.SUSPEND: frozenset({KnowledgeStatus.PUBLISHED}),
    KnowledgeAction.RESUME: frozenset({KnowledgeStatus.SUSPENDED}),
    KnowledgeAction.ARCHIVE: frozenset({KnowledgeStatus.REVOKED, KnowledgeStatus.EXPIRED}),
    KnowledgeAction.MARK_STILL_IN_USE: frozenset(
        {KnowledgeStatus.PUBLISHED, KnowledgeStatus.SUSPENDED, KnowledgeStatus.EXPIRED, KnowledgeStatus.REVOKED}
    ),
}


@dataclass(frozen=True, slots=True)
class KnowledgeFacts:
    """Everything the derived status needs, at one instant. `revoked_from`: start of a revocation in force."""

    timeline: Timeline
    suspended_at: datetime | None = None
    suspended_until: datetime | None = None
    revoked_from: datetime | None = None
    revoke_reason: RevokeReason | None = None
    archived_at: datetime | None = None


def is_suspended(facts: KnowledgeFacts, at: datetime) -> bool:
    """Whether the brake is on: set, not run out (全网 ends after 72 h)."""
    return facts.suspended_at is not None and facts.suspended_at <= at and (facts.suspended_until is None or at < facts.suspended_until)


def status(facts: KnowledgeFacts, at: datetime) -> KnowledgeStatus:
    """The first that holds of ARCHIVED, REVOKED, SUSPENDED, EXPIRED, PUBLISHED (product.md §3.1)."""
    if facts.archived_at is not None and facts.archived_at <= at:
        return KnowledgeStatus.ARCHIVED
    current = facts.timeline.current(at)
    if current is None and facts.revoked_from is not None and facts.revoked_from <= at:
        return KnowledgeStatus.REVOKED
    if facts.timeline.base(at) is None:
        return KnowledgeStatus.UNPUBLISHED
    if is_suspended(facts, at):
        return KnowledgeStatus.SUSPENDED
    return KnowledgeStatus.PUBLISHED if current is not None else KnowledgeStatus.EXPIRED


def text_hidden(facts: KnowledgeFacts, at: datetime) -> bool:
    """Whether readers get title and notice only, on every path (停用, 发布错误)."""
    now = status(facts, at)
    if now is KnowledgeStatus.ARCHIVED:
        return facts.revoke_reason is RevokeReason.PUBLISHED_IN_ERROR and facts.timeline.current(at) is None
    return now is KnowledgeStatus.SUSPENDED or (now is KnowledgeStatus.REVOKED and facts.revoke_reason is RevokeReason.PUBLISHED_IN_ERROR)


def suspension_end(scope: Scope, at: datetime) -> datetime | None:
    """When a suspension begun at `at` runs out by itself: 72 h for 全网, never for 本地."""
    return at + NATIONAL_SUSPENSION if scope is Scope.NATIONAL else None


def allowed_knowledge_actions(now: KnowledgeStatus) -> list[KnowledgeAction]:
    """What a reviewer may do to a knowledge item of this status."""
    return [a for a, sources in _SOURCES.items() if now in sources]


def decide_knowledge(action: KnowledgeAction, now: KnowledgeStatus, reason: str) -> Refusal | None:
    """None when the reviewer's action is allowed, otherwise the refusal."""
    if now not in _SOURCES[action]:
        allowed = [a.value for a in allowed_knowledge_actions(now)]
        can = "、".join(KnowledgeAction(a).label for a in allowed) or "无"
        return Refusal(
            RefusalCode.ILLEGAL_TRANSITION,
            f"知识现在是“{now.label}”，不能{action.label}。现在可以：{can}。",
            details={"state": now.value, "allowedActions": allowed},
        )
    if action is KnowledgeAction.SUSPEND and not reason.strip():
        return Refusal(RefusalCode.RULE_VIOLATED, "停用须写明原因，请补上。", rule="REASON_REQUIRED", field=("reasonText",))
    return None
