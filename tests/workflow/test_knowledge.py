"""What readers are told of a knowledge item, and the reviewer's direct actions on it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kbsearch.workflow.in_force import VersionFacts, timeline
from kbsearch.workflow.knowledge import (
    KnowledgeAction,
    KnowledgeFacts,
    allowed_knowledge_actions,
    decide_knowledge,
    status,
    suspension_end,
    text_hidden,
)
from kbsearch.workflow.reasons import RevokeReason
from kbsearch.workflow.states import KnowledgeStatus, Scope

NOW = datetime(2026, 11, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
K = KnowledgeStatus
LIVE = KnowledgeFacts(timeline([VersionFacts(1, NOW - HOUR)]))
ENDED = KnowledgeFacts(timeline([VersionFacts(1, NOW - 2 * HOUR, NOW - HOUR)]))
REVOKED = replace(ENDED, revoked_from=NOW - HOUR, revoke_reason=RevokeReason.SERVICE_RETIRED)
SUSPENDED: dict[str, Any] = {"suspended_at": NOW - HOUR}


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (KnowledgeFacts(timeline([])), K.UNPUBLISHED),
        (KnowledgeFacts(timeline([VersionFacts(1, NOW + HOUR)])), K.UNPUBLISHED),
        (LIVE, K.PUBLISHED),
        (ENDED, K.EXPIRED),
        (replace(LIVE, **SUSPENDED), K.SUSPENDED),
        (replace(ENDED, **SUSPENDED), K.SUSPENDED),
        (replace(LIVE, suspended_at=NOW - HOUR, suspended_until=NOW), K.PUBLISHED),
        (replace(LIVE, suspended_at=NOW + HOUR), K.PUBLISHED),
        (replace(REVOKED, **SUSPENDED), K.REVOKED),
        (replace(LIVE, revoked_from=NOW - HOUR, revoke_reason=RevokeReason.MERGED), K.PUBLISHED),
        (replace(REVOKED, archived_at=NOW), K.ARCHIVED),
        (replace(REVOKED, archived_at=NOW + HOUR), K.REVOKED),
    ],
)
def test_the_first_status_that_holds_is_shown(facts: KnowledgeFacts, expected: KnowledgeStatus) -> None:
    assert status(facts, NOW) is expected


@pytest.mark.parametrize("reason", RevokeReason)
def test_published_in_error_hides_the_text_even_when_archived(reason: RevokeReason) -> None:
    hidden = reason is RevokeReason.PUBLISHED_IN_ERROR
    revoked = replace(REVOKED, revoke_reason=reason)
    assert text_hidden(revoked, NOW) is hidden
    assert text_hidden(replace(revoked, archived_at=NOW), NOW) is hidden


def test_suspension_hides_the_text() -> None:
    assert text_hidden(replace(LIVE, **SUSPENDED), NOW)
    assert not text_hidden(LIVE, NOW)
    assert not text_hidden(replace(ENDED, archived_at=NOW), NOW)


def test_only_nationwide_suspensions_end_by_themselves() -> None:
    assert suspension_end(Scope.NATIONAL, NOW) == NOW + 72 * HOUR
    assert suspension_end(Scope.LOCAL, NOW) is None


@pytest.mark.parametrize("now", KnowledgeStatus)
def test_actions_are_refused_outside_their_statuses(now: KnowledgeStatus) -> None:
    expected = {
        K.PUBLISHED: [KnowledgeAction.SUSPEND, KnowledgeAction.MARK_STILL_IN_USE],
        K.SUSPENDED: [KnowledgeAction.RESUME, KnowledgeAction.MARK_STILL_IN_USE],
        K.REVOKED: [KnowledgeAction.ARCHIVE, KnowledgeAction.MARK_STILL_IN_USE],
        K.EXPIRED: [KnowledgeAction.ARCHIVE, KnowledgeAction.MARK_STILL_IN_USE],
    }.get(now, [])
    assert allowed_knowledge_actions(now) == expected
    for action in KnowledgeAction:
        refusal = decide_knowledge(action, now, "核实中")
        assert (refusal is None) == (action in expected)
        if refusal is not None:
            assert refusal.code == "ILLEGAL_TRANSITION"
            assert refusal.details == {"state": now.value, "allowedActions": [a.value for a in expected]}


def test_a_suspension_needs_its_reason() -> None:
    refusal = decide_knowledge(KnowledgeAction.SUSPEND, K.PUBLISHED, "  ")
    assert refusal is not None
    assert (refusal.code, refusal.rule) == ("RULE_VIOLATED", "REASON_REQUIRED")
