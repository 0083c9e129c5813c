"""The messages we send headquarters, as typed models; their JSON Schemas in docs/hq/ are generated from here."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

SCHEMA = "kbsearch.hq/1"
INSTANT = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z$"
HASH = r"^[0-9a-f]{64}$"
SubjectKindCode = Literal["KNOWLEDGE", "ANNOUNCEMENT", "REPLY"]


class _Wire(BaseModel):
    # An unknown field is kept by whoever reads it; ours never send one.
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="allow")


class PersonRef(_Wire):
    """Who did it, as far as headquarters needs to know."""

    id: str
    name: str


class BaseVersion(_Wire):
    """The version a change builds on."""

    number: int = Field(ge=1)
    content_hash: str = Field(pattern=HASH)


class WireContent(_Wire):
    """Every reader-visible field; hashed as contentHash."""

    title: str
    body: str
    summary: str
    script: str
    keywords: list[str]
    regions: list[str]
    effective_from: str | None = Field(pattern=INSTANT)
    effective_to: str | None = Field(pattern=INSTANT)
    attachments: list[str]


class _Submission(_Wire):
    submission_id: str
    round: int = Field(ge=1)
    urgency: Literal["NORMAL", "URGENT"]
    submission_hash: str = Field(pattern=HASH)
    author: PersonRef
    reviewer: PersonRef


class _WithContent(_Submission):
    content: WireContent
    content_hash: str = Field(pattern=HASH)
    material: bool
    change_note: str


class _Ending(_Submission):
    base: BaseVersion
    reason: Literal["PUBLISHED_IN_ERROR", "MERGED", "SERVICE_RETIRED", "NO_LONGER_USEFUL"]
    reason_text: str
    effective_from: str | None = Field(pattern=INSTANT)


class _Knowledge(_Wire):
    knowledge_id: str
    category_id: str


class PublishData(_Knowledge, _WithContent):
    """知识上传."""

    base: None = None


class UpdateData(_Knowledge, _WithContent):
    """知识更新申请."""

    base: BaseVersion


class RevokeData(_Knowledge, _Ending):
    """知识删除申请: no body."""

    replacement_id: str | None


class Addressee(_Wire):
    """One named person of an organisation."""

    organisation: str
    id: str
    name: str


class WireAudience(_Wire):
    """Whom an announcement is for, both lists ascending."""

    organisations: list[str]
    people: list[Addressee]


class AnnouncementContent(WireContent):
    """An announcement's reader-visible fields; hashed as contentHash."""

    audience: WireAudience
    must_read: bool
    needs_reply: bool
    reply_due_at: str | None = Field(pattern=INSTANT)


class _AnnouncementSubmission(_WithContent):
    announcement_id: str
    content: AnnouncementContent


class AnnouncementPublishData(_AnnouncementSubmission):
    """公告提交."""

    base: None = None


class AnnouncementCorrectData(_AnnouncementSubmission):
    """公告更正."""

    base: BaseVersion


class AnnouncementRecallData(_Ending):
    """公告撤回: no body."""

    announcement_id: str


class ReplyData(_WithContent):
    """公告回复提交; `late` after the day the announcement asked for."""

    reply_id: str
    announcement_id: str
    late: bool


class WithdrawData(_Wire):
    """撤回申请 or 撤回告知; headquarters answers only where `answerExpected`."""

    submission_id: str
    round: int = Field(ge=1)
    subject_kind: SubjectKindCode
    subject_id: str
    reason: Literal["AUTHOR_REQUEST", "VOIDED", "BASE_CONFLICT", "SUPERSEDED"]
    reason_text: str
    answer_expected: bool


class ResultQueryData(_Wire):
    """审批结果查询: nothing came back in time."""

    submission_id: str
    round: int = Field(ge=1)
    subject_kind: SubjectKindCode
    subject_id: str
    state: Literal["SUBMITTED", "PENDING_HQ", "WITHDRAW_PENDING"]


class SuspensionData(_Wire):
    """停用告知, both ends."""

    knowledge_id: str
    suspended: bool
    reason_text: str
    until: str | None = Field(pattern=INSTANT)


class FeedbackResultData(_Wire):
    """反馈处理结果 of one dispatch; `feedbackId` and `duplicateOf` are headquarters' numbers."""

    feedback_id: str
    dispatch: int = Field(ge=1)
    resolution: Literal["ADOPTED", "NO_CHANGE", "DUPLICATE", "REJECTED"]
    resolution_text: str
    knowledge_id: str
    number: int | None = Field(ge=1)
    submission_id: str | None
    duplicate_of: str | None


class CategoryDigestData(_Wire):
    """How many 全网 items hang on a node, and the digest of their rows."""

    category_id: str
    count: int = Field(ge=0)
    digest: str = Field(pattern=HASH)


class DigestData(_Wire):
    """版本摘要; `complete`: a category not listed holds nothing here, otherwise only those listed are asked about."""

    run_id: str
    complete: bool
    categories: list[CategoryDigestData]


class RequestedItem(_Wire):
    """An item to be sent again; `held` is the highest number we hold."""

    knowledge_id: str
    held: int | None = Field(ge=1)


class RequestData(_Wire):
    """版本补发申请, at most 500 items."""

    run_id: str
    items: list[RequestedItem] = Field(min_length=1, max_length=500)


KINDS: dict[str, tuple[str, type[BaseModel]]] = {
    "knowledge.publish": ("知识上传", PublishData),
    "knowledge.update": ("知识更新申请", UpdateData),
    "knowledge.revoke": ("知识删除申请", RevokeData),
    "announcement.publish": ("公告提交", AnnouncementPublishData),
    "announcement.correct": ("公告更正", AnnouncementCorrectData),
    "announcement.recall": ("公告撤回", AnnouncementRecallData),
    "reply.submit": ("公告回复提交", ReplyData),
    "version.digest": ("版本摘要", DigestData),
    "version.request": ("版本补发申请", RequestData),
    "withdraw.request": ("撤回申请", WithdrawData),
    "result.query": ("审批结果查询", ResultQueryData),
    "suspension.notice": ("停用告知", SuspensionData),
    "feedback.result": ("反馈处理结果", FeedbackResultData),
}


def envelope(*, message_id: str, kind: str, issued_at: str, document_id: str, sequence: int, data: dict[str, Any]) -> dict[str, Any]:
    """The JSON body of one message; `message_id` equals the webhook-id."""
    return {
        "schema": SCHEMA,
        "id": message_id,
        "kind": kind,
        "issuedAt": issued_at,
        "documentId": document_id,
        "sequence": sequence,
        "data": data,
    }


def json_schema(kind: str) -> dict[str, Any]:
    """The JSON Schema (2020-12) of a whole message of this kind."""
    title, model = KINDS[kind]
    data = model.model_json_schema(by_alias=True, ref_template="#/$defs/{model}")
    definitions = data.pop("$defs", {})
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"{kind} {title}",
        "type": "object",
        "required": ["schema", "id", "kind", "issuedAt", "documentId", "sequence", "data"],
        "properties": {
            "schema": {"const": SCHEMA},
            "id": {"type": "string", "minLength": 1},
            "kind": {"const": kind},
            "issuedAt": {"type": "string", "pattern": INSTANT},
            "documentId": {"type": "string", "minLength": 1},
            "sequence": {"type": "integer", "minimum": 1},
            "data": data,
        },
        "$defs": definitions,
    }
