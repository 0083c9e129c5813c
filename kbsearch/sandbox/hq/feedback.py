"""3.1.1.4 知识反馈 at HQ, steps 4 to 9 and 12: received, reviewed, answered at once, dispatched to the second line or closed."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from kbsearch.sandbox.hq.callbacks import send_callback
from kbsearch.sandbox.hq.desk import HqDesk
from kbsearch.sandbox.hq.distribution import put_to_province
from kbsearch.sandbox.hq.steps import record, steps_about
from kbsearch.sandbox.instants import wire_or_none
from kbsearch.sandbox.refusal import RefusalError
from kbsearch.sandbox.subjects import FEEDBACK, Step, step_name

STATES = {
    "RECEIVED": "待审核",
    "HELD": "待人工审核",
    "ACCEPTED": "待判断是否更新",
    "REFUSED": "审核未通过",
    "DISPATCHED": "已下发二线",
    "ANSWERED": "二线已答复",
    "CLOSED": "已关闭，无需更新",
}
REVIEWABLE = ("RECEIVED", "HELD")
DISPATCHABLE = ("DISPATCHED", "ANSWERED")
RESOLUTIONS = {"ADOPTED": "采纳已更新", "NO_CHANGE": "无需修改", "DUPLICATE": "重复", "REJECTED": "不采纳"}
URGENCIES = ("NORMAL", "URGENT")
REVIEWER = "总部知识管理员"


def receive_feedback(desk: HqDesk, province: str, data: dict[str, Any]) -> str:
    """Step 4, inside the inbox's transaction; a province's number is taken in once."""
    texts = {name: data.get(name) for name in ("feedbackId", "knowledgeId", "text")}
    if bad := [name for name, value in texts.items() if not isinstance(value, str) or not value.strip()]:
        raise RefusalError.invalid(f"反馈缺少：{'、'.join(bad)}。")
    if not isinstance(data.get("number"), int):
        raise RefusalError.invalid("反馈须注明所指版本（number）。")
    if desk.db.one("SELECT 1 FROM feedback WHERE province = ? AND province_id = ?", province, texts["feedbackId"]):
        return "DUPLICATE"
    count = int(desk.db.setting("feedbacks", 0)) + 1
    desk.db.store_setting("feedbacks", count)
    feedback_id = f"FB-{desk.clock().year}-{count:06d}"
    desk.db.insert(
        "feedback",
        id=feedback_id,
        province=province,
        province_id=texts["feedbackId"],
        knowledge_id=texts["knowledgeId"],
        number=data["number"],
        text=texts["text"],
        reporter=str(data.get("reporter") or ""),
        urgency=data["urgency"] if data.get("urgency") in URGENCIES else "NORMAL",
        state="RECEIVED",
        dispatch=0,
        received_at=desk.now(),
    )
    _step(desk, find_feedback(desk, feedback_id), Step.RECEIVED, f"收到 {desk.organisation_name(province)} 的反馈，编号 {feedback_id}")
    desk.review_bell.set()
    return feedback_id


def review_feedback(
    desk: HqDesk, feedback_id: str, *, accepted: bool, text: str, update_needed: bool | None = None, **order: Any
) -> sqlite3.Row:
    """Steps 5 and 6: decide and answer the province at once; with `update_needed` also step 8. A refusal needs a text (422)."""
    with desk.db.transaction():
        row = find_feedback(desk, feedback_id)
        if row["state"] not in REVIEWABLE:
            raise RefusalError.conflict(f"反馈 {feedback_id} 现在是“{STATES[row['state']]}”，不能再审核。")
        if not accepted and not text.strip():
            raise RefusalError.invalid("审核不通过须说明理由（text）。")
        verdict = "审核通过，同时走步骤 6 和步骤 8" if accepted else f"审核未通过，走步骤 6：{text}"
        desk.db.run(
            "UPDATE feedback SET state = ?, answer = ?, note = NULL WHERE id = ?", "ACCEPTED" if accepted else "REFUSED", text, feedback_id
        )
        _step(desk, row, Step.REVIEWED, verdict)
        told = {"feedbackId": row["province_id"], "hqFeedbackId": row["id"], "accepted": accepted, "text": text}
        _tell_province(desk, row, "feedback.answer", told)
        _step(desk, row, Step.ANSWERED, f"审核结果已回复 {desk.organisation_name(row['province'])}：{'通过' if accepted else '不通过'}")
        if accepted and update_needed is not None:
            judge_feedback(desk, feedback_id, update_needed=update_needed, **order)
        return find_feedback(desk, feedback_id)


def judge_feedback(desk: HqDesk, feedback_id: str, *, update_needed: bool, **order: Any) -> sqlite3.Row:
    """Step 8: the second line must update (step 9) or need not (step 12). `order` is dispatch_feedback's."""
    with desk.db.transaction():
        row = find_feedback(desk, feedback_id)
        if row["state"] != "ACCEPTED":
            raise RefusalError.conflict(f"反馈 {feedback_id} 现在是“{STATES[row['state']]}”，不在待判断之列。")
        _step(desk, row, Step.JUDGED, "需二线客服更新知识，走步骤 9" if update_needed else "不需二线客服更新知识，走步骤 12")
        if update_needed:
            desk.db.run("UPDATE feedback SET state = 'DISPATCHED' WHERE id = ?", feedback_id)
            return dispatch_feedback(desk, feedback_id, **order)
        desk.db.run("UPDATE feedback SET state = 'CLOSED', opinion = ? WHERE id = ?", order.get("opinion"), feedback_id)
        _step(desk, row, Step.CLOSED, "总部关闭，流程结束")
        return find_feedback(desk, feedback_id)


