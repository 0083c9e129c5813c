"""What HQ's reviewer decides on, its states, and the history of numbered steps; moves nothing by itself."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from typing import Any

from kbsearch.sandbox.content import difference
from kbsearch.sandbox.hq.desk import HqDesk
from kbsearch.sandbox.refusal import RefusalError

STATES = {
    "PENDING": "待审核",
    "HELD": "待人工审核",
    "OWN_AUTHORS": "总部修改中",
    "APPROVED": "已通过",
    "RETURNED": "已退回",
    "REJECTED": "已否决",
    "WITHDRAWN": "已撤回",
    "OUTDATED": "已过时",
}
DECIDABLE = ("PENDING", "HELD")
UNDECIDED = (*DECIDABLE, "OWN_AUTHORS")
FLOWS = {"PUBLISH": ("3.1.1.1", "知识"), "UPDATE": ("3.1.1.2", "知识更新"), "REVOKE": ("3.1.1.3", "知识撤销")}
STEPS = {"4": "接收", "5": "审核", "6": "审核结果", "7": "发布", "11.2": "修改", "12": "生成"}
SECOND_LINE, HQ = "SECOND_LINE", "HQ"


@dataclass(frozen=True, slots=True)
class Case:
    """One round of a submission of the second line, or one draft of HQ's own (always round 1; `attempt` counts its reviews).

    `data` is the message's data as received; `amended` what HQ's authors made of it: full content, or for a revocation its fields.
    """

    id: str
    round: int
    origin: str
    flow: str
    state: str
    knowledge_id: str
    title: str
    reference: str
    data: dict[str, Any]
    amended: dict[str, Any] | None
    attempt: int
    received_at: str
    waiting_since: str
    note: str | None
    decision: dict[str, Any] | None
    decided_at: str | None

    @property
    def content(self) -> dict[str, Any] | None:
        """The text under review, HQ's amendments included; None for a revocation."""
        if self.flow == "REVOKE":
            return None
        return self.amended or self.data["content"]

    @property
    def base_number(self) -> int | None:
        """The version it builds on or ends."""
        base = self.data.get("base")
        return int(base["number"]) if base else None


def case_of(row: sqlite3.Row) -> Case:
    """Read a stored case."""
    values = dict(row)
    for name in ("data", "amended", "decision"):
        values[name] = json.loads(values[name]) if values[name] else None
    return Case(**values)


def find_case(desk: HqDesk, case_id: str, round_: int | None = None) -> Case:
    """One round, or the latest; 404 when unknown."""
    row = (
        desk.db.one("SELECT * FROM review_case WHERE id = ? ORDER BY round DESC LIMIT 1", case_id)
        if round_ is None
        else desk.db.one("SELECT * FROM review_case WHERE id = ? AND round = ?", case_id, round_)
    )
    if row is None:
        raise RefusalError.missing("申请", case_id)
    return case_of(row)


def rounds_of(desk: HqDesk, case_id: str) -> list[Case]:
    """Every round HQ has seen, oldest first."""
    return [case_of(row) for row in desk.db.all("SELECT * FROM review_case WHERE id = ? ORDER BY round", case_id)]


def latest_cases(desk: HqDesk, origin: str, state: str | None = None) -> list[Case]:
    """The latest round of each submission or draft, newest first, at most 500."""
    if state is not None and state not in STATES:
        raise RefusalError.invalid(f"state 可用：{'、'.join(STATES)}。")
    rows = desk.db.all(
        "SELECT * FROM review_case AS c WHERE origin = ? AND (? IS NULL OR state = ?)"
        " AND round = (SELECT max(round) FROM review_case WHERE id = c.id) ORDER BY received_at DESC LIMIT 500",
        origin,
        state,
        state,
    )
    return [case_of(row) for row in rows]


