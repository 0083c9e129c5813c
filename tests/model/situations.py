"""How each situation of expected_cells comes about, step by step through a Driver; expects nothing about the answers in question."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from .driver import Act, Driver
from .messages import Acknowledge, Approve, Message, PushRevocation, PushVersion, Reject, Return, WithdrawResult
from .things import Content, Kind, Person, Scope

START = datetime(2026, 11, 2, 1, tzinfo=UTC)
DAY = timedelta(days=1)
PEOPLE = {
    "author": {"AUTHOR"},
    "editor": {"AUTHOR", "REVIEWER"},
    "reviewer": {"REVIEWER"},
    "desk": {"REVIEWER"},  # does the reviewing that leads to a situation
    "agent": {"AGENT"},
    "other_author": {"AUTHOR"},
    "operator": {"OPERATOR"},
    "admin": {"ADMIN"},
}
TO_HQ = ("submitForReview", "approve", "submitToHq")
NATIONAL_STEPS: dict[str, tuple[str, ...]] = {
    "DRAFT": (),
    "PENDING_REVIEW": ("submitForReview",),
    "RETURNED": ("submitForReview", "return"),
    "APPROVED": ("submitForReview", "approve"),
    "SUBMITTED": TO_HQ,
    "PENDING_HQ": (*TO_HQ, "hq:acknowledge"),
    "HQ_RETURNED": (*TO_HQ, "hq:return"),
    "SCHEDULED": ("dated", *TO_HQ, "hq:approve"),
    "SCHEDULED/asked": ("dated", *TO_HQ, "withdraw", "hq:approve"),
    "EFFECTIVE": (*TO_HQ, "hq:approve"),
    "WITHDRAW_PENDING<SUBMITTED": (*TO_HQ, "withdraw"),
    "WITHDRAW_PENDING<PENDING_HQ": (*TO_HQ, "hq:acknowledge", "withdraw"),
    "WITHDRAW_PENDING<SCHEDULED": ("dated", *TO_HQ, "hq:approve", "withdraw"),
    "BASE_CONFLICT": (*TO_HQ, "push"),
    "BASE_CONFLICT/rebased": (*TO_HQ, "push", "rebase"),
    "BASE_CONFLICT<HQ_RETURNED": (*TO_HQ, "hq:return", "push"),
    "WITHDRAWN": (*TO_HQ, "withdraw", "hq:withdrawGranted"),
    "WITHDRAWN<APPROVED": ("submitForReview", "approve", "withdraw"),
    "VOIDED": ("void",),
    "VOIDED<HQ_RETURNED": (*TO_HQ, "hq:return", "void"),
    "HQ_REJECTED": (*TO_HQ, "hq:reject"),
    "SUPERSEDED": (*TO_HQ, "pushRevocation"),
    "CLOSED_STALE": ("idle",),
}
LOCAL_STEPS: dict[str, tuple[str, ...]] = {
    "DRAFT": (),
    "PENDING_REVIEW": ("submitForReview",),
    "PENDING_REVIEW/dated": ("dated", "submitForReview"),
    "RETURNED": ("submitForReview", "return"),
    "SCHEDULED": ("dated", "submitForReview", "approve"),
    "EFFECTIVE": ("submitForReview", "approve"),
    "BASE_CONFLICT": ("rivalScheduled", "submitForReview", "rivalDay"),
    "BASE_CONFLICT/rebased": ("rivalScheduled", "submitForReview", "rivalDay", "rebase"),
    "WITHDRAWN": ("dated", "submitForReview", "approve", "withdraw"),
    "VOIDED": ("void",),
    "SUPERSEDED": ("rivalRevoke",),
    "CLOSED_STALE": ("idle",),
}


def hq_message(name: str, submission: str, round_: int = 1) -> Message:
    """The message behind a name of expected_cells.MESSAGES."""
    messages: dict[str, Callable[[], Message]] = {
        "acknowledge": lambda: Acknowledge(submission, round_),
        "approve": lambda: Approve(submission, round_),
        "return": lambda: Return(submission, round_),
        "reject": lambda: Reject(submission, round_),
        "withdrawGranted": lambda: WithdrawResult(submission, round_, granted=True),
        "withdrawRefused": lambda: WithdrawResult(submission, round_, granted=False),
    }
    return messages[name]()


class Stage:
    """One fresh system with item "k1" (version 1 in force) and an UPDATE "s1" of it, led into a situation."""

    def __init__(self, driver: Driver, scope: Scope) -> None:
        self.driver, self.scope, self.now, self.ids = driver, scope, START, 0
        for name, roles in PEOPLE.items():
            driver.enroll(Person(name, frozenset(roles)))
        self.flow("s0", Kind.PUBLISH, Content("第一版"))
        self.ok(self.draft("editor", "s1", Kind.UPDATE, Content("第二版")))
        self.do("reassign", "desk", to="author")

    def lead_to(self, situation: str) -> None:
        """Walk the steps of a situation."""
        for step in (NATIONAL_STEPS if self.scope is Scope.NATIONAL else LOCAL_STEPS)[situation]:
            self._step(step)

    def _step(self, step: str) -> None:
        special: dict[str, Callable[[], None]] = {
            "dated": lambda: self.do("edit", "author", content=Content("第二版", START + 30 * DAY)),
            "push": lambda: self.hq(PushVersion("k1", 2, Content("总部第二版"), base=1)),
            "pushRevocation": lambda: self.hq(PushRevocation("k1", 1)),
            "rivalScheduled": lambda: self.flow("s2", Kind.UPDATE, Content("先批准的", START + DAY)),
            "rivalDay": lambda: self.advance(DAY),
            "rivalRevoke": lambda: self.flow("s2", Kind.REVOKE, None),
            "idle": self._idle,
        }
        if step in special:
            special[step]()
        elif step.startswith("hq:"):
            self.hq(hq_message(step.removeprefix("hq:"), "s1"))
        else:
            self.do(step, "desk" if step in {"approve", "return", "submitToHq"} else "author")

    def _idle(self) -> None:
        self.advance(self.driver.policy.warn_after)
        self.advance(self.driver.policy.close_grace)

    def advance(self, by: timedelta) -> None:
        """Let time go by and the sweeper run."""
        self.now += by
        self.driver.advance(self.now)

    def draft(self, actor: str, label: str, kind: Kind, content: Content | None) -> str:
        """Begin a submission on k1."""
        reason = "SERVICE_RETIRED" if kind is Kind.REVOKE else None
        return self.driver.draft(actor, label, "k1", kind=kind, scope=self.scope, content=content, reason=reason)

    def flow(self, label: str, kind: Kind, content: Content | None) -> None:
        """From draft to final approval, by other_author and desk."""
        self.ok(self.draft("other_author", label, kind, content))
        self.do("submitForReview", "other_author", label)
        self.do("approve", "desk", label)
        if self.scope is Scope.NATIONAL:
            self.do("submitToHq", "desk", label)
            self.hq(Approve(label, 1))

    def do(self, action: str, actor: str, label: str = "s1", content: Content | None = None, to: str = "") -> None:
        """An action that must succeed."""
        self.ok(self.driver.act(Act(action, actor, label, content=content, to=to)))

    def hq(self, message: Message) -> None:
        """A message that must be applied."""
        self.ok(self.deliver(message))

    def deliver(self, message: Message) -> str:
        """A message under a new webhook id."""
        self.ids += 1
        return self.driver.deliver(f"m{self.ids}", message)

    @staticmethod
    def ok(answer: str) -> None:
        """A step on the way must succeed, or the situation is not what its name says."""
        assert answer == "APPLIED", answer
