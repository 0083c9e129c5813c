"""The id by which one request is found again in logs and error messages; takes the caller's where it is sane."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable

from starlette.types import Scope

NewRequestId = Callable[[], str]

_SANE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}", re.ASCII)


def random_request_id() -> str:
    """Return 16 hex digits."""
    return secrets.token_hex(8)


def request_id_of(scope: Scope, new: NewRequestId) -> str:
    """Return the request's id, settling it on first use: from `x-request-id` (8 to 64 of A-Z a-z 0-9 . _ -), else a new one."""
    state = scope.setdefault("state", {})
    if "request_id" not in state:
        state["request_id"] = _given(scope) or new()
    return str(state["request_id"])


def _given(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            text = value.decode("latin-1")
            return text if _SANE.fullmatch(text) else None
    return None
