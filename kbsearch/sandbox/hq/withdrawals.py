"""Requests of the second line to let go of a submission: granted while undecided, refused after; answers only where one is expected."""

from __future__ import annotations

import sqlite3
from typing import Any

from kbsearch.sandbox.hq.callbacks import send_callback
from kbsearch.sandbox.hq.cases import UNDECIDED, Case, case_of, move, record_step
from kbsearch.sandbox.hq.desk import HqDesk
from kbsearch.sandbox.hq.distribution import distribute_withdrawal
from kbsearch.sandbox.hq.rules import matching
from kbsearch.sandbox.hq.versions import drop_version, version_of_case
from kbsearch.sandbox.refusal import RefusalError
from kbsearch.sandbox.subjects import KNOWLEDGE, Step, named_subject


def request_withdrawal(desk: HqDesk, data: dict[str, Any]) -> str:
    """Take in a withdraw.request inside the inbox's transaction; return what came of it."""
    subject_kind, subject_id = named_subject(data)
    row_id = desk.db.insert(
        "withdrawal",
        case_id=data["submissionId"],
        round=data["round"],
        subject_kind=subject_kind,
        subject_id=subject_id,
        reason=data["reason"],
        reason_text=data.get("reasonText") or "",
        answer_expected=bool(data["answerExpected"]),
        state="WAITING",
        created_at=desk.now(),
    )
    row = _find(desk, row_id)
    case = _case(desk, row)
    if not row["answer_expected"]:
        if case and case.state in UNDECIDED:
            _close_case(desk, case, f"二线客服撤回（{row['reason']}）")
        return _close(desk, row, "CLOSED", "")
    if case is None:
        return _answer(desk, row, granted=True, text="总部未收到该申请。")
    if case.state not in UNDECIDED and not _may_be_dropped(desk, case):
        return _answer(desk, row, granted=False, text="总部已作出审核决定。")
    return _by_rule(desk, row, case)


def _by_rule(desk: HqDesk, row: sqlite3.Row, case: Case) -> str:
    if desk.mode == "manual":
        return "WAITING"
    rule = matching(desk.rules, "withdraw", {"title": case.title, "kind": case.flow}, first=case.round == 1)
    if rule and rule.action == "hold":
        return "WAITING"
    if rule and rule.action == "refuse":
        return _answer(desk, row, granted=False, text=rule.text)
    if case.state not in UNDECIDED and not (rule and rule.action == "grant"):
        return _answer(desk, row, granted=False, text="总部已作出审核决定。")
    return _answer(desk, row, granted=True, text=rule.text if rule else "同意撤回。")


def answer_withdrawal(desk: HqDesk, row_id: int, *, granted: bool, text: str) -> sqlite3.Row:
    """A person's answer to a waiting request; an approval already in force cannot be granted away (409)."""
    with desk.db.transaction():
        row = _find(desk, row_id)
        if row["state"] != "WAITING":
            raise RefusalError.conflict(f"撤回申请 {row_id} 已处理过（{row['state']}）。")
        case = _case(desk, row)
        if granted and case and case.state not in UNDECIDED and not _may_be_dropped(desk, case):
            raise RefusalError.conflict("该申请总部已作出决定，不能再同意撤回。")
        _answer(desk, row, granted=granted, text=text)
        return _find(desk, row_id)


def refuse_waiting(desk: HqDesk, case: Case, text: str) -> None:
    """A decision overtakes what waits: HQ wins, and says so."""
    for row in desk.db.all("SELECT * FROM withdrawal WHERE case_id = ? AND round = ? AND state = 'WAITING'", case.id, case.round):
        _answer(desk, row, granted=False, text=text)


def let_go(desk: HqDesk, case_id: str, round_: int) -> bool:
    """Whether this round was withdrawn, so that a late copy of it must not be reviewed."""
    row = desk.db.one("SELECT 1 FROM withdrawal WHERE case_id = ? AND round = ? AND state IN ('GRANTED', 'CLOSED')", case_id, round_)
    return row is not None


def withdrawals(desk: HqDesk) -> list[dict[str, Any]]:
    """Every request, newest first, at most 500."""
    rows = desk.db.all("SELECT * FROM withdrawal ORDER BY id DESC LIMIT 500")
    return [withdrawal_view(row) for row in rows]


def withdrawal_view(row: sqlite3.Row) -> dict[str, Any]:
    """One request as the API shows it; state WAITING 待答复, GRANTED 同意, REFUSED 不同意, CLOSED 无需答复."""
    return {
        "id": row["id"],
        "submissionId": row["case_id"],
        "round": row["round"],
        "subjectKind": row["subject_kind"],
        "subjectId": row["subject_id"],
        "knowledgeId": row["subject_id"] if row["subject_kind"] == KNOWLEDGE else None,
        "reason": row["reason"],
        "reasonText": row["reason_text"],
        "answerExpected": bool(row["answer_expected"]),
        "state": row["state"],
        "answerText": row["answer_text"],
        "createdAt": row["created_at"],
        "closedAt": row["closed_at"],
    }


def _answer(desk: HqDesk, row: sqlite3.Row, *, granted: bool, text: str) -> str:
    case = _case(desk, row)
    if granted and case:
        _drop_coming_version(desk, case)
        _close_case(desk, case, "总部同意撤回")
    values = {"submissionId": row["case_id"], "round": row["round"], "granted": granted, "reasonText": text}
    send_callback(desk, "hqWithdrawResult", values, lane=row["subject_id"], about=row["case_id"], round_=row["round"])
    return _close(desk, row, "GRANTED" if granted else "REFUSED", text)


def _close(desk: HqDesk, row: sqlite3.Row, state: str, text: str) -> str:
    desk.db.run("UPDATE withdrawal SET state = ?, closed_at = ?, answer_text = ? WHERE id = ?", state, desk.now(), text, row["id"])
    return state


def _close_case(desk: HqDesk, case: Case, note: str) -> None:
    move(desk, case, "WITHDRAWN", note=note)
    record_step(desk, case, Step.PASSED, "总部知识管理员", f"{note}，流程结束")


def _may_be_dropped(desk: HqDesk, case: Case) -> bool:
    """Approved text whose day has not come; a revocation, once approved, is not taken back."""
    version = version_of_case(desk, case)
    return bool(version and version["status"] == "ACCEPTED" and (version["effective_from"] or "") > desk.now())


def _drop_coming_version(desk: HqDesk, case: Case) -> None:
    version = version_of_case(desk, case)
    if version is not None and version["status"] == "ACCEPTED":
        distribute_withdrawal(desk, case, drop_version(desk, version), version["number"])


def _case(desk: HqDesk, row: sqlite3.Row) -> Case | None:
    found = desk.db.one("SELECT * FROM review_case WHERE id = ? AND round = ?", row["case_id"], row["round"])
    return case_of(found) if found else None


def _find(desk: HqDesk, row_id: int) -> sqlite3.Row:
    row = desk.db.one("SELECT * FROM withdrawal WHERE id = ?", row_id)
    if row is None:
        raise RefusalError.missing("撤回申请", row_id)
    return row
