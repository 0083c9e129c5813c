"""Who has read and signed what 签收: which receipts still count after corrections, and what that makes of a person; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from kbsearch.workflow.labels import Labelled

REMIND_EVERY = timedelta(hours=4)


class ReceiptState(Labelled):
    """How far a person has come with an announcement; derived, never stored."""

    PENDING = "PENDING", "待送达", "还没有打开过现在的内容"
    READ = "READ", "已读", "打开过，尚未签收"
    SIGNED = "SIGNED", "已签收"


@dataclass(frozen=True, slots=True)
class Wording:
    """A version that was in force, as far as receipts care."""

    content_hash: str
    material: bool


@dataclass(frozen=True, slots=True)
class Given:
    """One receipt a person gave, for one wording."""

    content_hash: str
    read_at: datetime
    signed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a person stands. `again`: they had signed, and a material change asks them anew (需重新签收)."""

    state: ReceiptState = ReceiptState.PENDING
    again: bool = False
    counted: Given | None = None


def counting_hashes(in_force: Sequence[Wording]) -> frozenset[str]:
    """The hashes whose receipts count, of the versions in force so far, oldest first: those since the last material one.

    The first wording of all is material whatever it says.
    """
    found = set()
    for wording in reversed(in_force):
        found.add(wording.content_hash)
        if wording.material:
            break
    return frozenset(found)


def standing(given: Iterable[Given], counting: frozenset[str]) -> Standing:
    """What a person's receipts make of them: a signed one that counts, else a read one that counts, else nothing."""
    receipts = list(given)
    counted = [g for g in receipts if g.content_hash in counting]
    signed = [g for g in counted if g.signed_at is not None]
    if signed:
        return Standing(ReceiptState.SIGNED, counted=max(signed, key=lambda g: g.signed_at or g.read_at))
    again = any(g.signed_at is not None for g in receipts)
    if counted:
        return Standing(ReceiptState.READ, again=again, counted=max(counted, key=lambda g: g.read_at))
    return Standing(again=again)


def may_be_reminded(reminded_at: datetime | None, now: datetime) -> bool:
    """Nobody is nagged more often than every REMIND_EVERY."""
    return reminded_at is None or now - reminded_at >= REMIND_EVERY
