"""The door through which the same machine and situations drive the model or the real services; it decides nothing.

Labels ("s1", "k1", "wang") are the test's own; an adapter to the real system maps them to its ids, locks and hashes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from .messages import Message
from .reference import Reference
from .things import Content, Kind, Person, Policy, Scope, Sent
from .timeline import Interval, in_force, live_intervals, status


@dataclass(frozen=True)
class Act:
    """One action of a person on a submission, by the names of expected_cells.ACTIONS.

    `fresh_lock`: carries the current lockVersion, else the one before. `sees_current`: approve carries the current
    submissionHash. `explained`: return carries codes and a text. `and_submit`: approve(andSubmit).
    """

    action: str
    actor: str
    submission: str
    fresh_lock: bool = True
    sees_current: bool = True
    explained: bool = True
    and_submit: bool = False
    content: Content | None = None
    to: str = ""


class Driver(Protocol):
    """Actions answer APPLIED, a refusal code or a receipt; observers read the committed state."""

    @property
    def policy(self) -> Policy:
        """Idle, due and suspension times the system is set to."""

    def enroll(self, person: Person) -> None:
        """Make a person with these roles known."""

    def draft(
        self, actor: str, submission: str, knowledge: str, *, kind: Kind, scope: Scope, content: Content | None, reason: str | None
    ) -> str:
        """Begin a submission under this label; PUBLISH also mints the knowledge under its label."""

    def act(self, act: Act) -> str:
        """Carry out one action."""

    def act_on_item(self, action: str, actor: str, knowledge: str) -> str:
        """Carry out suspend, resume or archive (with a reason)."""

    def deliver(self, webhook_id: str, message: Message) -> str:
        """HQ's signed mutation; `echoes=False` and `content_hash_ok=False` mean a wrong hash on the wire."""

    def add_category(self, category: str) -> None:
        """A taxonomy node becomes known."""

    def apply_quarantined(self, actor: str, webhook_id: str) -> str:
        """A reviewer applies a quarantined message; answers APPLIED or a refusal code."""

    def discard_quarantined(self, actor: str, webhook_id: str) -> str:
        """A reviewer sets a quarantined message aside."""

    def advance(self, to: datetime) -> None:
        """Set the clock and let the sweeper run once at that instant."""

    def state(self, submission: str) -> str:
        """State name."""

    def round(self, submission: str) -> int:
        """Round, from 1."""

    def lock_version(self, submission: str) -> int:
        """Present lockVersion."""

    def status(self, knowledge: str) -> str:
        """Status shown now."""

    def in_force(self, knowledge: str, at: datetime) -> int | None:
        """Number of the version in force at an instant, suspension aside."""

    def live_intervals(self, knowledge: str) -> list[Interval]:
        """All intervals, coming ones included, in time order."""

    def outbox(self) -> list[Sent]:
        """Every message to HQ written so far (cancelled ones left out), in sequence order."""


class ReferenceDriver:
    """The model behind the door: proves that machine and situations work before the real services exist."""

    def __init__(self, model: Reference) -> None:
        self.model = model

    @property
    def policy(self) -> Policy:
        return self.model.policy

    def enroll(self, person: Person) -> None:
        self.model.people[person.id] = person

    def draft(
        self, actor: str, submission: str, knowledge: str, *, kind: Kind, scope: Scope, content: Content | None, reason: str | None
    ) -> str:
        return self.model.draft(actor, submission, knowledge, kind=kind, scope=scope, content=content, reason=reason)

    def act(self, act: Act) -> str:
        model, who, sid = self.model, act.actor, act.submission
        known = model.submissions.get(sid)
        lock = known.lock - (not act.fresh_lock) if known else None
        match act.action:
            case "edit":
                return model.edit(who, sid, lock, act.content)
            case "rebase":
                return model.rebase(who, sid, lock, act.content)
            case "approve":
                return model.approve(who, sid, lock, sees_current=act.sees_current, and_submit=act.and_submit)
            case "return":
                return model.return_(who, sid, lock, *(() if act.explained else ((), "")))
            case "reassign":
                return model.reassign(who, sid, lock, act.to)
        plain = {
            "submitForReview": model.submit_for_review,
            "recall": model.recall,
            "submitToHq": model.submit_to_hq,
            "void": model.void,
            "withdraw": model.withdraw,
            "claim": model.claim,
            "release": model.release,
        }
        return plain[act.action](who, sid, lock)

    def act_on_item(self, action: str, actor: str, knowledge: str) -> str:
        actions = {"suspend": self.model.suspend, "resume": self.model.resume, "archive": self.model.archive}
        return actions[action](actor, knowledge)

    def deliver(self, webhook_id: str, message: Message) -> str:
        return self.model.deliver(webhook_id, message)

    def add_category(self, category: str) -> None:
        self.model.add_category(category)

    def apply_quarantined(self, actor: str, webhook_id: str) -> str:
        return self.model.apply_quarantined(actor, webhook_id)

    def discard_quarantined(self, actor: str, webhook_id: str) -> str:
        return self.model.discard_quarantined(actor, webhook_id)

    def advance(self, to: datetime) -> None:
        self.model.now = to
        self.model.sweep()

    def state(self, submission: str) -> str:
        return self.model.submissions[submission].state

    def round(self, submission: str) -> int:
        return self.model.submissions[submission].round

    def lock_version(self, submission: str) -> int:
        return self.model.submissions[submission].lock

    def status(self, knowledge: str) -> str:
        return status(self.model.knowledge[knowledge], self.model.now)

    def in_force(self, knowledge: str, at: datetime) -> int | None:
        version = in_force(self.model.knowledge[knowledge], at)
        return version.number if version else None

    def live_intervals(self, knowledge: str) -> list[Interval]:
        return live_intervals(self.model.knowledge[knowledge])

    def outbox(self) -> list[Sent]:
        return list(self.model.outbox)
