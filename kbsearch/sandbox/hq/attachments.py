"""Attachments by hash: what HQ holds, what it still has to fetch from the second line, and its own uploads; speaks no HTTP."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import sqlite3
from datetime import timedelta
from typing import Any

from kbsearch.sandbox.hq.desk import HqDesk
from kbsearch.sandbox.instants import to_wire
from kbsearch.sandbox.refusal import RefusalError

_HASH = re.compile(r"[0-9a-f]{64}")
LARGEST = 5 * 1024 * 1024
MOST_TRIES = 8


def upload(desk: HqDesk, name: Any, media_type: Any, data: bytes) -> dict[str, Any]:
    """Keep a file of HQ's own; the same bytes again are the same attachment."""
    if not isinstance(name, str) or not name.strip():
        raise RefusalError.invalid("请填写附件名称（name）。")
    if not data or len(data) > LARGEST:
        raise RefusalError.invalid("附件须有内容，且不超过 5 MB。")
    sha256 = _keep(desk, name, str(media_type or "application/octet-stream"), "HQ", data)
    return attachment_view(find_attachment(desk, sha256))


def decoded(text: Any) -> bytes:
    """The bytes of a base64 text; 422 when it is none."""
    try:
        return base64.b64decode(text, validate=True)
    except (TypeError, ValueError, binascii.Error) as error:
        raise RefusalError.invalid("base64 不是合法的 Base64 文字。") from error


def find_attachment(desk: HqDesk, sha256: str) -> sqlite3.Row:
    """One attachment HQ holds; 404 otherwise."""
    row = desk.db.one("SELECT * FROM attachment WHERE sha256 = ?", sha256)
    if row is None:
        raise RefusalError.missing("附件", sha256)
    return row


def attachment_view(row: sqlite3.Row) -> dict[str, Any]:
    """One attachment as the API shows it; `source` HQ or SECOND_LINE."""
    size = len(row["bytes"])
    return {"sha256": row["sha256"], "name": row["name"], "mediaType": row["media_type"], "size": size, "source": row["source"]}


def all_attachments(desk: HqDesk) -> list[dict[str, Any]]:
    """What HQ holds (state HELD) and what it waits for (WANTED, FAILED), newest first, at most 500 each."""
    held = [attachment_view(row) | {"state": "HELD"} for row in desk.db.all("SELECT * FROM attachment ORDER BY rowid DESC LIMIT 500")]
    wanted = desk.db.all("SELECT * FROM attachment_wanted ORDER BY rowid DESC LIMIT 500")
    return held + [
        {"sha256": row["sha256"], "state": row["state"], "attempts": row["attempts"], "lastError": row["last_error"]} for row in wanted
    ]


def check_held(desk: HqDesk, content: dict[str, Any]) -> None:
    """What HQ's own authors attach must have been uploaded, or have come with what they change (422)."""
    if missing := missing_attachments(desk, content):
        raise RefusalError.invalid(f"附件 {missing[0]} 总部没有，请先上传（/api/attachments）。")


def missing_attachments(desk: HqDesk, content: dict[str, Any] | None) -> list[str]:
    """Hashes a content names and HQ does not hold."""
    named = (content or {}).get("attachments") or []
    return [sha for sha in named if not desk.db.one("SELECT 1 FROM attachment WHERE sha256 = ?", sha)]


def want_attachments(desk: HqDesk, content: dict[str, Any] | None) -> None:
    """Have what a submission names fetched."""
    for sha256 in missing_attachments(desk, content):
        if not isinstance(sha256, str) or not _HASH.fullmatch(sha256):
            raise RefusalError.invalid(f"附件 {sha256!r} 不是 SHA-256 的十六进制。")
        ask_again(desk, sha256)


def ask_again(desk: HqDesk, sha256: str) -> None:
    """Put an attachment on the list of what to fetch, from the first try."""
    desk.db.run(
        "INSERT INTO attachment_wanted VALUES (?1, 'WANTED', 0, ?2, NULL)"
        " ON CONFLICT (sha256) DO UPDATE SET state = 'WANTED', attempts = 0, due_at = ?2",
        sha256,
        desk.now(),
    )
    desk.fetch_bell.set()


def attachments_on_their_way(desk: HqDesk, content: dict[str, Any] | None) -> bool:
    """Whether something a content names may still come by itself."""
    named = missing_attachments(desk, content)
    return any(desk.db.one("SELECT 1 FROM attachment_wanted WHERE sha256 = ? AND state = 'WANTED'", sha) for sha in named)


def next_wanted(desk: HqDesk) -> sqlite3.Row | None:
    """What to fetch now."""
    return desk.db.one("SELECT * FROM attachment_wanted WHERE state = 'WANTED' AND due_at <= ? ORDER BY due_at LIMIT 1", desk.now())


def note_fetched(desk: HqDesk, sha256: str, data: bytes, *, name: str | None, media_type: str) -> None:
    """Prove the digest and keep the bytes; what does not prove is tried again like an outage."""
    if hashlib.sha256(data).hexdigest() != sha256:
        note_failure(desk, sha256, "取到的内容与 SHA-256 不符。")
        return
    with desk.db.transaction():
        _keep(desk, name or sha256, media_type, "SECOND_LINE", data)
        desk.db.run("DELETE FROM attachment_wanted WHERE sha256 = ?", sha256)
    desk.review_bell.set()


def note_failure(desk: HqDesk, sha256: str, reason: str) -> None:
    """Try again after a growing pause; after eight tries it waits for a person."""
    row = desk.db.one("SELECT attempts FROM attachment_wanted WHERE sha256 = ?", sha256)
    tries = (row["attempts"] if row else 0) + 1
    due = to_wire(desk.clock() + timedelta(seconds=min(5.0, 0.1 * 2.0**tries)))
    state = "FAILED" if tries >= MOST_TRIES else "WANTED"
    desk.db.run(
        "UPDATE attachment_wanted SET state = ?, attempts = ?, due_at = ?, last_error = ? WHERE sha256 = ?",
        state,
        tries,
        due,
        reason[:500],
        sha256,
    )
    if state == "FAILED":
        desk.review_bell.set()


def _keep(desk: HqDesk, name: str, media_type: str, source: str, data: bytes) -> str:
    sha256 = hashlib.sha256(data).hexdigest()
    desk.db.run(
        "INSERT OR IGNORE INTO attachment VALUES (?, ?, ?, ?, ?, ?)", sha256, name[:200], media_type[:100], source, data, desk.now()
    )
    return sha256
