"""What must leave a sandbox system: rows written in the deciding transaction; sends nothing itself (courier.py does)."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Any

from kbsearch.sandbox.database import Database
from kbsearch.sandbox.instants import Clock, to_wire
from kbsearch.sandbox.refusal import RefusalError

OUTBOX_TABLE = """
CREATE TABLE IF NOT EXISTS outbox (
  id INTEGER PRIMARY KEY, webhook_id TEXT NOT NULL UNIQUE, destination TEXT NOT NULL, lane TEXT NOT NULL, kind TEXT NOT NULL,
  about TEXT NOT NULL, round INTEGER, body TEXT NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL, due_at TEXT NOT NULL,
  created_at TEXT NOT NULL, delivered_at TEXT, last_error TEXT, receipt TEXT);
CREATE INDEX IF NOT EXISTS outbox_waiting ON outbox (destination, lane, id) WHERE state = 'PENDING';
CREATE INDEX IF NOT EXISTS outbox_about ON outbox (about, round);
"""
LONGEST_PAUSE = 5.0
_FIRST_OF_LANES = "SELECT min(id) FROM outbox WHERE state = 'PENDING' AND id NOT IN ({}) GROUP BY destination, lane"


def _marks(values: Collection[object]) -> str:
    return ", ".join("?" * len(values))


class Outbox:
    """Rows leave first in first out per (destination, lane); states PENDING 待发, DELIVERED 已送达, DEAD 被拒 (waits for a person)."""

    def __init__(self, db: Database, clock: Clock, new_id: Callable[[], str], bell: asyncio.Event) -> None:
        self._db = db
        self._clock = clock
        self._new_id = new_id
        self._bell = bell

    def put(self, destination: str, lane: str, kind: str, body: str, *, about: str, round_: int | None = None) -> None:
        """Add a message; the caller's transaction makes it true. `about` is what it concerns: a submission, draft or knowledge."""
        now = to_wire(self._clock())
        self._db.insert(
            "outbox",
            webhook_id=f"hq_{self._new_id()}",
            destination=destination,
            lane=lane,
            kind=kind,
            about=about,
            round=round_,
            body=body,
            state="PENDING",
            attempts=0,
            due_at=now,
            created_at=now,
        )
        self._bell.set()

    def send_again(self, row_id: int) -> None:
        """Send the same body once more under a new webhook-id, behind whatever waits in its lane."""
        row = self._db.one("SELECT * FROM outbox WHERE id = ?", row_id)
        if row is None:
            raise RefusalError.missing("外发消息", row_id)
        if row["state"] == "PENDING":
            raise RefusalError.conflict(f"外发消息 {row_id} 还在待发，不需要重发。")
        with self._db.transaction():
            self.put(row["destination"], row["lane"], row["kind"], row["body"], about=row["about"], round_=row["round"])

    def heads(self, passable: Collection[int] = ()) -> list[sqlite3.Row]:
        """The first waiting row of each lane that is due now; rows of `passable` do not hold up their lane."""
        return self._db.all(
            f"SELECT * FROM outbox WHERE id IN ({_FIRST_OF_LANES.format(_marks(passable))}) AND due_at <= ? ORDER BY id",  # noqa: S608 - marks only
            *passable,
            to_wire(self._clock()),
        )

    def next_due(self, passable: Collection[int] = ()) -> datetime | None:
        """When the earliest waiting lane comes due."""
        row = self._db.one(
            f"SELECT min(due_at) AS due FROM outbox WHERE id IN ({_FIRST_OF_LANES.format(_marks(passable))})",  # noqa: S608 - marks only
            *passable,
        )
        return datetime.fromisoformat(row["due"]) if row and row["due"] else None

    def postpone(self, row_id: int, seconds: float) -> None:
        """Keep a waiting row back; 0 seconds ends that."""
        due = to_wire(self._clock() + timedelta(seconds=seconds))
        self._db.run("UPDATE outbox SET due_at = ? WHERE id = ? AND state = 'PENDING'", due, row_id)
        self._bell.set()

    def overtaken(self, row: sqlite3.Row, *, about: bool, kinds: Collection[str]) -> bool:
        """Whether a later row to the same place left before this one: of these kinds about the same round, or any where none are named."""
        condition = f"AND about = ? AND round IS ? AND kind IN ({_marks(kinds)})" if about else ""
        values = (row["about"], row["round"], *kinds) if about else ()
        later = f"SELECT 1 FROM outbox WHERE destination = ? AND id > ? AND state = 'DELIVERED' {condition} LIMIT 1"  # noqa: S608 - marks only
        return self._db.one(later, row["destination"], row["id"], *values) is not None

    def mark_delivered(self, row: sqlite3.Row, receipt: dict[str, Any]) -> None:
        """Close a row with what the other side answered."""
        self._db.run(
            "UPDATE outbox SET state = 'DELIVERED', attempts = attempts + 1, delivered_at = ?, last_error = NULL, receipt = ? WHERE id = ?",
            to_wire(self._clock()),
            json.dumps(receipt, ensure_ascii=False),
            row["id"],
        )

    def mark_refused(self, row: sqlite3.Row, reason: str) -> None:
        """The other side will never take it: keep it for a person, let the lane go on."""
        self._db.run("UPDATE outbox SET state = 'DEAD', attempts = attempts + 1, last_error = ? WHERE id = ?", reason[:2000], row["id"])

    def mark_failed(self, row: sqlite3.Row, reason: str) -> None:
        """Try again after a pause that doubles from 0.25 s up to 5 s."""
        pause = min(LONGEST_PAUSE, 0.25 * 2.0 ** min(row["attempts"], 10))
        self._db.run(
            "UPDATE outbox SET attempts = attempts + 1, due_at = ?, last_error = ? WHERE id = ?",
            to_wire(self._clock() + timedelta(seconds=pause)),
            reason[:2000],
            row["id"],
        )


def sent_view(row: sqlite3.Row) -> dict[str, Any]:
    """A row as the JSON API shows it."""
    return {
        "id": row["id"],
        "webhookId": row["webhook_id"],
        "destination": row["destination"],
        "kind": row["kind"],
        "about": row["about"],
        "round": row["round"],
        "state": row["state"],
        "attempts": row["attempts"],
        "createdAt": row["created_at"],
        "deliveredAt": row["delivered_at"],
        "lastError": row["last_error"],
        "receipt": json.loads(row["receipt"]) if row["receipt"] else None,
        "body": json.loads(row["body"]),
    }
