"""What authors and reviewers work from: one submission, my work, the review queue, whom work can be given to."""

from typing import Annotated, Any

import strawberry

from kbsearch.schema.context import Info
from kbsearch.schema.fields import resolved
from kbsearch.schema.ids import raw_id
from kbsearch.schema.pagination import After, First, Id, PageInfo, check_first
from kbsearch.schema.types.person import Person
from kbsearch.schema.types.submission import Submission, SubmissionConnection, SubmissionEdge, submission_list, submission_of
from kbsearch.services.listings import people as people_listings
from kbsearch.services.listings import submissions as listings
from kbsearch.services.listings.slices import Paging, Slice
from kbsearch.services.listings.submissions import MyWorkFilter, QueueFilter
from kbsearch.store import tables
from kbsearch.workflow.actions import Role
from kbsearch.workflow.states import Scope, SubjectKind, SubmissionKind, SubmissionState, Urgency

_NOBODY = ""  # an id nobody has: what junk in a filter stands for


@strawberry.input(description="审核队列的筛选；没有给的不限")
class ReviewQueueFilter:
    """What of the queue to show."""

    states: list[SubmissionState] | None = strawberry.field(default=None, description="状态；默认为待审核与审核通过待提交")
    kinds: list[SubmissionKind] | None = strawberry.field(default=None, description="种类")
    subject_kinds: list[SubjectKind] | None = strawberry.field(default=None, description="知识、公告还是公告回复")
    scope: Scope | None = strawberry.field(default=None, description="范围")
    category_ids: list[strawberry.ID] | None = strawberry.field(default=None, description="栏目的不透明编号，含其下级")
    urgency: Urgency | None = strawberry.field(default=None, description="紧急程度")
    author_id: strawberry.ID | None = strawberry.field(default=None, description="作者的不透明编号")
    claimed_by_me: bool = strawberry.field(default=False, description="只要我领取的")
    unclaimed_only: bool = strawberry.field(default=False, description="只要没有人领取的")
    overdue_only: bool = strawberry.field(default=False, description="只要已过期限的")


def _queue_filter(given: ReviewQueueFilter) -> QueueFilter:
    categories = None if given.category_ids is None else tuple(raw_id(i, "Category") or _NOBODY for i in given.category_ids)
    return QueueFilter(
        states=frozenset(given.states or ()),
        kinds=frozenset(given.kinds or ()),
        subject_kinds=frozenset(given.subject_kinds or ()),
        scope=given.scope,
        category_ids=categories,
        urgency=given.urgency,
        author_id=None if given.author_id is None else raw_id(given.author_id, "Person") or _NOBODY,
        claimed_by_me=given.claimed_by_me,
        unclaimed_only=given.unclaimed_only,
        overdue_only=given.overdue_only,
    )


def paging(info: Info, first: int, after: str | None) -> Paging:
    """The page that was asked for."""
    return Paging(check_first(first), after, info.context.cursor_secret)


def page_info(found: Slice[Any], after: str | None) -> PageInfo:
    """Relay's, of a slice."""
    cursors = found.cursors
    first, last = (cursors[0], cursors[-1]) if cursors else (None, None)
    return PageInfo(has_next_page=found.has_next, has_previous_page=after is not None, start_cursor=first, end_cursor=last)


def _connection(info: Info, found: Slice[tables.Submission], after: str | None) -> SubmissionConnection:
    nodes = submission_list(info, list(found.rows))
    edges = [SubmissionEdge(cursor=cursor, node=node) for cursor, node in zip(found.cursors, nodes, strict=True)]
    return SubmissionConnection(edges=edges, page_info=page_info(found, after))


@strawberry.type
class DeskQueries:
    """Root fields; part of Query."""

    @resolved("一个申请；编号无效或无权查看则空")
    def submission(self, info: Info, id: Id) -> Submission | None:  # noqa: A002 - the contract's name
        """Authors see their own, reviewers all."""
        return submission_of(info, raw_id(id, "Submission"))

    @resolved("我的工作：我是作者的申请，最近变动的在前")
    def my_work(
        self,
        info: Info,
        states: Annotated[list[SubmissionState] | None, strawberry.argument(description="只要这些状态的；不给则全部")] = None,
        subject_kinds: Annotated[list[SubjectKind] | None, strawberry.argument(description="只要这些；不给则全部")] = None,
        first: First = 20,
        after: After = None,
    ) -> SubmissionConnection | None:
        """Whatever is mine."""
        context = info.context
        wanted = MyWorkFilter(frozenset(states or ()), frozenset(subject_kinds or ()))
        return _connection(info, listings.my_work(context.session, context.signed_in, wanted, paging(info, first, after)), after)

    @resolved("审核队列：紧急的在前，再按期限")
    def review_queue(
        self,
        info: Info,
        filter: Annotated[ReviewQueueFilter | None, strawberry.argument(description="筛选")] = None,  # noqa: A002 - the contract's name
        first: First = 20,
        after: After = None,
    ) -> SubmissionConnection | None:
        """What waits for reviewers."""
        context = info.context
        wanted = _queue_filter(filter or ReviewQueueFilter())
        found = listings.review_queue(context.session, context.signed_in, wanted, paging(info, first, after), context.now)
        return _connection(info, found, after)

    @resolved("在岗的同事，转派时选人用")
    def colleagues(
        self, info: Info, role: Annotated[Role, strawberry.argument(description="须有的角色")], first: First = 100
    ) -> list[Person] | None:
        """By login."""
        return [Person(row=row) for row in people_listings.colleagues(info.context.session, role, check_first(first))]
