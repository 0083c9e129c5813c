"""The feedback table against one written by hand: what every role may do in every state, and what each rule refuses."""

from __future__ import annotations

import re
from itertools import product

import pytest

from kbsearch.errors import RefusalCode
from kbsearch.workflow import feedback
from kbsearch.workflow.actions import Role
from kbsearch.workflow.decide import Actor
from kbsearch.workflow.feedback import (
    HQ_ACTIONS,
    PERMITTED,
    SYSTEM_ACTIONS,
    TABLE,
    FeedbackAction,
    FeedbackRow,
    FeedbackState,
    Guard,
    Resolution,
)
from kbsearch.workflow.feedback_decisions import (
    _GUARDS,
    Dispatched,
    FeedbackCommand,
    FeedbackFacts,
    Linked,
    allowed_actions,
    decide,
    judge_dispatch,
)
from kbsearch.workflow.hq_decisions import Receipt
from kbsearch.workflow.labels import Labelled
from kbsearch.workflow.states import Owner

A, S = FeedbackAction, FeedbackState
EVERYBODY = tuple(Role)
# (state, action) → (who may, state it leads to); what is not here is refused as ILLEGAL_TRANSITION. Written by hand.
CELLS: dict[tuple[FeedbackState, FeedbackAction], tuple[str, FeedbackState]] = {
    (S.RECEIVED, A.OPEN_UPDATE): ("reviewer", S.IN_PROGRESS),
    (S.RECEIVED, A.LINK): ("reviewer", S.IN_PROGRESS),
    (S.RECEIVED, A.RESOLVE): ("reviewer", S.RESOLVED),
    (S.RECEIVED, A.REASSIGN): ("reviewer", S.RECEIVED),
    (S.RECEIVED, A.REDISPATCH): ("hq", S.RECEIVED),
    (S.IN_PROGRESS, A.UNLINK): ("reviewer", S.RECEIVED),
    (S.IN_PROGRESS, A.REASSIGN): ("reviewer", S.IN_PROGRESS),
    (S.IN_PROGRESS, A.ADOPT): ("system", S.RESOLVED),
    (S.IN_PROGRESS, A.RETURN_TO_RECEIVED): ("system", S.RECEIVED),
    (S.IN_PROGRESS, A.REDISPATCH): ("hq", S.IN_PROGRESS),
    (S.RESOLVED, A.REDISPATCH): ("hq", S.RECEIVED),
}
FOR_REVIEWERS = {A.OPEN_UPDATE, A.LINK, A.UNLINK, A.RESOLVE, A.REASSIGN}
REVIEWER = Actor("zhao", frozenset({Role.REVIEWER}))


def facts(state: FeedbackState = S.RECEIVED, *, owner: Owner | None = Owner.LOCAL) -> FeedbackFacts:
    return FeedbackFacts("F1", state, 3, owner)


def complete(action: FeedbackAction, lock_version: int | None = 3) -> FeedbackCommand:
    """A command that breaks no rule of input."""
    if action is A.RESOLVE:
        return FeedbackCommand(action, lock_version, Resolution.NO_CHANGE, "口径无误")
    return FeedbackCommand(action, lock_version, linked=Linked(open=True, same_subject=True))


@pytest.mark.parametrize("role", EVERYBODY)
@pytest.mark.parametrize(("state", "action"), list(product(S, A)))
def test_every_cell(state: FeedbackState, action: FeedbackAction, role: Role) -> None:
    decided = decide(facts(state), Actor("x", frozenset({role})), complete(action))
    if action in FOR_REVIEWERS and role is not Role.REVIEWER:
        assert not isinstance(decided, FeedbackRow)
        assert [r.code for r in decided] == [RefusalCode.PERMISSION_DENIED]
    elif (state, action) not in CELLS:
        assert not isinstance(decided, FeedbackRow)
        assert [r.code for r in decided] == [RefusalCode.ILLEGAL_TRANSITION]
        assert decided[0].details["state"] == state.value
    else:
        assert isinstance(decided, FeedbackRow)
        assert (decided.target or state) is CELLS[state, action][1]


def test_only_new_feedback_is_received_or_given() -> None:
    assert {row.action for row in TABLE if None in row.sources} == {A.RECEIVE, A.GIVE}
    assert all(row.target is S.RECEIVED for row in TABLE if None in row.sources)


def test_every_action_belongs_to_exactly_one_kind_of_actor_and_has_a_row() -> None:
    groups = [set(PERMITTED), set(HQ_ACTIONS), set(SYSTEM_ACTIONS)]
    assert set().union(*groups) == set(A) == {row.action for row in TABLE}
    assert sum(map(len, groups)) == len(A)
    kinds = {"reviewer": set(PERMITTED), "hq": set(HQ_ACTIONS), "system": set(SYSTEM_ACTIONS)}
    assert all(action in kinds[who] for (_, action), (who, _) in CELLS.items())


def test_every_guard_is_used_and_known() -> None:
    assert {guard for row in TABLE for guard in row.guards} == set(Guard) == set(_GUARDS)


@pytest.mark.parametrize("state", S)
def test_allowed_actions_are_the_cells_of_reviewers(state: FeedbackState) -> None:
    expected = [a for a in PERMITTED if (state, a) in CELLS]
    assert allowed_actions(facts(state), frozenset({Role.REVIEWER})) == expected
    for role in set(Role) - {Role.REVIEWER}:
        assert allowed_actions(facts(state), frozenset({role})) == []


