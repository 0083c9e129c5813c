"""What readers are told of an announcement at each instant, and when our own see an urgent one early."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from kbsearch.errors import RefusalCode
from kbsearch.workflow.announcements import (
    UNANSWERED,
    AnnouncementAction,
    AnnouncementFacts,
    AnnouncementStatus,
    allowed_announcement_actions,
    announcement_status,
    decide_release,
    released,
    shown_before_hq,
)
from kbsearch.workflow.in_force import RevocationFacts, VersionFacts, timeline
from kbsearch.workflow.states import TERMINAL, Owner, Scope, SubmissionKind, SubmissionState, Urgency

NOW = datetime(2026, 11, 2, tzinfo=UTC)
DAY = timedelta(days=1)
A, S = AnnouncementStatus, SubmissionState


def facts(
    owner: Owner = Owner.HQ, *, live: int = 0, until: int | None = 5, recalled: int | None = None, out: int | None = 0
) -> AnnouncementFacts:
    """One version live from day `live` to `until`, released on day `out`, recalled on day `recalled`."""
    version = VersionFacts(1, NOW + live * DAY, None if until is None else NOW + until * DAY, accepted_at=NOW)
    ends = [] if recalled is None else [RevocationFacts("r", 1, NOW + recalled * DAY)]
    at = None if recalled is None else NOW + recalled * DAY
    return AnnouncementFacts(timeline([version], ends), owner, None if out is None else NOW + out * DAY, at)


@pytest.mark.parametrize(
    ("given", "by_day"),
    [
        (facts(), [A.PUBLISHED, A.PUBLISHED, A.PUBLISHED, A.EXPIRED]),
        (facts(out=2), [A.RECEIVED, A.PUBLISHED, A.PUBLISHED, A.EXPIRED]),
        (facts(out=None), [A.RECEIVED, A.RECEIVED, A.RECEIVED, A.EXPIRED]),
        (facts(live=1), [A.SCHEDULED, A.PUBLISHED, A.PUBLISHED, A.EXPIRED]),
        (facts(live=1, out=None), [A.RECEIVED, A.RECEIVED, A.RECEIVED, A.EXPIRED]),
        (facts(Owner.LOCAL, live=1, out=None), [A.SCHEDULED, A.PUBLISHED, A.PUBLISHED, A.EXPIRED]),
        (facts(recalled=2, until=None), [A.PUBLISHED, A.RECALLED, A.RECALLED, A.RECALLED]),
        (facts(recalled=2), [A.PUBLISHED, A.RECALLED, A.RECALLED, A.RECALLED]),
    ],
)
def test_the_status_of_each_day(given: AnnouncementFacts, by_day: list[AnnouncementStatus]) -> None:
    assert [announcement_status(given, NOW + day * DAY) for day in (0, 2, 4, 6)] == by_day


def test_without_a_version_there_is_nothing_and_a_tombstone_is_recalled() -> None:
    nothing = AnnouncementFacts(timeline([]), Owner.LOCAL)
    assert announcement_status(nothing, NOW) is A.UNPUBLISHED
    tombstone = AnnouncementFacts(timeline([], [RevocationFacts("r", 1, NOW)]), Owner.HQ, None, NOW)
    assert announcement_status(tombstone, NOW) is A.RECALLED


@pytest.mark.parametrize(("owner", "status"), list(product(Owner, AnnouncementStatus)))
def test_a_reviewer_releases_what_headquarters_gave_and_what_stands(owner: Owner, status: AnnouncementStatus) -> None:
    may = owner is Owner.HQ and status in {A.RECEIVED, A.SCHEDULED, A.PUBLISHED}
    assert allowed_announcement_actions(owner, status) == ([AnnouncementAction.RELEASE] if may else [])
    refusal = decide_release(owner, status)
    assert (refusal is None) is may
    if refusal is not None:
        code = RefusalCode.ILLEGAL_TRANSITION if owner is Owner.HQ else RefusalCode.RULE_VIOLATED
        assert refusal.code is code


def test_what_is_released() -> None:
    assert released(Owner.LOCAL, None, NOW)
    assert [released(Owner.HQ, at, NOW) for at in (None, NOW, NOW + DAY)] == [False, True, False]


def test_only_an_urgent_new_national_one_between_the_two_reviews_is_shown_early() -> None:
    shown = {
        (k, scope, u, s) for k, scope, u, s in product(SubmissionKind, Scope, Urgency, SubmissionState) if shown_before_hq(k, scope, u, s)
    }
    states = (S.APPROVED, S.SUBMITTED, S.PENDING_HQ)
    assert shown == {(SubmissionKind.PUBLISH, Scope.NATIONAL, Urgency.URGENT, s) for s in states}


def test_an_answer_counts_from_review_on_unless_it_came_to_nothing() -> None:
    answered = set(SubmissionState) - UNANSWERED
    assert answered == {S.PENDING_REVIEW, S.APPROVED, S.SUBMITTED, S.PENDING_HQ, S.SCHEDULED, S.EFFECTIVE, S.WITHDRAW_PENDING}
    assert answered & TERMINAL == {S.EFFECTIVE}
