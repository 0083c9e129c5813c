"""The reviewer's brake on knowledge, what becomes of quarantined messages, and the agent's click."""

from collections.abc import Callable

import strawberry

from kbsearch.schema.carrying import carry, known_id
from kbsearch.schema.context import Info
from kbsearch.schema.fields import resolved
from kbsearch.schema.ids import raw_id
from kbsearch.schema.mutations.payloads import InboxMessagePayload, KnowledgePayload, RecordClickPayload
from kbsearch.schema.pagination import Input
from kbsearch.schema.types.announcement import announcement_of
from kbsearch.schema.types.knowledge import knowledge_of
from kbsearch.schema.types.transport import InboxMessage
from kbsearch.schema.user_errors import user_errors
from kbsearch.services import knowledge, quarantine
from kbsearch.services.refusals import not_found, violated
from kbsearch.store import tables
from kbsearch.store.unit import Unit
from kbsearch.workflow.decide import Actor

_LONGEST_SEARCH_ID = 64
_LAST_POSITION = 10_000


@strawberry.input(description="指明一条知识和所见的锁版本")
class KnowledgeActionInput:
    """What every action on a knowledge item carries."""

    knowledge_id: strawberry.ID = strawberry.field(description="知识的不透明编号")
    lock_version: int = strawberry.field(description="所见的锁版本；别人先改了则拒绝")


@strawberry.input(description="停用：立即隐藏正文；全网知识最长 72 小时")
class SuspendKnowledgeInput(KnowledgeActionInput):
    """With a reason."""

    reason_text: str = strawberry.field(description="原因，读者会看到")


@strawberry.input(description="恢复：重新显示正文")
class ResumeKnowledgeInput(KnowledgeActionInput):
    """With a text."""

    reason_text: str = strawberry.field(default="", description="说明")


@strawberry.input(description="归档：只从已撤销或已过期，不可逆")
class ArchiveKnowledgeInput(KnowledgeActionInput):
    """Nothing else."""


@strawberry.input(description="标记停售在用：打上或去掉")
class MarkStillInUseInput(KnowledgeActionInput):
    """On or off."""

    still_in_use: bool = strawberry.field(description="是否停售在用")


@strawberry.input(description="应用一条隔离的总部消息")
class ApplyQuarantinedInput:
    """Which message."""

    inbox_id: strawberry.ID = strawberry.field(description="收件箱消息的不透明编号")
    lock_version: int = strawberry.field(description="所见的锁版本")


@strawberry.input(description="弃置一条隔离的总部消息；消息仍可查看")
class DiscardQuarantinedInput:
    """Which message, and why."""

    inbox_id: strawberry.ID = strawberry.field(description="收件箱消息的不透明编号")
    lock_version: int = strawberry.field(description="所见的锁版本")
    reason_text: str = strawberry.field(description="弃置的原因")


@strawberry.input(description="记一次点击：从哪次检索打开了哪条知识或公告")
class RecordClickInput:
    """What was opened."""

    search_id: str = strawberry.field(description="检索结果的 searchId")
    knowledge_id: strawberry.ID = strawberry.field(description="知识或公告的不透明编号")
    position: int = strawberry.field(description="在结果中的位次，从 1 起")


def _on_knowledge(info: Info, knowledge_id: str, operation: Callable[[Unit, Actor, str], tables.Subject]) -> KnowledgePayload:
    key = raw_id(knowledge_id, "Knowledge")
    if key is None:
        return KnowledgePayload(user_errors=user_errors(not_found("知识", "knowledgeId")))
    carried = carry(info, lambda unit, actor: operation(unit, actor, key))
    return KnowledgePayload(user_errors=carried.errors, knowledge=knowledge_of(info, key))


