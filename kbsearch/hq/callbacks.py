"""What headquarters tells us, as typed models read back from the inbox; their JSON Schemas are generated from here."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from kbsearch.content import Content, Terms
from kbsearch.hq.messages import HASH
from kbsearch.workflow.audience import Addressee, Audience
from kbsearch.workflow.reasons import ReturnReason, RevokeReason
from kbsearch.workflow.states import Urgency
from kbsearch.workflow.version_sync import HeldStatus


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


class CallbackAddressee(_Callback):
    """One named person of an organisation."""

    organisation: str = Field(max_length=32)
    id: str = Field(min_length=1, max_length=64)
    name: str = Field(default="", max_length=64)


class CallbackAudience(_Callback):
    """Whom an announcement is for."""

    organisations: list[str] = Field(default_factory=list, max_length=200)
    people: list[CallbackAddressee] = Field(default_factory=list)

    def to_audience(self) -> Audience:
        """The same as our value."""
        people = (Addressee(p.organisation, p.id, p.name) for p in self.people)
        return Audience(frozenset(self.organisations), frozenset(people))


class ApprovedContent(CallbackContent):
    """What an approval amends: of an announcement with the four keys that only announcements have."""

    audience: CallbackAudience | None = None
    must_read: bool = False
    needs_reply: bool = False
    reply_due_at: datetime | None = None

    def to_content(self) -> Content:
        """With terms where an audience is given."""
        content = super().to_content()
        if self.audience is None:
            return content
        terms = Terms(self.audience.to_audience(), self.must_read, self.needs_reply, self.reply_due_at)
        return replace(content, terms=terms)


class AnnouncedContent(ApprovedContent):
    """The whole content of an announcement's version."""

    audience: CallbackAudience


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
    content: ApprovedContent | None = None
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
    tree_version: int | None = Field(default=None, ge=1)


class PushRevocation(_Callback):
    """总部下发撤销."""

    knowledge_id: str = Field(min_length=1, max_length=64)
    number: int = Field(ge=1)
    reason: RevokeReason
    reason_text: str = Field(default="", max_length=2_000)
    replacement_id: str | None = None
    effective_from: datetime | None = None


class Organisation(_Callback):
    """An issuer or an answering organisation."""

    code: str = Field(min_length=1, max_length=32)
    name: str = Field(default="", max_length=100)


class _Announced(_Callback):
    announcement_id: str = Field(min_length=1, max_length=64)
    number: int = Field(ge=1)
    content: AnnouncedContent
    content_hash: str = Field(pattern=HASH)
    origin_submission_id: str | None = None
    origin_round: int | None = Field(default=None, ge=1)
    effective_from: datetime | None = None
    material: bool = True


class PublishAnnouncement(_Announced):
    """公告下发."""

    issuer: Organisation
    urgency: Urgency = Urgency.NORMAL


class CorrectAnnouncement(_Announced):
    """公告更正下发."""

    base: int = Field(ge=1)
    change_note: str = ""


class RecallAnnouncement(_Callback):
    """公告撤回下发."""

    announcement_id: str = Field(min_length=1, max_length=64)
    number: int = Field(ge=1)
    reason: RevokeReason
    reason_text: str = Field(default="", max_length=2_000)
    effective_from: datetime | None = None


class DeliverReply(_Callback):
    """送达对我方公告的回复."""

    reply_id: str = Field(min_length=1, max_length=64)
    announcement_id: str = Field(min_length=1, max_length=64)
    organisation: Organisation
    author: str | None = Field(default=None, max_length=100)
    content: CallbackContent
    content_hash: str = Field(pattern=HASH)
    late: bool = False


class TaxonomyNode(_Callback):
    """One node of headquarters' tree; `parentId` None: directly below 全网知识."""

    id: str = Field(min_length=1, max_length=64)
    parent_id: str | None = None
    name: str = Field(min_length=1, max_length=100)
    position: int = 0


class TaxonomyMerge(_Callback):
    """A node that is gone, and where its items went."""

    from_: str = Field(alias="from", min_length=1, max_length=64)
    into: str = Field(min_length=1, max_length=64)


class PushTaxonomy(_Callback):
    """知识结构下发: the whole tree."""

    tree_version: int = Field(ge=1)
    nodes: list[TaxonomyNode] = Field(max_length=20_000)
    merges: list[TaxonomyMerge] = Field(default_factory=list, max_length=20_000)


class DigestItem(_Callback):
    """One item as headquarters holds it."""

    knowledge_id: str = Field(min_length=1, max_length=64)
    number: int = Field(ge=1)
    status: HeldStatus
    content_hash: str = Field(pattern=HASH)


class DigestCategory(_Callback):
    """All items of a category that differs; none where headquarters has none there."""

    category_id: str = Field(min_length=1, max_length=64)
    items: list[DigestItem] = Field(default_factory=list, max_length=200_000)


class AnswerDigest(_Callback):
    """版本摘要答复: the categories that differ, in one message or in `portions` of them."""

    run_id: str = Field(min_length=1, max_length=64)
    categories: list[DigestCategory] = Field(max_length=20_000)
    portion: int = Field(default=1, ge=1)
    portions: int = Field(default=1, ge=1, le=20_000)


class DispatchFeedback(_Callback):
    """反馈下发, the first time or again."""

    feedback_id: str = Field(min_length=1, max_length=64)
    dispatch: int = Field(ge=1, le=1_000_000)
    province: str
    knowledge_id: str = Field(min_length=1, max_length=64)
    number: int = Field(ge=1)
    text: str = Field(min_length=1, max_length=4_000, pattern=r"\S")
    reporter: str | None = Field(default=None, max_length=100)
    opinion: str | None = Field(default=None, max_length=2_000)
    due_at: datetime | None = None
    urgency: Urgency = Urgency.NORMAL


CALLBACKS: dict[str, tuple[str, type[_Callback]]] = {
    "hqAcknowledge": ("接收确认", Acknowledge),
    "hqApprove": ("审批通过", Approve),
    "hqReturn": ("退回", Return),
    "hqReject": ("否决", Return),
    "hqWithdrawResult": ("撤回结果", WithdrawResult),
    "hqPushVersion": ("总部下发知识版本", PushVersion),
    "hqPushRevocation": ("总部下发撤销", PushRevocation),
    "hqPublishAnnouncement": ("公告下发", PublishAnnouncement),
    "hqCorrectAnnouncement": ("公告更正下发", CorrectAnnouncement),
    "hqRecallAnnouncement": ("公告撤回下发", RecallAnnouncement),
    "hqDeliverReply": ("送达对我方公告的回复", DeliverReply),
    "hqPushTaxonomy": ("知识结构下发", PushTaxonomy),
    "hqAnswerDigest": ("版本摘要答复", AnswerDigest),
    "hqDispatchFeedback": ("反馈下发", DispatchFeedback),
}
