"""The machine runs the model against itself under all invariants, and notices when one of two models is wrong."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import invariant, run_state_machine_as_test

from .driver import Driver, ReferenceDriver
from .invariants import check_all
from .machine import WorkflowMachine
from .messages import Message
from .reference import Reference
from .things import Kind, Submission

QUICK = settings(
    max_examples=80, stateful_step_count=50, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
HUNT = settings(QUICK, max_examples=400, phases=[Phase.generate], report_multiple_bugs=False)


class InvariantMachine(WorkflowMachine):
    """Invariants of §3.4 hold after every step, and locks grow only."""

    @invariant()
    def model_is_sound(self) -> None:
        if not hasattr(self, "model"):
            return
        check_all(self.model)
        locks = {s.id: s.lock for s in self.model.submissions.values()}
        before: dict[str, int] = getattr(self, "locks", {})
        assert all(locks[sid] >= lock for sid, lock in before.items())
        self.locks = locks


def test_invariants_hold_in_random_histories() -> None:
    run_state_machine_as_test(InvariantMachine, settings=QUICK)


class ForgetsEditors(Reference):
    def approve(self, actor: str, sid: str, lock: int | None = None, *, sees_current: bool = True, and_submit: bool = False) -> str:
        if sid in self.submissions:
            self.submissions[sid].editors.discard(actor)
        return super().approve(actor, sid, lock, sees_current=sees_current, and_submit=and_submit)


class ForgetsBase(Reference):
    def _base_moved(self, s: Submission) -> None:
        """A moved base goes unnoticed."""


class AppliesTwice(Reference):
    def deliver(self, webhook_id: str, message: Message) -> str:
        self.inbox.pop(webhook_id, None)
        return super().deliver(webhook_id, message)


class ForgetsToTell(Reference):
    def void(self, actor: str, sid: str, lock: int | None = None) -> str:
        before = list(self.outbox)
        answer = super().void(actor, sid, lock)
        self.outbox = before
        return answer


class AllowsTwoOpen(Reference):
    def _slot_taken(self, s: Submission) -> bool:
        return super()._slot_taken(s) and s.kind is not Kind.UPDATE


class ForgetsToUnaccept(Reference):
    def unaccept(self, s: Submission) -> None:
        """A withdrawn version comes into force all the same."""


@pytest.mark.parametrize("wrong", [ForgetsEditors, ForgetsBase, AppliesTwice, ForgetsToTell, AllowsTwoOpen, ForgetsToUnaccept])
def test_the_machine_notices_a_wrong_system(wrong: type[Reference]) -> None:
    class Machine(WorkflowMachine):
        def new_driver(self, now: datetime) -> Driver:
            return ReferenceDriver(wrong(now))

    with pytest.raises(AssertionError, match="reference says"):
        run_state_machine_as_test(Machine, settings=HUNT)