def _on_message(info: Info, inbox_id: str, operation: Callable[[Unit, Actor, str], tables.InboxMessage]) -> InboxMessagePayload:
    carried = carry(info, lambda unit, actor: operation(unit, actor, known_id(inbox_id, "InboxMessage", "消息", "inboxId")))
    key = raw_id(inbox_id, "InboxMessage")
    row = None if key is None else info.context.session.get(tables.InboxMessage, key)
    return InboxMessagePayload(user_errors=carried.errors, inbox_message=None if row is None else InboxMessage(row=row))


@strawberry.type
class KnowledgeMutations:
    """Root fields; part of Mutation."""

    @resolved("停用一条知识")
    def suspend_knowledge(self, info: Info, data: Input[SuspendKnowledgeInput]) -> KnowledgePayload:
        """The brake."""
        lock, text = data.lock_version, data.reason_text
        return _on_knowledge(info, data.knowledge_id, lambda u, a, key: knowledge.suspend(u, a, key, lock_version=lock, reason_text=text))

    @resolved("恢复一条知识")
    def resume_knowledge(self, info: Info, data: Input[ResumeKnowledgeInput]) -> KnowledgePayload:
        """Off the brake."""
        lock, text = data.lock_version, data.reason_text
        return _on_knowledge(info, data.knowledge_id, lambda u, a, key: knowledge.resume(u, a, key, lock_version=lock, reason_text=text))

    @resolved("归档一条知识")
    def archive_knowledge(self, info: Info, data: Input[ArchiveKnowledgeInput]) -> KnowledgePayload:
        """For good."""
        lock = data.lock_version
        return _on_knowledge(info, data.knowledge_id, lambda u, a, key: knowledge.archive(u, a, key, lock_version=lock))

    @resolved("标记停售在用：已停售而老客户仍在使用；座席看得到、可筛选，状态不变")
    def mark_still_in_use(self, info: Info, data: Input[MarkStillInUseInput]) -> KnowledgePayload:
        """On or off."""
        lock, mark = data.lock_version, data.still_in_use
        return _on_knowledge(
            info, data.knowledge_id, lambda u, a, key: knowledge.mark_still_in_use(u, a, key, lock_version=lock, still_in_use=mark)
        )

    @resolved("应用一条隔离的总部消息：审批通过当作总部下发，其余按流程再走一遍")
    def apply_quarantined(self, info: Info, data: Input[ApplyQuarantinedInput]) -> InboxMessagePayload:
        """After all."""
        lock = data.lock_version
        return _on_message(info, data.inbox_id, lambda u, a, key: quarantine.apply(u, a, key, lock_version=lock))

    @resolved("弃置一条隔离的总部消息")
    def discard_quarantined(self, info: Info, data: Input[DiscardQuarantinedInput]) -> InboxMessagePayload:
        """Set aside."""
        lock, text = data.lock_version, data.reason_text
        return _on_message(info, data.inbox_id, lambda u, a, key: quarantine.discard(u, a, key, lock_version=lock, reason_text=text))

    @resolved("记一次点击，尽力而为")
    def record_click(self, info: Info, data: Input[RecordClickInput]) -> RecordClickPayload:
        """In memory, written in batches."""
        known = knowledge_of(info, raw_id(data.knowledge_id, "Knowledge"))
        posted = announcement_of(info, raw_id(data.knowledge_id, "Announcement"))
        page = known.page if known is not None else posted.page if posted is not None else None
        if page is None:
            return RecordClickPayload(user_errors=user_errors(not_found("知识", "knowledgeId")))
        if not 0 < len(data.search_id) <= _LONGEST_SEARCH_ID or not 1 <= data.position <= _LAST_POSITION:
            bad = violated("BAD_CLICK", "searchId 须是检索结果给出的，position 须从 1 起。", "searchId")
            return RecordClickPayload(user_errors=user_errors(bad))
        shown = page.shown
        number = 0 if shown is None else shown.number
        log = info.context.searcher.log
        log.clicked(data.search_id, page.life.subject.id, number, data.position, info.context.now)
        return RecordClickPayload(user_errors=[], recorded=True)
