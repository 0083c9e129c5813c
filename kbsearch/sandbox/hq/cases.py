"""What HQ's reviewer decides on, and its states; moves nothing by itself."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from typing import Any

from kbsearch.sandbox.content import difference
from kbsearch.sandbox.hq.desk import HqDesk
from kbsearch.sandbox.hq.steps import record, steps_about
from kbsearch.sandbox.refusal import RefusalError
from kbsearch.sandbox.subjects import ENDINGS, FLOW_NAMES, HQ, ID_FIELDS, KNOWLEDGE, PLATFORM, REPLY, Step, step_name

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


@dataclass(frozen=True, slots=True)
class Case:
    """One round of a submission, or one draft of HQ's own (always round 1; `attempt` counts its reviews).

    `origin` is SECOND_LINE, HQ, a province's code, or `P-…` for what HQ makes on another platform's behalf.
    `data` is the message's data as received; `amended` what HQ's authors made of it: full content, or for a revocation its fields.
    """

    id: str
    round: int
    origin: str
    subject_kind: str
    flow: str
    state: str
    subject_id: str
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
    def ends(self) -> bool:
        """Whether it revokes or recalls, so that it has no text."""
        return self.flow in ENDINGS

    @property
    def made_here(self) -> bool:
        """Whether HQ's own authors wrote it, for HQ or on another platform's behalf; nobody outside is told of its review."""
        return self.origin == HQ or self.origin.startswith(PLATFORM)

    @property
    def content(self) -> dict[str, Any] | None:
        """The text under review, HQ's amendments included; None for a revocation or recall."""
        if self.ends:
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


def latest_cases(desk: HqDesk, *, drafts: bool, state: str | None = None, subject_kind: str | None = None) -> list[Case]:
    """The latest round of each submission, or of HQ's own drafts, newest first, at most 500."""
    if state is not None and state not in STATES:
        raise RefusalError.invalid(f"state 可用：{'、'.join(STATES)}。")
    if subject_kind is not None and subject_kind not in ID_FIELDS:
        raise RefusalError.invalid(f"subjectKind 可用：{'、'.join(ID_FIELDS)}。")
    rows = desk.db.all(
        "SELECT * FROM review_case AS c WHERE (origin = 'HQ') = ?1 AND (?2 IS NULL OR state = ?2) AND (?3 IS NULL OR subject_kind = ?3)"
        " AND round = (SELECT max(round) FROM review_case WHERE id = c.id) ORDER BY received_at DESC LIMIT 500",
        drafts,
        state,
        subject_kind,
    )
    return [case_of(row) for row in rows]


def open_case(
    desk: HqDesk,
    *,
    case_id: str,
    round_: int,
    origin: str,
    subject_kind: str,
    flow: str,
    title: str,
    reference: str,
    data: dict[str, Any],
) -> Case:
    """Store a case that waits for review."""
    now = desk.now()
    desk.db.insert(
        "review_case",
        id=case_id,
        round=round_,
        origin=origin,
        subject_kind=subject_kind,
        flow=flow,
        state="PENDING",
        subject_id=data[ID_FIELDS[subject_kind]],
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


def record_step(desk: HqDesk, case: Case, step: Step, actor: str, detail: str) -> None:
    """Add the case's numbered step to the history."""
    numbered = step_name(case.subject_kind, case.flow, step)
    record(desk, numbered, case_id=case.id, round_=case.round, subject_id=case.subject_id, actor=actor, detail=detail)


def base_content(desk: HqDesk, case: Case) -> dict[str, Any] | None:
    """The text of the version a case builds on, where HQ holds it."""
    row = desk.db.one("SELECT content FROM version WHERE subject_id = ? AND number = ?", case.subject_id, case.base_number)
    return json.loads(row["content"]) if row else None


def case_summary(case: Case) -> dict[str, Any]:
    """A case in a list."""
    ids = {"knowledgeId": case.subject_id if case.subject_kind == KNOWLEDGE else None, ID_FIELDS[case.subject_kind]: case.subject_id}
    if case.subject_kind == REPLY:
        ids["announcementId"] = case.data["announcementId"]
    return {
        "id": case.id,
        "round": case.round,
        "origin": case.origin,
        "subjectKind": case.subject_kind,
        "subjectId": case.subject_id,
        "flow": case.flow,
        "flowText": FLOW_NAMES[case.subject_kind, case.flow],
        "state": case.state,
        "stateText": STATES[case.state],
        "title": case.title,
        **ids,
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
        "steps": steps_about(desk, case.id),
        "withdrawals": [
            dict(row) | {"answer_expected": bool(row["answer_expected"])}
            for row in desk.db.all("SELECT * FROM withdrawal WHERE case_id = ? ORDER BY id", case.id)
        ],
    }
