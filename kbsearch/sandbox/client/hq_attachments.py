"""HQ's client, by noun: attachments."""

from __future__ import annotations

import base64
from typing import Any

from kbsearch.sandbox.client.door import Door


class HqAttachments(Door):
    """Attachments at HQ, by SHA-256."""

    def upload_attachment(self, data: bytes, name: str, media_type: str = "application/octet-stream") -> dict[str, Any]:
        """Keep a file of HQ's own (at most 5 MB); returns sha256, name, mediaType, size, source."""
        body = {"name": name, "mediaType": media_type, "base64": base64.b64encode(data).decode()}
        return dict(self.post("/api/attachments", body))

    def attachments(self) -> list[dict[str, Any]]:
        """What HQ holds (state HELD) and still fetches (WANTED, FAILED with lastError)."""
        return list(self.get("/api/attachments"))

    def attachment(self, sha256: str) -> dict[str, Any]:
        """One that HQ holds; `source` HQ or SECOND_LINE."""
        return dict(self.get(f"/api/attachments/{sha256}"))

    def attachment_bytes(self, sha256: str) -> bytes:
        """Its bytes."""
        return self.fetch(f"/api/attachments/{sha256}/content")

    def fetch_attachment(self, sha256: str) -> None:
        """Have HQ fetch it from the second line (again)."""
        self.post(f"/api/attachments/{sha256}/fetch")
