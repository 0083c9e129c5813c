"""3.1.1.4 知识反馈 at a province: written by a user (1), reviewed (2), submitted (3), answered by HQ (7), later resolved."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from kbsearch.sandbox.province.desk import ProvinceDesk
from kbsearch.sandbox.refusal import RefusalError
from kbsearch.sandbox.subjects import FEEDBACK, Step

STATES = {
    "PENDING_REVIEW": "待本省审核",
    "REFUSED": "本省未通过",
    "SUBMITTED": "已提交总部",
    "ANSWERED": "总部已回复",
    "RESOLVED": "已有处理结果",
}


def make_feedback(desk: ProvinceDesk, given: dict[str, Any]) -> sqlite3.Row:
    """Step 1: knowledgeId and text, and optionally number (the version shown where it is left out), reporter, urgency."""
    text, knowledge_id = given.get("text"), given.get("knowledgeId")
    if not isinstance(text, str) or not text.strip():
        raise RefusalError.invalid("请填写反馈意见（text）。")
    number = given.get("number")
    shown = desk.db.one(
        "SELECT number FROM copy WHERE subject_id = ?1 AND subject_kind = 'KNOWLEDGE' AND (?2 IS NULL OR number = ?2)"
        " ORDER BY number DESC LIMIT 1",
        knowledge_id,
        number,
    )
    if shown is None:
        raise RefusalError.missing("本省已发布的知识（或该版本）", knowledge_id)
    feedback_id = f"{desk.spec.code}-{desk.new_id()[:12]}"
    with desk.db.transaction():
        desk.db.insert(
            "feedback",
            id=feedback_id,
            knowledge_id=knowledge_id,
            number=shown["number"],
            text=text,
            reporter=str(given.get("reporter") or f"{desk.spec.name}座席"),
            urgency="URGENT" if given.get("urgency") == "URGENT" else "NORMAL",
            state="PENDING_REVIEW",
            results="[]",
            created_at=desk.now(),
        )
        _step(desk, feedback_id, Step.MADE, f"对知识 {knowledge_id} 第 {shown['number']} 版的反馈")
        if desk.mode == "auto":
            return review_feedback(desk, feedback_id, approved=True, reason="自动审核通过")
        return find_feedback(desk, feedback_id)


def review_feedback(desk: ProvinceDesk, feedback_id: str, *, approved: bool, reason: str) -> sqlite3.Row:
    """Steps 2 and 3: approved goes to HQ; a refusal needs a reason (422) and ends it."""
    with desk.db.transaction():
        row = find_feedback(desk, feedback_id)
        if row["state"] != "PENDING_REVIEW":
            raise RefusalError.conflict(f"这条反馈现在是“{STATES[row['state']]}”，不能再审核。")
        if not approved and not reason.strip():
            raise RefusalError.invalid("不通过须说明理由（reason）。")
        _step(desk, feedback_id, Step.REVIEWED_AT_HOME, "审核通过" if approved else f"审核不通过：{reason}")
        state = "SUBMITTED" if approved else "REFUSED"
        desk.db.run("UPDATE feedback SET state = ?, reason = ? WHERE id = ?", state, reason or None, feedback_id)
        if approved:
            data = {
                "feedbackId": row["id"],
                "knowledgeId": row["knowledge_id"],
                "number": row["number"],
                "text": row["text"],
                "reporter": row["reporter"],
                "urgency": row["urgency"],
            }
            desk.send("feedback.submit", data, lane=row["id"], about=row["id"])
            _step(desk, feedback_id, Step.SUBMITTED, "已提交一级客服系统")
        return find_feedback(desk, feedback_id)


def hear_answer(desk: ProvinceDesk, data: dict[str, Any]) -> str:
    """Step 7, inside the inbox's transaction: HQ's decision."""
    row = find_feedback(desk, str(data.get("feedbackId")))
    if row["accepted"] is not None:
        return "DUPLICATE"
    desk.db.run(
        "UPDATE feedback SET hq_id = ?, accepted = ?, answer = ?, state = CASE state WHEN 'SUBMITTED' THEN 'ANSWERED' ELSE state END"
        " WHERE id = ?",
        data.get("hqFeedbackId"),
        bool(data.get("accepted")),
        str(data.get("text") or ""),
        row["id"],
    )
    _step(desk, row["id"], Step.ARRIVED, f"总部审核{'通过' if data.get('accepted') else '未通过'}。{data.get('text') or ''}")
    return "STORED"


def hear_result(desk: ProvinceDesk, data: dict[str, Any]) -> str:
    """What the second line made of it, passed on by HQ; a feedback dispatched again has several."""
    row = find_feedback(desk, str(data.get("feedbackId")))
    names = ("dispatch", "resolution", "resolutionText", "knowledgeId", "number", "duplicateOf")
    known = json.loads(row["results"])
    if any(result["dispatch"] == data.get("dispatch") for result in known):
        return "DUPLICATE"
    results = [*known, {name: data.get(name) for name in names}]
    desk.db.run(
        "UPDATE feedback SET state = 'RESOLVED', hq_id = ?, results = ? WHERE id = ?",
        data.get("hqFeedbackId"),
        json.dumps(results, ensure_ascii=False),
        row["id"],
    )
    _step(desk, row["id"], Step.RESOLVED, f"处理结果：{data.get('resolution')}。{data.get('resolutionText') or ''}")
    return "STORED"


def find_feedback(desk: ProvinceDesk, feedback_id: str) -> sqlite3.Row:
    """One feedback by the province's own number; 404 otherwise."""
    row = desk.db.one("SELECT * FROM feedback WHERE id = ?", feedback_id)
    if row is None:
        raise RefusalError.missing("反馈", feedback_id)
    return row


def all_feedback(desk: ProvinceDesk, state: str | None = None) -> list[dict[str, Any]]:
    """Every feedback, newest first, at most 500."""
    if state is not None and state not in STATES:
        raise RefusalError.invalid(f"state 可用：{'、'.join(STATES)}。")
    rows = desk.db.all("SELECT * FROM feedback WHERE ?1 IS NULL OR state = ?1 ORDER BY rowid DESC LIMIT 500", state)
    return [feedback_view(row) for row in rows]


def feedback_view(row: sqlite3.Row) -> dict[str, Any]:
    """One feedback as API and page show it; `accepted` is None before HQ answered."""
    return {
        "id": row["id"],
        "hqFeedbackId": row["hq_id"],
        "knowledgeId": row["knowledge_id"],
        "number": row["number"],
        "text": row["text"],
        "reporter": row["reporter"],
        "urgency": row["urgency"],
        "state": row["state"],
        "stateText": STATES[row["state"]],
        "reason": row["reason"],
        "accepted": None if row["accepted"] is None else bool(row["accepted"]),
        "answer": row["answer"],
        "results": json.loads(row["results"]),
        "createdAt": row["created_at"],
    }


def _step(desk: ProvinceDesk, feedback_id: str, step: Step, detail: str) -> None:
    desk.record_step(FEEDBACK, "PUBLISH", step, feedback_id, detail)
