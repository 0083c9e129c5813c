"""Reads a province reviewer's yes or no from a call's body; carries nothing out."""

from __future__ import annotations

from typing import Any

from kbsearch.sandbox.refusal import RefusalError


def decision_of(given: dict[str, Any]) -> tuple[bool, str]:
    """Whether it is approved, and the reason; 422 when `action` is neither approve nor refuse."""
    if given.get("action") not in {"approve", "refuse"}:
        raise RefusalError.invalid("action 须是 approve（通过）或 refuse（不采用）。")
    return given["action"] == "approve", str(given.get("reason") or "")
