"""Feedback 知识反馈: given by anybody, handled by reviewers, dispatched by headquarters."""

from collections.abc import Callable
from datetime import datetime

import strawberry

from kbsearch.schema.carrying import carry, known_id, known_id_or_none
from kbsearch.schema.context import Info
from kbsearch.schema.fields import resolved
from kbsearch.schema.ids import raw_id
from kbsearch.schema.mutations.hq import HqReceiptPayload, receive
from kbsearch.schema.pagination import Input
from kbsearch.schema.types.feedback import Feedback, feedback_of
from kbsearch.schema.types.submission import Submission, submission_of
from kbsearch.schema.user_errors import UserError, user_errors
from kbsearch.services.feedback import giving, handling
from kbsearch.services.feedback.giving import Given
from kbsearch.services.feedback.handling import Opening
from kbsearch.services.refusals import not_found
from kbsearch.store import tables
from kbsearch.store.unit import Unit
from kbsearch.workflow.decide import Actor
from kbsearch.workflow.feedback import Resolution
from kbsearch.workflow.states import Urgency

_ERRORS = "没有做成的原因；做成则为空列表"
_FRESH = "最新的反馈；没有做成时也给出它现在的样子（若可见）"


@strawberry.input(description="提反馈：对所读的一版知识，或对一次没有搜到的检索")
class GiveFeedbackInput:
    """What somebody says."""

    text: str = strawberry.field(description="意见，2 至 2000 个字")
    knowledge_id: strawberry.ID | None = strawberry.field(default=None, description="知识的不透明编号；没有搜到则不给，而给 searchQuery")
    number: int | None = strawberry.field(default=None, description="所读的版本号；不给则为页面所示的版本")
    search_query: str | None = strawberry.field(default=None, description="所搜的词，最长 200 个字；没有指明知识时必填")
    urgency: Urgency | None = strawberry.field(default=None, description="紧急程度，默认普通")


@strawberry.input(description="指明一条反馈和所见的锁版本")
class FeedbackActionInput:
    """What every action on feedback carries."""

    feedback_id: strawberry.ID = strawberry.field(description="反馈的不透明编号")
    lock_version: int = strawberry.field(description="所见的锁版本；别人先改了则拒绝")


@strawberry.input(description="据反馈开出更新：起草申请并指派作者；开出不算编辑，开出的人仍可审核")
class OpenUpdateFromFeedbackInput(FeedbackActionInput):
    """Who is to write it."""

    author_id: strawberry.ID = strawberry.field(description="作者的不透明编号")
    urgency: Urgency | None = strawberry.field(default=None, description="紧急程度；不给则同反馈")
    category_id: strawberry.ID | None = strawberry.field(
        default=None, description="栏目的不透明编号；没有指明知识的反馈必填，开出新知识：总部栏目为全网，本地栏目为本地"
    )


@strawberry.input(description="关联申请：由同一条知识上已有的申请一并解决")
class LinkFeedbackToSubmissionInput(FeedbackActionInput):
    """By which."""

    submission_id: strawberry.ID = strawberry.field(description="申请的不透明编号")


@strawberry.input(description="取消关联：反馈回到待处理，申请照常进行")
class UnlinkFeedbackInput(FeedbackActionInput):
    """With a text."""

    reason_text: str = strawberry.field(default="", description="说明，最长 2000 个字")


@strawberry.input(description="办结：答复无需修改、重复或不采纳；采纳已更新由关联的申请生效得出")
class ResolveFeedbackInput(FeedbackActionInput):
    """The answer."""

    resolution: Resolution = strawberry.field(description="结果：无需修改、重复或不采纳")
    text: str = strawberry.field(description="说明，提出人和总部会看到，最长 2000 个字")
    duplicate_of_id: strawberry.ID | None = strawberry.field(default=None, description="与哪一条反馈重复；只在结果为重复时给")


@strawberry.input(description="转派：换一位知识管理员处理")
class ReassignFeedbackInput(FeedbackActionInput):
    """To whom."""

    handler_id: strawberry.ID = strawberry.field(description="新处理人的不透明编号")
    reason_text: str = strawberry.field(default="", description="说明，最长 2000 个字")


@strawberry.input(description="反馈下发")
class HqDispatchFeedbackInput:
    """The first time or again."""

    feedback_id: str = strawberry.field(description="总部的反馈编号")
    dispatch: int = strawberry.field(description="第几次下发，从 1 起")
    province: str = strawberry.field(description="提出的省，两位大写字母")
    knowledge_id: str = strawberry.field(description="知识编号（未编码）")
    number: int = strawberry.field(description="所指版本号")
    text: str = strawberry.field(description="意见")
    reporter: str | None = strawberry.field(default=strawberry.UNSET, description="提出人")
    opinion: str | None = strawberry.field(default=strawberry.UNSET, description="总部意见")
    due_at: datetime | None = strawberry.field(default=strawberry.UNSET, description="办结期限；不给则由我方定")
    urgency: Urgency | None = strawberry.field(default=strawberry.UNSET, description="紧急程度，默认普通")


