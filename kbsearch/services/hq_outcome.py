"""The outcome of one message from headquarters, shared by all that judge one."""

from __future__ import annotations

from dataclasses import dataclass

from kbsearch.workflow.hq_decisions import Receipt


@dataclass(frozen=True, slots=True)
class Outcome:
    """Receipt and why; `waits_for` names what a DEFERRED message needs."""

    receipt: Receipt
    reason: str = ""
    alarm: bool = False
    waits_for: str | None = None


def applied(reason: str = "") -> Outcome:
    """Done."""
    return Outcome(Receipt.APPLIED, reason)


def duplicate(reason: str) -> Outcome:
    """Nothing new in it."""
    return Outcome(Receipt.DUPLICATE, reason)


def deferred(waits_for: str, reason: str) -> Outcome:
    """Kept until `waits_for` arrives."""
    return Outcome(Receipt.DEFERRED, reason, waits_for=waits_for)


def quarantined(reason: str) -> Outcome:
    """Contradicts what we know; a reviewer decides."""
    return Outcome(Receipt.QUARANTINED, reason, alarm=True)


def rejected(reason: str) -> Outcome:
    """Not lawful in itself; headquarters corrects it."""
    return Outcome(Receipt.REJECTED, reason)
