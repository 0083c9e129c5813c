"""Step 4, A4, R4: a submission is received, proven by its hashes, acknowledged and laid before the reviewer."""

from __future__ import annotations

from typing import Any

from kbsearch.sandbox.audience import checked_audience
from kbsearch.sandbox.content import ANNOUNCEMENT_LABELS
from kbsearch.sandbox.hashing import content_hash, submission_hash
from kbsearch.sandbox.hq.attachments import want_attachments
from kbsearch.sandbox.hq.cases import UNDECIDED, Case, case_of, move, open_case, record_step, rounds_of
from kbsearch.sandbox.hq.desk import HqDesk
from kbsearch.sandbox.hq.telling import tell_receipt
from kbsearch.sandbox.hq.versions import highest_version
from kbsearch.sandbox.hq.withdrawals import let_go
from kbsearch.sandbox.refusal import RefusalError
from kbsearch.sandbox.subjects import ANNOUNCEMENT, CHANGES, ENDINGS, FLOW_OF_KIND, ID_FIELDS, KNOWLEDGE, NAMES, REPLY, SECOND_LINE, Step


def receive_submission(desk: HqDesk, kind: str, data: dict[str, Any], origin: str = SECOND_LINE) -> str:
    """Inside the inbox's transaction: store the case and its acknowledgement; return what came of it."""
    subject_kind, flow = FLOW_OF_KIND[kind]
    prove_hashes(subject_kind, flow, data)
    case_id, round_ = data["submissionId"], int(data["round"])
    earlier = rounds_of(desk, case_id)
    if any(case.origin != origin for case in earlier):
        raise RefusalError.invalid(f"申请编号 {case_id} 已被别的单位使用，请换一个编号。")
    if same := next((case for case in earlier if case.round == round_), None):
        if same.data["submissionHash"] != data["submissionHash"]:
            raise RefusalError.invalid(f"申请 {case_id} 第 {round_} 轮已收到过，但内容不同，请以新的轮次提交。")
        return "DUPLICATE"
    reference = earlier[0].reference if earlier else desk.next_reference()
    case = open_case(
        desk,
        case_id=case_id,
        round_=round_,
        origin=origin,
        subject_kind=subject_kind,
        flow=flow,
        title=_title(desk, subject_kind, flow, data),
        reference=reference,
        data=data,
    )
    author = (data.get("author") or {}).get("name", "")
    record_step(desk, case, Step.RECEIVED, "一级客服系统", f"收到第 {round_} 轮（作者 {author}），编号 {reference}")
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
    if case.origin == SECOND_LINE:
        want_attachments(desk, case.content)
    tell_receipt(desk, case)
    return "ACCEPTED"


def prove_hashes(subject_kind: str, flow: str, data: dict[str, Any]) -> None:
    """Compute both hashes from what came; 422 when one differs or what they need is missing."""
    needed = ["submissionId", "round", ID_FIELDS[subject_kind], "submissionHash"]
    needed += ["base", "reason"] if flow in ENDINGS else ["content", "contentHash"]
    needed += {KNOWLEDGE: ["categoryId"], REPLY: ["announcementId"]}.get(subject_kind, [])
    if missing := [name for name in needed if data.get(name) in (None, "")]:
        raise RefusalError.invalid(f"申请缺少：{'、'.join(missing)}。")
    if flow in CHANGES and not data.get("base"):
        raise RefusalError.invalid(f"{NAMES[subject_kind]}更新申请缺少 base（基线版本）。")
    if flow not in ENDINGS:
        _prove_content(subject_kind, data)
    if submission_hash(subject_kind, flow, data) != data["submissionHash"]:
        raise RefusalError.invalid("submissionHash 与申请内容不符，请核对后重新提交。")


def _prove_content(subject_kind: str, data: dict[str, Any]) -> None:
    content = data["content"]
    if not isinstance(content, dict) or not str(content.get("title") or "").strip():
        raise RefusalError.invalid("content 须是对象，且有标题。")
    if subject_kind == ANNOUNCEMENT:
        if missing := [name for name in ANNOUNCEMENT_LABELS if name not in content]:
            raise RefusalError.invalid(f"公告的 content 缺少：{'、'.join(missing)}。")
        checked_audience(content["audience"])
    if content_hash(content) != data["contentHash"]:
        raise RefusalError.invalid("contentHash 与正文不符，内容可能在途中被改动，请核对后重新提交。")


def _title(desk: HqDesk, subject_kind: str, flow: str, data: dict[str, Any]) -> str:
    """A revocation is known by the title HQ holds, with its reason: both are what rules can match."""
    if flow not in ENDINGS:
        return str(data["content"]["title"])
    subject_id = data[ID_FIELDS[subject_kind]]
    held = highest_version(desk, subject_id)
    name = held["title"] if held else f"{NAMES[subject_kind]} {subject_id}"
    word = "撤销" if subject_kind == KNOWLEDGE else "撤回"
    return f"{name}（{word}：{data.get('reasonText') or data['reason']}）"


def waiting_for_review(desk: HqDesk) -> list[Case]:
    """Everything the automatic reviewer has not looked at, oldest first."""
    rows = desk.db.all("SELECT * FROM review_case WHERE state = 'PENDING' ORDER BY waiting_since, rowid LIMIT 200")
    return [case_of(row) for row in rows]
