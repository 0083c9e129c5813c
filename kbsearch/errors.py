"""The refusals a person or a system can get, as values; bugs stay exceptions. Imports the standard library only."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class RefusalCode(StrEnum):
    """The five kinds of refusal (product.md §3.2, rule 5)."""

    ILLEGAL_TRANSITION = "ILLEGAL_TRANSITION"
    PERMISSION_DENIED = "PERMISSION_DENIED"
    STALE_OBJECT = "STALE_OBJECT"
    RULE_VIOLATED = "RULE_VIOLATED"
    NOT_FOUND = "NOT_FOUND"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an operation was not carried out; nothing of it was stored.

    `code` is the kind, `rule` a finer stable name within RULE_VIOLATED (see docs/errors.md), `message` a Chinese
    sentence that also says what to do about it, `field` the input path it concerns, `details` what a screen acts on.
    """

    code: RefusalCode
    message: str
    rule: str | None = None
    field: tuple[str, ...] = ()
    details: dict[str, Any] = dataclasses.field(default_factory=dict)


class Refused(Exception):  # noqa: N818 - a refusal is an answer, not an error of ours
    """Carries one or more refusals to the door that opened the transaction, which rolls back and answers with them."""

    def __init__(self, *refusals: Refusal) -> None:
        super().__init__("; ".join(f"{r.code}: {r.message}" for r in refusals))
        self.refusals = refusals
