"""The two hashes of the interface, computed from its text alone (docs/hq-interface.md §2), so that two programs prove them."""

from __future__ import annotations

import hashlib
from typing import Any

import rfc8785

from kbsearch.sandbox.refusal import RefusalError
from kbsearch.sandbox.subjects import ENDINGS, subject_id_of


def _digest(value: dict[str, Any]) -> str:
    try:
        return hashlib.sha256(rfc8785.dumps(value)).hexdigest()
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as error:
        raise RefusalError.invalid(f"内容无法写成规范 JSON，算不出哈希：{error}") from error


def content_hash(content: dict[str, Any]) -> str:
    """Hex SHA-256 of the canonical content; regions, attachments and an announcement's audience ascending, keywords as they stand."""
    ordered = dict(content)
    for name in ("regions", "attachments"):
        ordered[name] = sorted(content.get(name) or [])
    if "audience" in content:
        ordered["audience"] = ordered_audience(content["audience"])
    return _digest(ordered)


def ordered_audience(audience: dict[str, Any]) -> dict[str, Any]:
    """Organisations ascending, people ascending by organisation and id."""
    people = sorted(audience["people"], key=lambda person: (person["organisation"], person["id"]))
    return {**audience, "organisations": sorted(audience["organisations"]), "people": people}


def submission_hash(subject_kind: str, flow: str, data: dict[str, Any]) -> str:
    """Hex SHA-256 over kind, subject, category, base, reason, replacement, date and contentHash of one submission."""
    base = data.get("base")
    ends = flow in ENDINGS
    return _digest(
        {
            "kind": flow,
            "subject": subject_id_of(subject_kind, data),
            "category": data.get("categoryId"),
            "base": base["number"] if base else None,
            "reason": data.get("reason") if ends else None,
            "replacement": data.get("replacementId") if ends else None,
            "effectiveFrom": data.get("effectiveFrom") if ends else None,
            "content": None if ends else data["contentHash"],
        }
    )
