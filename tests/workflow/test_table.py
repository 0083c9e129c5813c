"""The table is whole: every row can happen, every state has a way out or is an end, every condition and effect is carried out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product

import pytest

from kbsearch.services.transitions import _EFFECTS
from kbsearch.workflow import actions, deadlines, decide, hq_decisions, knowledge, labels, reasons, states, table
from kbsearch.workflow.actions import HQ_ACTIONS, PERMITTED, SYSTEM_ACTIONS, Action
from kbsearch.workflow.decide import Facts, find_row
from kbsearch.workflow.labels import Labelled
from kbsearch.workflow.states import COUNTED_AS_OPEN, HELD_BY_HQ, TERMINAL, Scope, SubmissionKind, SubmissionState
from kbsearch.workflow.table import TABLE, Effect, Guard, Transition, When

MODULES = (actions, deadlines, decide, hq_decisions, knowledge, labels, reasons, states, table)
ENUMS = sorted(
    {e for m in MODULES for e in vars(m).values() if isinstance(e, type) and issubclass(e, Labelled) and e is not Labelled}, key=str
)
BOTH = (False, True)
ORIGINS = (None, SubmissionState.SUBMITTED, SubmissionState.PENDING_HQ, SubmissionState.SCHEDULED)


def facts_in(state: SubmissionState) -> Iterator[Facts]:
    """Every combination of what rows can ask about."""
    for kind, scope, origin, later, asked, dead in product(SubmissionKind, Scope, ORIGINS, BOTH, BOTH, BOTH):
        yield Facts(state, kind, scope, 1, "wang", origin=origin, due_later=later, withdrawal_asked=asked, dead_lettered=dead)


def rows_from(state: SubmissionState) -> set[Transition]:
    found = (find_row(facts, action) for facts in facts_in(state) for action in Action)
    return {row for row in found if row is not None}


REACHED = {state: rows_from(state) for state in SubmissionState}


@pytest.mark.parametrize("state", SubmissionState)
def test_a_state_has_a_way_out_or_is_an_end(state: SubmissionState) -> None:
    leaves = {row.target for row in REACHED[state]} - {None, state}
    assert bool(leaves) == (state not in TERMINAL)
    assert (REACHED[state] == set()) == (state in TERMINAL)


def test_every_row_can_happen() -> None:
    assert set(TABLE) - set().union(*REACHED.values()) == set()


def test_every_state_is_reached_from_a_draft() -> None:
    seen, queue = {SubmissionState.DRAFT}, [SubmissionState.DRAFT]
    while queue:
        for target in {row.target for row in REACHED[queue.pop()]} - seen - {None}:
            assert target is not None
            seen.add(target)
            queue.append(target)
    assert seen == set(SubmissionState)


def test_every_condition_guard_and_effect_is_used_and_known() -> None:
    assert {w for row in TABLE for w in row.when} == set(When) == set(decide._CONDITIONS)
    assert {g for row in TABLE for g in row.guards} == set(Guard) == set(decide._GUARDS)
    assert {e for row in TABLE for e in row.effects} == set(Effect)
    assert set(_EFFECTS) == set(Effect) - {Effect.PUT_IN_FORCE}  # that one is the settling after every change of knowledge


def test_every_action_belongs_to_exactly_one_kind_of_actor() -> None:
    groups = [set(PERMITTED), set(HQ_ACTIONS), set(SYSTEM_ACTIONS)]
    assert set().union(*groups) == set(Action)
    assert sum(map(len, groups)) == len(Action)
    assert {row.action for row in TABLE} == set(Action) - {Action.CREATE}


def test_a_round_sent_is_a_round_headquarters_holds() -> None:
    sending = [row for row in TABLE if Effect.SEND in row.effects]
    assert [row.target for row in sending] == [SubmissionState.SUBMITTED]
    assert SubmissionState.SUBMITTED in HELD_BY_HQ
    assert not COUNTED_AS_OPEN & TERMINAL


@pytest.mark.parametrize("enum", ENUMS, ids=lambda e: e.__name__)
def test_every_name_has_a_chinese_label_of_its_own(enum: type[Labelled]) -> None:
    names = [member.label for member in enum]
    assert len(set(names)) == len(names) > 1
    for member in enum:
        assert re.search(r"[一-鿿]", member.label), member
        assert member.value == member.name
        assert member.description == (f"{member.label}：{member.meaning}" if member.meaning else member.label)


def test_labels_are_found_at_all() -> None:
    assert {e.__name__ for e in ENUMS} >= {"SubmissionState", "Action", "Role", "ReturnReason", "Receipt", "KnowledgeStatus", "When"}
