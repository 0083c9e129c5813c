"""What people ask about feedback: one order, the reviewers' queue, what I gave and what became of it, statistics."""

from datetime import datetime, timedelta
from typing import Annotated

import strawberry

from kbsearch.schema.context import Info
from kbsearch.schema.fields import resolved
from kbsearch.schema.ids import raw_id
from kbsearch.schema.pagination import After, First, Id
from kbsearch.schema.queries.desk import page_info, paging
from kbsearch.schema.types.feedback import Feedback, FeedbackConnection, FeedbackEdge, feedback_list, feedback_of
from kbsearch.schema.types.feedback_statistics import FeedbackStatistics
from kbsearch.services.feedback.statistics import feedback_statistics
from kbsearch.services.listings import feedback as listings
from kbsearch.services.listings.slices import Slice
from kbsearch.store import tables
from kbsearch.workflow.feedback import FeedbackOrigin, FeedbackState

_NOTHING = ""  # an id nothing has: what junk in a filter stands for
_USUAL_SPAN = timedelta(days=30)


@strawberry.input(description="反馈队列的筛选；没有给的不限")
class FeedbackQueueFilter:
    """What of the queue to show."""

    states: list[FeedbackState] | None = strawberry.field(default=None, description="状态；默认为未办结的")
    origin: FeedbackOrigin | None = strawberry.field(default=None, description="来源")
    province: str | None = strawberry.field(default=None, description="提出的省，两位大写字母")
    knowledge_id: strawberry.ID | None = strawberry.field(default=None, description="所指知识的不透明编号")
    overdue_only: bool = strawberry.field(default=False, description="只要已过期限而未办结的")
    mine: bool = strawberry.field(default=False, description="只要由我处理的")


def _filter(given: FeedbackQueueFilter) -> listings.FeedbackFilter:
    return listings.FeedbackFilter(
        states=frozenset(given.states or ()),
        origin=given.origin,
        province=given.province,
        subject_id=None if given.knowledge_id is None else raw_id(given.knowledge_id, "Knowledge") or _NOTHING,
        overdue_only=given.overdue_only,
        mine=given.mine,
    )


def _connection(info: Info, found: Slice[tables.Feedback], after: str | None) -> FeedbackConnection:
    nodes = feedback_list(info, list(found.rows))
    edges = [FeedbackEdge(cursor=cursor, node=node) for cursor, node in zip(found.cursors, nodes, strict=True)]
    return FeedbackConnection(edges=edges, page_info=page_info(found, after))


@strawberry.type
class FeedbackQueries:
    """Root fields; part of Query."""

    @resolved("一条反馈：知识管理员可看全部，作者可看关联到自己申请的，人人可看自己提的；编号无效或无权查看则空")
    def feedback(self, info: Info, id: Id) -> Feedback | None:  # noqa: A002 - the contract's name
        """By id."""
        return feedback_of(info, raw_id(id, "Feedback"))

    @resolved("反馈队列：紧急的在前，再按期限")
    def feedback_queue(
        self,
        info: Info,
        filter: Annotated[FeedbackQueueFilter | None, strawberry.argument(description="筛选")] = None,  # noqa: A002 - the contract's name
        first: First = 20,
        after: After = None,
    ) -> FeedbackConnection | None:
        """What there is to settle."""
        context = info.context
        wanted = _filter(filter or FeedbackQueueFilter())
        found = listings.feedback_queue(context.session, context.signed_in, wanted, paging(info, first, after), context.now)
        return _connection(info, found, after)

    @resolved("我提的反馈及其结果，新的在前")
    def my_feedback(self, info: Info, first: First = 20, after: After = None) -> FeedbackConnection | None:
        """Whatever I gave."""
        context = info.context
        return _connection(info, listings.my_feedback(context.session, context.signed_in, paging(info, first, after)), after)

    @resolved("反馈统计：按收到时间；不给时段则为最近 30 天")
    def feedback_statistics(
        self,
        info: Info,
        since: Annotated[datetime | None, strawberry.argument(name="from", description="时段从（含）")] = None,
        until: Annotated[datetime | None, strawberry.argument(name="to", description="时段到（不含）；不给则到现在")] = None,
    ) -> FeedbackStatistics | None:
        """For those who lead."""
        context = info.context
        end = until or context.now
        begin = since or end - _USUAL_SPAN
        return FeedbackStatistics(found=feedback_statistics(context.session, context.signed_in, since=begin, until=end, now=context.now))