def open_case(desk: HqDesk, *, case_id: str, round_: int, origin: str, flow: str, title: str, reference: str, data: dict[str, Any]) -> Case:
    """Store a case that waits for review."""
    now = desk.now()
    desk.db.insert(
        "review_case",
        id=case_id,
        round=round_,
        origin=origin,
        flow=flow,
        state="PENDING",
        knowledge_id=data["knowledgeId"],
        title=title,
        reference=reference,
        data=json.dumps(data, ensure_ascii=False),
        attempt=1,
        received_at=now,
        waiting_since=now,
    )
    desk.review_bell.set()
    return find_case(desk, case_id, round_)


def move(desk: HqDesk, case: Case, state: str, *, note: str | None = None, decision: dict[str, Any] | None = None) -> None:
    """Write a case's new state; who may do so is decided by the callers."""
    desk.db.run(
        "UPDATE review_case SET state = ?, note = ?, decision = coalesce(?, decision), decided_at = CASE WHEN ? IS NULL THEN decided_at"
        " ELSE ? END WHERE id = ? AND round = ?",
        state,
        note,
        json.dumps(decision, ensure_ascii=False) if decision else None,
        decision and "decided",
        desk.now(),
        case.id,
        case.round,
    )


def record_step(desk: HqDesk, case: Case, step: str, actor: str, detail: str) -> None:
    """Add a line such as 3.1.1.1-4 知识接收 to the history."""
    section, noun = FLOWS[case.flow]
    desk.db.insert(
        "step",
        case_id=case.id,
        round=case.round,
        knowledge_id=case.knowledge_id,
        step=f"{section}-{step}",
        title=f"{noun}{STEPS[step]}",
        actor=actor,
        at=desk.now(),
        detail=detail,
    )


def steps_of(desk: HqDesk, column: str, key: str) -> list[dict[str, Any]]:
    """History of a case (`case_id`) or of a knowledge item (`knowledge_id`), in order."""
    query = {
        "case_id": "SELECT * FROM step WHERE case_id = ? ORDER BY seq",
        "knowledge_id": "SELECT * FROM step WHERE knowledge_id = ? ORDER BY seq",
    }[column]
    return [
        {
            "step": row["step"],
            "title": row["title"],
            "round": row["round"],
            "actor": row["actor"],
            "at": row["at"],
            "detail": row["detail"],
        }
        for row in desk.db.all(query, key)
    ]


def base_content(desk: HqDesk, case: Case) -> dict[str, Any] | None:
    """The text of the version a case builds on, where HQ holds it."""
    row = desk.db.one("SELECT content FROM version WHERE knowledge_id = ? AND number = ?", case.knowledge_id, case.base_number)
    return json.loads(row["content"]) if row else None


def case_summary(case: Case) -> dict[str, Any]:
    """A case in a list."""
    return {
        "id": case.id,
        "round": case.round,
        "origin": case.origin,
        "flow": case.flow,
        "state": case.state,
        "stateText": STATES[case.state],
        "title": case.title,
        "knowledgeId": case.knowledge_id,
        "hqReference": case.reference,
        "attempt": case.attempt,
        "urgency": case.data.get("urgency", "NORMAL"),
        "author": (case.data.get("author") or {}).get("name", "总部知识生成人员"),
        "receivedAt": case.received_at,
        "decidedAt": case.decided_at,
        "note": case.note,
        "decision": case.decision,
    }


def case_view(desk: HqDesk, case: Case) -> dict[str, Any]:
    """One case in full: data as received, HQ's amendments, differences to the base, rounds, steps, withdrawals."""
    content = case.content
    return case_summary(case) | {
        "data": case.data,
        "amended": case.amended,
        "content": content,
        "difference": difference(base_content(desk, case), content) if content else [],
        "rounds": [case_summary(each) for each in rounds_of(desk, case.id)],
        "steps": steps_of(desk, "case_id", case.id),
        "withdrawals": [
            dict(row) | {"answer_expected": bool(row["answer_expected"])}
            for row in desk.db.all("SELECT * FROM withdrawal WHERE case_id = ? ORDER BY id", case.id)
        ],
    }
