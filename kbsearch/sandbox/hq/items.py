"""What HQ's API and pages show of the items HQ holds; changes nothing."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from kbsearch.sandbox.hq.desk import HqDesk
from kbsearch.sandbox.hq.steps import steps_about
from kbsearch.sandbox.hq.versions import find_item, highest_version
from kbsearch.sandbox.subjects import ANNOUNCEMENT, KNOWLEDGE, REPLY

_SHOWN_STATUS = {(ANNOUNCEMENT, "REVOKED"): "RECALLED", (REPLY, "PUBLISHED"): "ACCEPTED"}


def knowledge_view(desk: HqDesk, knowledge_id: str) -> dict[str, Any]:
    """One knowledge item with all its versions and its history."""
    return _view(desk, find_item(desk, knowledge_id))


def all_knowledge(desk: HqDesk) -> list[dict[str, Any]]:
    """Every knowledge item HQ holds, latest first, at most 500."""
    return _listed(desk, KNOWLEDGE)


def announcement_view(desk: HqDesk, announcement_id: str) -> dict[str, Any]:
    """One announcement: issuer, versions, history, and the replies HQ accepted."""
    return _view(desk, find_item(desk, announcement_id, ANNOUNCEMENT)) | {"replies": replies(desk, announcement_id)}


def all_announcements(desk: HqDesk) -> list[dict[str, Any]]:
    """Every announcement that was published through HQ, latest first, at most 500."""
    return _listed(desk, ANNOUNCEMENT)


def replies(desk: HqDesk, announcement_id: str | None = None) -> list[dict[str, Any]]:
    """Accepted replies to one announcement, or to all; latest first, at most 500."""
    rows = desk.db.all(
        "SELECT * FROM item WHERE kind = 'REPLY' AND (?1 IS NULL OR answers = ?1) ORDER BY rowid DESC LIMIT 500", announcement_id
    )
    return [_summary(desk, row) | {"content": _text(desk, row["id"])} for row in rows]


def _listed(desk: HqDesk, kind: str) -> list[dict[str, Any]]:
    return [_summary(desk, row) for row in desk.db.all("SELECT * FROM item WHERE kind = ? ORDER BY rowid DESC LIMIT 500", kind)]


def _text(desk: HqDesk, subject_id: str) -> dict[str, Any] | None:
    top = highest_version(desk, subject_id)
    return json.loads(top["content"]) if top else None


def _summary(desk: HqDesk, row: sqlite3.Row) -> dict[str, Any]:
    top = highest_version(desk, row["id"])
    shown = {
        "id": row["id"],
        "title": top["title"] if top else None,
        "status": _SHOWN_STATUS.get((row["kind"], row["status"]), row["status"]),
        "distribution": json.loads(row["distribution"]),
        "number": top["number"] if top else None,
        "contentHash": top["content_hash"] if top else None,
    }
    if row["kind"] == KNOWLEDGE:
        suspension = json.loads(row["suspension"]) if row["suspension"] else None
        return shown | {"categoryId": row["category_id"], "suspension": suspension}
    return shown | {"issuer": {"code": row["issuer"], "name": row["issuer_name"]}, "announcementId": row["answers"] or row["id"]}


def _view(desk: HqDesk, row: sqlite3.Row) -> dict[str, Any]:
    versions = desk.db.all("SELECT * FROM version WHERE subject_id = ? ORDER BY number", row["id"])
    endings = desk.db.all("SELECT * FROM ending WHERE subject_id = ? ORDER BY number", row["id"])
    return _summary(desk, row) | {
        "versions": [
            {
                "number": each["number"],
                "title": each["title"],
                "content": json.loads(each["content"]),
                "contentHash": each["content_hash"],
                "distribution": json.loads(each["distribution"]),
                "status": each["status"],
                "effectiveFrom": each["effective_from"],
                "caseId": each["case_id"],
                "round": each["round"],
                "acceptedAt": each["accepted_at"],
            }
            for each in versions
        ],
        "endings": [
            {"number": each["number"], "reason": each["reason"], "reasonText": each["reason_text"], "effectiveFrom": each["effective_from"]}
            for each in endings
        ],
        "steps": steps_about(desk, row["id"]),
    }
