"""The reader-visible content of a version and the two hashes both sides compute (docs/hq-interface.md §2)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import rfc8785

from kbsearch.clock import wire_time


@dataclass(frozen=True, slots=True)
class Content:
    """Every field a reader sees; keywords keep their order, regions and attachments are sets kept sorted."""

    title: str = ""
    body: str = ""
    summary: str = ""
    script: str = ""
    keywords: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    effective_from: datetime | None = None
    effective_to: datetime | None = None
    attachments: tuple[str, ...] = ()

    def document(self) -> dict[str, Any]:
        """The canonical JSON form, as hashed and as sent to headquarters."""
        return {
            "title": self.title,
            "body": self.body,
            "summary": self.summary,
            "script": self.script,
            "keywords": list(self.keywords),
            "regions": sorted(self.regions),
            "effectiveFrom": wire_time(self.effective_from),
            "effectiveTo": wire_time(self.effective_to),
            "attachments": sorted(self.attachments),
        }

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> Content:
        """Read the canonical JSON form back; missing fields take their empty value."""
        times = {k: datetime.fromisoformat(v) if (v := document.get(k)) else None for k in ("effectiveFrom", "effectiveTo")}
        return cls(
            title=document.get("title") or "",
            body=document.get("body") or "",
            summary=document.get("summary") or "",
            script=document.get("script") or "",
            keywords=tuple(document.get("keywords") or ()),
            regions=tuple(sorted(document.get("regions") or ())),
            effective_from=times["effectiveFrom"],
            effective_to=times["effectiveTo"],
            attachments=tuple(sorted(document.get("attachments") or ())),
        )

    def moved_to(self, effective_from: datetime | None) -> Content:
        """The same text with another moment to take effect."""
        return replace(self, effective_from=effective_from)

    @property
    def hash(self) -> str:
        """contentHash: hex SHA-256 over the RFC 8785 form."""
        return canonical_hash(self.document())


def canonical_hash(document: Any) -> str:
    """Hex SHA-256 over RFC 8785 canonical JSON."""
    return hashlib.sha256(rfc8785.dumps(document)).hexdigest()


def submission_hash(
    *,
    kind: str,
    subject: str,
    category: str | None,
    base: int | None,
    reason: str | None,
    replacement: str | None,
    effective_from: datetime | None,
    content_hash: str | None,
) -> str:
    """submissionHash: what a reviewer approves and headquarters echoes. `effective_from` only for REVOKE (no content)."""
    return canonical_hash(
        {
            "kind": kind,
            "subject": subject,
            "category": category,
            "base": base,
            "reason": reason,
            "replacement": replacement,
            "effectiveFrom": wire_time(effective_from),
            "content": content_hash,
        }
    )
