"""Comparing versions with headquarters, repairing what differs, and headquarters' answer to a digest."""

from collections.abc import Callable
from typing import Annotated

import strawberry

from kbsearch.schema.carrying import carry, known_id
from kbsearch.schema.context import Info
from kbsearch.schema.fields import resolved
from kbsearch.schema.ids import raw_id
from kbsearch.schema.mutations.hq import HqReceiptPayload, receive
from kbsearch.schema.pagination import Input
from kbsearch.schema.types.version_sync import SyncRun, sync_run_of
from kbsearch.schema.user_errors import UserError
from kbsearch.services.version_sync import planning, running
from kbsearch.store import tables
from kbsearch.store.unit import Unit
from kbsearch.workflow.decide import Actor
from kbsearch.workflow.version_sync import HeldStatus


@strawberry.input(description="发起版本比对")
class CompareWithHqInput:
    """What to compare."""

    category_ids: list[strawberry.ID] = strawberry.field(default_factory=list, description="全网栏目的不透明编号，连同其下级；不给则全部")


@strawberry.input(description="按计划修复：请总部补发")
class ApplyRepairInput:
    """Which run, and what to leave out."""

    run_id: strawberry.ID = strawberry.field(description="比对的不透明编号")
    lock_version: int = strawberry.field(description="所见的锁版本；别人先改了则拒绝")
    exclude: list[strawberry.ID] = strawberry.field(default_factory=list, description="不修复的知识的不透明编号")


@strawberry.input(description="弃置一次比对")
class DiscardSyncInput:
    """Which run, and why."""

    run_id: strawberry.ID = strawberry.field(description="比对的不透明编号")
    lock_version: int = strawberry.field(description="所见的锁版本；别人先改了则拒绝")
    reason_text: str = strawberry.field(default="", description="说明，最长 2000 个字")


@strawberry.type(description="对一次版本比对做了动作之后")
class SyncRunPayload:
    """The run as it is now."""

    user_errors: list[UserError] = strawberry.field(description="没有做成的原因；做成则为空列表")
    sync_run: SyncRun | None = strawberry.field(default=None, description="最新的对象；没有做成时也给出它现在的样子（若可见）")


@strawberry.input(description="总部所持的一条知识")
class HqDigestItemInput:
    """One row."""

    knowledge_id: str = strawberry.field(description="知识编号（未编码）")
    number: int = strawberry.field(description="现行或最后生效过的版本号；已撤销的为被终止的那一版")
    status: HeldStatus = strawberry.field(description="状态")
    content_hash: str = strawberry.field(description="这一版的内容哈希")


@strawberry.input(description="一个摘要不同的栏目，总部所持的全部")
class HqDigestCategoryInput:
    """One category."""

    category_id: str = strawberry.field(description="总部栏目编号（未编码）")
    items: list[HqDigestItemInput] = strawberry.field(description="挂在这个栏目的全部知识；没有则为空列表")


@strawberry.input(description="版本摘要答复")
class HqAnswerDigestInput:
    """What differs."""

    run_id: str = strawberry.field(description="版本摘要中的 runId")
    categories: list[HqDigestCategoryInput] = strawberry.field(description="摘要不同的栏目；全同则为空列表")
    portion: int | None = strawberry.field(default=strawberry.UNSET, description="分几条答复时，这是第几条，从 1 起；默认 1")
    portions: int | None = strawberry.field(default=strawberry.UNSET, description="共几条，各条相同；默认 1")


def _on_run(info: Info, run_id: str, operation: Callable[[Unit, Actor, str], tables.SyncRun]) -> SyncRunPayload:
    carried = carry(info, lambda unit, actor: operation(unit, actor, known_id(run_id, "SyncRun", "比对", "runId")))
    return SyncRunPayload(user_errors=carried.errors, sync_run=sync_run_of(info, raw_id(run_id, "SyncRun")))


@strawberry.type
class SyncingMutations:
    """Root fields; part of Mutation."""

    @resolved("发起与总部的版本比对；总部答复后见 syncRun")
    def compare_with_hq(
        self,
        info: Info,
        data: Annotated[CompareWithHqInput | None, strawberry.argument(name="input", description="输入；不给则比对全部")] = None,
    ) -> SyncRunPayload:
        """All categories, or branches."""
        given = data.category_ids if data is not None else []
        taken = running.take(info.context.session, info.context.now)

        def run(unit: Unit, actor: Actor) -> tables.SyncRun:
            return running.start(unit, actor, [known_id(i, "Category", "栏目", "categoryIds") for i in given], taken=taken)

        carried = carry(info, run)
        made = None if carried.value is None else sync_run_of(info, carried.value.id)
        return SyncRunPayload(user_errors=carried.errors, sync_run=made)

    @resolved("按计划修复：对没有排除的差异请总部补发")
    def apply_repair(self, info: Info, data: Input[ApplyRepairInput]) -> SyncRunPayload:
        """Through the ordinary messages."""

        def run(unit: Unit, actor: Actor, key: str) -> tables.SyncRun:
            left_out = [known_id(i, "Knowledge", "知识", "exclude") for i in data.exclude]
            return planning.apply_repair(unit, actor, key, lock_version=data.lock_version, exclude=left_out)

        return _on_run(info, data.run_id, run)

    @resolved("弃置一次没有了结的比对")
    def discard_sync(self, info: Info, data: Input[DiscardSyncInput]) -> SyncRunPayload:
        """Forget it."""

        def run(unit: Unit, actor: Actor, key: str) -> tables.SyncRun:
            return running.discard(unit, actor, key, lock_version=data.lock_version, reason_text=data.reason_text)

        return _on_run(info, data.run_id, run)

    @resolved("总部：答复版本摘要")
    def hq_answer_digest(self, info: Info, data: Input[HqAnswerDigestInput]) -> HqReceiptPayload:
        """版本同步."""
        return receive(info, "hqAnswerDigest", data)
