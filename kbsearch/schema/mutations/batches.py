"""Batches 批次 and renewal 续期: what authors put together or prolong, and what reviewers do with a whole batch."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import strawberry

from kbsearch.errors import Refused
from kbsearch.schema.carrying import carry, known_id
from kbsearch.schema.context import Info
from kbsearch.schema.fields import resolved
from kbsearch.schema.ids import raw_id
from kbsearch.schema.mutations.on_submission import drafted
from kbsearch.schema.mutations.payloads import SubmissionPayload
from kbsearch.schema.pagination import Input
from kbsearch.schema.types.batch import Batch, batch_of
from kbsearch.schema.user_errors import UserError, user_errors
from kbsearch.services import batches
from kbsearch.services.batches import Seen
from kbsearch.services.refusals import not_found
from kbsearch.services.renewal import draft_renewal
from kbsearch.store import tables
from kbsearch.store.unit import Unit
from kbsearch.workflow.batches import MAX_MEMBERS
from kbsearch.workflow.decide import Actor

_MEMBER_IDS = "申请的不透明编号，1 至 100 个，不重复"


@strawberry.input(description="续期：只改失效时间的更新申请；全网的经总部，本地的经本地审核")
class DraftRenewalInput:
    """Until when."""

    knowledge_id: strawberry.ID = strawberry.field(description="知识的不透明编号")
    effective_to: datetime | None = strawberry.field(description="新的失效时间，须晚于现在和原来的；空为长期有效")
    change_note: str = strawberry.field(default="", description="修改说明，最长 1000 个字；不给则写明续到何时")


@strawberry.input(description="建批次")
class DraftBatchInput:
    """Name and moment."""

    title: str = strawberry.field(description="批次名，1 至 100 个字")
    effective_from: datetime | None = strawberry.field(default=None, description="同时生效的时间，须晚于现在；不给则各按各的")


@strawberry.input(description="指明一个批次和所见的锁版本")
class BatchActionInput:
    """What every action on a batch carries."""

    batch_id: strawberry.ID = strawberry.field(description="批次的不透明编号")
    lock_version: int = strawberry.field(description="所见的锁版本；别人先改了则拒绝")


@strawberry.input(description="放入批次：本人的草稿或审核退回的申请，要么全部，要么全不")
class AddToBatchInput(BatchActionInput):
    """Which."""

    submission_ids: list[strawberry.ID] = strawberry.field(description=_MEMBER_IDS)


@strawberry.input(description="从批次取出：在作者手上的或已结束的申请，要么全部，要么全不")
class RemoveFromBatchInput(BatchActionInput):
    """Which."""

    submission_ids: list[strawberry.ID] = strawberry.field(description=_MEMBER_IDS)


@strawberry.input(description="整批提交审核：在作者手上的全部；批次有生效时间的，写入每个申请")
class SubmitBatchForReviewInput(BatchActionInput):
    """Nothing else."""


@strawberry.input(description="所见的一个待审核申请")
class ApproveBatchItem:
    """What was seen."""

    submission_id: strawberry.ID = strawberry.field(description="申请的不透明编号")
    lock_version: int = strawberry.field(description="所见的锁版本")
    submission_hash: str = strawberry.field(description="所见的申请哈希（submissionHash）；内容已变则拒绝")


@strawberry.input(description="整批审核通过：须包括批次里全部待审核的申请，要么全部，要么全不")
class ApproveBatchInput:
    """One review."""

    batch_id: strawberry.ID = strawberry.field(description="批次的不透明编号")
    items: list[ApproveBatchItem] = strawberry.field(description="各申请及所见的内容，1 至 100 个")
    and_submit: bool = strawberry.field(default=False, description="其中全网的同时提交总部")


@strawberry.input(description="整批提交总部：审核通过待提交的全部；总部逐个审批")
class SubmitBatchToHqInput(BatchActionInput):
    """Nothing else."""


@strawberry.type(description="对一个批次做了动作之后")
class BatchPayload:
    """The batch as it is now."""

    user_errors: list[UserError] = strawberry.field(description="没有做成的原因；做成则为空列表")
    batch: Batch | None = strawberry.field(default=None, description="最新的批次；没有做成时也给出它现在的样子（若可见）")


def _on_batch(info: Info, batch_id: str, operation: Callable[[Unit, Actor, str], tables.Batch]) -> BatchPayload:
    raw = raw_id(batch_id, "Batch")
    if raw is None:
        return BatchPayload(user_errors=user_errors(not_found("批次", "batchId")))
    carried = carry(info, lambda unit, actor: operation(unit, actor, raw))
    return BatchPayload(user_errors=carried.errors, batch=batch_of(info, raw))


def _known(opaque: strawberry.ID, field: str, index: int, *name: str) -> str:
    key = raw_id(opaque, "Submission")
    if key is None:
        [missing] = not_found("申请").refusals
        raise Refused(batches.placed(replace(missing, field=()), field, index, *name))
    return key


def _submission_ids(given: list[strawberry.ID]) -> list[str]:
    return [_known(one, "submissionIds", index) for index, one in enumerate(given[: MAX_MEMBERS + 1])]


def _seen(given: list[ApproveBatchItem]) -> list[Seen]:
    return [
        Seen(_known(one.submission_id, "items", index, "submissionId"), one.lock_version, one.submission_hash)
        for index, one in enumerate(given[: MAX_MEMBERS + 1])
    ]


@strawberry.type
class BatchMutations:
    """Root fields; part of Mutation."""

    @resolved("起草续期申请：沿用最后生效的版本，只改失效时间")
    def draft_renewal(self, info: Info, data: Input[DraftRenewalInput]) -> SubmissionPayload:
        """Prolong."""

        def run(unit: Unit, actor: Actor) -> tables.Submission:
            key = known_id(data.knowledge_id, "Knowledge", "知识", "knowledgeId")
            return draft_renewal(unit, actor, key, effective_to=data.effective_to, change_note=data.change_note)

        return drafted(info, run)

    @resolved("建批次")
    def draft_batch(self, info: Info, data: Input[DraftBatchInput]) -> BatchPayload:
        """Empty."""
        carried = carry(info, lambda unit, actor: batches.draft_batch(unit, actor, title=data.title, effective_from=data.effective_from))
        made = None if carried.value is None else batch_of(info, carried.value.id)
        return BatchPayload(user_errors=carried.errors, batch=made)

    @resolved("放入批次")
    def add_to_batch(self, info: Info, data: Input[AddToBatchInput]) -> BatchPayload:
        """Own drafts."""

        def run(unit: Unit, actor: Actor, key: str) -> tables.Batch:
            return batches.add(unit, actor, key, _submission_ids(data.submission_ids), lock_version=data.lock_version)

        return _on_batch(info, data.batch_id, run)

    @resolved("从批次取出")
    def remove_from_batch(self, info: Info, data: Input[RemoveFromBatchInput]) -> BatchPayload:
        """Out of it."""

        def run(unit: Unit, actor: Actor, key: str) -> tables.Batch:
            return batches.remove(unit, actor, key, _submission_ids(data.submission_ids), lock_version=data.lock_version)

        return _on_batch(info, data.batch_id, run)

    @resolved("整批提交审核")
    def submit_batch_for_review(self, info: Info, data: Input[SubmitBatchForReviewInput]) -> BatchPayload:
        """All or none."""
        lock = data.lock_version
        return _on_batch(info, data.batch_id, lambda u, a, key: batches.submit_for_review(u, a, key, lock_version=lock))

    @resolved("整批审核通过")
    def approve_batch(self, info: Info, data: Input[ApproveBatchInput]) -> BatchPayload:
        """One review."""

        def run(unit: Unit, actor: Actor, key: str) -> tables.Batch:
            return batches.approve(unit, actor, key, _seen(data.items), and_submit=data.and_submit)

        return _on_batch(info, data.batch_id, run)

    @resolved("整批提交总部")
    def submit_batch_to_hq(self, info: Info, data: Input[SubmitBatchToHqInput]) -> BatchPayload:
        """All or none."""
        lock = data.lock_version
        return _on_batch(info, data.batch_id, lambda u, a, key: batches.submit_to_hq(u, a, key, lock_version=lock))
