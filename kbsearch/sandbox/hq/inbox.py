"""HQ's door for signed messages: verify, store, act, all before the 2xx; a webhook-id acts once."""

from __future__ import annotations

import json
from typing import Any

from kbsearch.sandbox.hq.callbacks import repeat_latest
from kbsearch.sandbox.hq.desk import HqDesk
from kbsearch.sandbox.hq.submissions import FLOW_OF_KIND, receive_submission
from kbsearch.sandbox.hq.withdrawals import request_withdrawal
from kbsearch.sandbox.refusal import RefusalError
from kbsearch.sandbox.schemas import SchemaSet

TEXT_FIELDS = ("submissionId", "knowledgeId", "categoryId", "reason", "reasonText", "submissionHash", "contentHash")
MOST_ROUNDS = 1_000_000
KINDS = (*FLOW_OF_KIND, "withdraw.request", "result.query", "suspension.notice")


def receive_message(desk: HqDesk, schemas: SchemaSet, webhook_id: str, message: dict[str, Any], body: str) -> str:
    """Take in one verified message; return its outcome. A refused one is kept with its reason and may come again."""
    seen = desk.db.one("SELECT * FROM received WHERE webhook_id = ?", webhook_id)
    if seen and seen["body"] != body:
        raise RefusalError.invalid("同一 webhook-id 收到过不同的正文，未受理；请用新的 webhook-id。")
    if seen and seen["outcome"] != "REFUSED":
        desk.db.run("UPDATE received SET deliveries = deliveries + 1 WHERE webhook_id = ?", webhook_id)
        return "DUPLICATE"
    try:
        _check(schemas, webhook_id, message)
        with desk.db.transaction():
            outcome = _act(desk, message)
            _store(desk, webhook_id, message, body, outcome=outcome)
    except RefusalError as error:
        _store(desk, webhook_id, message, body, outcome="REFUSED", reason=error.message)
        raise
    return outcome


def _check(schemas: SchemaSet, webhook_id: str, message: dict[str, Any]) -> None:
    schemas.check(message)
    if message["id"] != webhook_id:
        raise RefusalError.invalid("正文的 id 与 webhook-id 不同。")
    if message["kind"] not in KINDS:
        raise RefusalError.invalid(f"不认识的消息种类 {message['kind']}，本系统支持：{'、'.join(KINDS)}。")


def _act(desk: HqDesk, message: dict[str, Any]) -> str:
    kind, data = message["kind"], message["data"]
    _check_types(data)
    try:
        if kind in FLOW_OF_KIND:
            return receive_submission(desk, kind, data)
        if kind == "withdraw.request":
            return request_withdrawal(desk, data)
        if kind == "result.query":
            return _answer_query(desk, data)
        return _note_suspension(desk, data)
    except (KeyError, TypeError, ValueError, AttributeError) as error:  # shapes are only proven where a schema folder is given
        raise RefusalError.invalid(f"消息的 data 不完整或类型不对：{error!r}。") from error


def _check_types(data: dict[str, Any]) -> None:
    """What becomes a column must be of its type, schema folder or not."""
    wrong = [name for name in TEXT_FIELDS if not isinstance(data.get(name), str | None)]
    round_ = data.get("round", 1)
    if not isinstance(round_, int) or not 1 <= round_ <= MOST_ROUNDS:
        wrong.append("round")
    if wrong:
        raise RefusalError.invalid(f"字段类型不对：{'、'.join(wrong)}。")


def _answer_query(desk: HqDesk, data: dict[str, Any]) -> str:
    known = desk.db.one("SELECT 1 FROM review_case WHERE id = ? AND round = ?", data["submissionId"], data["round"])
    again = repeat_latest(desk, data["submissionId"], int(data["round"]))
    if again:
        return f"ANSWERED：已重发 {'、'.join(again)}"
    return "NOTHING_TO_SEND：尚无新的结果可发" if known else "UNKNOWN_SUBMISSION：从未收到该申请的这一轮，无可答复"


def _note_suspension(desk: HqDesk, data: dict[str, Any]) -> str:
    notice = {"reasonText": data.get("reasonText"), "until": data.get("until")} if data["suspended"] else None
    touched = desk.db.run(
        "UPDATE knowledge SET suspension = ? WHERE id = ?",
        json.dumps(notice, ensure_ascii=False) if notice else None,
        data["knowledgeId"],
    )
    return "NOTED" if touched else "NOTED：总部未持有该知识"


def _store(desk: HqDesk, webhook_id: str, message: dict[str, Any], body: str, *, outcome: str, reason: str | None = None) -> None:
    desk.db.run(
        "INSERT INTO received VALUES (?, ?, ?, ?, ?, ?, ?, 1) ON CONFLICT (webhook_id) DO UPDATE SET"
        " outcome = excluded.outcome, reason = excluded.reason, deliveries = deliveries + 1",
        webhook_id,
        str(message.get("kind"))[:100],
        str(message.get("documentId"))[:200],
        desk.now(),
        body,
        outcome,
        reason,
    )


def received_messages(desk: HqDesk, limit: int = 500) -> list[dict[str, Any]]:
    """What came in, newest first."""
    rows = desk.db.all("SELECT * FROM received ORDER BY received_at DESC, rowid DESC LIMIT ?", limit)
    return [
        {
            "webhookId": row["webhook_id"],
            "kind": row["kind"],
            "documentId": row["document_id"],
            "receivedAt": row["received_at"],
            "outcome": row["outcome"],
            "reason": row["reason"],
            "deliveries": row["deliveries"],
            "body": json.loads(row["body"]),
        }
        for row in rows
    ]
