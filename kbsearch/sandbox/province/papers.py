"""What a province submits itself (A1 to A3, A6; R1 to R3, R6): announcements, corrections, recalls, replies, and what HQ said of them."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from kbsearch.sandbox.audience import addressed
from kbsearch.sandbox.content import written_content
from kbsearch.sandbox.hashing import content_hash, submission_hash
from kbsearch.sandbox.province.copies import store_copy, store_ending
from kbsearch.sandbox.province.desk import ProvinceDesk
from kbsearch.sandbox.refusal import RefusalError
from kbsearch.sandbox.subjects import ANNOUNCEMENT, FLOW_NAMES, ID_FIELDS, KIND_OF_FLOW, REPLY, Step

STATES = {
    "PENDING_REVIEW": "待本省审核",
    "RETURNED": "本省退回",
    "SUBMITTED": "已提交总部",
    "PENDING_HQ": "待总部审核",
    "HQ_RETURNED": "总部退回",
    "HQ_REJECTED": "总部否决",
    "ACCEPTED": "总部已通过",
}
EDITABLE = ("RETURNED", "HQ_RETURNED")
AT_HQ = ("SUBMITTED", "PENDING_HQ")


def open_paper(
    desk: ProvinceDesk,
    *,
    kind: str,
    flow: str,
    subject_id: str,
    title: str,
    given: dict[str, Any],
    content: dict[str, Any] | None = None,
    base: dict[str, Any] | None = None,
    ending: dict[str, Any] | None = None,
    answers: str | None = None,
) -> sqlite3.Row:
    """Store what one of the province's people wrote, and lay it before the province's reviewer; auto mode passes it on at once."""
    paper_id = desk.new_id()
    with desk.db.transaction():
        desk.db.insert(
            "paper",
            id=paper_id,
            round=1,
            subject_kind=kind,
            flow=flow,
            subject_id=subject_id,
            answers=answers,
            title=title,
            state="PENDING_REVIEW",
            base=_json(base),
            content=_json(content),
            ending=_json(ending),
            urgency="URGENT" if given.get("urgency") == "URGENT" else "NORMAL",
            author=str(given.get("author") or f"{desk.spec.name}公告管理员"),
            changed_at=desk.now(),
        )
        row = find_paper(desk, paper_id)
        _step(desk, row, Step.MADE, f"{row['author']}生成：{title}")
        return _passed_on(desk, row)


def _passed_on(desk: ProvinceDesk, row: sqlite3.Row) -> sqlite3.Row:
    if desk.mode == "manual":
        return row
    return review_paper(desk, row["id"], approved=True, reason="自动审核通过")


def review_paper(desk: ProvinceDesk, paper_id: str, *, approved: bool, reason: str) -> sqlite3.Row:
    """A2 and A3 (R2 and R3): approved goes to HQ, refused goes back to its author with a reason (422 without one)."""
    with desk.db.transaction():
        row = find_paper(desk, paper_id)
        if row["state"] != "PENDING_REVIEW":
            raise RefusalError.conflict(f"这份申请现在是“{STATES[row['state']]}”，不能再审核。")
        if not approved and not reason.strip():
            raise RefusalError.invalid("退回须说明理由（reason）。")
        _step(desk, row, Step.REVIEWED_AT_HOME, "审核通过" if approved else f"审核退回：{reason}")
        if approved:
            kind = KIND_OF_FLOW[row["subject_kind"], row["flow"]]
            desk.send(kind, _submission(desk, row), lane=row["subject_id"], about=row["id"], round_=row["round"])
            _step(desk, row, Step.SUBMITTED, f"第 {row['round']} 轮提交总部")
        _move(desk, row, "SUBMITTED" if approved else "RETURNED", None if approved else reason)
        return find_paper(desk, paper_id)


def edit_paper(desk: ProvinceDesk, paper_id: str, given: dict[str, Any]) -> sqlite3.Row:
    """A6 (R6): the author changes what came back, and hands it to the reviewer again; what HQ has seen goes into its next round.

    `given` holds the content fields to change, or of a recall reason and reasonText.
    """
    with desk.db.transaction():
        row = find_paper(desk, paper_id)
        if row["state"] not in EDITABLE:
            raise RefusalError.conflict(f"这份申请现在是“{STATES[row['state']]}”，不能修改。")
        content, ending = _read(row["content"]), _read(row["ending"])
        if content is not None:
            content = written_content(given, content, announcement=row["subject_kind"] == ANNOUNCEMENT)
        elif ending is not None:
            ending |= {name: str(given[name]) for name in ("reason", "reasonText") if given.get(name)}
        desk.db.run(
            "UPDATE paper SET state = 'PENDING_REVIEW', content = ?, ending = ?, title = coalesce(?, title), round = round + ?,"
            " reason_codes = NULL, reason_text = NULL, changed_at = ? WHERE id = ?",
            _json(content),
            _json(ending),
            (content or {}).get("title"),
            int(row["state"] == "HQ_RETURNED"),
            desk.now(),
            paper_id,
        )
        _step(desk, row, Step.EDITED, "修改后重新提交审核")
        return _passed_on(desk, find_paper(desk, paper_id))


def hear_of_paper(desk: ProvinceDesk, kind: str, data: dict[str, Any]) -> str:
    """HQ's receipt, approval, return or rejection, inside the inbox's transaction; about an ended round it changes nothing."""
    row = desk.db.one("SELECT * FROM paper WHERE id = ?", data.get("submissionId"))
    if row is None or row["round"] != data.get("round") or row["state"] not in AT_HQ:
        return "OUT_OF_DATE"
    desk.db.run("UPDATE paper SET hq_reference = coalesce(?, hq_reference) WHERE id = ?", data.get("hqReference"), row["id"])
    if kind == "case.acknowledge":
        _move(desk, row, "PENDING_HQ", None)
    elif kind == "case.approve":
        _accept(desk, row, data)
    else:
        returned = kind == "case.return"
        codes = json.dumps(data.get("reasonCodes") or [])
        desk.db.run("UPDATE paper SET reason_codes = ? WHERE id = ?", codes, row["id"])
        _move(desk, row, "HQ_RETURNED" if returned else "HQ_REJECTED", data.get("reasonText"))
        if returned:
            _step(desk, row, Step.SENT_BACK, f"收到总部退回：{data.get('reasonText')}")
    return str(find_paper(desk, row["id"])["state"])


def _accept(desk: ProvinceDesk, row: sqlite3.Row, data: dict[str, Any]) -> None:
    content = data.get("content") or _read(row["content"])
    desk.db.run("UPDATE paper SET number = ?, content = ? WHERE id = ?", data.get("number"), _json(content), row["id"])
    _move(desk, row, "ACCEPTED", None)
    if row["subject_kind"] == REPLY:
        _step(desk, row, Step.PUBLISHED, "总部已采纳")
        return
    key = {ID_FIELDS[ANNOUNCEMENT]: row["subject_id"]}
    if content is None:
        ending = {**(_read(row["ending"]) or {}), "number": (_read(row["base"]) or {})["number"]}
        store_ending(desk, ANNOUNCEMENT, row["title"], key | ending | {"effectiveFrom": data.get("effectiveFrom")})
        _step(desk, row, Step.SHOWN, "总部已通过，本省同时撤回")
    elif desk.spec.code in addressed(content):
        moved = data.get("effectiveFrom") or content.get("effectiveFrom")
        issuer = {"code": desk.spec.code, "name": desk.spec.name}
        text = {"number": data["number"], "content": content, "contentHash": content_hash(content), "issuer": issuer}
        store_copy(desk, ANNOUNCEMENT, key | text | {"effectiveFrom": moved})
        _step(desk, row, Step.SHOWN, f"版本 {data['number']} 已发布给本省使用者")
    elif row["flow"] == "CORRECT":
        ending = {"number": data["number"] - 1, "reason": "OUT_OF_DISTRIBUTION", "reasonText": "更正后不再以本省为对象。"}
        store_ending(desk, ANNOUNCEMENT, row["title"], key | ending)


def _submission(desk: ProvinceDesk, row: sqlite3.Row) -> dict[str, Any]:
    """The message's data, in the shape the second line uses for the same."""
    content, ending = _read(row["content"]), _read(row["ending"]) or {}
    data: dict[str, Any] = {
        "submissionId": row["id"],
        "round": row["round"],
        ID_FIELDS[row["subject_kind"]]: row["subject_id"],
        "base": _read(row["base"]),
        "urgency": row["urgency"],
        "author": {"id": "author", "name": row["author"]},
        "reviewer": {"id": "reviewer", "name": f"{desk.spec.name}知识管理员"},
    }
    if content is None:
        data |= {"effectiveFrom": None, **ending}
    else:
        data |= {"content": content, "contentHash": content_hash(content), "material": True, "changeNote": ""}
    if row["subject_kind"] == REPLY:
        data |= {"announcementId": row["answers"], "late": _late(desk, row["answers"])}
    return data | {"submissionHash": submission_hash(row["subject_kind"], row["flow"], data)}


