"""What a province's users can read now: current copies by the clock, simple search; what ended leaves title and notice only."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from kbsearch.sandbox.province.desk import ProvinceDesk
from kbsearch.sandbox.refusal import RefusalError
from kbsearch.sandbox.subjects import ANNOUNCEMENT, ID_FIELDS, KNOWLEDGE, NAMES

_CURRENT = """
SELECT * FROM copy AS c WHERE (effective_from IS NULL OR effective_from <= ?1) AND (effective_to IS NULL OR effective_to > ?1)
AND subject_kind = ?2
AND number = (SELECT max(number) FROM copy WHERE subject_id = c.subject_id AND (effective_from IS NULL OR effective_from <= ?1))
AND NOT EXISTS (SELECT 1 FROM ending AS e WHERE e.subject_id = c.subject_id AND e.number >= c.number
  AND (e.effective_from IS NULL OR e.effective_from <= ?1))
"""
_SEARCHED = ("title", "body", "summary", "script")
_ENDED = {KNOWLEDGE: "REVOKED", ANNOUNCEMENT: "RECALLED"}


def search_copies(desk: ProvinceDesk, query: str, kind: str = KNOWLEDGE) -> list[dict[str, Any]]:
    """Current copies that contain the words as they stand (letter case aside); title hits first. A blank query finds nothing."""
    if kind not in _ENDED:
        raise RefusalError.invalid(f"kind 可用：{'、'.join(_ENDED)}。")
    wanted = query.strip().casefold()
    if not wanted:
        return []
    found = [_view(row) for row in current_copies(desk, kind) if wanted in _text_of(json.loads(row["content"]))]
    return sorted(found, key=lambda copy: wanted not in copy["title"].casefold())


def current_copies(desk: ProvinceDesk, kind: str) -> list[sqlite3.Row]:
    """Every copy in force now, newest first; text whose end has come is deleted on the way."""
    _drop_ended(desk)
    return desk.db.all(_CURRENT + " ORDER BY published_at DESC", desk.now(), kind)


def item_list(desk: ProvinceDesk, kind: str) -> list[dict[str, Any]]:
    """Every item the province knows of, with its status."""
    ids = desk.db.all(
        "SELECT subject_id FROM copy WHERE subject_kind = ?1 UNION SELECT subject_id FROM ending WHERE subject_kind = ?1"
        " UNION SELECT subject_id FROM delivery WHERE state = 'PENDING' AND subject_kind = ?1",
        kind,
    )
    return [item_page(desk, row["subject_id"], kind) for row in ids]


def item_page(desk: ProvinceDesk, subject_id: str, kind: str = KNOWLEDGE) -> dict[str, Any]:
    """One item: PUBLISHED with its text, SCHEDULED, EXPIRED, PENDING_REVIEW, REVOKED or RECALLED (title and notice); 404 when unknown."""
    _drop_ended(desk)
    row = desk.db.one(_CURRENT + " AND subject_id = ?3", desk.now(), kind, subject_id)
    if row is not None:
        return _view(row) | {"status": "PUBLISHED"}
    ending = desk.db.one("SELECT * FROM ending WHERE subject_id = ? AND subject_kind = ? ORDER BY number DESC LIMIT 1", subject_id, kind)
    copy = desk.db.one("SELECT * FROM copy WHERE subject_id = ? AND subject_kind = ? ORDER BY number DESC LIMIT 1", subject_id, kind)
    if copy is not None and (ending is None or copy["number"] > ending["number"]):
        status = "SCHEDULED" if (copy["effective_from"] or "") > desk.now() else "EXPIRED"
        notice = {"id": subject_id, "number": copy["number"], "title": copy["title"], "status": status}
        return notice | {"effectiveFrom": copy["effective_from"]}
    if ending is not None:
        return _ending_view(ending)
    waiting = desk.db.one(
        "SELECT * FROM delivery WHERE subject_id = ? AND subject_kind = ? AND state = 'PENDING' ORDER BY id DESC LIMIT 1", subject_id, kind
    )
    if waiting is None:
        raise RefusalError.missing(NAMES[kind], subject_id)
    return {"id": subject_id, "number": waiting["number"], "title": waiting["title"], "status": "PENDING_REVIEW"}


def store_copy(desk: ProvinceDesk, kind: str, data: dict[str, Any]) -> None:
    """Write one text the province's users may read: its id, number, content, contentHash, and optionally issuer, categoryId, dates."""
    content = data["content"]
    desk.db.insert(
        "copy",
        subject_id=data[ID_FIELDS[kind]],
        number=data["number"],
        subject_kind=kind,
        category_id=data.get("categoryId"),
        issuer=json.dumps(data["issuer"], ensure_ascii=False) if data.get("issuer") else None,
        title=content["title"],
        content=json.dumps(content, ensure_ascii=False),
        content_hash=data["contentHash"],
        effective_from=data.get("effectiveFrom"),
        effective_to=content.get("effectiveTo"),
        published_at=desk.now(),
    )


def store_ending(desk: ProvinceDesk, kind: str, title: str, data: dict[str, Any]) -> None:
    """Write what ends an item up to a version: id, number, reason, and optionally reasonText, causedBy, replacementId, effectiveFrom."""
    desk.db.run(
        "INSERT OR REPLACE INTO ending VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        data[ID_FIELDS[kind]],
        data["number"],
        kind,
        data.get("causedBy"),
        title,
        data["reason"],
        data.get("reasonText") or "",
        data.get("replacementId"),
        data.get("effectiveFrom"),
        desk.now(),
    )


def _ending_view(ending: sqlite3.Row) -> dict[str, Any]:
    return {
        "id": ending["subject_id"],
        "number": ending["number"],
        "title": ending["title"],
        "status": _ENDED[ending["subject_kind"]],
        "reason": ending["reason"],
        "reasonText": ending["reason_text"],
        "replacementId": ending["replacement_id"],
    }


def _drop_ended(desk: ProvinceDesk) -> None:
    desk.db.run(
        "DELETE FROM copy WHERE EXISTS (SELECT 1 FROM ending AS e WHERE e.subject_id = copy.subject_id AND e.number >= copy.number"
        " AND (e.effective_from IS NULL OR e.effective_from <= ?))",
        desk.now(),
    )


def _text_of(content: dict[str, Any]) -> str:
    parts = [str(content.get(name) or "") for name in _SEARCHED] + [str(word) for word in content.get("keywords") or []]
    return "\n".join(parts).casefold()


def _view(row: sqlite3.Row) -> dict[str, Any]:
    shown = {
        "id": row["subject_id"],
        "number": row["number"],
        "title": row["title"],
        "categoryId": row["category_id"],
        "content": json.loads(row["content"]),
        "contentHash": row["content_hash"],
        "publishedAt": row["published_at"],
        "effectiveFrom": row["effective_from"],
    }
    return shown | {"issuer": json.loads(row["issuer"])} if row["issuer"] else shown
