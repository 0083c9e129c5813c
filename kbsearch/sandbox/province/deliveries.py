"""Steps 8 to 10 at a province: a message of HQ is received, reviewed, and published, revoked or refused."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from kbsearch.sandbox.hashing import content_hash
from kbsearch.sandbox.province.desk import FLOWS, ProvinceDesk
from kbsearch.sandbox.refusal import RefusalError

KINDS = ("knowledge.publish", "knowledge.update", "knowledge.revoke", "knowledge.withdraw")
STATES = {
    "PENDING": "待审核",
    "PUBLISHED": "已发布",
    "REVOKED": "已撤销",
    "REFUSED": "未采用",
    "OUTDATED": "已过时",
    "TAKEN_BACK": "总部收回",
}


def receive_delivery(desk: ProvinceDesk, webhook_id: str, message: dict[str, Any]) -> str:
    """Step 8: store a verified message once; in auto mode review it in the same transaction. Returns the delivery's state."""
    kind, data = _checked(message)
    with desk.db.transaction():
        if desk.db.one("SELECT 1 FROM delivery WHERE webhook_id = ?", webhook_id):
            return "DUPLICATE"
        row_id = desk.db.insert(
            "delivery",
            webhook_id=webhook_id,
            kind=kind,
            flow=data["flow"],
            knowledge_id=data["knowledgeId"],
            number=data["number"],
            title=_title(desk, data),
            data=json.dumps(data, ensure_ascii=False),
            received_at=desk.now(),
            state="PENDING",
        )
        desk.record_step(data["flow"], "8", data["knowledgeId"], f"收到 {kind}（版本 {data['number']}）")
        if kind == "knowledge.withdraw":
            _take_back(desk, row_id, data)
        elif desk.mode == "auto":
            review_delivery(desk, row_id, approved=True, reason="自动审核通过")
        return str(find_delivery(desk, row_id)["state"])


def review_delivery(desk: ProvinceDesk, row_id: int, *, approved: bool, reason: str) -> sqlite3.Row:
    """Steps 9 and 10; 409 when it is no longer waiting, 422 for a refusal without a reason."""
    with desk.db.transaction():
        row = find_delivery(desk, row_id)
        if row["state"] != "PENDING":
            raise RefusalError.conflict(f"这条消息现在是“{STATES[row['state']]}”，不能再审核。")
        if not approved and not reason.strip():
            raise RefusalError.invalid("不采用须说明理由（reason）。")
        data = json.loads(row["data"])
        verdict = "审核通过" if approved else f"审核不通过：{reason}"
        desk.record_step(row["flow"], "9", row["knowledge_id"], f"{verdict}（版本 {row['number']}）")
        if not approved:
            _close(desk, row_id, "REFUSED", reason)
        elif row["kind"] == "knowledge.revoke":
            _revoke(desk, row, data)
        else:
            _publish(desk, row, data)
        return find_delivery(desk, row_id)


def find_delivery(desk: ProvinceDesk, row_id: int) -> sqlite3.Row:
    """One delivery; 404 otherwise."""
    row = desk.db.one("SELECT * FROM delivery WHERE id = ?", row_id)
    if row is None:
        raise RefusalError.missing("下发消息", row_id)
    return row


def deliveries(desk: ProvinceDesk, state: str | None = None) -> list[dict[str, Any]]:
    """What HQ sent, newest first, at most 500; text is gone from decided ones."""
    if state is not None and state not in STATES:
        raise RefusalError.invalid(f"state 可用：{'、'.join(STATES)}。")
    rows = desk.db.all("SELECT * FROM delivery WHERE ? IS NULL OR state = ? ORDER BY id DESC LIMIT 500", state, state)
    return [delivery_view(row) for row in rows]


def delivery_view(row: sqlite3.Row) -> dict[str, Any]:
    """One delivery as API and page show it."""
    return {
        "id": row["id"],
        "kind": row["kind"],
        "flow": row["flow"],
        "knowledgeId": row["knowledge_id"],
        "number": row["number"],
        "title": row["title"],
        "state": row["state"],
        "stateText": STATES[row["state"]],
        "reason": row["reason"],
        "receivedAt": row["received_at"],
        "decidedAt": row["decided_at"],
        "data": json.loads(row["data"]),
    }


