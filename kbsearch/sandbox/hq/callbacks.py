"""HQ's signed GraphQL mutations to the service: building them into the outbox and reading receipts; decides nothing."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

import httpx

from kbsearch.sandbox.courier import Delivered, RefusedForGood, TryAgain, Verdict, judge_status
from kbsearch.sandbox.hq.desk import HqDesk

SERVICE = "service"
DECISIONS = ("hqApprove", "hqReturn", "hqReject")
ANSWER = "{ receipt { result reason inboxId } userErrors { code message field } }"
# An error inside a 200 may be an outage of the other side or a wrong query; after so many tries a person must look.
ERROR_TRIES = 8


def mutation(name: str) -> str:
    """The GraphQL text of one callback; its input type is named after it."""
    return f"mutation($input: {name[0].upper()}{name[1:]}Input!) {{ {name}(input:$input) {ANSWER} }}"


def send_callback(desk: HqDesk, name: str, values: dict[str, Any], *, lane: str, about: str, round_: int | None = None) -> None:
    """Put one mutation into the outbox, absent values left out; `lane` is what it must stay in order with."""
    given = {key: value for key, value in values.items() if value is not None}
    body = json.dumps({"query": mutation(name), "variables": {"input": given}}, ensure_ascii=False)
    desk.outbox.put(SERVICE, lane, name, body, about=about, round_=round_)


def read_answer(row: sqlite3.Row, response: httpx.Response) -> Verdict:
    """Judge the service's answer: a receipt closes the row whatever it says; userErrors without one are a refusal."""
    if bad := judge_status(response):
        return bad
    try:
        answer = response.json()
        payload = (answer.get("data") or {}).get(row["kind"])
    except (ValueError, AttributeError):
        return TryAgain(f"应答不是 GraphQL 的 JSON：{response.text[:300]}", ERROR_TRIES)
    if not payload:
        return TryAgain(f"GraphQL 错误：{json.dumps(answer.get('errors'), ensure_ascii=False)[:500]}", ERROR_TRIES)
    if receipt := payload.get("receipt"):
        return Delivered(receipt)
    return RefusedForGood(json.dumps(payload.get("userErrors"), ensure_ascii=False))


def repeat_latest(desk: HqDesk, case_id: str, round_: int) -> list[str]:
    """Answer a result.query: send the latest decision (else the acknowledgement) and the latest withdraw result again.

    Rows still waiting are left alone, they come anyway. Returns the names of the mutations sent again.
    """
    latest: dict[str, sqlite3.Row] = {}
    for row in desk.db.all("SELECT * FROM outbox WHERE about = ? AND round = ? AND destination = ? ORDER BY id", case_id, round_, SERVICE):
        latest["decision" if row["kind"] in DECISIONS else row["kind"]] = row
    if "decision" in latest:
        latest.pop("hqAcknowledge", None)
    again = [row for row in latest.values() if row["state"] != "PENDING"]
    for row in again:
        desk.outbox.send_again(row["id"])
    return [row["kind"] for row in again]
