"""The reader-visible content of a version and the two hashes both sides compute (docs/hq-interface.md §2)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import rfc8785

from kbsearch.clock import wire_time
from kbsearch.workflow.audience import Addressee, Audience


@dataclass(frozen=True, slots=True)
class Terms:
    """What an announcement says beside its text: whom it is for and what they must do."""

    audience: Audience = field(default_factory=Audience)
    must_read: bool = False
    needs_reply: bool = False
    reply_due_at: datetime | None = None

    def document(self) -> dict[str, Any]:
        """The four keys an announcement's canonical JSON has beside those of knowledge."""
        return {
            "audience": self.audience.document(),
            "mustRead": self.must_read,
            "needsReply": self.needs_reply,
            "replyDueAt": wire_time(self.reply_due_at),
        }

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> Terms:
        """Read the canonical form back; missing keys take their empty value."""
        named = document.get("audience") or {}
        people = (Addressee(p.get("organisation") or "", p.get("id") or "", p.get("name") or "") for p in named.get("people") or ())
        due = document.get("replyDueAt")
        return cls(
            Audience(frozenset(named.get("organisations") or ()), frozenset(people)),
            must_read=bool(document.get("mustRead")),
            needs_reply=bool(document.get("needsReply")),
            reply_due_at=datetime.fromisoformat(due) if due else None,
        )


@dataclass(frozen=True, slots=True)
class Content:
    """Every field a reader sees; keywords keep their order, regions and attachments are sets kept sorted.

    `terms` only announcements have.
    """

    title: str = ""
    body: str = ""
    summary: str = ""
    script: str = ""
    keywords: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    effective_from: datetime | None = None
    effective_to: datetime | None = None
    attachments: tuple[str, ...] = ()
    terms: Terms | None = None

    def document(self) -> dict[str, Any]:
        """The canonical JSON form, as hashed and as sent to headquarters."""
        return (self.terms.document() if self.terms is not None else {}) | {
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
            terms=Terms.from_document(document) if "audience" in document else None,
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
    """submissionHash: what a reviewer approves and headquarters echoes. `effective_from` only where there is no content."""
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
