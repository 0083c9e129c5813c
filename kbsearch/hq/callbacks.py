"""What headquarters tells us, as typed models read back from the inbox; their JSON Schemas are generated from here."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from kbsearch.content import Content
from kbsearch.hq.messages import HASH
from kbsearch.workflow.reasons import ReturnReason, RevokeReason


class _Callback(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="allow")


class CallbackContent(_Callback):
    """The whole content of a version as headquarters has it."""

    title: str
    body: str
    summary: str = ""
    script: str = ""
    keywords: list[str] = Field(default_factory=list)
    regions: list[str] = Field(default_factory=list)
    effective_from: datetime | None = None
    effective_to: datetime | None = None
    attachments: list[str] = Field(default_factory=list)

    def to_content(self) -> Content:
        """The same as our value."""
        return Content(
            title=self.title,
            body=self.body,
            summary=self.summary,
            script=self.script,
            keywords=tuple(self.keywords),
            regions=tuple(sorted(self.regions)),
            effective_from=self.effective_from,
            effective_to=self.effective_to,
            attachments=tuple(sorted(self.attachments)),
        )


class _AboutSubmission(_Callback):
    submission_id: str
    round: int = Field(ge=1)


class Acknowledge(_AboutSubmission):
    """接收确认."""

    hq_reference: str = Field(min_length=1, max_length=100)


class Approve(_AboutSubmission):
    """审批通过."""

    submission_hash: str = Field(pattern=HASH)
    number: int | None = Field(default=None, ge=1)
    distribution: list[str] = Field(default_factory=list)
    content: CallbackContent | None = None
    content_hash: str | None = Field(default=None, pattern=HASH)
    effective_from: datetime | None = None
    hq_reference: str | None = Field(default=None, max_length=100)
    approver: str | None = Field(default=None, max_length=100)


class Return(_AboutSubmission):
    """退回 or 否决."""

    reason_codes: list[ReturnReason] = Field(min_length=1)
    reason_text: str = Field(min_length=1, max_length=2_000, pattern=r"\S")
    hq_reference: str | None = Field(default=None, max_length=100)
    approver: str | None = Field(default=None, max_length=100)


class WithdrawResult(_AboutSubmission):
    """撤回结果."""

    granted: bool
    reason_text: str = Field(default="", max_length=2_000)


class PushVersion(_Callback):
    """总部下发知识版本."""

    knowledge_id: str = Field(min_length=1, max_length=64)
    number: int = Field(ge=1)
    category_id: str
    base: int | None = Field(default=None, ge=1)
    content: CallbackContent
    content_hash: str = Field(pattern=HASH)
    distribution: list[str] = Field(default_factory=list)
    origin_submission_id: str | None = None
    origin_round: int | None = Field(default=None, ge=1)
    effective_from: datetime | None = None
    change_note: str = ""
    material: bool = True


class PushRevocation(_Callback):
    """总部下发撤销."""

    knowledge_id: str = Field(min_length=1, max_length=64)
    number: int = Field(ge=1)
    reason: RevokeReason
    reason_text: str = Field(default="", max_length=2_000)
    replacement_id: str | None = None
    effective_from: datetime | None = None


class TaxonomyNode(_Callback):
    """One node of headquarters' tree; `parentId` None: directly below 全网知识."""

    id: str = Field(min_length=1, max_length=64)
    parent_id: str | None = None
    name: str = Field(min_length=1, max_length=100)
    position: int = 0


class PushTaxonomy(_Callback):
    """知识结构下发: the whole tree."""

    tree_version: int = Field(ge=1)
    nodes: list[TaxonomyNode] = Field(max_length=20_000)


CALLBACKS: dict[str, tuple[str, type[_Callback]]] = {
    "hqAcknowledge": ("接收确认", Acknowledge),
    "hqApprove": ("审批通过", Approve),
    "hqReturn": ("退回", Return),
    "hqReject": ("否决", Return),
    "hqWithdrawResult": ("撤回结果", WithdrawResult),
    "hqPushVersion": ("总部下发知识版本", PushVersion),
    "hqPushRevocation": ("总部下发撤销", PushRevocation),
    "hqPushTaxonomy": ("知识结构下发", PushTaxonomy),
}
