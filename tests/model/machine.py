"""A Hypothesis machine that drives a Driver and the reference with the same random steps and compares them after each.

It decides nothing: what is right is what the reference answers. Bind it by subclassing and overriding `new_driver`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import Any

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from .driver import Act, Driver, ReferenceDriver
from .expected_cells import ACTIONS, MESSAGES
from .messages import Approve, Message, PushRevocation, PushVersion
from .reference import Reference
from .situations import DAY, START, hq_message
from .things import TERMINAL, Content, Kind, Person, S, Scope, Sent, Submission
from .timeline import last_in_force

PEOPLE = {
    "wang": {"AUTHOR"},
    "li": {"AUTHOR"},
    "sun": {"AUTHOR", "REVIEWER"},
    "zhao": {"REVIEWER"},
    "qian": {"REVIEWER"},
    "agent": {"AGENT"},
    "ops": {"OPERATOR"},
    "boss": {"ADMIN"},
}
FORWARD = {  # what usually comes next, so that runs reach the far states
    S.DRAFT: (*["submitForReview"] * 4, "edit", "rebase"),
    S.PENDING_REVIEW: (*["approve"] * 6, "return", "recall"),
    S.RETURNED: ("submitForReview", "edit"),
    S.APPROVED: (*["submitToHq"] * 6, "withdraw"),
    S.SUBMITTED: ("approve!", "acknowledge!", "return!", "withdraw", "reject!"),
    S.PENDING_HQ: ("approve!", "return!", "withdraw", "reject!"),
    S.WITHDRAW_PENDING: ("withdrawGranted!", "withdrawRefused!", "approve!", "acknowledge!", "return!"),
    S.HQ_RETURNED: ("submitForReview", "edit", "void"),
    S.BASE_CONFLICT: ("rebase", "submitForReview"),
    S.SCHEDULED: ("withdraw", "reassign"),
}
MOST_SUBMISSIONS = 12


class WorkflowMachine(RuleBasedStateMachine):
    """Runs against whatever `new_driver` gives; a difference is an AssertionError naming the step."""

    def new_driver(self, now: datetime) -> Driver:
        """The system under test, empty, its clock at `now`."""
        return ReferenceDriver(Reference(now))

    @initialize()
    def begin(self) -> None:
        self.driver = self.new_driver(START)
        self.model = Reference(START, policy=self.driver.policy)
        self.twin = ReferenceDriver(self.model)
        self.texts = self.hooks = self.steps = 0
        for name, roles in PEOPLE.items():
            person = Person(name, frozenset(roles))
            self.driver.enroll(person)
            self.twin.enroll(person)
        self._stock(Scope.NATIONAL, "k1", "s1")
        self._stock(Scope.LOCAL, "k2", "s2")

    def _stock(self, scope: Scope, knowledge: str, label: str) -> None:
        """One item in force from the start, by the ordinary way."""
        content = Content(f"存量{label}")
        for system in (self.twin, self.driver):
            system.draft("wang", label, knowledge, kind=Kind.PUBLISH, scope=scope, content=content, reason=None)
        self._act(Act("submitForReview", "wang", label))
        self._act(Act("approve", "zhao", label, and_submit=scope is Scope.NATIONAL))
        if scope is Scope.NATIONAL:
            self._deliver(hq_message("approve", label))

    # --- what rules draw from

    def _text(self, pick: Random) -> Content:
        """A text unlike all others; every date differs by microseconds, so that no two things fall due at once."""
        self.texts += 1
        grain = timedelta(microseconds=self.texts)
        begins = pick.choice([None, None, 1, 3])
        ends = pick.choice([None, None, None, 5])
        day = self.model.now + grain
        return Content(f"口径{self.texts}", day + begins * DAY if begins else None, day + ends * DAY if ends else None)

    def _submission(self, pick: Random) -> Submission:
        labels = sorted(self.model.submissions, key=lambda label: self.model.submissions[label].state in TERMINAL)
        going_on = [label for label in labels if self.model.submissions[label].state not in TERMINAL]
        return self.model.submissions[pick.choice([*going_on * 4, *labels])]

    def _same(self, expected: Any, got: Any, *what: Any) -> None:
        assert got == expected, f"{what}: reference says {expected!r}, the system {got!r}"

    def _act(self, act: Act) -> None:
        note(str(act))
        self._same(self.twin.act(act), self.driver.act(act), act)

    def _deliver(self, message: Message, webhook_id: str | None = None) -> None:
        self.hooks += webhook_id is None
        webhook_id = webhook_id or f"h{self.hooks}"
        note(f"{webhook_id}: {message}")
        self._same(self.twin.deliver(webhook_id, message), self.driver.deliver(webhook_id, message), webhook_id, message)

    # --- steps

    @rule(seed=st.integers(0, 2**32 - 1))
    def step(self, seed: int) -> None:
        """One random step; the seed is spread by the step's number, for Hypothesis likes to repeat itself."""
        self.steps += 1
        pick = Random(f"{seed}.{self.steps}")  # noqa: S311 - a test's dice
        steps = [
            *[self.move_on] * 8,
            *[self.draft] * 4,
            *[self.anybody_tries] * 3,
            *[self.time_goes_by] * 2,
            self.headquarters_approves,
            self.headquarters_pushes,
            self.headquarters_answers,
            self.headquarters_repeats,
            self.headquarters_revokes,
            self.taxonomy_grows,
            self.quarantine_is_worked_off,
            self.item_is_braked,
        ]
        pick.choice(steps)(pick)

    def draft(self, pick: Random) -> None:
        if len(self.model.submissions) >= MOST_SUBMISSIONS:
            return
        self._stop_at(self.model.now + timedelta(microseconds=1))  # no draft in the very instant of a revocation
        kind = pick.choice([Kind.PUBLISH, Kind.UPDATE, Kind.UPDATE, Kind.REVOKE])
        scope = pick.choice([Scope.NATIONAL, Scope.LOCAL])
        known = sorted(self.model.knowledge)
        if kind is Kind.PUBLISH or not known:
            kind, knowledge = Kind.PUBLISH, f"k{len(known) + 1}"
        else:
            knowledge = pick.choice(known)
            scope = self.model.knowledge[knowledge].scope
        actor = pick.choice(["wang", "wang", "li", "li", "sun", "zhao"])
        content = None if kind is Kind.REVOKE else self._text(pick)
        label, reason = f"s{len(self.model.submissions) + 1}", "SERVICE_RETIRED" if kind is Kind.REVOKE else None
        expected = self.twin.draft(actor, label, knowledge, kind=kind, scope=scope, content=content, reason=reason)
        got = self.driver.draft(actor, label, knowledge, kind=kind, scope=scope, content=content, reason=reason)
        self._same(expected, got, "draft", kind, knowledge, actor)
        if expected == "APPLIED":
            self._walk(pick, self.model.submissions[label], pick.randint(0, 6))

    def move_on(self, pick: Random) -> None:
        self._walk(pick, self._submission(pick), pick.randint(1, 5))

    def _walk(self, pick: Random, s: Submission, steps: int) -> None:
        for _ in range(steps):
            if s.state not in FORWARD:
                return
            name = pick.choice(FORWARD[s.state])
            if name.endswith("!"):
                self._deliver(hq_message(name[:-1], s.id, s.round))
                continue
            reviewers = {"approve", "return", "submitToHq", "reassign"}
            actor = pick.choice(["zhao", "zhao", "qian", "sun"]) if name in reviewers else s.author
            content = self._text(pick) if name in {"edit", "rebase"} else None
            self._act(Act(name, actor, s.id, content=content, to="li"))
            self.compare()

    def anybody_tries(self, pick: Random) -> None:
        s = self._submission(pick)
        action, actor = pick.choice(ACTIONS), pick.choice(sorted(PEOPLE))
        content = self._text(pick) if action in {"edit", "rebase"} else None
        sees = s.state is not S.PENDING_REVIEW or actor in s.editors or pick.random() < 0.5
        explained = s.state not in {S.PENDING_REVIEW, S.APPROVED} or pick.random() < 0.5
        to = pick.choice(["li", "wang", "agent"]) if action == "reassign" else ""
        self._act(Act(action, actor, s.id, fresh_lock=pick.random() < 0.8, sees_current=sees, explained=explained, content=content, to=to))

    def headquarters_answers(self, pick: Random) -> None:
        s = self._submission(pick)
        older = pick.choice([0, 0, 0, 1, -1])
        self._deliver(hq_message(pick.choice(MESSAGES), s.id, max(1, s.round - older)))

    def headquarters_approves(self, pick: Random) -> None:
        waiting = sorted(s.id for s in self.model.submissions.values() if s.state in {S.SUBMITTED, S.PENDING_HQ})
        if not waiting:
            return
        s = self.model.submissions[pick.choice(waiting)]
        echoes, amended, moved = pick.random() < 0.7, pick.random() < 0.5, pick.random() < 0.4
        number = pick.choice([None, None, 0, 1])
        given = None if number is None or s.kind is Kind.REVOKE else self.model.knowledge[s.knowledge].next_number() + number
        content = self._text(pick) if amended and s.kind is not Kind.REVOKE else None
        self.texts += 1
        ends = (content or s.content or Content("")).effective_to
        day = self.model.now + 2 * DAY + timedelta(microseconds=self.texts)
        date = day if moved and (ends is None or ends > day) else None
        self._deliver(Approve(s.id, s.round, echoes=echoes, number=given, content=content, effective_from=date))

    def headquarters_repeats(self, pick: Random) -> None:
        hooks = sorted(self.model.inbox)
        first = pick.choice(hooks)
        payload = pick.choice([first, first, pick.choice(hooks)])
        self._deliver(self.model.inbox[payload].message, pick.choice([None, first]))

    def headquarters_pushes(self, pick: Random) -> None:
        above = pick.choice([0, 0, 0, 1, -1, -2])
        based = pick.choice(["last", "last", "none", "missing"])
        knowledge = pick.choice([*sorted(self.model.knowledge), "hq1"])
        item = self.model.knowledge.get(knowledge)
        number = max(1, (item.next_number() if item else 1) + above)
        last = last_in_force(item, self.model.now) if item else None
        base = {"last": last.number if last and last.number < number else None, "none": None, "missing": number + 7}[based]
        category = pick.choice(["HQ-ROOT", "HQ-ROOT", "HQ-NEW"])
        ours = sorted(s.id for s in self.model.submissions.values() if s.knowledge == knowledge and s.scope is Scope.NATIONAL)
        stems = pick.choice([*ours, None]) if pick.random() < 0.4 else None
        origin = (stems, max(1, self.model.submissions[stems].round - pick.choice([0, 0, 0, 1, -1]))) if stems else None
        self._deliver(PushVersion(knowledge, number, self._text(pick), category, base, origin=origin))

    def headquarters_revokes(self, pick: Random) -> None:
        above, later = pick.choice([-1, -1, -2, 0]), pick.random() < 0.5
        knowledge = pick.choice([*sorted(self.model.knowledge), "hq2"])
        item = self.model.knowledge.get(knowledge)
        self.texts += 1
        day = self.model.now + DAY + timedelta(microseconds=self.texts) if later else None
        self._deliver(PushRevocation(knowledge, max(1, (item.next_number() if item else 1) + above), effective_from=day))

    def taxonomy_grows(self, _: Random) -> None:
        self.twin.add_category("HQ-NEW")
        self.driver.add_category("HQ-NEW")

    def quarantine_is_worked_off(self, pick: Random) -> None:
        hooks = sorted(h for h, d in self.model.inbox.items() if d.outcome == "QUARANTINED")
        if not hooks:
            return
        hook, actor = pick.choice(hooks), pick.choice(["zhao", "zhao", "ops", "wang"])
        note(f"{actor} works off {hook}")
        if pick.random() < 0.5:
            self._same(self.twin.apply_quarantined(actor, hook), self.driver.apply_quarantined(actor, hook), "apply", hook)
        else:
            self._same(self.twin.discard_quarantined(actor, hook), self.driver.discard_quarantined(actor, hook), "discard", hook)

    def item_is_braked(self, pick: Random) -> None:
        action, actor = pick.choice(["suspend", "suspend", "resume", "archive"]), pick.choice(["zhao", "zhao", "wang"])
        knowledge = pick.choice(sorted(self.model.knowledge))
        self._same(self.twin.act_on_item(action, actor, knowledge), self.driver.act_on_item(action, actor, knowledge), action, knowledge)

    def time_goes_by(self, pick: Random) -> None:
        """Both clocks stop at every instant at which something falls due."""
        goal = self.model.now + timedelta(hours=pick.choice([1, 1, 30, 30, 80, 24 * 8]))
        note(f"time goes by until {goal}")
        while self.model.now < goal:
            due = self.model.next_due()
            instant = min(goal, due or goal)
            self._stop_at(instant)
            self.compare()

    def _stop_at(self, instant: datetime) -> None:
        self.twin.advance(instant)
        self.driver.advance(instant)

    # --- comparison

    @invariant()
    def compare(self) -> None:
        if not hasattr(self, "model"):
            return
        for sid in self.model.submissions:
            self._same(self.twin.state(sid), self.driver.state(sid), "state", sid)
            self._same(self.twin.round(sid), self.driver.round(sid), "round", sid)
        for kid in self.model.knowledge:
            self._same(self.twin.status(kid), self.driver.status(kid), "status", kid)
            self._same(self.twin.live_intervals(kid), self.driver.live_intervals(kid), "live intervals", kid)
            for at in (self.model.now, self.model.now + 2 * DAY, self.model.now - DAY):
                self._same(self.twin.in_force(kid, at), self.driver.in_force(kid, at), "in force", kid, at)
        self._same(_by_subject(self.twin.outbox()), _by_subject(self.driver.outbox()), "outbox")


def _by_subject(sent: list[Sent]) -> dict[str, list[Sent]]:
    """Order matters within one document only."""
    grouped: dict[str, list[Sent]] = {}
    for message in sent:
        grouped.setdefault(message.subject, []).append(message)
    return grouped