def dispatch_feedback(desk: HqDesk, feedback_id: str, *, opinion: Any = None, due_at: Any = None, urgency: Any = None) -> sqlite3.Row:
    """Step 9, the first time or again: the next dispatch goes to the second line."""
    with desk.db.transaction():
        row = find_feedback(desk, feedback_id)
        if row["state"] not in DISPATCHABLE:
            raise RefusalError.conflict(f"反馈 {feedback_id} 现在是“{STATES[row['state']]}”，不能下发。")
        if urgency is not None and urgency not in URGENCIES:
            raise RefusalError.invalid(f"urgency 可用：{'、'.join(URGENCIES)}。")
        number = row["dispatch"] + 1
        said = str(opinion or row["opinion"] or "") or None
        desk.db.run("UPDATE feedback SET state = 'DISPATCHED', dispatch = ?, opinion = ? WHERE id = ?", number, said, feedback_id)
        values = {
            "feedbackId": row["id"],
            "dispatch": number,
            "province": row["province"],
            "knowledgeId": row["knowledge_id"],
            "number": row["number"],
            "text": row["text"],
            "reporter": row["reporter"] or None,
            "opinion": said,
            "dueAt": wire_or_none(due_at, "dueAt"),
            "urgency": urgency or row["urgency"],
        }
        send_callback(desk, "hqDispatchFeedback", values, lane=row["id"], about=row["id"], round_=number)
        _step(desk, row, Step.DISPATCHED, f"第 {number} 次下发二线客服。{said or ''}", number)
        return find_feedback(desk, feedback_id)


def hold_feedback(desk: HqDesk, feedback_id: str, text: str) -> None:
    """Leave it to a person."""
    desk.db.run("UPDATE feedback SET state = 'HELD', note = ? WHERE id = ? AND state = 'RECEIVED'", text, feedback_id)


