"""What HQ holds of each knowledge item: accepted versions, their numbers, and which provinces have it; sends nothing."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from kbsearch.sandbox.hashing import content_hash
from kbsearch.sandbox.hq.cases import Case, steps_of
from kbsearch.sandbox.hq.desk import HqDesk
from kbsearch.sandbox.refusal import RefusalError


def find_knowledge(desk: HqDesk, knowledge_id: str) -> sqlite3.Row:
    """One item HQ holds; 404 otherwise."""
    row = desk.db.one("SELECT * FROM knowledge WHERE id = ?", knowledge_id)
    if row is None:
        raise RefusalError.missing("知识", knowledge_id)
    return row


def highest_version(desk: HqDesk, knowledge_id: str) -> sqlite3.Row | None:
    """The highest version accepted and not withdrawn."""
    return desk.db.one("SELECT * FROM version WHERE knowledge_id = ? AND status = 'ACCEPTED' ORDER BY number DESC LIMIT 1", knowledge_id)


def version_of_case(desk: HqDesk, case: Case) -> sqlite3.Row | None:
    """The version that approving this case made."""
    return desk.db.one("SELECT * FROM version WHERE case_id = ? AND round = ?", case.id, case.round)


def holders(desk: HqDesk, knowledge_id: str) -> list[str]:
    """Provinces that have the item now."""
    row = desk.db.one("SELECT distribution FROM knowledge WHERE id = ?", knowledge_id)
    return list(json.loads(row["distribution"])) if row else []


def next_number(desk: HqDesk, case: Case) -> int:
    """One above the highest number ever given, or above the base where HQ holds nothing (stock of the second line)."""
    row = desk.db.one("SELECT max(number) AS top FROM version WHERE knowledge_id = ?", case.knowledge_id)
    top = row["top"] if row else None
    return int(top) + 1 if top is not None else (case.base_number or 0) + 1


def accept_version(desk: HqDesk, case: Case, *, distribution: list[str], effective_from: str | None) -> sqlite3.Row:
    """Store the case's text as the next version and make `distribution` the holders."""
    content = case.content
    if content is None:
        raise RefusalError.conflict("撤销申请没有正文，不能生成版本。")
    number = next_number(desk, case)
    before = json.dumps(holders(desk, case.knowledge_id))
    desk.db.insert(
        "version",
        knowledge_id=case.knowledge_id,
        number=number,
        title=content["title"],
        content=json.dumps(content, ensure_ascii=False),
        content_hash=content_hash(content),
        distribution=json.dumps(distribution),
        distribution_before=before,
        status="ACCEPTED",
        effective_from=effective_from or content.get("effectiveFrom"),
        case_id=case.id,
        round=case.round,
        accepted_at=desk.now(),
    )
    store_knowledge(desk, case.knowledge_id, case.data.get("categoryId"), "PUBLISHED", distribution)
    row = version_of_case(desk, case)
    if row is None:  # pragma: no cover - inserted above in this very transaction
        raise RefusalError.conflict("版本未能写入。")
    return row


def store_knowledge(desk: HqDesk, knowledge_id: str, category_id: str | None, status: str, distribution: list[str]) -> None:
    """Write what HQ holds of an item as a whole."""
    desk.db.run(
        "INSERT INTO knowledge (id, category_id, status, distribution) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET"
        " category_id = coalesce(excluded.category_id, category_id), status = excluded.status, distribution = excluded.distribution",
        knowledge_id,
        category_id,
        status,
        json.dumps(distribution),
    )


def drop_version(desk: HqDesk, version: sqlite3.Row) -> list[str]:
    """Take back a version that has not come into force; return the provinces that had been told of it."""
    knowledge_id = version["knowledge_id"]
    desk.db.run("UPDATE version SET status = 'WITHDRAWN' WHERE knowledge_id = ? AND number = ?", knowledge_id, version["number"])
    before: list[str] = json.loads(version["distribution_before"])
    status = "PUBLISHED" if highest_version(desk, knowledge_id) else "UNPUBLISHED"
    store_knowledge(desk, knowledge_id, None, status, before)
    return sorted({*before, *json.loads(version["distribution"])})


def knowledge_summary(desk: HqDesk, row: sqlite3.Row) -> dict[str, Any]:
    """An item in a list."""
    top = highest_version(desk, row["id"])
    return {
        "id": row["id"],
        "title": top["title"] if top else None,
        "status": row["status"],
        "categoryId": row["category_id"],
        "distribution": json.loads(row["distribution"]),
        "suspension": json.loads(row["suspension"]) if row["suspension"] else None,
        "number": top["number"] if top else None,
        "contentHash": top["content_hash"] if top else None,
    }


def knowledge_view(desk: HqDesk, knowledge_id: str) -> dict[str, Any]:
    """One item with all its versions and its history."""
    versions = desk.db.all("SELECT * FROM version WHERE knowledge_id = ? ORDER BY number", knowledge_id)
    return knowledge_summary(desk, find_knowledge(desk, knowledge_id)) | {
        "versions": [
            {
                "number": row["number"],
                "title": row["title"],
                "content": json.loads(row["content"]),
                "contentHash": row["content_hash"],
                "distribution": json.loads(row["distribution"]),
                "status": row["status"],
                "effectiveFrom": row["effective_from"],
                "caseId": row["case_id"],
                "round": row["round"],
                "acceptedAt": row["accepted_at"],
            }
            for row in versions
        ],
        "steps": steps_of(desk, "knowledge_id", knowledge_id),
    }


def all_knowledge(desk: HqDesk) -> list[dict[str, Any]]:
    """Every item HQ holds, latest first, at most 500."""
    return [knowledge_summary(desk, row) for row in desk.db.all("SELECT * FROM knowledge ORDER BY rowid DESC LIMIT 500")]
