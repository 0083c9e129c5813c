"""The messages we send headquarters, as typed models; their JSON Schemas in docs/hq/ are generated from here."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

SCHEMA = "kbsearch.hq/1"
INSTANT = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z$"
HASH = r"^[0-9a-f]{64}$"


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
    knowledge_id: str
    category_id: str
    urgency: Literal["NORMAL", "URGENT"]
    submission_hash: str = Field(pattern=HASH)
    author: PersonRef
    reviewer: PersonRef


class _WithContent(_Submission):
    content: WireContent
    content_hash: str = Field(pattern=HASH)
    material: bool
    change_note: str


class PublishData(_WithContent):
    """知识上传."""

    base: None = None


class UpdateData(_WithContent):
    """知识更新申请."""

    base: BaseVersion


class RevokeData(_Submission):
    """知识删除申请: no body."""

    base: BaseVersion
    reason: Literal["PUBLISHED_IN_ERROR", "MERGED", "SERVICE_RETIRED", "NO_LONGER_USEFUL"]
    reason_text: str
    replacement_id: str | None
    effective_from: str | None = Field(pattern=INSTANT)


class WithdrawData(_Wire):
    """撤回申请 or 撤回告知; headquarters answers only where `answerExpected`."""

    submission_id: str
    round: int = Field(ge=1)
    knowledge_id: str
    reason: Literal["AUTHOR_REQUEST", "VOIDED", "BASE_CONFLICT", "SUPERSEDED"]
    reason_text: str
    answer_expected: bool


class ResultQueryData(_Wire):
    """审批结果查询: nothing came back in time."""

    submission_id: str
    round: int = Field(ge=1)
    knowledge_id: str
    state: Literal["SUBMITTED", "PENDING_HQ", "WITHDRAW_PENDING"]


class SuspensionData(_Wire):
    """停用告知, both ends."""

    knowledge_id: str
    suspended: bool
    reason_text: str
    until: str | None = Field(pattern=INSTANT)


KINDS: dict[str, tuple[str, type[BaseModel]]] = {
    "knowledge.publish": ("知识上传", PublishData),
    "knowledge.update": ("知识更新申请", UpdateData),
    "knowledge.revoke": ("知识删除申请", RevokeData),
    "withdraw.request": ("撤回申请", WithdrawData),
    "result.query": ("审批结果查询", ResultQueryData),
    "suspension.notice": ("停用告知", SuspensionData),
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
