"""What goes through review on the wire (knowledge, announcements, replies) and what its numbered steps are called; stores nothing."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from kbsearch.sandbox.refusal import RefusalError

KNOWLEDGE, ANNOUNCEMENT, REPLY, FEEDBACK = "KNOWLEDGE", "ANNOUNCEMENT", "REPLY", "FEEDBACK"
HQ, SECOND_LINE = "HQ", "SECOND_LINE"
PLATFORM = "P-"
NAMES = {KNOWLEDGE: "知识", ANNOUNCEMENT: "公告", REPLY: "公告回复"}
ID_FIELDS = {KNOWLEDGE: "knowledgeId", ANNOUNCEMENT: "announcementId", REPLY: "replyId"}
FLOW_OF_KIND = {
    "knowledge.publish": (KNOWLEDGE, "PUBLISH"),
    "knowledge.update": (KNOWLEDGE, "UPDATE"),
    "knowledge.revoke": (KNOWLEDGE, "REVOKE"),
    "announcement.publish": (ANNOUNCEMENT, "PUBLISH"),
    "announcement.correct": (ANNOUNCEMENT, "CORRECT"),
    "announcement.recall": (ANNOUNCEMENT, "RECALL"),
    "reply.submit": (REPLY, "PUBLISH"),
}
KIND_OF_FLOW = {flow: kind for kind, flow in FLOW_OF_KIND.items()}
ENDINGS = ("REVOKE", "RECALL")
CHANGES = ("UPDATE", "CORRECT", *ENDINGS)
FLOW_NAMES = {
    (KNOWLEDGE, "PUBLISH"): "知识",
    (KNOWLEDGE, "UPDATE"): "知识更新",
    (KNOWLEDGE, "REVOKE"): "知识撤销",
    (ANNOUNCEMENT, "PUBLISH"): "公告",
    (ANNOUNCEMENT, "CORRECT"): "公告更正",
    (ANNOUNCEMENT, "RECALL"): "公告撤回",
    (REPLY, "PUBLISH"): "公告回复",
    (FEEDBACK, "PUBLISH"): "反馈意见",
}
_SECTIONS = {
    (KNOWLEDGE, "PUBLISH"): "3.1.1.1-",
    (KNOWLEDGE, "UPDATE"): "3.1.1.2-",
    (KNOWLEDGE, "REVOKE"): "3.1.1.3-",
    (FEEDBACK, "PUBLISH"): "3.1.1.4-",
}


class Step(StrEnum):
    """A step by what happens in it; its number depends on what goes through it."""

    MADE = "made"
    REVIEWED_AT_HOME = "reviewedAtHome"
    SUBMITTED = "submitted"
    RECEIVED = "received"
    REVIEWED = "reviewed"
    PASSED = "passed"
    SENT_BACK = "sentBack"
    EDITED = "edited"
    PUBLISHED = "published"
    ARRIVED = "arrived"
    CHECKED = "checked"
    SHOWN = "shown"
    ANSWERED = "answered"
    JUDGED = "judged"
    DISPATCHED = "dispatched"
    RESOLVED = "resolved"
    CLOSED = "closed"


# What stands in no row is no numbered step of that kind: passing an announcement is part of A5, say.
_STEPS: dict[str, dict[Step, tuple[str, str]]] = {
    KNOWLEDGE: {
        Step.RECEIVED: ("4", "接收"),
        Step.REVIEWED: ("5", "审核"),
        Step.PASSED: ("6", "审核结果"),
        Step.SENT_BACK: ("6", "审核结果"),
        Step.PUBLISHED: ("7", "发布"),
        Step.ARRIVED: ("8", "接收"),
        Step.CHECKED: ("9", "审核"),
        Step.SHOWN: ("10", "发布"),
        Step.EDITED: ("11.2", "修改"),
        Step.MADE: ("12", "生成"),
    },
    ANNOUNCEMENT: {
        Step.MADE: ("A1", "生成"),
        Step.REVIEWED_AT_HOME: ("A2", "审核"),
        Step.SUBMITTED: ("A3", "提交"),
        Step.RECEIVED: ("A4", "总部接收"),
        Step.REVIEWED: ("A5", "总部审核"),
        Step.SENT_BACK: ("A6", "退回修改"),
        Step.EDITED: ("A6", "退回修改"),
        Step.PUBLISHED: ("A7", "总部发布"),
        Step.ARRIVED: ("A8", "接收"),
        Step.SHOWN: ("A9", "发布给使用者"),
    },
    REPLY: {
        Step.MADE: ("R1", "生成"),
        Step.REVIEWED_AT_HOME: ("R2", "审核"),
        Step.SUBMITTED: ("R3", "提交"),
        Step.RECEIVED: ("R4", "总部接收"),
        Step.REVIEWED: ("R5", "总部审核"),
        Step.SENT_BACK: ("R6", "退回修改"),
        Step.EDITED: ("R6", "退回修改"),
        Step.PUBLISHED: ("R7", "采纳"),
    },
    FEEDBACK: {
        Step.MADE: ("1", "生成"),
        Step.REVIEWED_AT_HOME: ("2", "审核"),
        Step.SUBMITTED: ("3", "提交"),
        Step.RECEIVED: ("4", "接收"),
        Step.REVIEWED: ("5", "审核"),
        Step.ANSWERED: ("6", "回复"),
        Step.ARRIVED: ("7", "回复接收"),
        Step.JUDGED: ("8", "判断是否更新"),
        Step.DISPATCHED: ("9", "下发"),
        Step.RESOLVED: ("11", "处理结果"),
        Step.CLOSED: ("12", "关闭"),
    },
}


def step_name(subject_kind: str, flow: str, step: Step) -> tuple[str, str] | None:
    """Number and Chinese title, such as ("3.1.1.2-4", "知识更新接收") or ("A7", "公告总部发布"); None where it has no number."""
    found = _STEPS[subject_kind].get(step)
    if found is None:
        return None
    number, title = found
    # Step 10 of 3.1.1.3 is called 知识撤销, not 知识撤销发布.
    if (flow, step) == ("REVOKE", Step.SHOWN):
        title = ""
    return f"{_SECTIONS.get((subject_kind, flow), '')}{number}", f"{FLOW_NAMES[subject_kind, flow]}{title}"


def subject_id_of(subject_kind: str, data: dict[str, Any]) -> str:
    """The id a message's data gives what it is about; 422 when it gives none."""
    found = data.get(ID_FIELDS[subject_kind])
    if not isinstance(found, str) or not found:
        raise RefusalError.invalid(f"消息缺少 {ID_FIELDS[subject_kind]}。")
    return found


def named_subject(data: dict[str, Any]) -> tuple[str, str]:
    """What a withdraw.request or result.query is about: subjectKind and subjectId, or in the older form knowledgeId."""
    if "subjectId" not in data and "knowledgeId" in data:
        return KNOWLEDGE, data["knowledgeId"]
    kind, subject_id = data["subjectKind"], data["subjectId"]
    if kind not in ID_FIELDS or not isinstance(subject_id, str) or not subject_id:
        raise RefusalError.invalid(f"subjectKind 可用：{'、'.join(ID_FIELDS)}，且须有 subjectId。")
    return kind, subject_id
