"""HQ's doors for signed messages, ours and the provinces': verify, store, act, all before the 2xx; a webhook-id acts once."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from kbsearch.sandbox.hq.callbacks import repeat_latest
from kbsearch.sandbox.hq.desk import HqDesk
from kbsearch.sandbox.hq.distribution import PROVINCE, PROVINCE_SCHEMA
from kbsearch.sandbox.hq.feedback import receive_feedback, receive_result
from kbsearch.sandbox.hq.submissions import receive_submission
from kbsearch.sandbox.hq.sync import answer_digest, answer_request
from kbsearch.sandbox.hq.withdrawals import request_withdrawal
from kbsearch.sandbox.refusal import RefusalError
from kbsearch.sandbox.schemas import SchemaSet
from kbsearch.sandbox.subjects import FLOW_OF_KIND, named_subject

TEXT_FIELDS = (
    "submissionId", "knowledgeId", "announcementId", "replyId", "subjectId", "categoryId", "reason", "reasonText", "submissionHash",
    "contentHash", "feedbackId", "runId",
)  # fmt: skip
MOST_ROUNDS = 1_000_000
SERVICE_SOURCE = "service"
Act = Callable[[HqDesk, dict[str, Any]], str]


def receive_message(desk: HqDesk, schemas: SchemaSet, webhook_id: str, message: dict[str, Any], body: str) -> str:
    """Take in one verified message of the second line; return its outcome. A refused one is kept with its reason and may come again."""

    def check() -> None:
        schemas.check(message)
        if message["id"] != webhook_id:
            raise RefusalError.invalid("正文的 id 与 webhook-id 不同。")
        if message["kind"] not in KINDS:
            raise RefusalError.invalid(f"不认识的消息种类 {message['kind']}，本系统支持：{'、'.join(KINDS)}。")

    def act() -> str:
        kind, data = message["kind"], message["data"]
        if kind in FLOW_OF_KIND:
            return receive_submission(desk, kind, data)
        return _ACTS[kind](desk, data)

    return _take_in(desk, SERVICE_SOURCE, webhook_id, message, body, check=check, act=act)


def receive_from_province(desk: HqDesk, code: str, webhook_id: str, message: dict[str, Any], body: str) -> str:
    """Take in one verified message of a province: an announcement, a reply or a feedback."""

    def check() -> None:
        if message.get("schema") != PROVINCE_SCHEMA or message.get("province") != code or not isinstance(message.get("data"), dict):
            raise RefusalError.invalid(f"省公司消息须有 schema {PROVINCE_SCHEMA}、province {code} 和 data。")
        if message.get("kind") not in PROVINCE_KINDS:
            raise RefusalError.invalid(f"不认识的消息种类 {message.get('kind')!r}，省公司可发：{'、'.join(PROVINCE_KINDS)}。")

    def act() -> str:
        kind, data = message["kind"], message["data"]
        return receive_feedback(desk, code, data) if kind == "feedback.submit" else receive_submission(desk, kind, data, code)

    return _take_in(desk, PROVINCE + code, webhook_id, message, body, check=check, act=act)


def _take_in(
    desk: HqDesk,
    source: str,
    webhook_id: str,
    message: dict[str, Any],
    body: str,
    *,
    check: Callable[[], None],
    act: Callable[[], str],
) -> str:
    seen = desk.db.one("SELECT * FROM received WHERE webhook_id = ?", webhook_id)
    if seen and seen["body"] != body:
        raise RefusalError.invalid("同一 webhook-id 收到过不同的正文，未受理；请用新的 webhook-id。")
    if seen and seen["outcome"] != "REFUSED":
        desk.db.run("UPDATE received SET deliveries = deliveries + 1 WHERE webhook_id = ?", webhook_id)
        return "DUPLICATE"
    try:
        check()
        with desk.db.transaction():
            outcome = _acted(act, message["data"])
            _store(desk, source, webhook_id, message, body, outcome=outcome)
    except RefusalError as error:
        _store(desk, source, webhook_id, message, body, outcome="REFUSED", reason=error.message)
        raise
    return outcome


def _acted(act: Callable[[], str], data: dict[str, Any]) -> str:
    _check_types(data)
    try:
        return act()
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
    named_subject(data)
    known = desk.db.one("SELECT 1 FROM review_case WHERE id = ? AND round = ?", data["submissionId"], data["round"])
    again = repeat_latest(desk, data["submissionId"], int(data["round"]))
    if again:
        return f"ANSWERED：已重发 {'、'.join(again)}"
    return "NOTHING_TO_SEND：尚无新的结果可发" if known else "UNKNOWN_SUBMISSION：从未收到该申请的这一轮，无可答复"


def _note_suspension(desk: HqDesk, data: dict[str, Any]) -> str:
    notice = {"reasonText": data.get("reasonText"), "until": data.get("until")} if data["suspended"] else None
    touched = desk.db.run(
        "UPDATE item SET suspension = ? WHERE id = ? AND kind = 'KNOWLEDGE'",
        json.dumps(notice, ensure_ascii=False) if notice else None,
        data["knowledgeId"],
    )
    return "NOTED" if touched else "NOTED：总部未持有该知识"


_ACTS: dict[str, Act] = {
    "feedback.result": receive_result,
    "version.digest": answer_digest,
    "version.request": answer_request,
    "withdraw.request": request_withdrawal,
    "result.query": _answer_query,
    "suspension.notice": _note_suspension,
}
KINDS = (*FLOW_OF_KIND, *_ACTS)
PROVINCE_KINDS = ("announcement.publish", "announcement.correct", "announcement.recall", "reply.submit", "feedback.submit")


def _store(
    desk: HqDesk, source: str, webhook_id: str, message: dict[str, Any], body: str, *, outcome: str, reason: str | None = None
) -> None:
    desk.db.run(
        "INSERT INTO received VALUES (?, ?, ?, ?, ?, ?, ?, 1, ?) ON CONFLICT (webhook_id) DO UPDATE SET"
        " outcome = excluded.outcome, reason = excluded.reason, deliveries = deliveries + 1",
        webhook_id,
        str(message.get("kind"))[:100],
        str(message.get("documentId"))[:200],
        desk.now(),
        body,
        outcome,
        reason,
        source,
    )


def received_messages(desk: HqDesk, limit: int = 500) -> list[dict[str, Any]]:
    """What came in, newest first."""
    rows = desk.db.all("SELECT * FROM received ORDER BY received_at DESC, rowid DESC LIMIT ?", limit)
    return [
        {
            "webhookId": row["webhook_id"],
            "kind": row["kind"],
            "documentId": row["document_id"],
            "source": row["source"],
            "receivedAt": row["received_at"],
            "outcome": row["outcome"],
            "reason": row["reason"],
            "deliveries": row["deliveries"],
            "body": json.loads(row["body"]),
        }
        for row in rows
    ]
