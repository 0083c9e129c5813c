"""What a province's users can read now: current copies by the clock, simple search; a revoked item leaves title and notice only."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from kbsearch.sandbox.province.desk import ProvinceDesk
from kbsearch.sandbox.refusal import RefusalError

_CURRENT = """
SELECT * FROM copy AS c WHERE (effective_from IS NULL OR effective_from <= ?1) AND (effective_to IS NULL OR effective_to > ?1)
AND number = (SELECT max(number) FROM copy WHERE knowledge_id = c.knowledge_id AND (effective_from IS NULL OR effective_from <= ?1))
AND NOT EXISTS (SELECT 1 FROM ending AS e WHERE e.knowledge_id = c.knowledge_id AND e.number >= c.number
  AND (e.effective_from IS NULL OR e.effective_from <= ?1))
"""
_SEARCHED = ("title", "body", "summary", "script")


def search_copies(desk: ProvinceDesk, query: str) -> list[dict[str, Any]]:
    """Current copies that contain the words as they stand (letter case aside); title hits first. A blank query finds nothing."""
    wanted = query.strip().casefold()
    if not wanted:
        return []
    found = [_view(row) for row in current_copies(desk) if wanted in _text_of(json.loads(row["content"]))]
    return sorted(found, key=lambda copy: wanted not in copy["title"].casefold())


def current_copies(desk: ProvinceDesk) -> list[sqlite3.Row]:
    """Every copy in force now, newest first; text whose end has come is deleted on the way."""
    _drop_ended(desk)
    return desk.db.all(_CURRENT + " ORDER BY published_at DESC", desk.now())


def knowledge_list(desk: ProvinceDesk) -> list[dict[str, Any]]:
    """Every item the province knows of, with its status."""
    ids = desk.db.all(
        "SELECT knowledge_id FROM copy UNION SELECT knowledge_id FROM ending"
        " UNION SELECT knowledge_id FROM delivery WHERE state = 'PENDING'"
    )
    return [knowledge_page(desk, row["knowledge_id"]) for row in ids]


def knowledge_page(desk: ProvinceDesk, knowledge_id: str) -> dict[str, Any]:
    """One item: PUBLISHED with its text, SCHEDULED, EXPIRED, PENDING_REVIEW or REVOKED (title and notice); 404 when unknown."""
    _drop_ended(desk)
    row = desk.db.one(_CURRENT + " AND knowledge_id = ?2", desk.now(), knowledge_id)
    if row is not None:
        return _view(row) | {"status": "PUBLISHED"}
    ending = desk.db.one("SELECT * FROM ending WHERE knowledge_id = ? ORDER BY number DESC LIMIT 1", knowledge_id)
    copy = desk.db.one("SELECT * FROM copy WHERE knowledge_id = ? ORDER BY number DESC LIMIT 1", knowledge_id)
    if copy is not None and (ending is None or copy["number"] > ending["number"]):
        status = "SCHEDULED" if (copy["effective_from"] or "") > desk.now() else "EXPIRED"
        notice = {"id": knowledge_id, "number": copy["number"], "title": copy["title"], "status": status}
        return notice | {"effectiveFrom": copy["effective_from"]}
    if ending is not None:
        return _ending_view(ending)
    waiting = desk.db.one("SELECT * FROM delivery WHERE knowledge_id = ? AND state = 'PENDING' ORDER BY id DESC LIMIT 1", knowledge_id)
    if waiting is None:
        raise RefusalError.missing("知识", knowledge_id)
    return {"id": knowledge_id, "number": waiting["number"], "title": waiting["title"], "status": "PENDING_REVIEW"}


def _ending_view(ending: sqlite3.Row) -> dict[str, Any]:
    return {
        "id": ending["knowledge_id"],
        "number": ending["number"],
        "title": ending["title"],
        "status": "REVOKED",
        "reason": ending["reason"],
        "reasonText": ending["reason_text"],
        "replacementId": ending["replacement_id"],
    }


def _drop_ended(desk: ProvinceDesk) -> None:
    desk.db.run(
        "DELETE FROM copy WHERE EXISTS (SELECT 1 FROM ending AS e WHERE e.knowledge_id = copy.knowledge_id AND e.number >= copy.number"
        " AND (e.effective_from IS NULL OR e.effective_from <= ?))",
        desk.now(),
    )


def _text_of(content: dict[str, Any]) -> str:
    parts = [str(content.get(name) or "") for name in _SEARCHED] + [str(word) for word in content.get("keywords") or []]
    return "\n".join(parts).casefold()


def _view(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "id": row["knowledge_id"],
        "number": row["number"],
        "title": row["title"],
        "categoryId": row["category_id"],
        "content": json.loads(row["content"]),
        "contentHash": row["content_hash"],
        "publishedAt": row["published_at"],
        "effectiveFrom": row["effective_from"],
    }
