"""The invariants of product.md §3.4 as checks on a finished moment of the model; they change nothing."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

from .reference import Reference
from .things import TERMINAL, Kind, Revocation, Scope, State, Version
from .timeline import in_force, live_intervals, status

# Which log actions require which message; the others require none.
SENDS = {"submitToHq": None, "withdraw": "AUTHOR_REQUEST", "void": "VOIDED", "baseMoved": "BASE_CONFLICT", "supersede": "SUPERSEDED"}
HELD = {State.SUBMITTED, State.PENDING_HQ, State.SCHEDULED, State.WITHDRAW_PENDING}


def check_all(model: Reference) -> None:
    """Every invariant that can be seen at one moment."""
    _live_intervals(model)
    _log_replays(model)
    _at_most_one_open(model)
    _four_eyes(model)
    _outbox_equals_log(model)
    _terminal_versions(model)


def _live_intervals(model: Reference) -> None:
    for item in model.knowledge.values():
        intervals = live_intervals(item)
        for one, other in pairwise(intervals):
            assert one.end is not None
            assert one.end <= other.start
        now = in_force(item, model.now)
        covering = [i.number for i in intervals if i.start <= model.now and (i.end is None or model.now < i.end)]
        assert covering == ([now.number] if now else [])
        if now is not None:
            assert now.accepted
            assert not now.history_only
            assert now.recorded_at <= now.live_from <= model.now
        if now is not None and not item.archived:
            assert status(item, model.now) == ("SUSPENDED" if item.suspension else "PUBLISHED")


def _log_replays(model: Reference) -> None:
    states: dict[str, State] = {}
    locks: dict[str, int] = {}
    for entry in model.log:
        assert states.get(entry.submission) == entry.before
        assert entry.lock > locks.get(entry.submission, 0)
        states[entry.submission], locks[entry.submission] = entry.after, entry.lock
        if entry.action in {"return", "hqReturn", "hqReject"}:
            assert entry.reasons
    assert states == {s.id: s.state for s in model.submissions.values()}
    assert locks == {s.id: s.lock for s in model.submissions.values()}


def _at_most_one_open(model: Reference) -> None:
    slots = Counter((s.knowledge, s.kind is Kind.REVOKE) for s in model.submissions.values() if s.open)
    assert all(count == 1 for count in slots.values())


def _four_eyes(model: Reference) -> None:
    writers: dict[str, set[str]] = {}
    for entry in model.log:
        if entry.action in {"draft", "edit", "rebase", "submitForReview"}:
            writers.setdefault(entry.submission, set()).add(entry.who)
        if entry.action == "approve":
            assert entry.who not in writers[entry.submission]


def _outbox_equals_log(model: Reference) -> None:
    """Outbox rows = transitions that require sending, derived from the log alone (queries and notices aside)."""
    expected: Counter[tuple[str, str, str | None]] = Counter()
    seen: set[str] = set()
    for entry in model.log:
        s = model.submissions[entry.submission]
        required = entry.action == "submitToHq"
        required |= entry.action == "withdraw" and (entry.after is State.WITHDRAW_PENDING or s.id in seen)
        required |= entry.action == "void" and s.id in seen
        required |= entry.action in {"baseMoved", "supersede"} and entry.before in HELD and s.scope is Scope.NATIONAL
        if entry.action == "submitToHq":
            seen.add(s.id)
        if required:
            kind = "withdraw.request" if SENDS[entry.action] else f"knowledge.{s.kind.lower()}"
            expected[kind, s.id, SENDS[entry.action]] += 1
    sent = Counter((m.kind, m.subject, m.reason) for m in model.outbox if m.kind not in {"result.query", "suspension.notice"})
    applied_by_hand = {d.message for d in model.inbox.values() if d.receipt == "QUARANTINED" and d.outcome == "APPLIED"}
    if not applied_by_hand:  # superseding by an applied approval tells HQ nothing it did not decide itself
        assert sent == expected
    else:
        assert not sent - expected
    notices = Counter(m.subject for m in model.outbox if m.kind == "suspension.notice")
    for item in model.knowledge.values():
        assert notices[item.id] % 2 == (item.suspension is not None and item.scope is Scope.NATIONAL)


def _terminal_versions(model: Reference) -> None:
    """A withdrawn or superseded submission's version is not accepted; an effective one brought a version or a revocation."""
    for item in model.knowledge.values():
        brought: list[Version | Revocation] = [*item.versions, *item.revocations]
        for thing in brought:
            s = model.submissions.get(thing.submission or "")
            if s is not None:
                assert thing.accepted == (s.state not in TERMINAL or s.state is State.EFFECTIVE)
