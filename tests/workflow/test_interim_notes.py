"""The table of interim notes 临时口径, action by action: who may, from where, under which guards."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kbsearch.workflow.actions import Role
from kbsearch.workflow.decide import Actor
from kbsearch.workflow.interim_notes import (
    PERMITTED,
    SYSTEM_ACTIONS,
    InterimNoteAction,
    InterimNoteCommand,
    InterimNoteFacts,
    InterimNoteRow,
    InterimNoteState,
    allowed_actions,
    decide_note,
    must_lapse,
    shown_until,
)
from kbsearch.workflow.states import KnowledgeStatus, Scope

A, S = InterimNoteAction, InterimNoteState
WANG, LI, ZHAO = Actor("wang", frozenset({Role.AUTHOR})), Actor("li", frozenset({Role.AUTHOR})), Actor("zhao", frozenset({Role.REVIEWER}))
BOTH = Actor("wang", frozenset({Role.AUTHOR, Role.REVIEWER}))
SYSTEM = Actor("system")
FACTS = InterimNoteFacts(S.PENDING, 3, "wang", 2, Scope.NATIONAL, KnowledgeStatus.PUBLISHED, 2)
# (action, from) → to; every other pair is illegal.
MOVES = {
    (A.WRITE, None): S.PENDING,
    (A.RESUBMIT, S.RETURNED): S.PENDING,
    (A.APPROVE, S.PENDING): S.ACTIVE,
    (A.RETURN, S.PENDING): S.RETURNED,
    (A.WITHDRAW, S.PENDING): S.WITHDRAWN,
    (A.WITHDRAW, S.RETURNED): S.WITHDRAWN,
    (A.END, S.ACTIVE): S.ENDED,
    (A.RUN_OUT, S.ACTIVE): S.ENDED,
    (A.LAPSE, S.PENDING): S.ENDED,
    (A.LAPSE, S.RETURNED): S.ENDED,
    (A.LAPSE, S.ACTIVE): S.ENDED,
}
RUNS = {A.APPROVE: ZHAO, A.RETURN: ZHAO, A.END: ZHAO, A.RUN_OUT: SYSTEM, A.LAPSE: SYSTEM}


def command(action: InterimNoteAction, **more: Any) -> InterimNoteCommand:
    return replace(InterimNoteCommand(action, note="以短信为准", hours=24, reason="须核实"), **more)


def rules(answer: InterimNoteRow | tuple[object, ...]) -> list[str]:
    assert isinstance(answer, tuple)
    return [refusal.rule or refusal.code.value for refusal in answer]  # type: ignore[attr-defined]


@pytest.mark.parametrize("action", A)
@pytest.mark.parametrize("state", [None, *S])
def test_every_action_in_every_state(action: InterimNoteAction, state: InterimNoteState | None) -> None:
    answer = decide_note(replace(FACTS, state=state), RUNS.get(action, WANG), command(action))
    if (action, state) in MOVES:
        assert isinstance(answer, InterimNoteRow)
        assert answer.target is MOVES[action, state]
    else:
        assert rules(answer) == ["ILLEGAL_TRANSITION"]


def test_every_action_is_somebodys() -> None:
    assert set(PERMITTED) | SYSTEM_ACTIONS == set(A)
    assert not set(PERMITTED) & SYSTEM_ACTIONS


@pytest.mark.parametrize(
    ("action", "state", "actor"),
    [
        (A.WRITE, None, ZHAO),
        (A.RESUBMIT, S.RETURNED, LI),  # another author's
        (A.WITHDRAW, S.PENDING, LI),
        (A.APPROVE, S.PENDING, WANG),
        (A.RETURN, S.PENDING, LI),
        (A.END, S.ACTIVE, WANG),
        (A.END, S.ACTIVE, Actor("agent", frozenset({Role.AGENT}))),
    ],
)
def test_others_may_not(action: InterimNoteAction, state: InterimNoteState | None, actor: Actor) -> None:
    facts = replace(FACTS, state=state)
    assert rules(decide_note(facts, actor, command(action))) == ["PERMISSION_DENIED"]
    assert action not in allowed_actions(facts, actor)


@pytest.mark.parametrize(
    ("change", "given", "broken"),
    [
        ({"scope": Scope.LOCAL}, {}, "NOT_NATIONAL"),
        ({"status": KnowledgeStatus.SUSPENDED}, {}, "NOT_IN_FORCE"),
        ({"status": KnowledgeStatus.EXPIRED, "current": None}, {}, "NOT_IN_FORCE"),
        ({"current": 3}, {}, "VERSION_MOVED"),
        ({}, {"note": "   "}, "BAD_TEXT"),
        ({}, {"note": "字" * 501}, "BAD_TEXT"),
        ({}, {"hours": 0}, "BAD_HOURS"),
        ({}, {"hours": 73}, "BAD_HOURS"),
    ],
)
def test_what_is_written_must_fit(change: dict[str, Any], given: dict[str, Any], broken: str) -> None:
    for action, state in ((A.WRITE, None), (A.RESUBMIT, S.RETURNED)):
        assert rules(decide_note(replace(FACTS, state=state, **change), WANG, command(action, **given))) == [broken]


def test_the_longest_note_for_the_longest_time_fits() -> None:
    assert isinstance(decide_note(replace(FACTS, state=None), WANG, command(A.WRITE, note="字" * 500, hours=72)), InterimNoteRow)


def test_approval_needs_four_eyes_the_version_and_room() -> None:
    assert rules(decide_note(FACTS, BOTH, command(A.APPROVE))) == ["FOUR_EYES"]
    moved = replace(FACTS, current=3, other_active=True)
    assert rules(decide_note(moved, ZHAO, command(A.APPROVE))) == ["VERSION_MOVED", "ANOTHER_ACTIVE"]
    assert allowed_actions(moved, ZHAO) == [A.RETURN]
    assert allowed_actions(FACTS, ZHAO) == [A.APPROVE, A.RETURN]
    assert allowed_actions(FACTS, BOTH) == [A.RETURN, A.WITHDRAW]


@pytest.mark.parametrize(("action", "state"), [(A.RETURN, S.PENDING), (A.END, S.ACTIVE)])
def test_a_return_and_an_end_need_a_text(action: InterimNoteAction, state: InterimNoteState) -> None:
    assert rules(decide_note(replace(FACTS, state=state), ZHAO, command(action, reason=" "))) == ["REASON_REQUIRED"]


def test_a_stale_lock_version_comes_before_the_state() -> None:
    assert rules(decide_note(replace(FACTS, state=S.ENDED), ZHAO, command(A.APPROVE, lock_version=2))) == ["LOCK_VERSION"]


@pytest.mark.parametrize(
    ("status", "current", "lapses"),
    [
        (KnowledgeStatus.PUBLISHED, 2, set()),
        (KnowledgeStatus.PUBLISHED, 3, {S.PENDING, S.RETURNED, S.ACTIVE}),
        (KnowledgeStatus.SUSPENDED, 2, {S.ACTIVE}),  # the version may come back: what waits goes on waiting
        (KnowledgeStatus.EXPIRED, None, {S.PENDING, S.RETURNED, S.ACTIVE}),
        (KnowledgeStatus.REVOKED, None, {S.PENDING, S.RETURNED, S.ACTIVE}),
    ],
)
def test_what_ends_with_the_item(status: KnowledgeStatus, current: int | None, lapses: set[InterimNoteState]) -> None:
    assert {s for s in S if must_lapse(replace(FACTS, state=s, status=status, current=current))} == lapses


def test_a_note_is_never_shown_longer_than_72_hours() -> None:
    now = datetime(2026, 11, 23, tzinfo=UTC)
    assert shown_until(now, 5) == now + timedelta(hours=5)
    assert shown_until(now, 500) == now + timedelta(hours=72)
