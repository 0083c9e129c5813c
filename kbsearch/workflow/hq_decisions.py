"""Judges what headquarters says about one of our submissions (product.md §3.3); carries nothing out."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from kbsearch.workflow.actions import Action
from kbsearch.workflow.decide import Facts, find_row
from kbsearch.workflow.labels import Labelled
from kbsearch.workflow.states import Scope, SubmissionState

DECISIONS = frozenset({Action.HQ_APPROVE, Action.HQ_RETURN, Action.HQ_REJECT})
WITHDRAW_RESULTS = frozenset({Action.HQ_GRANT_WITHDRAWAL, Action.HQ_REFUSE_WITHDRAWAL})


class Receipt(Labelled):
    """What headquarters is answered to each message."""

    APPLIED = "APPLIED", "已生效"
    DUPLICATE = "DUPLICATE", "重复", "同一消息或同一决定已收到过，未再处理"
    DEFERRED = "DEFERRED", "已暂存", "所需栏目、版本或基线未到，到后自动生效"
    OUT_OF_DATE = "OUT_OF_DATE", "已过时", "所指轮次已结束，未生效"
    QUARANTINED = "QUARANTINED", "已隔离", "与已有事实矛盾，等知识管理员处理"
    REJECTED = "REJECTED", "不合法", "内容不合法，请改正后以新的编号重发"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The receipt, why (Chinese), and whether an operator must be alarmed. APPLIED means: run the transition."""

    receipt: Receipt
    reason: str = ""
    alarm: bool = False


@dataclass(frozen=True, slots=True)
class HqMessage:
    """What is judged: the action it asks for, the round it speaks of, and a fingerprint telling decisions apart.

    `fingerprint` covers what makes two decisions the same: the action, and of approvals the accepted text and date; `number` is
    compared where both name one; reasons and provinces are not compared.
    `hash_matches` is None where the message echoes no submissionHash; `brings_content` for amended approvals.
    """

    action: Action
    round: int
    fingerprint: str
    hash_matches: bool | None = None
    brings_content: bool = False
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """A decision headquarters made on a round."""

    fingerprint: str
    number: int | None = None


@dataclass(frozen=True, slots=True)
class History:
    """What headquarters said before, per round: the decision, the withdraw results, the last acknowledgement."""

    decisions: Mapping[int, Said] = field(default_factory=dict)
    withdraw_results: Mapping[int, Collection[str]] = field(default_factory=dict)
    acknowledged: Mapping[int, str] = field(default_factory=dict)


def _not_covered(message: HqMessage, facts: Facts) -> Verdict:
    """No row of the table covers the message: late, early or contradicting."""
    if message.action is Action.HQ_APPROVE:
        return Verdict(Receipt.QUARANTINED, f"申请已是“{facts.state.label}”，总部的审批通过与之矛盾", alarm=True)
    if message.action is Action.HQ_GRANT_WITHDRAWAL and facts.state is SubmissionState.EFFECTIVE:
        return Verdict(Receipt.QUARANTINED, "申请已生效，总部的同意撤回与之矛盾", alarm=True)
    return Verdict(Receipt.OUT_OF_DATE, f"申请已是“{facts.state.label}”（第 {facts.round} 轮），本消息不再适用")


def _already_said(message: HqMessage, history: History) -> Verdict | None:
    """The same thing again, or a second, different decision on a decided round."""
    if message.action in DECISIONS and message.round in history.decisions:
        said = history.decisions[message.round]
        same_number = said.number is None or message.number is None or said.number == message.number
        if said.fingerprint == message.fingerprint and same_number:
            return Verdict(Receipt.DUPLICATE, "这一轮的同一决定已收到过")
        return Verdict(Receipt.QUARANTINED, "这一轮总部已有另一个决定，以先到的为准", alarm=True)
    if message.action is Action.HQ_ACKNOWLEDGE and history.acknowledged.get(message.round) == message.fingerprint:
        return Verdict(Receipt.DUPLICATE, "这一轮的接收确认已收到过")
    return None


def judge(message: HqMessage, facts: Facts, history: History) -> Verdict:
    """Judge a message about a known submission. First said wins; rows of the table decide the rest."""
    if facts.scope is Scope.LOCAL:
        return Verdict(Receipt.REJECTED, "这是本地申请，不归总部审批")
    said_before = _already_said(message, history)
    if said_before is not None:
        return said_before
    if message.round > facts.round:
        return Verdict(Receipt.REJECTED, f"申请只到第 {facts.round} 轮，消息却说第 {message.round} 轮，请核对")
    covered = message.round == facts.round and find_row(facts, message.action) is not None
    if not covered:
        if message.action in WITHDRAW_RESULTS and message.fingerprint in history.withdraw_results.get(message.round, ()):
            return Verdict(Receipt.DUPLICATE, "这一轮的同一撤回结果已收到过")
        return _not_covered(message, facts)
    if message.hash_matches is False and not message.brings_content:
        return Verdict(Receipt.QUARANTINED, "回带的 submissionHash 与我方提交的不符，又没有带来修改后的内容", alarm=True)
    return Verdict(Receipt.APPLIED)
