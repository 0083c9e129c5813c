"""What headquarters tells us, by signed requests only; each is stored in the inbox first, then carried out."""

from datetime import datetime
from enum import Enum
from typing import Any

import strawberry
from strawberry.utils.str_converters import to_camel_case

from kbsearch.clock import wire_time
from kbsearch.schema.context import Info
from kbsearch.schema.fields import resolved
from kbsearch.schema.pagination import Input
from kbsearch.schema.user_errors import UserError
from kbsearch.services import hq_inbox
from kbsearch.workflow.hq_decisions import Receipt
from kbsearch.workflow.reasons import ReturnReason, RevokeReason

_SUBMISSION = "我方申请的编号（未编码）"
_ROUND = "所说的轮次，从 1 起"
_REFERENCE = "总部的受理编号"
_APPROVER = "总部的审批人"
_CODES = "省代码，两位大写字母"


@strawberry.input(description="公告指名的一个人")
class HqAddresseeInput:
    """One named person."""

    organisation: str = strawberry.field(description="单位代码")
    id: str = strawberry.field(description="编号；二线客服系统的人为工号")
    name: str | None = strawberry.field(default=strawberry.UNSET, description="姓名")


@strawberry.input(description="公告对象")
class HqAudienceInput:
    """Organisations and named people."""

    organisations: list[str] | None = strawberry.field(default=strawberry.UNSET, description="单位代码")
    people: list[HqAddresseeInput] | None = strawberry.field(default=strawberry.UNSET, description="指名的人")


@strawberry.input(description="版本的全文，总部所定")
class HqContentInput:
    """Every reader-visible field."""

    title: str = strawberry.field(description="标题")
    body: str = strawberry.field(description="正文")
    summary: str | None = strawberry.field(default=strawberry.UNSET, description="摘要")
    script: str | None = strawberry.field(default=strawberry.UNSET, description="口径")
    keywords: list[str] | None = strawberry.field(default=strawberry.UNSET, description="关键词，保持次序")
    regions: list[str] | None = strawberry.field(default=strawberry.UNSET, description=f"适用省份，{_CODES}；空为全国")
    effective_from: datetime | None = strawberry.field(default=strawberry.UNSET, description="生效时间；空为即时")
    effective_to: datetime | None = strawberry.field(default=strawberry.UNSET, description="失效时间；空为长期")
    attachments: list[str] | None = strawberry.field(default=strawberry.UNSET, description="附件的 SHA-256")
    audience: HqAudienceInput | None = strawberry.field(default=strawberry.UNSET, description="对象；只有公告有")
    must_read: bool | None = strawberry.field(default=strawberry.UNSET, description="是否必读；只有公告有")
    needs_reply: bool | None = strawberry.field(default=strawberry.UNSET, description="是否须回复；只有公告有")
    reply_due_at: datetime | None = strawberry.field(default=strawberry.UNSET, description="回复期限；只有公告有")


@strawberry.input(description="接收确认")
class HqAcknowledgeInput:
    """Receipt of a round."""

    submission_id: str = strawberry.field(description=_SUBMISSION)
    round: int = strawberry.field(description=_ROUND)
    hq_reference: str = strawberry.field(description=_REFERENCE)


@strawberry.input(description="审批通过")
class HqApproveInput:
    """The final approval."""

    submission_id: str = strawberry.field(description=_SUBMISSION)
    round: int = strawberry.field(description=_ROUND)
    submission_hash: str = strawberry.field(description="我方提交时的申请哈希，原样带回")
    number: int | None = strawberry.field(default=strawberry.UNSET, description="版本号；不给则为我方最高号加一")
    distribution: list[str] | None = strawberry.field(default=strawberry.UNSET, description=f"指定省公司，{_CODES}；公告为所发往的单位代码")
    content: HqContentInput | None = strawberry.field(default=strawberry.UNSET, description="修改后的全文；没有修改则不给")
    content_hash: str | None = strawberry.field(default=strawberry.UNSET, description="修改后全文的内容哈希")
    effective_from: datetime | None = strawberry.field(default=strawberry.UNSET, description="改期后的生效时间")
    hq_reference: str | None = strawberry.field(default=strawberry.UNSET, description=_REFERENCE)
    approver: str | None = strawberry.field(default=strawberry.UNSET, description=_APPROVER)


