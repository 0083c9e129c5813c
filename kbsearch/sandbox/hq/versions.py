"""What HQ holds of each item (knowledge, announcement, reply): accepted versions, endings, and who has it; sends nothing."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from kbsearch.sandbox.hashing import content_hash
from kbsearch.sandbox.hq.cases import Case
from kbsearch.sandbox.hq.desk import HqDesk
from kbsearch.sandbox.hq.tree import current_node
from kbsearch.sandbox.refusal import RefusalError
from kbsearch.sandbox.subjects import ANNOUNCEMENT, KNOWLEDGE, NAMES, REPLY


def find_item(desk: HqDesk, subject_id: str, kind: str = KNOWLEDGE) -> sqlite3.Row:
    """One item HQ holds; 404 otherwise."""
    row = desk.db.one("SELECT * FROM item WHERE id = ? AND kind = ?", subject_id, kind)
    if row is None:
        raise RefusalError.missing(NAMES[kind], subject_id)
    return row


def highest_version(desk: HqDesk, subject_id: str) -> sqlite3.Row | None:
    """The highest version accepted and not withdrawn."""
    return desk.db.one("SELECT * FROM version WHERE subject_id = ? AND status = 'ACCEPTED' ORDER BY number DESC LIMIT 1", subject_id)


def held_version(desk: HqDesk, subject_id: str) -> sqlite3.Row:
    """The same, for changes to it; 409 when there is none."""
    top = highest_version(desk, subject_id)
    if top is None:
        raise RefusalError.conflict(f"总部没有 {subject_id} 的已通过版本。")
    return top


def version_of_case(desk: HqDesk, case: Case) -> sqlite3.Row | None:
    """The version that approving this case made."""
    return desk.db.one("SELECT * FROM version WHERE case_id = ? AND round = ?", case.id, case.round)


def holders(desk: HqDesk, subject_id: str) -> list[str]:
    """Who has the item now: province codes, for announcements codes of organisations."""
    row = desk.db.one("SELECT distribution FROM item WHERE id = ?", subject_id)
    return list(json.loads(row["distribution"])) if row else []


def next_number(desk: HqDesk, case: Case) -> int:
    """One above the highest number ever given, or above the base where HQ holds nothing (stock of the second line)."""
    row = desk.db.one("SELECT max(number) AS top FROM version WHERE subject_id = ?", case.subject_id)
    top = row["top"] if row else None
    return int(top) + 1 if top is not None else (case.base_number or 0) + 1


def store_version(
    desk: HqDesk,
    subject_id: str,
    number: int,
    content: dict[str, Any],
    *,
    base_number: int | None = None,
    distribution: list[str] | None = None,
    effective_from: str | None = None,
    case: tuple[str, int] = ("", 0),
    accepted_at: str | None = None,
) -> None:
    """Write one accepted text."""
    desk.db.insert(
        "version",
        subject_id=subject_id,
        number=number,
        base_number=base_number,
        title=content["title"],
        content=json.dumps(content, ensure_ascii=False),
        content_hash=content_hash(content),
        distribution=json.dumps(distribution or []),
        distribution_before=json.dumps(holders(desk, subject_id)),
        status="ACCEPTED",
        effective_from=effective_from or content.get("effectiveFrom"),
        effective_to=content.get("effectiveTo"),
        case_id=case[0],
        round=case[1],
        accepted_at=accepted_at or desk.now(),
    )


def accept_version(desk: HqDesk, case: Case, *, distribution: list[str], effective_from: str | None) -> sqlite3.Row:
    """Store the case's text as the next version and make `distribution` the holders."""
    content = case.content
    if content is None:
        raise RefusalError.conflict("撤销申请没有正文，不能生成版本。")
    store_version(
        desk,
        case.subject_id,
        next_number(desk, case),
        content,
        base_number=case.base_number,
        distribution=distribution,
        effective_from=effective_from,
        case=(case.id, case.round),
    )
    store_item(
        desk, case.subject_id, case.subject_kind, category_id=case.data.get("categoryId"), status="PUBLISHED", distribution=distribution
    )
    if case.subject_kind != KNOWLEDGE:
        _store_issuer(desk, case)
    row = version_of_case(desk, case)
    if row is None:  # pragma: no cover - inserted above in this very transaction
        raise RefusalError.conflict("版本未能写入。")
    return row


def _store_issuer(desk: HqDesk, case: Case) -> None:
    """Who made it first stays its issuer, also when HQ corrects it later."""
    name = case.data.get("issuerName") or desk.organisation_name(case.origin)
    answers = case.data["announcementId"] if case.subject_kind == REPLY else None
    desk.db.run(
        "UPDATE item SET issuer = ?, issuer_name = ?, answers = ? WHERE id = ? AND issuer IS NULL",
        case.origin,
        name,
        answers,
        case.subject_id,
    )


def store_item(desk: HqDesk, subject_id: str, kind: str, *, category_id: str | None, status: str, distribution: list[str]) -> None:
    """Write what HQ holds of an item as a whole; a category that was merged away is the one it went into."""
    desk.db.run(
        "INSERT INTO item (id, kind, category_id, status, distribution) VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET"
        " category_id = coalesce(excluded.category_id, category_id), status = excluded.status, distribution = excluded.distribution",
        subject_id,
        kind,
        current_node(desk, category_id),
        status,
        json.dumps(distribution),
    )


def store_ending(desk: HqDesk, case: Case, data: dict[str, Any]) -> None:
    """Write a revocation or recall: number, reason, reasonText, replacementId, effectiveFrom; nobody holds the item any more."""
    held = desk.db.one("SELECT content_hash FROM version WHERE subject_id = ? AND number = ?", case.subject_id, data["number"])
    desk.db.run(
        "INSERT OR REPLACE INTO ending VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        case.subject_id,
        data["number"],
        held["content_hash"] if held else str(case.data["base"].get("contentHash") or ""),
        data["reason"],
        data["reasonText"],
        data.get("replacementId"),
        data.get("effectiveFrom"),
        desk.now(),
    )
    store_item(desk, case.subject_id, case.subject_kind, category_id=case.data.get("categoryId"), status="REVOKED", distribution=[])


def drop_version(desk: HqDesk, version: sqlite3.Row) -> list[str]:
    """Take back a version that has not come into force; return those who had been told of it."""
    subject_id = version["subject_id"]
    desk.db.run("UPDATE version SET status = 'WITHDRAWN' WHERE subject_id = ? AND number = ?", subject_id, version["number"])
    before: list[str] = json.loads(version["distribution_before"])
    status = "PUBLISHED" if highest_version(desk, subject_id) else "UNPUBLISHED"
    desk.db.run("UPDATE item SET status = ?, distribution = ? WHERE id = ?", status, json.dumps(before), subject_id)
    return sorted({*before, *json.loads(version["distribution"])})


def announcement_of(desk: HqDesk, announcement_id: str) -> sqlite3.Row:
    """An announcement HQ holds; 404 otherwise."""
    return find_item(desk, announcement_id, ANNOUNCEMENT)
