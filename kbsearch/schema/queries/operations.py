"""What operators look at: outbox, inbox, alarms, destinations, index; and admins' lists of people and tokens."""

from typing import Annotated

import strawberry

from kbsearch.indexing.port import SearchEngine
from kbsearch.schema.context import Info
from kbsearch.schema.fields import resolved
from kbsearch.schema.ids import raw_id
from kbsearch.schema.pagination import After, First, Id
from kbsearch.schema.queries.desk import page_info, paging
from kbsearch.schema.types import transport as types
from kbsearch.schema.types.person import ApiToken, ApiTokenConnection, ApiTokenEdge, Person, PersonConnection, PersonEdge
from kbsearch.services import index_sync
from kbsearch.services.listings import exchange as listings
from kbsearch.services.listings import people as people_listings
from kbsearch.store import tables
from kbsearch.store.tables import InboxStatus, OutboxStatus
from kbsearch.store.unit import Store


@strawberry.input(description="发件箱的筛选；没有给的不限")
class OutboxFilter:
    """What of the outbox to show."""

    statuses: list[OutboxStatus] | None = strawberry.field(default=None, description="传输状态；死信为 DEAD")
    destinations: list[str] | None = strawberry.field(
        default=None, description="去处：hq 为总部，index:… 为索引，notice:mail、notice:webhook 为通知"
    )
    kinds: list[str] | None = strawberry.field(default=None, description="报文种类代码")
    submission_id: str | None = strawberry.field(default=None, description="所指申请的未编码编号")
    knowledge_id: str | None = strawberry.field(default=None, description="所指知识的未编码编号")


@strawberry.input(description="收件箱的筛选；没有给的不限")
class InboxFilter:
    """What of the inbox to show."""

    statuses: list[InboxStatus] | None = strawberry.field(default=None, description="结局；隔离的为 QUARANTINED")
    kinds: list[str] | None = strawberry.field(default=None, description="消息种类代码")
    submission_id: str | None = strawberry.field(default=None, description="所指申请的未编码编号")
    knowledge_id: str | None = strawberry.field(default=None, description="所指知识的未编码编号")


def _outbox_filter(given: OutboxFilter) -> listings.OutboxFilter:
    return listings.OutboxFilter(
        frozenset(given.statuses or ()),
        frozenset(given.destinations or ()),
        frozenset(given.kinds or ()),
        given.submission_id,
        given.knowledge_id,
    )


def _inbox_filter(given: InboxFilter) -> listings.InboxFilter:
    return listings.InboxFilter(frozenset(given.statuses or ()), frozenset(given.kinds or ()), given.submission_id, given.knowledge_id)


