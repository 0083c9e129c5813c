"""One attempt to hand headquarters one message over HTTP; judges the answer, touches no store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime

import httpx
import orjson

from kbsearch.clock import Clock, wire_time
from kbsearch.hq.messages import envelope
from kbsearch.hq.signing import sign
from kbsearch.store.outbox import Attempt
from kbsearch.store.tables import OutboxMessage

# Refused for now, not for ever: our clock or key may be wrong, or headquarters is busy.
_RETRIABLE = frozenset({401, 403, 408, 429})
_OUTAGE = frozenset({429, 502, 503, 504})


@dataclass(frozen=True)
class HqDoor:
    """Where and with which secret messages go; `client` keeps connections open and never follows redirects."""

    url: str
    secret: str
    client: httpx.Client
    clock: Clock

    def attempt(self, message: OutboxMessage) -> Attempt:
        """Deliver once. A 2xx is delivered; other 4xx are permanent; everything else is tried again."""
        body = orjson.dumps(
            envelope(
                message_id=message.id,
                kind=message.kind,
                issued_at=wire_time(message.created_at) or "",
                document_id=message.document_key,
                sequence=message.sequence,
                data=message.payload,
            )
        )
        headers = {**sign(self.secret, message.id, self.clock(), body), "content-type": "application/json"}
        try:
            response = self.client.post(self.url, content=body, headers=headers)
        except httpx.HTTPError as error:
            return Attempt(message.id, unreachable=True, error=f"{type(error).__name__}: {error}")
        return self._judge(message.id, response)

    def _judge(self, message_id: str, response: httpx.Response) -> Attempt:
        status = response.status_code
        if response.is_success:
            return Attempt(message_id, delivered=True)
        error = f"HTTP {status}: {response.text[:300]}"
        if response.is_client_error and status not in _RETRIABLE:
            return Attempt(message_id, permanent=True, error=error)
        outage = status in _OUTAGE or status in _RETRIABLE or response.is_server_error or response.is_redirect
        return Attempt(message_id, unreachable=outage, error=error, retry_after=self._wish(response))

    def _wish(self, response: httpx.Response) -> timedelta | None:
        """Retry-After as seconds or as a date; nonsense is ignored."""
        value = response.headers.get("retry-after", "").strip()
        if value.isascii() and value.isdigit():
            return timedelta(seconds=min(int(value), 86_400))
        try:
            moment = parsedate_to_datetime(value)
        except ValueError:
            return None
        return max((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - self.clock(), timedelta())


def open_client(timeout_seconds: float) -> httpx.Client:
    """A client for HqDoor: bounded waiting, kept connections, no redirects, no proxies from the environment."""
    limits = httpx.Limits(max_connections=32, max_keepalive_connections=32)
    return httpx.Client(timeout=timeout_seconds, limits=limits, follow_redirects=False, trust_env=False)
