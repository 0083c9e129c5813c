"""The reference model of the knowledge workflow, written from product.md §2-§4 alone; it imports nothing of kbsearch.

Parts: things (dataclasses), timeline ("In force"), people and items (§3.1 actions, §3.2 rules), messages and headquarters
(§3.1 rows for HQ, §3.3 races), this page (the clock). Each action answers APPLIED, the code of a refusal, or a receipt.
"""

from __future__ import annotations

from datetime import datetime

from .headquarters import HqActions
from .items import ItemActions
from .things import AT_HQ, WRITABLE, Kind, S, Scope, State, Submission
from .timeline import live_intervals


class Reference(HqActions, ItemActions):
    """The whole model: people act, HQ delivers, the clock advances."""

    def advance(self, to: datetime) -> None:
        """Move the clock, stopping at every instant at which something falls due, and sweep."""
        assert to >= self.now
        while (due := self.next_due()) is not None and due <= to:
            self.now = max(due, self.now)
            self.sweep()
        self.now = to
        self.sweep()

    def next_due(self) -> datetime | None:
        """The next instant, not before now, at which the sweeper has something to do about validity."""
        instants: set[datetime] = set()
        for item in self.knowledge.values():
            for interval in live_intervals(item):
                instants |= {interval.start} | ({interval.end} if interval.end else set())
            instants |= {v.live_from for v in item.versions if v.accepted}
            instants |= {r.at for r in item.revocations if r.accepted}
            if item.suspension and item.suspension.until:
                instants.add(item.suspension.until)
        return min((i for i in instants if i > self.now), default=None)

    def sweep(self) -> None:
        """What the sweeper records at this instant: taking effect, suspension over, idle drafts, overdue answers."""
        for s in self._due():
            if self._scheduled(s):
                self.record(s, "SYSTEM", "takeEffect", State.EFFECTIVE)
                self.settle(self.knowledge[s.knowledge])
        for item in self.knowledge.values():
            self.settle(item)
            if item.suspension and item.suspension.until and item.suspension.until <= self.now:
                self.end_suspension(item)
        for s in self.submissions.values():
            self._close_if_stale(s)
            self._ask_if_overdue(s)

    @staticmethod
    def _scheduled(s: Submission) -> bool:
        return s.state is S.SCHEDULED or (s.state is S.WITHDRAW_PENDING and s.came_from is S.SCHEDULED)

    def _day(self, s: Submission) -> datetime:
        item = self.knowledge[s.knowledge]
        days = [v.live_from for v in item.versions if v.submission == s.id] + [r.at for r in item.revocations if r.submission == s.id]
        return min(days)

    def _due(self) -> list[Submission]:
        due = [s for s in self.submissions.values() if self._scheduled(s) and self._day(s) <= self.now]
        return sorted(due, key=lambda s: (self._day(s), s.kind is Kind.REVOKE))

    def _close_if_stale(self, s: Submission) -> None:
        if s.state not in WRITABLE:
            return
        if s.warned_at is None and self.due_after(s.touched_at, self.policy.warn_after):
            s.warned_at = self.now
        elif self.due_after(s.warned_at, self.policy.close_grace):
            self.record(s, "SYSTEM", "closeStale", State.CLOSED_STALE)

    def _ask_if_overdue(self, s: Submission) -> None:
        if s.scope is Scope.NATIONAL and s.state in {*AT_HQ, S.WITHDRAW_PENDING}:
            since = s.asked_hq_at or s.state_since
            if self.due_after(since, self.policy.result_due):
                s.asked_hq_at = self.now
                self.send("result.query", s.id, s.round)

    def dead_letter(self, sid: str) -> None:
        """HQ refused the message of the current round for good."""
        self.submissions[sid].dead_lettered = True