@strawberry.type
class OperationsQueries:
    """Root fields; part of Query."""

    @resolved("发件箱，新的在前；含死信")
    def outbox(
        self,
        info: Info,
        filter: Annotated[OutboxFilter | None, strawberry.argument(description="筛选")] = None,  # noqa: A002 - the contract's name
        first: First = 20,
        after: After = None,
    ) -> types.OutboxMessageConnection | None:
        """Latest first."""
        found = listings.outbox(info.context.session, _outbox_filter(filter or OutboxFilter()), paging(info, first, after))
        pairs = zip(found.cursors, found.rows, strict=True)
        edges = [types.OutboxMessageEdge(cursor=c, node=types.OutboxMessage(row=row)) for c, row in pairs]
        return types.OutboxMessageConnection(edges=edges, page_info=page_info(found, after))

    @resolved("发件箱中的一件报文；编号无效则空")
    def outbox_message(self, info: Info, id: Id) -> types.OutboxMessage | None:  # noqa: A002 - the contract's name
        """By id."""
        key = raw_id(id, "OutboxMessage")
        row = None if key is None else info.context.session.get(tables.OutboxMessage, key)
        return None if row is None else types.OutboxMessage(row=row)

    @resolved("收件箱，新的在前；含隔离的")
    def inbox(
        self,
        info: Info,
        filter: Annotated[InboxFilter | None, strawberry.argument(description="筛选")] = None,  # noqa: A002 - the contract's name
        first: First = 20,
        after: After = None,
    ) -> types.InboxMessageConnection | None:
        """Latest first."""
        found = listings.inbox(info.context.session, _inbox_filter(filter or InboxFilter()), paging(info, first, after))
        info.context.load.people.want({row.settled_by for row in found.rows})
        pairs = zip(found.cursors, found.rows, strict=True)
        edges = [types.InboxMessageEdge(cursor=c, node=types.InboxMessage(row=row)) for c, row in pairs]
        return types.InboxMessageConnection(edges=edges, page_info=page_info(found, after))

    @resolved("收件箱中的一条消息；编号无效则空")
    def inbox_message(self, info: Info, id: Id) -> types.InboxMessage | None:  # noqa: A002 - the contract's name
        """By id."""
        key = raw_id(id, "InboxMessage")
        row = None if key is None else info.context.session.get(tables.InboxMessage, key)
        return None if row is None else types.InboxMessage(row=row)

    @resolved("告警，新的在前")
    def alarms(
        self,
        info: Info,
        open_only: Annotated[bool, strawberry.argument(description="只要未解除的")] = True,
        first: First = 20,
        after: After = None,
    ) -> types.AlarmConnection | None:
        """What somebody must look at."""
        found = listings.alarms(info.context.session, open_only=open_only, paging=paging(info, first, after))
        edges = [types.AlarmEdge(cursor=c, node=types.Alarm(row=row)) for c, row in zip(found.cursors, found.rows, strict=True)]
        return types.AlarmConnection(edges=edges, page_info=page_info(found, after))

    @resolved("报文的各个去处及其近况；从未出过错的去处没有记录")
    def destinations(self, info: Info) -> list[types.Destination] | None:
        """How they fare."""
        return [types.Destination(row=row) for row in listings.destinations(info.context.session)]

    @resolved("各索引的现状")
    def index_state(self, info: Info) -> list[types.IndexState] | None:
        """Whether search is in step with the store."""
        context = info.context
        return [_index_state(context.store, context.searcher.engine, name) for name in context.store.index_destinations]

    @resolved("人员，按工号")
    def people(
        self,
        info: Info,
        active_only: Annotated[bool, strawberry.argument(description="只要在岗的")] = False,
        first: First = 20,
        after: After = None,
    ) -> PersonConnection | None:
        """Everyone who can sign in."""
        found = people_listings.people(info.context.session, active_only=active_only, paging=paging(info, first, after))
        info.context.load.tokens.want({row.id for row in found.rows})
        edges = [PersonEdge(cursor=c, node=Person(row=row)) for c, row in zip(found.cursors, found.rows, strict=True)]
        return PersonConnection(edges=edges, page_info=page_info(found, after))

    @resolved("访问令牌，新的在前；没有明文")
    def tokens(self, info: Info, first: First = 20, after: After = None) -> ApiTokenConnection | None:
        """All of them."""
        found = people_listings.tokens(info.context.session, paging=paging(info, first, after))
        info.context.load.people.want({row.person_id for row in found.rows})
        edges = [ApiTokenEdge(cursor=c, node=ApiToken(row=row)) for c, row in zip(found.cursors, found.rows, strict=True)]
        return ApiTokenConnection(edges=edges, page_info=page_info(found, after))


def _index_state(store: Store, engine: SearchEngine, destination: str) -> types.IndexState:
    state = index_sync.index_state(store, engine, destination)
    return types.IndexState(
        destination=destination,
        documents=state.documents,
        expected=state.expected,
        pending=state.pending,
        lag_seconds=None if state.lag is None else state.lag.total_seconds(),
        fresh=state.fresh,
        searchable=state.searchable,
        reason=state.reason,
    )
