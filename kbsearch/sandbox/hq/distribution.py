"""HQ → provinces: what is put out to whom when a version, an ending or a withdrawal takes place; keeps no copies."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

import httpx

from kbsearch.sandbox.courier import Delivered, Verdict, judge_status
from kbsearch.sandbox.hq.cases import Case, record_step
from kbsearch.sandbox.hq.desk import HqDesk
from kbsearch.sandbox.subjects import ID_FIELDS, KIND_OF_FLOW, Step

PROVINCE = "province:"
PROVINCE_SCHEMA = "kbsearch.sandbox.province/1"
# What a province shows or stops showing; its arrival is the end of step 7, or A7.
CARRYING = (*KIND_OF_FLOW.values(), "knowledge.withdraw", "announcement.withdraw", "reply.deliver")


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
        put_case(desk, case, code, "knowledge.update" if code in before else "knowledge.publish", data)
    for code in before:
        if code not in chosen:
            put_case(desk, case, code, "knowledge.revoke", dropped(version, "本省不再属于发布范围。"))


def dropped(version: sqlite3.Row, text: str) -> dict[str, Any]:
    """What somebody is told whom this version no longer addresses."""
    return {
        "number": version["number"] - 1,
        "causedBy": version["number"],
        "reason": "OUT_OF_DISTRIBUTION",
        "reasonText": text,
        "effectiveFrom": version["effective_from"],
    }


def distribute_revocation(desk: HqDesk, case: Case, provinces: list[str], data: dict[str, Any]) -> None:
    """Tell the holders that the item is revoked or recalled: number, reason, reasonText, replacementId, effectiveFrom."""
    for code in provinces:
        put_case(desk, case, code, KIND_OF_FLOW[case.subject_kind, case.flow], data)


def distribute_withdrawal(desk: HqDesk, case: Case, organisations: list[str], number: int) -> None:
    """Take a version back that has not come into force; the one before it stays, and so does a province it would have dropped."""
    kind = f"{case.subject_kind.lower()}.withdraw"
    for code in organisations:
        if code in desk.province_codes():
            put_case(desk, case, code, kind, {"number": number})


def put_case(desk: HqDesk, case: Case, code: str, kind: str, data: dict[str, Any]) -> None:
    """Put out one message about what a case concerns, in its order."""
    told = {ID_FIELDS[case.subject_kind]: case.subject_id, "flow": case.flow, "hqReference": case.reference, **data}
    put_to_province(desk, code, kind, told, lane=case.subject_id, about=case.id, round_=case.round)


def put_to_province(desk: HqDesk, code: str, kind: str, data: dict[str, Any], *, lane: str, about: str, round_: int | None = None) -> None:
    """Put out one message to a province the sandbox runs."""
    message = {"schema": PROVINCE_SCHEMA, "kind": kind, "issuedAt": desk.now(), "data": data}
    desk.outbox.put(PROVINCE + code, lane, kind, json.dumps(message, ensure_ascii=False), about=about, round_=round_)


def read_province_answer(_row: sqlite3.Row, response: httpx.Response) -> Verdict:
    """A province answers 2xx once it has stored the message."""
    if bad := judge_status(response):
        return bad
    return Delivered({"result": "RECEIVED", "reason": None, "inboxId": None})


def note_delivery(desk: HqDesk, case: Case, row: sqlite3.Row) -> None:
    """Step 7 is done for a province once it has taken the message."""
    code = row["destination"].removeprefix(PROVINCE)
    data = json.loads(row["body"])["data"]
    which = f"（版本 {data['number']}）" if "number" in data else ""
    detail = f"{row['kind']}{which}已送达 {desk.organisation_name(code)}（{code}）"
    record_step(desk, case, Step.PUBLISHED, "总部知识管理员", detail)
