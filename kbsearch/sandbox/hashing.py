"""The two hashes of the interface, computed from its text alone (docs/hq-interface.md §2), so that two programs prove them."""

from __future__ import annotations

import hashlib
from typing import Any

import rfc8785

from kbsearch.sandbox.refusal import RefusalError


def _digest(value: dict[str, Any]) -> str:
    try:
        return hashlib.sha256(rfc8785.dumps(value)).hexdigest()
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as error:
        raise RefusalError.invalid(f"内容无法写成规范 JSON，算不出哈希：{error}") from error


def content_hash(content: dict[str, Any]) -> str:
    """Hex SHA-256 of the canonical content; regions and attachments ascending, keywords as they stand."""
    ordered = dict(content)
    for name in ("regions", "attachments"):
        ordered[name] = sorted(content.get(name) or [])
    return _digest(ordered)


def submission_hash(flow: str, data: dict[str, Any]) -> str:
    """Hex SHA-256 over kind, subject, category, base, reason, replacement, date and contentHash of one submission."""
    base = data.get("base")
    revoke = flow == "REVOKE"
    return _digest(
        {
            "kind": flow,
            "subject": data["knowledgeId"],
            "category": data["categoryId"],
            "base": base["number"] if base else None,
            "reason": data.get("reason") if revoke else None,
            "replacement": data.get("replacementId") if revoke else None,
            "effectiveFrom": data.get("effectiveFrom") if revoke else None,
            "content": None if revoke else data["contentHash"],
        }
    )