def test_what_headquarters_owns_is_only_answered() -> None:
    theirs = facts(owner=Owner.HQ)
    refused = decide(theirs, REVIEWER, complete(A.OPEN_UPDATE))
    assert not isinstance(refused, FeedbackRow)
    assert [(r.code, r.rule) for r in refused] == [(RefusalCode.RULE_VIOLATED, "OWNED_BY_HQ")]
    assert A.OPEN_UPDATE not in allowed_actions(theirs, REVIEWER.roles)
    assert isinstance(decide(theirs, REVIEWER, complete(A.RESOLVE)), FeedbackRow)
    assert isinstance(decide(facts(owner=None), REVIEWER, complete(A.OPEN_UPDATE)), FeedbackRow)


@pytest.mark.parametrize(
    ("resolution", "text", "originals", "rules"),
    [
        (Resolution.NO_CHANGE, "无误", (), None),
        (Resolution.REJECTED, "不是事实", (), None),
        (Resolution.DUPLICATE, "同上", ("F2",), None),
        (Resolution.DUPLICATE, "同上", ("F2", "F3"), None),
        (Resolution.NO_CHANGE, " \n", (), ["REASON_REQUIRED"]),
        (Resolution.ADOPTED, "已改", (), ["ADOPTED_BY_UPDATE"]),
        (Resolution.ADOPTED, "", (), ["ADOPTED_BY_UPDATE", "REASON_REQUIRED"]),
        (Resolution.DUPLICATE, "同上", (), ["ORIGINAL_REQUIRED"]),
        (Resolution.DUPLICATE, "同上", ("F1",), ["DUPLICATE_CIRCLE"]),
        (Resolution.DUPLICATE, "同上", ("F2", "F3", "F1"), ["DUPLICATE_CIRCLE"]),
        (Resolution.NO_CHANGE, "无误", ("F2",), ["ORIGINAL_NOT_ALLOWED"]),
    ],
)
def test_answers(resolution: Resolution, text: str, originals: tuple[str, ...], rules: list[str] | None) -> None:
    decided = decide(facts(), REVIEWER, FeedbackCommand(A.RESOLVE, 3, resolution, text, originals))
    if rules is None:
        assert isinstance(decided, FeedbackRow)
    else:
        assert not isinstance(decided, FeedbackRow)
        assert [r.rule for r in decided] == rules


@pytest.mark.parametrize(
    ("linked", "rule"),
    [
        (Linked(open=True, same_subject=True), None),
        (Linked(open=False, same_subject=True), "SUBMISSION_OVER"),
        (Linked(open=True, same_subject=False), "OTHER_SUBJECT"),
        (None, "SUBMISSION_OVER"),
    ],
)
def test_links(linked: Linked | None, rule: str | None) -> None:
    decided = decide(facts(), REVIEWER, FeedbackCommand(A.LINK, 3, linked=linked))
    if rule is None:
        assert isinstance(decided, FeedbackRow)
    else:
        assert not isinstance(decided, FeedbackRow)
        assert [r.rule for r in decided] == [rule]


def test_stale_comes_before_the_row_and_after_the_right() -> None:
    stale = decide(facts(S.RESOLVED), REVIEWER, complete(A.RESOLVE, 2))
    assert not isinstance(stale, FeedbackRow)
    assert (stale[0].code, stale[0].details) == (RefusalCode.STALE_OBJECT, {"lockVersion": 3, "state": "RESOLVED"})
    denied = decide(facts(S.RESOLVED), Actor("wang", frozenset({Role.AUTHOR})), complete(A.RESOLVE, 2))
    assert not isinstance(denied, FeedbackRow)
    assert denied[0].code is RefusalCode.PERMISSION_DENIED


@pytest.mark.parametrize(
    ("known", "dispatch", "fingerprint", "same_subject", "receipt"),
    [
        (None, 1, "a", True, Receipt.APPLIED),
        (None, 7, "a", True, Receipt.APPLIED),
        (Dispatched(1, {1: "a"}), 1, "a", True, Receipt.DUPLICATE),
        (Dispatched(1, {1: "a"}), 1, "b", True, Receipt.QUARANTINED),
        (Dispatched(1, {1: "a"}), 2, "a", True, Receipt.APPLIED),
        (Dispatched(1, {1: "a"}), 2, "b", False, Receipt.QUARANTINED),
        (Dispatched(3, {1: "a", 3: "c"}), 1, "a", True, Receipt.DUPLICATE),
        (Dispatched(3, {1: "a", 3: "c"}), 1, "b", True, Receipt.QUARANTINED),
        (Dispatched(3, {1: "a", 3: "c"}), 2, "b", True, Receipt.OUT_OF_DATE),
        (Dispatched(3, {3: "c"}), 4, "d", True, Receipt.APPLIED),
    ],
)
def test_dispatches(known: Dispatched | None, dispatch: int, fingerprint: str, *, same_subject: bool, receipt: Receipt) -> None:
    verdict = judge_dispatch(known, dispatch, fingerprint, same_subject=same_subject)
    assert verdict.receipt is receipt
    assert verdict.alarm == (receipt is Receipt.QUARANTINED)
    assert bool(verdict.reason) == (receipt is not Receipt.APPLIED)


def test_every_name_has_a_chinese_label_of_its_own() -> None:
    classes = {e for e in vars(feedback).values() if isinstance(e, type)}
    enums = [e for e in classes if issubclass(e, Labelled) and e not in {Labelled, Role}]
    assert len(enums) == 5
    for enum in enums:
        labels = [member.label for member in enum]
        assert len(set(labels)) == len(labels)
        assert all(re.search(r"[一-鿿]", label) for label in labels)
