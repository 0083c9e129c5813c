"""Headquarters' signed mutations sent by hand, for deliveries no well-behaved headquarters would make; keeps no queue."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import Any

import httpx

from kbsearch.sandbox.hq.callbacks import mutation
from kbsearch.sandbox.instants import wall_clock
from kbsearch.sandbox.signing import signed_headers


@dataclass(frozen=True, slots=True)
class SignedDoor:
    """The service's endpoint with headquarters' key."""

    http: httpx.Client
    endpoint: str
    secret: str

    def post(self, name: str, values: dict[str, Any], *, webhook_id: str | None = None, secret: str | None = None) -> httpx.Response:
        """Send one delivery under a fresh webhook-id, or the given one."""
        body = json.dumps({"query": mutation(name), "variables": {"input": values}}, ensure_ascii=False)
        headers = signed_headers(secret or self.secret, webhook_id or f"walk_{uuid.uuid4()}", wall_clock(), body)
        return self.http.post(self.endpoint, content=body.encode(), headers=headers)

    def receipt(self, name: str, values: dict[str, Any], *, webhook_id: str | None = None) -> dict[str, Any]:
        """The receipt (result, reason, inboxId) of one delivery; `result` tells the HTTP status when there is none."""
        response = self.post(name, values, webhook_id=webhook_id)
        try:
            return dict(response.json()["data"][name]["receipt"])
        except (ValueError, KeyError, TypeError):
            return {"result": f"HTTP {response.status_code}", "reason": response.text[:200], "inboxId": None}