def _publish(desk: ProvinceDesk, row: sqlite3.Row, data: dict[str, Any]) -> None:
    newer = desk.db.one(
        "SELECT 1 FROM copy WHERE knowledge_id = ?1 AND number >= ?2"
        " UNION ALL SELECT 1 FROM ending WHERE knowledge_id = ?1 AND number >= ?2",
        row["knowledge_id"],
        row["number"],
    )
    if newer:
        _close(desk, row["id"], "OUTDATED", "已有更新的版本或撤销。")
        return
    content = data["content"]
    desk.db.insert(
        "copy",
        knowledge_id=row["knowledge_id"],
        number=row["number"],
        category_id=data.get("categoryId"),
        title=content["title"],
        content=json.dumps(content, ensure_ascii=False),
        content_hash=data["contentHash"],
        effective_from=data.get("effectiveFrom"),
        effective_to=content.get("effectiveTo"),
        published_at=desk.now(),
    )
    _close(desk, row["id"], "PUBLISHED", None)
    desk.record_step(row["flow"], "10", row["knowledge_id"], f"版本 {row['number']} 已发布给本省使用者")


def _revoke(desk: ProvinceDesk, row: sqlite3.Row, data: dict[str, Any]) -> None:
    desk.db.run(
        "INSERT OR REPLACE INTO ending VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        row["knowledge_id"],
        row["number"],
        data.get("causedBy"),
        row["title"],
        data["reason"],
        data.get("reasonText") or "",
        data.get("replacementId"),
        data.get("effectiveFrom"),
        desk.now(),
    )
    desk.db.run(
        "UPDATE delivery SET state = 'OUTDATED', reason = '已被撤销。', decided_at = ?, data = '{}'"
        " WHERE knowledge_id = ? AND number <= ? AND state = 'PENDING' AND kind <> 'knowledge.revoke'",
        desk.now(),
        row["knowledge_id"],
        row["number"],
    )
    _close(desk, row["id"], "REVOKED", None)
    desk.record_step(row["flow"], "10", row["knowledge_id"], f"版本 {row['number']} 及以前已从本省知识库撤销：{data['reason']}")


def _take_back(desk: ProvinceDesk, row_id: int, data: dict[str, Any]) -> None:
    """HQ withdraws a version that was not in force: what came with it goes, what was before it stays."""
    key = (data["knowledgeId"], data["number"])
    desk.db.run("DELETE FROM copy WHERE knowledge_id = ? AND number = ?", *key)
    desk.db.run("DELETE FROM ending WHERE knowledge_id = ? AND caused_by = ?", *key)
    desk.db.run(
        "UPDATE delivery SET state = 'TAKEN_BACK', decided_at = ?1, data = '{}' WHERE knowledge_id = ?2 AND state = 'PENDING' AND id <> ?4"
        " AND (number = ?3 OR json_extract(data, '$.causedBy') = ?3)",
        desk.now(),
        *key,
        row_id,
    )
    _close(desk, row_id, "TAKEN_BACK", None)
    desk.record_step(data["flow"], "10", data["knowledgeId"], f"总部收回未生效的版本 {data['number']}")


def _close(desk: ProvinceDesk, row_id: int, state: str, reason: str | None) -> None:
    """A decided delivery keeps no text: what the province may show stands in `copy` alone."""
    desk.db.run("UPDATE delivery SET state = ?, reason = ?, decided_at = ?, data = '{}' WHERE id = ?", state, reason, desk.now(), row_id)


def _title(desk: ProvinceDesk, data: dict[str, Any]) -> str:
    if data.get("content"):
        return str(data["content"]["title"])
    row = desk.db.one(
        "SELECT title FROM (SELECT title, number FROM copy WHERE knowledge_id = ?1"
        " UNION ALL SELECT title, number FROM delivery WHERE knowledge_id = ?1) ORDER BY number DESC LIMIT 1",
        data["knowledgeId"],
    )
    return row["title"] if row else f"知识 {data['knowledgeId']}"


def _checked(message: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    kind, data = message.get("kind"), message.get("data")
    if kind not in KINDS or not isinstance(data, dict):
        raise RefusalError.invalid(f"不认识的消息种类 {kind!r}，本省支持：{'、'.join(KINDS)}。")
    if not isinstance(data.get("knowledgeId"), str) or not isinstance(data.get("number"), int) or data.get("flow") not in FLOWS:
        raise RefusalError.invalid("消息缺少 knowledgeId、number 或 flow。")
    if kind == "knowledge.revoke" and not data.get("reason"):
        raise RefusalError.invalid("撤销消息缺少 reason。")
    if kind in {"knowledge.publish", "knowledge.update"}:
        content = data.get("content")
        if not isinstance(content, dict) or not content.get("title") or content_hash(content) != data.get("contentHash"):
            raise RefusalError.invalid("正文缺失或 contentHash 不符，请总部核对后重发。")
    return kind, data
