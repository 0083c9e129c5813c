"""What the HTTP door tells the maker of an operation's context; carries facts, decides nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from kbsearch.http.errors import DeadlineExceeded

Monotonic = Callable[[], float]


@dataclass(frozen=True, slots=True)
class HttpRequestFacts:
    """One request as received.

    `headers` has lower-case names; `body` is the raw bytes (signatures are computed over them; empty for GET); `client` the peer's
    address; `deadline` a reading of the monotonic clock in seconds; `seconds` the whole time the operation was given;
    `state` is the request's scope state: what is put under "principal" appears in the access log.
    Headers and body carry secrets and stay out of `repr`, hence out of tracebacks that show local variables.
    """

    method: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    request_id: str
    client: str | None
    deadline: float
    seconds: float
    monotonic: Monotonic
    state: MutableMapping[str, Any] = field(repr=False)

    def check_deadline(self) -> None:
        """Raise `DeadlineExceeded` once the operation's time is used up; call it before slow steps and before a commit."""
        if self.monotonic() >= self.deadline:
            raise DeadlineExceeded(self.seconds)

    def remaining(self) -> float:
        """Seconds left, never below zero; for time-outs of calls to other systems."""
        return max(0.0, self.deadline - self.monotonic())


ContextFactory = Callable[[HttpRequestFacts], AbstractContextManager[Any]]
"""Opens what one operation needs and yields the context value; may raise `HttpFault`s such as `Unauthenticated`."""
