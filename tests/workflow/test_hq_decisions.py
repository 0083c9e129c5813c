"""What headquarters is answered (product.md §3.3), as the pure judgement of one message against facts and history."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kbsearch.workflow.actions import Action
from kbsearch.workflow.decide import Facts
from kbsearch.workflow.hq_decisions import History, HqMessage, Receipt, Said, judge
from kbsearch.workflow.states import Scope, SubmissionKind, SubmissionState

S, A, R = SubmissionState, Action, Receipt
APPROVE = HqMessage(A.HQ_APPROVE, 1, "text-a", hash_matches=True)
RETURN = HqMessage(A.HQ_RETURN, 1, "HQ_RETURN")
ACK = HqMessage(A.HQ_ACKNOWLEDGE, 1, "HQ-1")
GRANT = HqMessage(A.HQ_GRANT_WITHDRAWAL, 1, "HQ_GRANT_WITHDRAWAL")
APPROVED = History(decisions={1: Said("text-a", 4)})


def facts(state: SubmissionState, **more: object) -> Facts:
    return replace(Facts(state, SubmissionKind.UPDATE, Scope.NATIONAL, 1, "wang"), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("message", "known", "history", "receipt", "alarm"),
    [
        (APPROVE, facts(S.SUBMITTED), History(), R.APPLIED, False),
        (APPROVE, facts(S.SUBMITTED, scope=Scope.LOCAL), History(), R.REJECTED, False),
        (replace(APPROVE, round=2), facts(S.SUBMITTED), History(), R.REJECTED, False),
        (APPROVE, facts(S.EFFECTIVE), APPROVED, R.DUPLICATE, False),
        (replace(APPROVE, number=4), facts(S.EFFECTIVE), APPROVED, R.DUPLICATE, False),
        (replace(APPROVE, number=5), facts(S.EFFECTIVE), APPROVED, R.QUARANTINED, True),
        (replace(APPROVE, number=5), facts(S.EFFECTIVE), History(decisions={1: Said("text-a")}), R.DUPLICATE, False),
        (replace(APPROVE, fingerprint="text-b"), facts(S.EFFECTIVE), APPROVED, R.QUARANTINED, True),
        (RETURN, facts(S.EFFECTIVE), APPROVED, R.QUARANTINED, True),
        (RETURN, facts(S.PENDING_REVIEW, round=2), History(decisions={1: Said("HQ_RETURN")}), R.DUPLICATE, False),
        (RETURN, facts(S.PENDING_REVIEW, round=2), History(), R.OUT_OF_DATE, False),
        (APPROVE, facts(S.PENDING_REVIEW, round=2), History(), R.QUARANTINED, True),
        (APPROVE, facts(S.BASE_CONFLICT), History(), R.QUARANTINED, True),
        (replace(APPROVE, hash_matches=False), facts(S.SUBMITTED), History(), R.QUARANTINED, True),
        (replace(APPROVE, hash_matches=False, brings_content=True), facts(S.SUBMITTED), History(), R.APPLIED, False),
        (ACK, facts(S.SUBMITTED), History(), R.APPLIED, False),
        (ACK, facts(S.PENDING_HQ), History(acknowledged={1: "HQ-1"}), R.DUPLICATE, False),
        (replace(ACK, fingerprint="HQ-2"), facts(S.PENDING_HQ), History(acknowledged={1: "HQ-1"}), R.OUT_OF_DATE, False),
        (ACK, facts(S.EFFECTIVE), APPROVED, R.OUT_OF_DATE, False),
        (GRANT, facts(S.WITHDRAW_PENDING, origin=S.PENDING_HQ), History(), R.APPLIED, False),
        (GRANT, facts(S.SCHEDULED, withdrawal_asked=True), APPROVED, R.APPLIED, False),
        (GRANT, facts(S.SCHEDULED), APPROVED, R.OUT_OF_DATE, False),
        (GRANT, facts(S.EFFECTIVE), APPROVED, R.QUARANTINED, True),
        (GRANT, facts(S.WITHDRAWN), History(withdraw_results={1: {"HQ_GRANT_WITHDRAWAL"}}), R.DUPLICATE, False),
        (GRANT, facts(S.WITHDRAW_PENDING, origin=S.PENDING_HQ), History(withdraw_results={1: {"HQ_GRANT_WITHDRAWAL"}}), R.APPLIED, False),
    ],
)
def test_a_message_is_judged(message: HqMessage, known: Facts, history: History, receipt: Receipt, alarm: bool) -> None:
    verdict = judge(message, known, history)
    assert (verdict.receipt, verdict.alarm) == (receipt, alarm)
    assert bool(verdict.reason) == (receipt is not R.APPLIED)