def receive_result(desk: HqDesk, data: dict[str, Any]) -> str:
    """The second line's feedback.result, inside the inbox's transaction: kept, and told to the province."""
    if data.get("resolution") not in RESOLUTIONS:
        raise RefusalError.invalid(f"resolution 可用：{'、'.join(RESOLUTIONS)}。")
    row = desk.db.one("SELECT * FROM feedback WHERE id = ?", data["feedbackId"])
    dispatch = data["dispatch"]
    if row is None or not isinstance(dispatch, int) or not 1 <= dispatch <= row["dispatch"]:
        raise RefusalError.invalid(f"总部没有第 {dispatch} 次下发的反馈 {data['feedbackId']}。")
    known = desk.db.one("SELECT data FROM feedback_result WHERE feedback_id = ? AND dispatch = ?", row["id"], dispatch)
    if known is not None:
        return "DUPLICATE" if json.loads(known["data"]) == data else "CONTRADICTION：该次下发已有不同的处理结果，以先到的为准"
    desk.db.insert(
        "feedback_result", feedback_id=row["id"], dispatch=dispatch, data=json.dumps(data, ensure_ascii=False), received_at=desk.now()
    )
    if dispatch == row["dispatch"]:
        desk.db.run("UPDATE feedback SET state = 'ANSWERED' WHERE id = ?", row["id"])
    resolution = RESOLUTIONS[data["resolution"]]
    _step(desk, row, Step.RESOLVED, f"第 {dispatch} 次下发的处理结果：{resolution}。{data.get('resolutionText') or ''}", dispatch)
    names = ("dispatch", "resolution", "resolutionText", "knowledgeId", "number", "duplicateOf")
    told = {"feedbackId": row["province_id"], "hqFeedbackId": row["id"], **{name: data.get(name) for name in names}}
    _tell_province(desk, row, "feedback.result", told)
    return "NOTED"


def find_feedback(desk: HqDesk, feedback_id: str) -> sqlite3.Row:
    """One feedback by HQ's number; 404 otherwise."""
    row = desk.db.one("SELECT * FROM feedback WHERE id = ?", feedback_id)
    if row is None:
        raise RefusalError.missing("反馈", feedback_id)
    return row


def all_feedback(desk: HqDesk, state: str | None = None) -> list[dict[str, Any]]:
    """Every feedback, newest first, at most 500."""
    if state is not None and state not in STATES:
        raise RefusalError.invalid(f"state 可用：{'、'.join(STATES)}。")
    rows = desk.db.all("SELECT * FROM feedback WHERE ?1 IS NULL OR state = ?1 ORDER BY rowid DESC LIMIT 500", state)
    return [feedback_summary(row) for row in rows]


def feedback_summary(row: sqlite3.Row) -> dict[str, Any]:
    """One feedback in a list; `provinceId` is the province's own number."""
    names = {"province_id": "provinceId", "knowledge_id": "knowledgeId", "received_at": "receivedAt"}
    return {names.get(name, name): row[name] for name in row.keys()} | {"stateText": STATES[row["state"]]}  # noqa: SIM118 - a Row iterates over values


def feedback_view(desk: HqDesk, feedback_id: str) -> dict[str, Any]:
    """One feedback with the results of its dispatches and its steps."""
    row = find_feedback(desk, feedback_id)
    results = desk.db.all("SELECT * FROM feedback_result WHERE feedback_id = ? ORDER BY dispatch", feedback_id)
    return feedback_summary(row) | {
        "results": [json.loads(each["data"]) | {"receivedAt": each["received_at"]} for each in results],
        "steps": steps_about(desk, feedback_id),
    }


def _step(desk: HqDesk, row: sqlite3.Row, step: Step, detail: str, dispatch: int = 0) -> None:
    actor = "一级客服系统" if step in {Step.RECEIVED, Step.RESOLVED} else REVIEWER
    numbered = step_name(FEEDBACK, "PUBLISH", step)
    record(desk, numbered, case_id=row["id"], round_=dispatch, subject_id=row["knowledge_id"], actor=actor, detail=detail)


def _tell_province(desk: HqDesk, row: sqlite3.Row, kind: str, data: dict[str, Any]) -> None:
    """A province of HQ's past need not be one the sandbox runs."""
    if row["province"] not in desk.province_codes():
        return
    put_to_province(desk, row["province"], kind, data, lane=row["id"], about=row["id"])