def _late(desk: ProvinceDesk, announcement_id: str) -> bool:
    row = desk.db.one("SELECT content FROM copy WHERE subject_id = ? ORDER BY number DESC LIMIT 1", announcement_id)
    due = json.loads(row["content"]).get("replyDueAt") if row else None
    return bool(due and due < desk.now())


def find_paper(desk: ProvinceDesk, paper_id: str) -> sqlite3.Row:
    """One of the province's own submissions; 404 otherwise."""
    row = desk.db.one("SELECT * FROM paper WHERE id = ?", paper_id)
    if row is None:
        raise RefusalError.missing("本省申请", paper_id)
    return row


def papers(desk: ProvinceDesk, state: str | None = None) -> list[dict[str, Any]]:
    """The province's own submissions, newest first, at most 500."""
    if state is not None and state not in STATES:
        raise RefusalError.invalid(f"state 可用：{'、'.join(STATES)}。")
    rows = desk.db.all("SELECT * FROM paper WHERE ?1 IS NULL OR state = ?1 ORDER BY rowid DESC LIMIT 500", state)
    return [paper_view(row) for row in rows]


def paper_view(row: sqlite3.Row) -> dict[str, Any]:
    """One of them as API and page show it."""
    ids = {ID_FIELDS[row["subject_kind"]]: row["subject_id"]}
    if row["subject_kind"] == REPLY:
        ids["announcementId"] = row["answers"]
    return {
        "id": row["id"],
        "round": row["round"],
        "subjectKind": row["subject_kind"],
        "subjectId": row["subject_id"],
        **ids,
        "flow": row["flow"],
        "flowText": FLOW_NAMES[row["subject_kind"], row["flow"]],
        "title": row["title"],
        "state": row["state"],
        "stateText": STATES[row["state"]],
        "content": _read(row["content"]),
        "ending": _read(row["ending"]),
        "base": _read(row["base"]),
        "urgency": row["urgency"],
        "author": row["author"],
        "hqReference": row["hq_reference"],
        "number": row["number"],
        "reasonCodes": _read(row["reason_codes"]) or [],
        "reasonText": row["reason_text"],
        "changedAt": row["changed_at"],
    }


def _move(desk: ProvinceDesk, row: sqlite3.Row, state: str, reason: str | None) -> None:
    desk.db.run("UPDATE paper SET state = ?, reason_text = ?, changed_at = ? WHERE id = ?", state, reason, desk.now(), row["id"])


def _step(desk: ProvinceDesk, row: sqlite3.Row, step: Step, detail: str) -> None:
    desk.record_step(row["subject_kind"], row["flow"], step, row["subject_id"], detail)


def _json(value: Any) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False)


def _read(text: str | None) -> Any:
    return None if text is None else json.loads(text)
