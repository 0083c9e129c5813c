"""What the log of submissions says about speed and quality, folded in one pass in commit order; reads no store."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median

from kbsearch.workflow.actions import Action
from kbsearch.workflow.labels import Labelled
from kbsearch.workflow.reasons import ReturnReason
from kbsearch.workflow.states import SubmissionState

_HOUR = 3600
_NINETY = 0.9


class ReportStep(Labelled):
    """A step of the publication cycle 发布周期; each ends within the period, wherever it began."""

    DRAFT_TO_SUBMIT = "DRAFT_TO_SUBMIT", "起草到提交审核", "首次提交"
    SUBMIT_TO_APPROVE = "SUBMIT_TO_APPROVE", "提交审核到审核通过"
    APPROVE_TO_HQ = "APPROVE_TO_HQ", "审核通过到提交总部"
    HQ_TO_ACKNOWLEDGE = "HQ_TO_ACKNOWLEDGE", "提交总部到总部接收"
    ACKNOWLEDGE_TO_DECISION = "ACKNOWLEDGE_TO_DECISION", "总部接收到总部审批"
    DECISION_TO_FORCE = "DECISION_TO_FORCE", "最终通过到生效"
    WHOLE = "WHOLE", "起草到生效", "全程"


class Judge(Labelled):
    """Who decides on a submission."""

    LOCAL = "LOCAL", "本地审核"
    HQ = "HQ", "总部审批"


_LOCAL_DECISIONS = frozenset({Action.APPROVE.value, Action.RETURN.value})
_HQ_DECISIONS = frozenset({Action.HQ_APPROVE.value, Action.HQ_RETURN.value, Action.HQ_REJECT.value})
_PASSES = frozenset({Action.APPROVE.value, Action.HQ_APPROVE.value})
_FINAL = frozenset({SubmissionState.SCHEDULED.value, SubmissionState.EFFECTIVE.value})


@dataclass(frozen=True, slots=True)
class Happened:
    """One row of the log of submissions."""

    submission_id: str
    at: datetime
    action: str
    from_state: str | None
    to_state: str | None
    reason_codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Duration:
    """How long a step took: how often it was done, median and 90th percentile in hours (None: never done)."""

    count: int
    median_hours: float | None
    p90_hours: float | None


@dataclass(frozen=True, slots=True)
class FirstPass:
    """Of the submissions first decided on in the period: how many passed then."""

    decided: int
    passed: int

    @property
    def share(self) -> float | None:
        """Between 0 and 1; None when nothing was decided."""
        return self.passed / self.decided if self.decided else None


@dataclass(frozen=True, slots=True)
class Measured:
    """What the log says about a period."""

    steps: Mapping[ReportStep, Duration]
    first_pass: Mapping[Judge, FirstPass]
    returns: Mapping[Judge, Mapping[ReturnReason, int]]


@dataclass
class _Trail:
    """What is remembered of one submission while its rows go by."""

    since: dict[ReportStep, datetime] = field(default_factory=dict)
    decided: set[Judge] = field(default_factory=set)


def measure(rows: Iterable[Happened], since: datetime, until: datetime) -> Measured:
    """Fold rows in commit order, those before `since` included where the submission was touched within [since, until)."""
    trails: defaultdict[str, _Trail] = defaultdict(_Trail)
    hours: defaultdict[ReportStep, list[float]] = defaultdict(list)
    decided: Counter[Judge] = Counter()
    passed: Counter[Judge] = Counter()
    returns: defaultdict[Judge, Counter[ReturnReason]] = defaultdict(Counter)
    for row in rows:
        trail, within = trails[row.submission_id], since <= row.at < until
        for step, began in _ended(trail, row):
            if within:
                hours[step].append((row.at - began).total_seconds() / _HOUR)
        judge = _judge(row)
        if judge is None:
            continue
        first = judge not in trail.decided
        trail.decided.add(judge)
        if within:
            decided[judge] += first
            passed[judge] += first and row.action in _PASSES
            returns[judge].update(ReturnReason(code) for code in row.reason_codes if code in ReturnReason.__members__)
    return Measured(
        steps={step: _duration(hours[step]) for step in ReportStep},
        first_pass={judge: FirstPass(decided[judge], passed[judge]) for judge in Judge},
        returns={judge: dict(returns[judge]) for judge in Judge},
    )


def _judge(row: Happened) -> Judge | None:
    if row.action in _HQ_DECISIONS:
        return Judge.HQ
    waiting = row.from_state == SubmissionState.PENDING_REVIEW.value
    return Judge.LOCAL if row.action in _LOCAL_DECISIONS and waiting else None


# What an action ends and begins; the beginning and the end of the whole are told by states.
_A, _S = Action, ReportStep
_ENDS = {
    _A.SUBMIT_FOR_REVIEW.value: _S.DRAFT_TO_SUBMIT,
    _A.APPROVE.value: _S.SUBMIT_TO_APPROVE,
    _A.SUBMIT_TO_HQ.value: _S.APPROVE_TO_HQ,
    _A.HQ_ACKNOWLEDGE.value: _S.HQ_TO_ACKNOWLEDGE,
    **dict.fromkeys(_HQ_DECISIONS, _S.ACKNOWLEDGE_TO_DECISION),
}
_BEGINS = {
    _A.SUBMIT_FOR_REVIEW.value: _S.SUBMIT_TO_APPROVE,
    _A.SUBMIT_TO_HQ.value: _S.HQ_TO_ACKNOWLEDGE,
    _A.HQ_ACKNOWLEDGE.value: _S.ACKNOWLEDGE_TO_DECISION,
}


def _ended(trail: _Trail, row: Happened) -> list[tuple[ReportStep, datetime]]:
    """The steps this row ends, each with the instant it began; what it begins is remembered."""
    ending = [_ENDS[row.action]] if row.action in _ENDS else []
    if row.action in _HQ_DECISIONS:
        trail.since.pop(_S.HQ_TO_ACKNOWLEDGE, None)  # a decision implies receipt: nothing was measured
    for step in _begun(row):
        trail.since[step] = row.at
    if row.to_state == SubmissionState.EFFECTIVE.value:
        ending += [_S.DECISION_TO_FORCE, _S.WHOLE]
    found = [(step, trail.since.pop(step, None)) for step in ending]
    return [(step, began) for step, began in found if began is not None]


def _begun(row: Happened) -> list[ReportStep]:
    if row.from_state is None and row.to_state == SubmissionState.DRAFT.value:
        return [_S.DRAFT_TO_SUBMIT, _S.WHOLE]
    if row.action == _A.APPROVE.value and row.to_state == SubmissionState.APPROVED.value:
        return [_S.APPROVE_TO_HQ]
    if row.action in _PASSES and row.to_state in _FINAL:
        return [_S.DECISION_TO_FORCE]
    return [_BEGINS[row.action]] if row.action in _BEGINS else []


def _duration(hours: list[float]) -> Duration:
    if not hours:
        return Duration(0, None, None)
    ranked = sorted(hours)
    return Duration(len(ranked), round(median(ranked), 2), round(ranked[math.ceil(_NINETY * len(ranked)) - 1], 2))
