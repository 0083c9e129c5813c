"""The model answers every cell of the hand-reviewed table; the same check runs on any Driver."""

from __future__ import annotations

import pytest

from .driver import Act, Driver, ReferenceDriver
from .expected_cells import ACTIONS, BLIND_ROLES, MESSAGES, SEEING_ROLES, hq_cells, person_cells, state_of
from .reference import Reference
from .situations import LOCAL_STEPS, NATIONAL_STEPS, START, Stage, hq_message
from .things import Scope, State

SCOPES = (Scope.NATIONAL, Scope.LOCAL)
SITUATIONS = [(scope, name) for scope in SCOPES for name in sorted({key[0] for key in person_cells(scope)})]


def fresh_driver() -> Driver:
    return ReferenceDriver(Reference(START))


@pytest.mark.parametrize(("scope", "situation"), SITUATIONS)
def test_every_action_of_every_role(scope: Scope, situation: str) -> None:
    cells = person_cells(scope)
    for role in (*SEEING_ROLES, *BLIND_ROLES):
        for action in ACTIONS:
            stage = Stage(fresh_driver(), scope)
            stage.lead_to(situation)
            assert stage.driver.state("s1") == state_of(situation)
            answer = stage.driver.act(Act(action, role, "s1", to="other_author"))
            got = "OK:" + stage.driver.state("s1") if answer == "APPLIED" else answer
            assert got == cells[situation, role, action], (role, action)
            if answer != "APPLIED":
                assert stage.driver.state("s1") == state_of(situation)


@pytest.mark.parametrize("situation", sorted({key[0] for key in hq_cells()}))
def test_every_message_of_headquarters(situation: str) -> None:
    for message in MESSAGES:
        stage = Stage(fresh_driver(), Scope.NATIONAL)
        stage.lead_to(situation)
        receipt = stage.deliver(hq_message(message, "s1"))
        assert (receipt, stage.driver.state("s1")) == hq_cells()[situation, message], message


@pytest.mark.parametrize("situation", sorted(LOCAL_STEPS))
def test_headquarters_knows_no_local_submission(situation: str) -> None:
    for message in MESSAGES:
        stage = Stage(fresh_driver(), Scope.LOCAL)
        stage.lead_to(situation)
        assert stage.deliver(hq_message(message, "s1")) == "REJECTED"
        assert stage.driver.state("s1") == state_of(situation)


def test_the_table_covers_every_state() -> None:
    assert {state_of(s) for s in NATIONAL_STEPS} == set(State) == {state_of(key[0]) for key in person_cells("NATIONAL")}
    assert {key[0] for key in hq_cells()} == set(NATIONAL_STEPS)
    only_with_hq = {State.APPROVED, State.SUBMITTED, State.PENDING_HQ, State.HQ_RETURNED, State.WITHDRAW_PENDING, State.HQ_REJECTED}
    assert {state_of(s) for s in LOCAL_STEPS} == set(State) - only_with_hq == {state_of(key[0]) for key in person_cells("LOCAL")}


def test_a_lease_is_given_back_by_its_holder_only() -> None:
    stage = Stage(fresh_driver(), Scope.NATIONAL)
    stage.lead_to("PENDING_REVIEW")
    stage.do("claim", "reviewer")
    assert stage.driver.act(Act("claim", "editor", "s1")) == "RULE_VIOLATED"
    assert stage.driver.act(Act("release", "editor", "s1")) == "RULE_VIOLATED"
    stage.do("release", "reviewer")
    stage.do("claim", "editor")
    assert stage.driver.state("s1") == "PENDING_REVIEW"
