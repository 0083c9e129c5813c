"""How a command is judged: right, freshness, row, guards, in this order; and what a person is offered."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kbsearch.errors import Refusal, RefusalCode
from kbsearch.workflow.actions import PERMITTED, Action, Role, may
from kbsearch.workflow.decide import Actor, Command, Decision, Facts, allowed_actions, decide
from kbsearch.workflow.reasons import ReturnReason
from kbsearch.workflow.states import Scope, SubmissionKind, SubmissionState

S = SubmissionState
AUTHOR = Actor("wang", frozenset({Role.AUTHOR}))
REVIEWER = Actor("zhao", frozenset({Role.REVIEWER}))
BOTH = Actor("wang", frozenset({Role.AUTHOR, Role.REVIEWER}))


def facts(state: SubmissionState, **more: object) -> Facts:
    known = Facts(state, SubmissionKind.UPDATE, Scope.NATIONAL, 5, "wang", submission_hash="h", editors=frozenset({"wang"}))
    return replace(known, **more)  # type: ignore[arg-type]


def refusals(f: Facts, actor: Actor, command: Command) -> list[tuple[str, str | None]]:
    answer = decide(f, actor, command)
    assert not isinstance(answer, Decision)
    return [(r.code.value, r.rule) for r in answer]


def test_the_right_comes_before_freshness_and_freshness_before_the_row() -> None:
    wrong_everything = Command(Action.APPROVE, lock_version=4, submission_hash="other")
    assert refusals(facts(S.DRAFT), AUTHOR, wrong_everything) == [("PERMISSION_DENIED", None)]
    assert refusals(facts(S.DRAFT), REVIEWER, wrong_everything) == [("STALE_OBJECT", "LOCK_VERSION")]
    assert refusals(facts(S.DRAFT), REVIEWER, replace(wrong_everything, lock_version=5)) == [("ILLEGAL_TRANSITION", None)]
    assert refusals(facts(S.PENDING_REVIEW), BOTH, replace(wrong_everything, lock_version=5)) == [
        ("STALE_OBJECT", "HASH_MISMATCH"),
        ("RULE_VIOLATED", "FOUR_EYES"),
    ]


def test_all_broken_guards_are_told_at_once() -> None:
    broken = facts(S.DRAFT, problems=("缺标题",), base_current=False, other_open="s9")
    answer = decide(broken, AUTHOR, Command(Action.SUBMIT_FOR_REVIEW, 5))
    assert isinstance(answer, tuple)
    assert [r.rule for r in answer] == ["INCOMPLETE", "BASE_MOVED", "ANOTHER_OPEN"]
    assert answer[0].details == {"problems": ["缺标题"]}
    assert answer[2].details == {"openSubmissionId": "s9"}


def test_a_stale_lock_tells_the_present_state() -> None:
    (answer,) = decide(facts(S.APPROVED), REVIEWER, Command(Action.SUBMIT_TO_HQ, 4))  # type: ignore[misc]
    assert answer.code is RefusalCode.STALE_OBJECT
    assert answer.details == {"lockVersion": 5, "state": "APPROVED"}
    assert "审核通过待提交" in answer.message


def test_a_wrong_state_tells_what_can_be_done_instead() -> None:
    (answer,) = decide(facts(S.PENDING_REVIEW), AUTHOR, Command(Action.EDIT, 5))  # type: ignore[misc]
    assert answer.details == {"state": "PENDING_REVIEW", "allowedActions": ["RECALL"]}
    assert "收回" in answer.message
    (nothing,) = decide(facts(S.VOIDED), AUTHOR, Command(Action.EDIT, 5))  # type: ignore[misc]
    assert "无" in nothing.message


@pytest.mark.parametrize(("codes", "text", "field"), [((), "请改", "reasonCodes"), ((ReturnReason.OTHER,), " \n", "reasonText")])
def test_a_return_needs_a_code_and_a_text(codes: tuple[ReturnReason, ...], text: str, field: str) -> None:
    (answer,) = decide(facts(S.APPROVED), REVIEWER, Command(Action.RETURN, 5, reason_codes=codes, reason_text=text))  # type: ignore[misc]
    assert isinstance(answer, Refusal)
    assert (answer.rule, answer.field) == ("REASON_REQUIRED", (field,))


def test_machines_carry_no_lock() -> None:
    decided = decide(facts(S.SUBMITTED), Actor("hq"), Command(Action.HQ_ACKNOWLEDGE))
    assert isinstance(decided, Decision)
    assert decided.target is S.PENDING_HQ


def test_a_row_without_target_stays() -> None:
    decided = decide(facts(S.RETURNED), AUTHOR, Command(Action.EDIT, 5))
    assert isinstance(decided, Decision)
    assert decided.target is S.RETURNED


@pytest.mark.parametrize(
    ("state", "actor", "more", "expected"),
    [
        (S.DRAFT, AUTHOR, {}, {Action.EDIT, Action.REBASE, Action.SUBMIT_FOR_REVIEW, Action.VOID}),
        (S.DRAFT, AUTHOR, {"kind": SubmissionKind.PUBLISH}, {Action.EDIT, Action.SUBMIT_FOR_REVIEW, Action.VOID}),
        (S.DRAFT, AUTHOR, {"base_current": False}, {Action.EDIT, Action.REBASE, Action.VOID}),
        (S.DRAFT, AUTHOR, {"problems": ("缺正文",)}, {Action.EDIT, Action.REBASE, Action.SUBMIT_FOR_REVIEW, Action.VOID}),
        (S.PENDING_REVIEW, AUTHOR, {}, {Action.RECALL}),
        (S.PENDING_REVIEW, REVIEWER, {}, {Action.CLAIM, Action.RELEASE, Action.REASSIGN, Action.APPROVE, Action.RETURN}),
        (S.PENDING_REVIEW, BOTH, {}, {Action.RECALL, Action.CLAIM, Action.RELEASE, Action.REASSIGN, Action.RETURN}),
        (S.APPROVED, REVIEWER, {}, {Action.REASSIGN, Action.RETURN, Action.SUBMIT_TO_HQ, Action.WITHDRAW}),
        (S.EFFECTIVE, BOTH, {}, set()),
        (S.DRAFT, Actor("chen", frozenset({Role.AUTHOR})), {}, set()),
        (S.PENDING_REVIEW, Actor("ops", frozenset({Role.OPERATOR, Role.ADMIN, Role.AGENT})), {}, set()),
    ],
)
def test_what_a_person_is_offered(state: S, actor: Actor, more: dict[str, object], expected: set[Action]) -> None:
    offered = allowed_actions(facts(state, **more), actor)
    assert set(offered) == expected
    assert offered == [a for a in PERMITTED if a in expected]


def test_an_authors_rights_reach_only_their_own() -> None:
    author, reviewer = frozenset({Role.AUTHOR}), frozenset({Role.REVIEWER})
    assert may(author, Action.CREATE, is_author=False)
    assert [may(author, Action.EDIT, is_author=own) for own in (True, False)] == [True, False]
    assert [may(reviewer, Action.WITHDRAW, is_author=own) for own in (True, False)] == [True, True]
    assert not may(frozenset(), Action.VOID, is_author=True)
