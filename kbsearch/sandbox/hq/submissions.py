"""Step 4: a submission of the second line is received, proven by its hashes, acknowledged and laid before the reviewer."""

from __future__ import annotations

from typing import Any

from kbsearch.sandbox.hashing import content_hash, submission_hash
from kbsearch.sandbox.hq.callbacks import send_callback
from kbsearch.sandbox.hq.cases import SECOND_LINE, UNDECIDED, Case, case_of, move, open_case, record_step, rounds_of
from kbsearch.sandbox.hq.desk import HqDesk
from kbsearch.sandbox.hq.versions import highest_version
from kbsearch.sandbox.hq.withdrawals import let_go
from kbsearch.sandbox.refusal import RefusalError

FLOW_OF_KIND = {"knowledge.publish": "PUBLISH", "knowledge.update": "UPDATE", "knowledge.revoke": "REVOKE"}


def receive_submission(desk: HqDesk, kind: str, data: dict[str, Any]) -> str:
    """Inside the inbox's transaction: store the case and its acknowledgement; return what came of it."""
    flow = FLOW_OF_KIND[kind]
    prove_hashes(flow, data)
    case_id, round_ = data["submissionId"], int(data["round"])
    earlier = rounds_of(desk, case_id)
    if same := next((case for case in earlier if case.round == round_), None):
        if same.data["submissionHash"] != data["submissionHash"]:
            raise RefusalError.invalid(f"申请 {case_id} 第 {round_} 轮已收到过，但内容不同，请以新的轮次提交。")
        return "DUPLICATE"
    reference = earlier[0].reference if earlier else desk.next_reference()
    case = open_case(
        desk,
        case_id=case_id,
        round_=round_,
        origin=SECOND_LINE,
        flow=flow,
        title=_title(desk, flow, data),
        reference=reference,
        data=data,
    )
    author = (data.get("author") or {}).get("name", "")
    record_step(desk, case, "4", "一级客服系统", f"收到第 {round_} 轮（作者 {author}），编号 {reference}")
    return _lay_before_reviewer(desk, case, earlier)


def _lay_before_reviewer(desk: HqDesk, case: Case, earlier: list[Case]) -> str:
    if any(other.round > case.round for other in earlier):
        move(desk, case, "OUTDATED", note="后一轮已先到。")
        return "OUTDATED"
    for other in earlier:
        if other.state in UNDECIDED:
            move(desk, other, "OUTDATED", note=f"第 {case.round} 轮已到。")
    if let_go(desk, case.id, case.round):
        move(desk, case, "WITHDRAWN", note="收到前已撤回。")
        return "WITHDRAWN"
    acknowledge(desk, case)
    return "ACCEPTED"


def acknowledge(desk: HqDesk, case: Case) -> None:
    """Tell the second line that HQ has it, with HQ's number."""
    values = {"submissionId": case.id, "round": case.round, "hqReference": case.reference}
    send_callback(desk, "hqAcknowledge", values, lane=case.knowledge_id, about=case.id, round_=case.round)


def prove_hashes(flow: str, data: dict[str, Any]) -> None:
    """Compute both hashes from what came; 422 when one differs or what they need is missing."""
    needed = ["submissionId", "round", "knowledgeId", "categoryId", "submissionHash"]
    needed += ["base", "reason"] if flow == "REVOKE" else ["content", "contentHash"]
    if missing := [name for name in needed if data.get(name) in (None, "")]:
        raise RefusalError.invalid(f"申请缺少：{'、'.join(missing)}。")
    if flow == "UPDATE" and not data.get("base"):
        raise RefusalError.invalid("知识更新申请缺少 base（基线版本）。")
    if flow != "REVOKE":
        if not isinstance(data["content"], dict) or not str(data["content"].get("title") or "").strip():
            raise RefusalError.invalid("content 须是对象，且有标题。")
        if content_hash(data["content"]) != data["contentHash"]:
            raise RefusalError.invalid("contentHash 与正文不符，内容可能在途中被改动，请核对后重新提交。")
    if submission_hash(flow, data) != data["submissionHash"]:
        raise RefusalError.invalid("submissionHash 与申请内容不符，请核对后重新提交。")


def _title(desk: HqDesk, flow: str, data: dict[str, Any]) -> str:
    """A revocation is known by the title HQ holds, with its reason: both are what rules can match."""
    if flow != "REVOKE":
        return str(data["content"]["title"])
    held = highest_version(desk, data["knowledgeId"])
    name = held["title"] if held else f"知识 {data['knowledgeId']}"
    return f"{name}（撤销：{data.get('reasonText') or data['reason']}）"


def waiting_for_review(desk: HqDesk) -> list[Case]:
    """Everything the automatic reviewer has not looked at, oldest first."""
    rows = desk.db.all("SELECT * FROM review_case WHERE state = 'PENDING' ORDER BY waiting_since, rowid LIMIT 200")
    return [case_of(row) for row in rows]
