"""HQ's review (steps 5, 6 and 11.2): one function per outcome, each in one transaction; by hand and by rule alike."""

from __future__ import annotations

import json
from typing import Any

from kbsearch.sandbox.content import house_amended, written_content
from kbsearch.sandbox.hashing import content_hash
from kbsearch.sandbox.hq import approval
from kbsearch.sandbox.hq.cases import DECIDABLE, STATES, Case, find_case, move, record_step
from kbsearch.sandbox.hq.decision import Decision
from kbsearch.sandbox.hq.desk import HqDesk
from kbsearch.sandbox.hq.reasons import REASON_CODES, REVOKE_REASONS
from kbsearch.sandbox.hq.telling import tell_no
from kbsearch.sandbox.hq.withdrawals import refuse_waiting
from kbsearch.sandbox.instants import wire_or_none
from kbsearch.sandbox.refusal import RefusalError
from kbsearch.sandbox.subjects import ANNOUNCEMENT, Step


def decide(desk: HqDesk, case_id: str, decision: Decision) -> Case:
    """Carry out one decision on the latest round of a submission or on a draft; return the case as it then stands."""
    with desk.db.transaction():
        case = find_case(desk, case_id)
        if case.state not in DECIDABLE:
            raise RefusalError.conflict(f"该申请第 {case.round} 轮现在是“{STATES[case.state]}”，不能再审核。")
        if decision.action == "hold":
            move(desk, case, "HELD", note=decision.reason_text or "等待人工审核。")
        elif decision.action in {"approve", "amend"}:
            approval.approve(desk, _amended(desk, case, decision), decision)
        else:
            _send_back(desk, case, decision)
        return find_case(desk, case.id, case.round)


def _amended(desk: HqDesk, case: Case, decision: Decision) -> Case:
    """Store the reviewer's own amendment, if any, before the approval."""
    if decision.action == "amend" and decision.amended_content is None and case.content is not None:
        return _store_amendment(desk, case, house_amended(case.content))
    if decision.amended_content is not None:
        return _store_amendment(desk, case, _checked_edit(case, decision.amended_content))
    return case


def _send_back(desk: HqDesk, case: Case, decision: Decision) -> None:
    if not decision.reason_codes or not decision.reason_text.strip():
        raise RefusalError.invalid("退回或否决须有至少一个原因码（reasonCodes）和说明（reasonText）。")
    if decision.action == "return" and case.made_here:
        raise RefusalError.conflict("总部自己生成的申请请退回总部知识生成人员（returnToOwnAuthors）。")
    said = {"action": decision.action, "reasonCodes": list(decision.reason_codes), "reasonText": decision.reason_text}
    reasons = f"{'、'.join(REASON_CODES[code] for code in decision.reason_codes)}：{decision.reason_text}"
    if decision.action == "returnToOwnAuthors":
        move(desk, case, "OWN_AUTHORS", note=reasons)
        record_step(desk, case, Step.REVIEWED, decision.approver, f"审核未通过：{reasons}")
        record_step(desk, case, Step.SENT_BACK, decision.approver, "退回总部知识生成人员，走步骤 11.2")
        return
    returned = decision.action == "return"
    move(desk, case, "RETURNED" if returned else "REJECTED", note=reasons, decision=said)
    record_step(desk, case, Step.REVIEWED, decision.approver, f"审核{'未通过' if returned else '否决'}：{reasons}")
    whom = desk.organisation_name(case.origin)
    record_step(desk, case, Step.SENT_BACK, decision.approver, f"退回{whom}，走步骤 11.1" if returned else "否决，流程结束")
    if not case.made_here:
        tell_no(desk, case, "hqReturn" if returned else "hqReject", decision)
        refuse_waiting(desk, case, "总部已作出审核决定。")


def edit_at_hq(desk: HqDesk, case_id: str, given: dict[str, Any]) -> Case:
    """Step 11.2: HQ's own author changes a case sent back to them and hands it to the reviewer again (step 5).

    `given` holds the content fields to change; for a revocation its fields (second line's: effectiveFrom only).
    """
    with desk.db.transaction():
        case = find_case(desk, case_id)
        if case.state != "OWN_AUTHORS":
            raise RefusalError.conflict(f"只有“总部修改中”的申请可由总部知识生成人员修改，现在是“{STATES[case.state]}”。")
        _store_amendment(desk, case, _checked_edit(case, given))
        desk.db.run(
            "UPDATE review_case SET state = 'PENDING', note = NULL, attempt = attempt + 1, waiting_since = ? WHERE id = ? AND round = ?",
            desk.now(),
            case.id,
            case.round,
        )
        record_step(desk, case, Step.EDITED, "总部知识生成人员", "修改后重新提交审核，走步骤 5")
        desk.review_bell.set()
        return find_case(desk, case.id, case.round)


def _checked_edit(case: Case, given: dict[str, Any]) -> dict[str, Any]:
    if not case.ends:
        edited = written_content(given, case.content, announcement=case.subject_kind == ANNOUNCEMENT)
        content_hash(edited)
        return edited
    allowed = {"effectiveFrom", "reason", "reasonText", "replacementId"} if case.made_here else {"effectiveFrom"}
    if not isinstance(given, dict) or set(given) - allowed:
        raise RefusalError.invalid(f"撤销申请在总部只能修改：{'、'.join(sorted(allowed))}。")
    edited = {**(case.amended or {}), **given}
    if "effectiveFrom" in edited:
        edited["effectiveFrom"] = wire_or_none(edited["effectiveFrom"], "effectiveFrom")
    check_revoke_reason(case.data | edited)
    return edited


def check_revoke_reason(data: dict[str, Any]) -> None:
    """A revocation has a known reason, and MERGED names its replacement."""
    if str(data.get("reason")) not in REVOKE_REASONS:
        raise RefusalError.invalid(f"reason 可用：{'、'.join(REVOKE_REASONS)}。")
    if data["reason"] == "MERGED" and not isinstance(data.get("replacementId"), str):
        raise RefusalError.invalid("已合并（MERGED）须填写 replacementId，即并入的知识 id。")


def _store_amendment(desk: HqDesk, case: Case, amended: dict[str, Any]) -> Case:
    desk.db.run(
        "UPDATE review_case SET amended = ?, title = coalesce(?, title) WHERE id = ? AND round = ?",
        json.dumps(amended, ensure_ascii=False),
        amended.get("title"),
        case.id,
        case.round,
    )
    return find_case(desk, case.id, case.round)
