"""What HQ's reviewer says about a case, as a value; carries nothing out (review.py does)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kbsearch.sandbox.hq.reasons import REASON_CODES
from kbsearch.sandbox.instants import wire_or_none
from kbsearch.sandbox.refusal import RefusalError

ACTIONS = ("approve", "amend", "return", "reject", "hold", "returnToOwnAuthors")
REVIEWER = "总部知识管理员"


@dataclass(frozen=True, slots=True)
class Decision:
    """What the reviewer says. `force` approves although the base is no longer HQ's highest version."""

    action: str
    reason_codes: tuple[str, ...] = ()
    reason_text: str = ""
    distribution: list[str] | None = None
    amended_content: dict[str, Any] | None = None
    effective_from: str | None = None
    approver: str = REVIEWER
    force: bool = False


def decision_from_json(value: dict[str, Any]) -> Decision:
    """Read the API's decision; 422 when a part is wrong."""
    if value.get("action") not in ACTIONS:
        raise RefusalError.invalid(f"action 可用：{'、'.join(ACTIONS)}。")
    codes = value.get("reasonCodes") or []
    if not isinstance(codes, list) or any(not isinstance(code, str) or code not in REASON_CODES for code in codes):
        raise RefusalError.invalid(f"reasonCodes 可用：{'、'.join(REASON_CODES)}。")
    return Decision(
        action=value["action"],
        reason_codes=tuple(codes),
        reason_text=str(value.get("reasonText") or ""),
        distribution=value.get("distribution"),
        amended_content=value.get("amendedContent"),
        effective_from=wire_or_none(value.get("effectiveFrom"), "effectiveFrom"),
        approver=str(value.get("approver") or REVIEWER),
        force=bool(value.get("force")),
    )