@strawberry.type(description="对一条反馈做了动作之后")
class FeedbackPayload:
    """The feedback as it is now."""

    user_errors: list[UserError] = strawberry.field(description=_ERRORS)
    feedback: Feedback | None = strawberry.field(default=None, description=_FRESH)


@strawberry.type(description="据反馈开出更新之后")
class OpenUpdateFromFeedbackPayload:
    """The feedback as it is now, and the draft."""

    user_errors: list[UserError] = strawberry.field(description=_ERRORS)
    feedback: Feedback | None = strawberry.field(default=None, description=_FRESH)
    submission: Submission | None = strawberry.field(default=None, description="开出的申请（草稿），在所指派作者的手上")


def _on_feedback(info: Info, feedback_id: str, operation: Callable[[Unit, Actor, str], tables.Feedback]) -> FeedbackPayload:
    raw = raw_id(feedback_id, "Feedback")
    if raw is None:
        return FeedbackPayload(user_errors=user_errors(not_found("反馈", "feedbackId")))
    carried = carry(info, lambda unit, actor: operation(unit, actor, raw))
    return FeedbackPayload(user_errors=carried.errors, feedback=feedback_of(info, raw))


@strawberry.type
class FeedbackMutations:
    """Root fields; part of Mutation."""

    @resolved("提反馈；对可读的知识人人可提，一分钟内不能对同一版重复提")
    def give_feedback(self, info: Info, data: Input[GiveFeedbackInput]) -> FeedbackPayload:
        """On what was read, or on a search in vain."""

        def run(unit: Unit, actor: Actor) -> tables.Feedback:
            given = Given(
                text=data.text,
                subject_id=known_id_or_none(data.knowledge_id, "Knowledge", "知识", "knowledgeId"),
                number=data.number,
                query=data.search_query or "",
                urgency=data.urgency or Urgency.NORMAL,
            )
            return giving.give(unit, actor, given)

        carried = carry(info, run)
        made = None if carried.value is None else feedback_of(info, carried.value.id)
        return FeedbackPayload(user_errors=carried.errors, feedback=made)

    @resolved("据反馈开出更新")
    def open_update_from_feedback(self, info: Info, data: Input[OpenUpdateFromFeedbackInput]) -> OpenUpdateFromFeedbackPayload:
        """A draft given to an author."""

        def run(unit: Unit, actor: Actor) -> tables.Submission:
            opening = Opening(
                author_id=known_id(data.author_id, "Person", "人员", "authorId"),
                urgency=data.urgency,
                category_id=known_id_or_none(data.category_id, "Category", "栏目", "categoryId"),
            )
            key = known_id(data.feedback_id, "Feedback", "反馈", "feedbackId")
            return handling.open_update(unit, actor, key, lock_version=data.lock_version, opening=opening)

        carried = carry(info, run)
        made = None if carried.value is None else submission_of(info, carried.value.id)
        feedback = feedback_of(info, raw_id(data.feedback_id, "Feedback"))
        return OpenUpdateFromFeedbackPayload(user_errors=carried.errors, feedback=feedback, submission=made)

    @resolved("关联申请")
    def link_feedback_to_submission(self, info: Info, data: Input[LinkFeedbackToSubmissionInput]) -> FeedbackPayload:
        """To one that is open already."""

        def run(unit: Unit, actor: Actor, key: str) -> tables.Feedback:
            submission = known_id(data.submission_id, "Submission", "申请", "submissionId")
            return handling.link(unit, actor, key, lock_version=data.lock_version, submission_id=submission)

        return _on_feedback(info, data.feedback_id, run)

    @resolved("取消关联")
    def unlink_feedback(self, info: Info, data: Input[UnlinkFeedbackInput]) -> FeedbackPayload:
        """Back to waiting."""
        lock, text = data.lock_version, data.reason_text
        return _on_feedback(info, data.feedback_id, lambda u, a, key: handling.unlink(u, a, key, lock_version=lock, reason_text=text))

    @resolved("办结反馈")
    def resolve_feedback(self, info: Info, data: Input[ResolveFeedbackInput]) -> FeedbackPayload:
        """With an answer."""

        def run(unit: Unit, actor: Actor, key: str) -> tables.Feedback:
            original = known_id_or_none(data.duplicate_of_id, "Feedback", "反馈", "duplicateOfId")
            return handling.resolve(
                unit, actor, key, lock_version=data.lock_version, resolution=data.resolution, text=data.text, duplicate_of=original
            )

        return _on_feedback(info, data.feedback_id, run)

    @resolved("转派反馈")
    def reassign_feedback(self, info: Info, data: Input[ReassignFeedbackInput]) -> FeedbackPayload:
        """To another reviewer."""

        def run(unit: Unit, actor: Actor, key: str) -> tables.Feedback:
            handler = known_id(data.handler_id, "Person", "人员", "handlerId")
            return handling.reassign(unit, actor, key, lock_version=data.lock_version, handler_id=handler, reason_text=data.reason_text)

        return _on_feedback(info, data.feedback_id, run)

    @resolved("总部：反馈下发")
    def hq_dispatch_feedback(self, info: Info, data: Input[HqDispatchFeedbackInput]) -> HqReceiptPayload:
        """反馈下发."""
        return receive(info, "hqDispatchFeedback", data)
