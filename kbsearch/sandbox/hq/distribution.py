"""HQ → provinces: what is put out to whom when a version, a revocation or a withdrawal takes place; keeps no copies."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

import httpx

from kbsearch.sandbox.courier import Delivered, Verdict, judge_status
from kbsearch.sandbox.hq.cases import Case, record_step
from kbsearch.sandbox.hq.desk import HqDesk

PROVINCE = "province:"
PROVINCE_SCHEMA = "kbsearch.sandbox.province/1"


def distribute_version(desk: HqDesk, case: Case, version: sqlite3.Row, before: list[str]) -> None:
    """Give a version to its provinces; those that had the item and no longer shall get its revocation."""
    chosen: list[str] = json.loads(version["distribution"])
    data = {
        "number": version["number"],
        "categoryId": case.data.get("categoryId"),
        "content": json.loads(version["content"]),
        "contentHash": version["content_hash"],
        "effectiveFrom": version["effective_from"],
    }
    for code in chosen:
        _put(desk, case, code, "knowledge.update" if code in before else "knowledge.publish", data)
    dropped = {
        "number": version["number"] - 1,
        "causedBy": version["number"],
        "reason": "OUT_OF_DISTRIBUTION",
        "reasonText": "本省不再属于发布范围。",
        "effectiveFrom": version["effective_from"],
    }
    for code in before:
        if code not in chosen:
            _put(desk, case, code, "knowledge.revoke", dropped)


def distribute_revocation(desk: HqDesk, case: Case, provinces: list[str], data: dict[str, Any]) -> None:
    """Tell the holders that the item is revoked: number, reason, reasonText, replacementId, effectiveFrom."""
    for code in provinces:
        _put(desk, case, code, "knowledge.revoke", data)


def distribute_withdrawal(desk: HqDesk, case: Case, provinces: list[str], number: int) -> None:
    """Take a version back that has not come into force; the one before it stays, and so does a province it would have dropped."""
    for code in provinces:
        _put(desk, case, code, "knowledge.withdraw", {"number": number})


def _put(desk: HqDesk, case: Case, code: str, kind: str, data: dict[str, Any]) -> None:
    message = {
        "schema": PROVINCE_SCHEMA,
        "kind": kind,
        "issuedAt": desk.now(),
        "data": {"knowledgeId": case.knowledge_id, "flow": case.flow, "hqReference": case.reference, **data},
    }
    body = json.dumps(message, ensure_ascii=False)
    desk.outbox.put(PROVINCE + code, case.knowledge_id, kind, body, about=case.id, round_=case.round)


def read_province_answer(_row: sqlite3.Row, response: httpx.Response) -> Verdict:
    """A province answers 2xx once it has stored the message."""
    if bad := judge_status(response):
        return bad
    return Delivered({"result": "RECEIVED", "reason": None, "inboxId": None})


def note_delivery(desk: HqDesk, case: Case, row: sqlite3.Row) -> None:
    """Step 7 is done for a province once it has taken the message."""
    code = row["destination"].removeprefix(PROVINCE)
    name = next((province.name for province in desk.provinces if province.code == code), code)
    number = json.loads(row["body"])["data"]["number"]
    record_step(desk, case, "7", "总部知识管理员", f"{row['kind']}（版本 {number}）已送达 {name}（{code}）")
