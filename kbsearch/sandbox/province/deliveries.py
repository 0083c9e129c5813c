"""Steps 8 to 10, A8 and A9 at a province: a version or ending of HQ is received, reviewed, and published, revoked or refused."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from kbsearch.sandbox.hashing import content_hash
from kbsearch.sandbox.province.copies import store_copy, store_ending
from kbsearch.sandbox.province.desk import ProvinceDesk
from kbsearch.sandbox.refusal import RefusalError
from kbsearch.sandbox.subjects import ANNOUNCEMENT, FLOW_NAMES, FLOW_OF_KIND, ID_FIELDS, KNOWLEDGE, NAMES, REPLY, Step

KINDS = (*(kind for kind, (subject, _) in FLOW_OF_KIND.items() if subject != REPLY), "knowledge.withdraw", "announcement.withdraw")
STATES = {
    "PENDING": "待审核",
    "PUBLISHED": "已发布",
    "REVOKED": "已撤销",
    "REFUSED": "未采用",
    "OUTDATED": "已过时",
    "TAKEN_BACK": "总部收回",
}


def receive_delivery(desk: ProvinceDesk, webhook_id: str, kind: str, data: Any) -> sqlite3.Row | None:
    """Step 8: store a verified message once, None when it came before; in auto mode review it in the same transaction."""
    subject_kind = _checked(kind, data)
    subject_id = data[ID_FIELDS[subject_kind]]
    with desk.db.transaction():
        if desk.db.one("SELECT 1 FROM delivery WHERE webhook_id = ?", webhook_id):
            return None
        row_id = desk.db.insert(
            "delivery",
            webhook_id=webhook_id,
            kind=kind,
            subject_kind=subject_kind,
            flow=data["flow"],
            subject_id=subject_id,
            number=data["number"],
            title=_title(desk, subject_kind, data),
            data=json.dumps(data, ensure_ascii=False),
            received_at=desk.now(),
            state="PENDING",
        )
        desk.record_step(subject_kind, data["flow"], Step.ARRIVED, subject_id, f"收到 {kind}（版本 {data['number']}）")
        if kind.endswith(".withdraw"):
            _take_back(desk, row_id, subject_kind, data)
        elif desk.mode == "auto":
            review_delivery(desk, row_id, approved=True, reason="自动审核通过")
        return find_delivery(desk, row_id)


def review_delivery(desk: ProvinceDesk, row_id: int, *, approved: bool, reason: str) -> sqlite3.Row:
    """Steps 9 and 10, or A9; 409 when it is no longer waiting, 422 for a refusal without a reason."""
    with desk.db.transaction():
        row = find_delivery(desk, row_id)
        if row["state"] != "PENDING":
            raise RefusalError.conflict(f"这条消息现在是“{STATES[row['state']]}”，不能再审核。")
        if not approved and not reason.strip():
            raise RefusalError.invalid("不采用须说明理由（reason）。")
        data = json.loads(row["data"])
        verdict = "审核通过" if approved else f"审核不通过：{reason}"
        _step(desk, row, Step.CHECKED, f"{verdict}（版本 {row['number']}）")
        if not approved:
            _close(desk, row_id, "REFUSED", reason)
        elif row["kind"].endswith((".revoke", ".recall")):
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
    rows = desk.db.all("SELECT * FROM delivery WHERE ?1 IS NULL OR state = ?1 ORDER BY id DESC LIMIT 500", state)
    return [delivery_view(row) for row in rows]


def delivery_view(row: sqlite3.Row) -> dict[str, Any]:
    """One delivery as API and page show it."""
    return {
        "id": row["id"],
        "kind": row["kind"],
        "flow": row["flow"],
        "subjectKind": row["subject_kind"],
        "subjectId": row["subject_id"],
        "knowledgeId": row["subject_id"] if row["subject_kind"] == KNOWLEDGE else None,
        "number": row["number"],
        "title": row["title"],
        "state": row["state"],
        "stateText": STATES[row["state"]],
        "reason": row["reason"],
        "receivedAt": row["received_at"],
        "decidedAt": row["decided_at"],
        "data": json.loads(row["data"]),
    }


def _step(desk: ProvinceDesk, row: sqlite3.Row, step: Step, detail: str) -> None:
    desk.record_step(row["subject_kind"], row["flow"], step, row["subject_id"], detail)


def _publish(desk: ProvinceDesk, row: sqlite3.Row, data: dict[str, Any]) -> None:
    newer = desk.db.one(
        "SELECT 1 FROM copy WHERE subject_id = ?1 AND number >= ?2 UNION ALL SELECT 1 FROM ending WHERE subject_id = ?1 AND number >= ?2",
        row["subject_id"],
        row["number"],
    )
    if newer:
        _close(desk, row["id"], "OUTDATED", "已有更新的版本或撤销。")
        return
    store_copy(desk, row["subject_kind"], data)
    _close(desk, row["id"], "PUBLISHED", None)
    _step(desk, row, Step.SHOWN, f"版本 {row['number']} 已发布给本省使用者")


def _revoke(desk: ProvinceDesk, row: sqlite3.Row, data: dict[str, Any]) -> None:
    store_ending(desk, row["subject_kind"], row["title"], data)
    desk.db.run(
        "UPDATE delivery SET state = 'OUTDATED', reason = '已被撤销。', decided_at = ?, data = '{}'"
        " WHERE subject_id = ? AND number <= ? AND state = 'PENDING' AND kind NOT IN ('knowledge.revoke', 'announcement.recall')",
        desk.now(),
        row["subject_id"],
        row["number"],
    )
    _close(desk, row["id"], "REVOKED", None)
    word = "从本省知识库撤销" if row["subject_kind"] == KNOWLEDGE else "在本省撤回"
    _step(desk, row, Step.SHOWN, f"版本 {row['number']} 及以前已{word}：{data['reason']}")


def _take_back(desk: ProvinceDesk, row_id: int, subject_kind: str, data: dict[str, Any]) -> None:
    """HQ withdraws a version that was not in force: what came with it goes, what was before it stays."""
    key = (data[ID_FIELDS[subject_kind]], data["number"])
    desk.db.run("DELETE FROM copy WHERE subject_id = ? AND number = ?", *key)
    desk.db.run("DELETE FROM ending WHERE subject_id = ? AND caused_by = ?", *key)
    desk.db.run(
        "UPDATE delivery SET state = 'TAKEN_BACK', decided_at = ?1, data = '{}' WHERE subject_id = ?2 AND state = 'PENDING' AND id <> ?4"
        " AND (number = ?3 OR json_extract(data, '$.causedBy') = ?3)",
        desk.now(),
        *key,
        row_id,
    )
    _close(desk, row_id, "TAKEN_BACK", None)
    _step(desk, find_delivery(desk, row_id), Step.SHOWN, f"总部收回未生效的版本 {data['number']}")


def _close(desk: ProvinceDesk, row_id: int, state: str, reason: str | None) -> None:
    """A decided delivery keeps no text: what the province may show stands in `copy` alone."""
    desk.db.run("UPDATE delivery SET state = ?, reason = ?, decided_at = ?, data = '{}' WHERE id = ?", state, reason, desk.now(), row_id)


def _title(desk: ProvinceDesk, subject_kind: str, data: dict[str, Any]) -> str:
    if data.get("content"):
        return str(data["content"]["title"])
    subject_id = data[ID_FIELDS[subject_kind]]
    row = desk.db.one(
        "SELECT title FROM (SELECT title, number FROM copy WHERE subject_id = ?1"
        " UNION ALL SELECT title, number FROM delivery WHERE subject_id = ?1) ORDER BY number DESC LIMIT 1",
        subject_id,
    )
    return row["title"] if row else f"{NAMES[subject_kind]} {subject_id}"


def _checked(kind: str, data: Any) -> str:
    """What the message is about; 422 when a part is missing or the text does not prove."""
    subject_kind = ANNOUNCEMENT if kind.startswith("announcement.") else KNOWLEDGE
    name = ID_FIELDS[subject_kind]
    if not isinstance(data.get(name), str) or not isinstance(data.get("number"), int) or (subject_kind, data.get("flow")) not in FLOW_NAMES:
        raise RefusalError.invalid(f"消息缺少 {name}、number 或 flow。")
    if kind.endswith((".revoke", ".recall")) and not data.get("reason"):
        raise RefusalError.invalid("撤销消息缺少 reason。")
    if kind.endswith((".publish", ".update", ".correct")):
        content = data.get("content")
        if not isinstance(content, dict) or not content.get("title") or content_hash(content) != data.get("contentHash"):
            raise RefusalError.invalid("正文缺失或 contentHash 不符，请总部核对后重发。")
    return subject_kind
