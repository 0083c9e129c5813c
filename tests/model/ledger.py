"""What every action of the model shares: log, outbox, and what follows when the version in force or a revocation changes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from .messages import Message
from .things import TERMINAL, Kind, Knowledge, LogEntry, Person, Policy, Revocation, S, Scope, Sent, State, Submission, Version
from .timeline import last_in_force, walk

BASE_MOVES = frozenset({S.PENDING_REVIEW, S.RETURNED, S.APPROVED, S.SUBMITTED, S.PENDING_HQ, S.HQ_RETURNED})


@dataclass
class Delivery:
    """One inbox row: `receipt` is what HQ was answered first, `outcome` what became of it since."""

    message: Message
    receipt: str
    outcome: str


@dataclass
class Ledger:
    """State of the whole model."""

    now: datetime
    policy: Policy = field(default_factory=Policy)
    people: dict[str, Person] = field(default_factory=dict)
    knowledge: dict[str, Knowledge] = field(default_factory=dict)
    submissions: dict[str, Submission] = field(default_factory=dict)
    categories: set[str] = field(default_factory=lambda: {"HQ-ROOT"})
    inbox: dict[str, Delivery] = field(default_factory=dict)
    log: list[LogEntry] = field(default_factory=list)
    outbox: list[Sent] = field(default_factory=list)
    alarms: list[str] = field(default_factory=list)

    def record(self, s: Submission, who: str, action: str, after: State, reasons: Iterable[str] = ()) -> None:
        """Log one step and carry it out: the lock grows, idleness begins anew, a lease ends with its state."""
        s.lock += 1
        self.log.append(LogEntry(s.id, who, action, s.state, after, s.lock, tuple(reasons)))
        s.touched_at, s.warned_at = self.now, None
        if after is not s.state:
            s.state_since, s.asked_hq_at = self.now, None
            s.came_from = s.state if after is State.WITHDRAW_PENDING else None
            s.claimed_by = None
        s.state = after

    def send(self, kind: str, subject: str, round_: int | None = None, reason: str | None = None) -> None:
        """One outbox row for HQ, in the same transaction."""
        self.outbox.append(Sent(kind, subject, round_, reason))

    def of(self, item: Knowledge) -> list[Submission]:
        """The submissions on one item."""
        return [s for s in self.submissions.values() if s.knowledge == item.id]

    def live_from(self, effective_from: datetime | None) -> datetime:
        """The later of our applying it now and its effective_from; never backdated."""
        return max(self.now, effective_from or self.now)

    def settle(self, item: Knowledge) -> None:
        """Record what the clock or a message changed on this item: revocations that came true, a base that moved."""
        here = walk(item, self.now)
        for revocation in here.effective_revocations:
            if not revocation.announced:
                revocation.announced = True
                self._supersede_all(item, revocation)
        last = last_in_force(item, self.now)
        number = last.number if last else None
        if number == item.recorded_last:
            return
        item.recorded_last = number
        self._end_suspension_by_version(item)
        for s in self.of(item):
            if s.kind is not Kind.PUBLISH and s.base != number and self._base_matters(s):
                self._base_moved(s)

    @staticmethod
    def _base_matters(s: Submission) -> bool:
        waiting = s.state is State.WITHDRAW_PENDING and s.came_from is not State.SCHEDULED
        return waiting or s.state in BASE_MOVES

    def _base_moved(self, s: Submission) -> None:
        held = s.hq_holds
        s.withdraw_asked = False
        self.record(s, "SYSTEM", "baseMoved", State.BASE_CONFLICT)
        if held:
            self.send("withdraw.request", s.id, s.round, "BASE_CONFLICT")

    def _supersede_all(self, item: Knowledge, revocation: Revocation) -> None:
        for s in self.of(item):
            if s.state not in TERMINAL and s.id != revocation.submission:
                self.supersede(s, tell_hq=True)

    def supersede(self, s: Submission, *, tell_hq: bool) -> None:
        """End an open submission; what it would have brought is not accepted; HQ is asked to let go of what it holds."""
        held = s.hq_holds
        s.withdraw_asked = False
        self.unaccept(s)
        self.record(s, "SYSTEM", "supersede", State.SUPERSEDED)
        if held and tell_hq:
            self.send("withdraw.request", s.id, s.round, "SUPERSEDED")

    def unaccept(self, s: Submission) -> None:
        """The version or revocation a submission would have brought on its day is not accepted."""
        item = self.knowledge[s.knowledge]
        coming: list[Version | Revocation] = [*item.versions, *item.revocations]
        for thing in coming:
            if thing.submission == s.id:
                thing.accepted = False

    def _end_suspension_by_version(self, item: Knowledge) -> None:
        if item.scope is Scope.NATIONAL:
            self.end_suspension(item)

    def end_suspension(self, item: Knowledge) -> None:
        """Lift the brake and tell HQ, if it was told of the beginning."""
        if item.suspension is None:
            return
        item.suspension = None
        if item.scope is Scope.NATIONAL:
            self.send("suspension.notice", item.id, None, "false")

    def accept_version(self, item: Knowledge, s: Submission, number: int, distribution: frozenset[str] = frozenset()) -> Version:
        """Store the submission's present content as an accepted version; the caller settles."""
        assert s.content is not None
        live_from = self.live_from(s.content.effective_from)
        version = Version(number, s.content, live_from, self.now, s.base, submission=s.id, distribution=distribution)
        item.versions.append(version)
        return version

    def accept_revocation(self, item: Knowledge, s: Submission, effective_from: datetime | None) -> Revocation:
        """Store the end of the submission's base; the caller settles."""
        assert s.base is not None
        revocation = Revocation(s.base, self.live_from(effective_from), s.reason or "", submission=s.id)
        item.revocations.append(revocation)
        return revocation

    def due_after(self, since: datetime | None, wait: timedelta) -> bool:
        """Whether at least `wait` has gone by since then."""
        return since is not None and self.now >= since + wait
