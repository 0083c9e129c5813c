"""What HQ holds of each knowledge item at this moment, as version sync compares it (docs §4); changes nothing, sends nothing."""

from __future__ import annotations

import hashlib
import sqlite3
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from kbsearch.sandbox.hq.desk import HqDesk


@dataclass(frozen=True, slots=True)
class Standing:
    """The version in force or last in force; `status` PUBLISHED, EXPIRED or REVOKED."""

    knowledge_id: str
    category_id: str
    number: int
    status: str
    content_hash: str

    @property
    def line(self) -> str:
        """Its row in the digest of its category."""
        return f"{self.knowledge_id}\t{self.number}\t{self.status}\t{self.content_hash}"

    def view(self) -> dict[str, Any]:
        """Its row in hqAnswerDigest."""
        return {"knowledgeId": self.knowledge_id, "number": self.number, "status": self.status, "contentHash": self.content_hash}


def standings(desk: HqDesk) -> list[Standing]:
    """Every knowledge item that was ever in force, ascending by id."""
    now = desk.now()
    versions: dict[str, list[sqlite3.Row]] = defaultdict(list)
    for row in desk.db.all(
        "SELECT v.subject_id, number, base_number, content_hash, effective_from, effective_to, accepted_at FROM version AS v"
        " JOIN item ON item.id = subject_id AND kind = 'KNOWLEDGE' WHERE v.status = 'ACCEPTED'"
    ):
        versions[row["subject_id"]].append(row)
    endings = {
        row["subject_id"]: row
        for row in desk.db.all(
            "SELECT * FROM ending WHERE effective_from IS NULL OR effective_from <= ? ORDER BY number",
            now,
        )
    }
    items = desk.db.all("SELECT id, category_id FROM item WHERE kind = 'KNOWLEDGE' ORDER BY id")
    found = (_standing(item, versions[item["id"]], endings.get(item["id"]), now) for item in items)
    return [each for each in found if each is not None]


def _standing(item: sqlite3.Row, versions: list[sqlite3.Row], ending: sqlite3.Row | None, now: str) -> Standing | None:
    category = item["category_id"] or ""
    floor = ending["number"] if ending else 0
    current = _in_force([row for row in versions if row["number"] > floor], now)
    if current is not None:
        status = "EXPIRED" if current["effective_to"] and current["effective_to"] <= now else "PUBLISHED"
        return Standing(item["id"], category, current["number"], status, current["content_hash"])
    if ending is not None:
        return Standing(item["id"], category, ending["number"], "REVOKED", ending["content_hash"])
    return None


def _in_force(versions: Iterable[sqlite3.Row], now: str) -> sqlite3.Row | None:
    """The latest to come into force, the higher number among equals; none takes over from one that was built on it."""
    live = sorted(((_live_from(row), row["number"], row) for row in versions if _live_from(row) <= now), key=lambda each: each[:2])
    by_number = {row["number"]: row for _, _, row in live}
    current: sqlite3.Row | None = None
    for _, number, row in live:
        if current is None or number not in _ancestors(current, by_number):
            current = row
    return current


def _live_from(row: sqlite3.Row) -> str:
    return str(max(row["accepted_at"], row["effective_from"] or ""))


def _ancestors(row: sqlite3.Row, by_number: dict[int, sqlite3.Row]) -> set[int]:
    found: set[int] = set()
    base = row["base_number"]
    while base is not None and base not in found:
        found.add(base)
        base = by_number[base]["base_number"] if base in by_number else None
    return found


def by_category(rows: Iterable[Standing]) -> dict[str, list[Standing]]:
    """The same under the node each hangs on, still ascending by id."""
    grouped: dict[str, list[Standing]] = defaultdict(list)
    for each in rows:
        grouped[each.category_id].append(each)
    return grouped


def digest(rows: list[Standing]) -> str:
    """Hex SHA-256 over the rows of one category."""
    return hashlib.sha256("\n".join(each.line for each in rows).encode()).hexdigest()