@strawberry.input(description="退回")
class HqReturnInput:
    """Back to us, with reasons."""

    submission_id: str = strawberry.field(description=_SUBMISSION)
    round: int = strawberry.field(description=_ROUND)
    reason_codes: list[ReturnReason] = strawberry.field(description="原因码，至少一个")
    reason_text: str = strawberry.field(description="说明")
    hq_reference: str | None = strawberry.field(default=strawberry.UNSET, description=_REFERENCE)
    approver: str | None = strawberry.field(default=strawberry.UNSET, description=_APPROVER)


@strawberry.input(description="否决")
class HqRejectInput:
    """The end, with reasons."""

    submission_id: str = strawberry.field(description=_SUBMISSION)
    round: int = strawberry.field(description=_ROUND)
    reason_codes: list[ReturnReason] = strawberry.field(description="原因码，至少一个")
    reason_text: str = strawberry.field(description="说明")
    hq_reference: str | None = strawberry.field(default=strawberry.UNSET, description=_REFERENCE)
    approver: str | None = strawberry.field(default=strawberry.UNSET, description=_APPROVER)


@strawberry.input(description="撤回结果")
class HqWithdrawResultInput:
    """Granted or refused."""

    submission_id: str = strawberry.field(description=_SUBMISSION)
    round: int = strawberry.field(description=_ROUND)
    granted: bool = strawberry.field(description="是否同意撤回")
    reason_text: str | None = strawberry.field(default=strawberry.UNSET, description="说明")


@strawberry.input(description="总部下发知识版本")
class HqPushVersionInput:
    """A version headquarters made, or made of ours."""

    knowledge_id: str = strawberry.field(description="知识编号（未编码）")
    number: int = strawberry.field(description="版本号")
    category_id: str = strawberry.field(description="总部栏目编号（未编码）")
    content: HqContentInput = strawberry.field(description="全文")
    content_hash: str = strawberry.field(description="全文的内容哈希")
    base: int | None = strawberry.field(default=strawberry.UNSET, description="在哪一版上改成")
    distribution: list[str] | None = strawberry.field(default=strawberry.UNSET, description=f"指定省公司，{_CODES}")
    origin_submission_id: str | None = strawberry.field(default=strawberry.UNSET, description="出自我方哪个申请（未编码）")
    origin_round: int | None = strawberry.field(default=strawberry.UNSET, description="出自那个申请的哪一轮")
    effective_from: datetime | None = strawberry.field(default=strawberry.UNSET, description="改期后的生效时间")
    change_note: str | None = strawberry.field(default=strawberry.UNSET, description="修改说明")
    material: bool | None = strawberry.field(default=strawberry.UNSET, description="是否实质变更，默认是")
    tree_version: int | None = strawberry.field(
        default=strawberry.UNSET, description="栏目编号所依的结构版本；我方尚未挂接到这一版则暂存，不给则按我方现有的结构"
    )


@strawberry.input(description="总部下发撤销")
class HqPushRevocationInput:
    """The end of an item."""

    knowledge_id: str = strawberry.field(description="知识编号（未编码）")
    number: int = strawberry.field(description="被终止的版本号")
    reason: RevokeReason = strawberry.field(description="撤销原因")
    reason_text: str | None = strawberry.field(default=strawberry.UNSET, description="说明")
    replacement_id: str | None = strawberry.field(default=strawberry.UNSET, description="替代知识编号（未编码）")
    effective_from: datetime | None = strawberry.field(default=strawberry.UNSET, description="何时撤销；空为即时")


@strawberry.input(description="知识结构的一个节点")
class HqTaxonomyNodeInput:
    """One node."""

    id: str = strawberry.field(description="稳定编号")
    name: str = strawberry.field(description="栏目名")
    parent_id: str | None = strawberry.field(default=strawberry.UNSET, description="上级节点；空为直接在全网知识之下")
    position: int | None = strawberry.field(default=strawberry.UNSET, description="同级中的次序")


@strawberry.input(description="合并：不再在树中的节点，及其下知识归入的节点")
class HqTaxonomyMergeInput:
    """One merge."""

    from_: str = strawberry.field(name="from", description="被合并的节点，已不在 nodes 中")
    into: str = strawberry.field(description="归入的节点，在 nodes 中")


