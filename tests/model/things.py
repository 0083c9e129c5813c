"""The things of the reference model, one dataclass each; holds no rule and imports nothing of kbsearch."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum


class State(StrEnum):
    """States of a submission (product.md §3.1)."""

    DRAFT = "DRAFT"
    PENDING_REVIEW = "PENDING_REVIEW"
    RETURNED = "RETURNED"
    APPROVED = "APPROVED"
    SUBMITTED = "SUBMITTED"
    PENDING_HQ = "PENDING_HQ"
    HQ_RETURNED = "HQ_RETURNED"
    SCHEDULED = "SCHEDULED"
    EFFECTIVE = "EFFECTIVE"
    WITHDRAW_PENDING = "WITHDRAW_PENDING"
    BASE_CONFLICT = "BASE_CONFLICT"
    WITHDRAWN = "WITHDRAWN"
    VOIDED = "VOIDED"
    HQ_REJECTED = "HQ_REJECTED"
    SUPERSEDED = "SUPERSEDED"
    CLOSED_STALE = "CLOSED_STALE"


S = State
TERMINAL = frozenset({S.EFFECTIVE, S.WITHDRAWN, S.VOIDED, S.HQ_REJECTED, S.SUPERSEDED, S.CLOSED_STALE})
WRITABLE = frozenset({S.DRAFT, S.RETURNED, S.HQ_RETURNED, S.BASE_CONFLICT})
AT_HQ = frozenset({S.SUBMITTED, S.PENDING_HQ})


class Kind(StrEnum):
    """What a submission asks for."""

    PUBLISH = "PUBLISH"
    UPDATE = "UPDATE"
    REVOKE = "REVOKE"


class Scope(StrEnum):
    """NATIONAL 全网 goes through HQ, LOCAL 本地 never leaves the house."""

    NATIONAL = "NATIONAL"
    LOCAL = "LOCAL"


@dataclass(frozen=True)
class Policy:
    """The figures product.md leaves to a setting, and the two it fixes (72 h, urgency aside)."""

    warn_after: timedelta = timedelta(days=14)
    close_grace: timedelta = timedelta(days=7)
    result_due: timedelta = timedelta(days=2)
    suspend_max: timedelta = timedelta(hours=72)
    lease: timedelta = timedelta(minutes=30)


@dataclass(frozen=True)
class Person:
    """Somebody who acts: roles are AGENT, AUTHOR, REVIEWER, OPERATOR, ADMIN."""

    id: str
    roles: frozenset[str]


@dataclass(frozen=True)
class Content:
    """Reader-visible text with its validity; equal contents stand for equal contentHashes."""

    text: str
    effective_from: datetime | None = None
    effective_to: datetime | None = None

    @property
    def valid(self) -> bool:
        """Text is there and it ends after it begins."""
        ordered = self.effective_from is None or self.effective_to is None or self.effective_from < self.effective_to
        return bool(self.text) and ordered

    def moved(self, effective_from: datetime | None) -> Content:
        """The same text with HQ's date, if HQ gave one."""
        return self if effective_from is None else replace(self, effective_from=effective_from)


@dataclass
class Version:
    """An immutable text that was finally approved; `accepted` falls only before it came into force."""

    number: int
    content: Content
    live_from: datetime
    recorded_at: datetime
    base: int | None = None
    accepted: bool = True
    history_only: bool = False
    submission: str | None = None
    distribution: frozenset[str] = frozenset()


@dataclass
class Revocation:
    """The end of a version, from `at` on; also the tombstone of one that never arrived."""

    number: int
    at: datetime
    reason: str
    accepted: bool = True
    submission: str | None = None
    announced: bool = False


@dataclass
class Suspension:
    """A reviewer's brake; `until` is None for 本地."""

    since: datetime
    until: datetime | None


@dataclass
class Knowledge:
    """One item with all its versions and revocations."""

    id: str
    scope: Scope
    owner: str
    category: str
    versions: list[Version] = field(default_factory=list)
    revocations: list[Revocation] = field(default_factory=list)
    suspension: Suspension | None = None
    archived: bool = False
    recorded_last: int | None = None  # the number the sweeper last announced as in force

    def held(self, number: int | None) -> Version | None:
        """The accepted version with this number."""
        return next((v for v in self.versions if v.number == number and v.accepted), None)

    def next_number(self) -> int:
        """One above everything ever held, accepted or not, or named by a revocation."""
        return 1 + max([0, *(v.number for v in self.versions), *(r.number for r in self.revocations if r.accepted)])


@dataclass(frozen=True)
class Decision:
    """What HQ decided on one round: APPROVE (with what it made), RETURN or REJECT."""

    kind: str
    number: int | None = None
    content: Content | None = None
    effective_from: datetime | None = None


@dataclass
class Submission:
    """One request; `sent` keeps per round what went to HQ."""

    id: str
    knowledge: str
    scope: Scope
    kind: Kind
    author: str
    content: Content | None
    reason: str | None = None
    effective_from: datetime | None = None
    base: int | None = None
    state: State = State.DRAFT
    came_from: State | None = None  # only in WITHDRAW_PENDING
    round: int = 1
    lock: int = 1
    touched_at: datetime | None = None
    state_since: datetime | None = None
    warned_at: datetime | None = None
    asked_hq_at: datetime | None = None
    editors: set[str] = field(default_factory=set)
    claimed_by: str | None = None
    claimed_until: datetime | None = None
    sent: dict[int, tuple[int | None, Content | None]] = field(default_factory=dict)  # round: (base, content)
    decisions: dict[int, Decision] = field(default_factory=dict)
    acknowledged: dict[int, str] = field(default_factory=dict)
    references: dict[int, str] = field(default_factory=dict)
    withdraw_asked: bool = False
    withdraw_answers: dict[int, list[bool]] = field(default_factory=dict)
    approvals: list[tuple[int, str]] = field(default_factory=list)  # (round, reviewer)
    dead_lettered: bool = False

    @property
    def hq_holds(self) -> bool:
        """HQ has it in hand: submitted and neither returned, rejected, let go nor over."""
        return self.scope is Scope.NATIONAL and self.state in {*AT_HQ, State.SCHEDULED, State.WITHDRAW_PENDING}

    @property
    def open(self) -> bool:
        """Counts for rule 3."""
        waiting = self.state is State.WITHDRAW_PENDING and self.came_from is State.SCHEDULED
        return not (waiting or self.state in TERMINAL or self.state in {State.DRAFT, State.SCHEDULED})


@dataclass(frozen=True)
class LogEntry:
    """One line of the transition log."""

    submission: str
    who: str
    action: str
    before: State | None
    after: State
    lock: int
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sent:
    """One message that must leave for HQ; `subject` is the submission, or the knowledge for a suspension notice."""

    kind: str
    subject: str
    round: int | None = None
    reason: str | None = None