@strawberry.input(description="知识结构下发：整棵树")
class HqPushTaxonomyInput:
    """The whole tree."""

    tree_version: int = strawberry.field(description="结构版本，从 1 连续递增")
    nodes: list[HqTaxonomyNodeInput] = strawberry.field(description="全部节点")
    merges: list[HqTaxonomyMergeInput] | None = strawberry.field(default=strawberry.UNSET, description="合并；没有则不给")


@strawberry.type(description="对总部一条消息的回执")
class HqReceipt:
    """What headquarters is told."""

    result: Receipt = strawberry.field(description="结果")
    reason: str = strawberry.field(description="为何如此；无须说明则为空文本")
    inbox_id: strawberry.ID = strawberry.field(description="我方收件箱中的编号（未编码），供查询")


@strawberry.type(description="对总部一条消息的答复")
class HqReceiptPayload:
    """A receipt, or why there is none."""

    user_errors: list[UserError] = strawberry.field(description="没有回执的原因；有回执则为空列表")
    receipt: HqReceipt | None = strawberry.field(default=None, description="回执")


def wire_value(value: Any) -> Any:
    """An input as the JSON headquarters sent: exactly the fields given, instants in UTC, enums as codes.

    A null is a field not given: both say the same in this contract.
    """
    if isinstance(value, list):
        return [wire_value(item) for item in value]
    if isinstance(value, datetime):
        return wire_time(value)
    if isinstance(value, Enum):
        return value.value
    if not hasattr(value, "__strawberry_definition__"):
        return value
    given = ((name, item) for name, item in vars(value).items() if item is not strawberry.UNSET and item is not None)
    return {to_camel_case(name.rstrip("_")): wire_value(item) for name, item in given}  # from_ stands for from


def receive(info: Info, kind: str, data: Any) -> HqReceiptPayload:
    """Store one of headquarters' inputs and carry it out; `kind` is the mutation's name."""
    delivery = info.context.delivery
    if delivery is None:
        raise RuntimeError("a field for headquarters was reached without a signature")
    info.context.check_deadline()
    answer = hq_inbox.receive(info.context.store, webhook_id=delivery.webhook_id, kind=kind, payload=wire_value(data))
    receipt = HqReceipt(result=answer.receipt, reason=answer.reason, inbox_id=strawberry.ID(answer.inbox_id))
    return HqReceiptPayload(user_errors=[], receipt=receipt)


@strawberry.type
class HqMutations:
    """Root fields; part of Mutation."""

    @resolved("总部：接收确认")
    def hq_acknowledge(self, info: Info, data: Input[HqAcknowledgeInput]) -> HqReceiptPayload:
        """接收确认."""
        return receive(info, "hqAcknowledge", data)

    @resolved("总部：审批通过")
    def hq_approve(self, info: Info, data: Input[HqApproveInput]) -> HqReceiptPayload:
        """审批通过."""
        return receive(info, "hqApprove", data)

    @resolved("总部：退回")
    def hq_return(self, info: Info, data: Input[HqReturnInput]) -> HqReceiptPayload:
        """退回."""
        return receive(info, "hqReturn", data)

    @resolved("总部：否决")
    def hq_reject(self, info: Info, data: Input[HqRejectInput]) -> HqReceiptPayload:
        """否决."""
        return receive(info, "hqReject", data)

    @resolved("总部：撤回结果")
    def hq_withdraw_result(self, info: Info, data: Input[HqWithdrawResultInput]) -> HqReceiptPayload:
        """撤回结果."""
        return receive(info, "hqWithdrawResult", data)

    @resolved("总部：下发知识版本")
    def hq_push_version(self, info: Info, data: Input[HqPushVersionInput]) -> HqReceiptPayload:
        """版本同步."""
        return receive(info, "hqPushVersion", data)

    @resolved("总部：下发撤销")
    def hq_push_revocation(self, info: Info, data: Input[HqPushRevocationInput]) -> HqReceiptPayload:
        """版本同步."""
        return receive(info, "hqPushRevocation", data)

    @resolved("总部：下发知识结构")
    def hq_push_taxonomy(self, info: Info, data: Input[HqPushTaxonomyInput]) -> HqReceiptPayload:
        """知识结构下发."""
        return receive(info, "hqPushTaxonomy", data)
