"""Comparisons with headquarters 版本同步, what differs and the plan that mends it, as reviewers see them."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from kbsearch.schema.context import Info
from kbsearch.schema.fields import of_row, resolved
from kbsearch.schema.ids import encode_id
from kbsearch.schema.pagination import After, First, PageInfo, check_first
from kbsearch.schema.types.category import Category, category_of
from kbsearch.schema.types.log import LogEntry
from kbsearch.schema.types.node import Node
from kbsearch.schema.types.person import Person, person_of
from kbsearch.services.listings import syncing as listings
from kbsearch.services.listings.slices import Paging
from kbsearch.services.version_sync.records import row_of
from kbsearch.store import tables
from kbsearch.store.tables import DocumentType
from kbsearch.workflow.actions import Role
from kbsearch.workflow.version_sync import (
    DifferenceKind,
    HeldRow,
    HeldStatus,
    RepairAction,
    SyncAction,
    SyncState,
    allowed_sync_actions,
)

if TYPE_CHECKING:
    from kbsearch.schema.types.knowledge import Knowledge

_LazyKnowledge = Annotated["Knowledge", strawberry.lazy("kbsearch.schema.types.knowledge")]


@strawberry.type(description="比对时一方所持的一条知识")
class SyncSide:
    """One row of the comparison."""

    held: strawberry.Private[HeldRow]

    @resolved("版本号：现行或最后生效过的")
    def number(self) -> int:
        """The number."""
        return self.held.number

    @resolved("状态")
    def status(self) -> HeldStatus:
        """Without suspension and archive."""
        return self.held.status

    @resolved("状态的中文名")
    def status_text(self) -> str:
        """The Chinese label."""
        return self.held.status.label

    @resolved("内容哈希；没有收到过被撤销的那一版则为空文本")
    def content_hash(self) -> str:
        """The hash."""
        return self.held.content_hash

    @resolved("所挂的栏目")
    def category(self, info: Info) -> Category | None:
        """The node."""
        return category_of(info, self.held.category_id)


@strawberry.type(description="两边不同的一条知识，及拟如何修复")
class SyncDifference:
    """One difference with its plan."""

    row: strawberry.Private[tables.SyncDifference]
    kind: DifferenceKind = of_row("如何不同")
    action: RepairAction = of_row("拟如何修复")
    chosen: bool = of_row("是否在修复之列")
    repaired_at: datetime | None = of_row("何时核实为一致；空为尚未")
    closed_at: datetime | None = of_row("何时不再算作差异（已修复、已弃置或已由新的比对取代）")

    @resolved("知识的不透明编号")
    def knowledge_id(self) -> strawberry.ID:
        """Also of what we do not have."""
        return strawberry.ID(encode_id("Knowledge", self.row.knowledge_id))

    @resolved("未编码的知识编号")
    def knowledge_raw_id(self) -> str:
        """As messages have it."""
        return self.row.knowledge_id

    @resolved("这条知识；我方没有则空")
    def knowledge(self, info: Info) -> _LazyKnowledge | None:
        """Our page of it."""
        from kbsearch.schema.types.knowledge import knowledge_of  # noqa: PLC0415 - loaded with the schema, needed only here

        return knowledge_of(info, self.row.knowledge_id)

    @resolved("如何不同的中文名")
    def kind_text(self) -> str:
        """The Chinese label."""
        return self.row.kind.label

    @resolved("拟如何修复的中文名")
    def action_text(self) -> str:
        """The Chinese label."""
        return self.row.action.label

    @resolved("我方所持；没有则空")
    def ours(self) -> SyncSide | None:
        """Our row."""
        held = row_of(self.row.knowledge_id, self.row.ours)
        return None if held is None else SyncSide(held=held)

    @resolved("总部所持；没有则空")
    def theirs(self) -> SyncSide | None:
        """Headquarters' row."""
        held = row_of(self.row.knowledge_id, self.row.theirs)
        return None if held is None else SyncSide(held=held)


@strawberry.type(description="差异列表中的一条")
class SyncDifferenceEdge:
    """One difference with a cursor."""

    cursor: str = strawberry.field(description="翻页标记")
    node: SyncDifference = strawberry.field(description="差异")


@strawberry.type(description="差异列表的一页")
class SyncDifferenceConnection:
    """A page of differences."""

    edges: list[SyncDifferenceEdge] = strawberry.field(description="本页各条")
    page_info: PageInfo = strawberry.field(description="翻页信息")


@strawberry.type(description="一种差异的条数")
class SyncDifferenceCount:
    """Found and repaired."""

    kind: DifferenceKind = strawberry.field(description="如何不同")
    kind_text: str = strawberry.field(description="如何不同的中文名")
    found: int = strawberry.field(description="发现几条")
    repaired: int = strawberry.field(description="其中已修复几条")


@strawberry.input(description="差异的筛选；没有给的不限")
class SyncDifferenceFilter:
    """Which differences to show."""

    kinds: list[DifferenceKind] | None = strawberry.field(default=None, description="如何不同")
    actions: list[RepairAction] | None = strawberry.field(default=None, description="拟如何修复")
    standing_only: bool = strawberry.field(default=False, description="只要还没有了结的")


@strawberry.type(description="与总部的一次版本比对")
class SyncRun(Node):
    """One comparison and its repair."""

    row: strawberry.Private[tables.SyncRun]
    totals: strawberry.Private[list[listings.DifferenceCount]]
    state: SyncState = of_row("进展")
    compared: int = of_row("比对了我方几条知识")
    messages: int = of_row("往来了几条消息（补发的知识不计）")
    started_at: datetime = of_row("何时发起")
    answered_at: datetime | None = of_row("总部何时答完")
    applied_at: datetime | None = of_row("何时申请修复")
    ended_at: datetime | None = of_row("何时了结")
    note: str = of_row("说明")
    lock_version: int = of_row("锁版本，修复或弃置时带回")

    def node_key(self) -> str:
        """The run's id, which messages name."""
        return self.row.id

    @resolved("未编码的比对编号，报文中的 runId")
    def raw_id(self) -> str:
        """As messages have it."""
        return self.row.id

    @resolved("进展的中文名")
    def state_text(self) -> str:
        """The Chinese label."""
        return self.row.state.label

    @resolved("比对的栏目；空列表为全部")
    def categories(self, info: Info) -> list[Category]:
        """The nodes asked about, with what lies below them."""
        return [category for i in self.row.category_ids if (category := category_of(info, i)) is not None]

    @resolved("由谁发起；定时发起的没有")
    def started_by(self, info: Info) -> Person | None:
        """The person."""
        return person_of(info, self.row.started_by)

    @resolved("由谁申请修复")
    def applied_by(self, info: Info) -> Person | None:
        """The reviewer."""
        return person_of(info, self.row.applied_by)

    @resolved("各种差异的条数")
    def counts(self) -> list[SyncDifferenceCount]:
        """By kind."""
        return [SyncDifferenceCount(kind=c.kind, kind_text=c.kind.label, found=c.found, repaired=c.repaired) for c in self.totals]

    @resolved("差异与修复计划，按知识编号")
    def differences(
        self,
        info: Info,
        filter: Annotated[SyncDifferenceFilter | None, strawberry.argument(description="筛选")] = None,  # noqa: A002 - the contract's name
        first: First = 20,
        after: After = None,
    ) -> SyncDifferenceConnection:
        """A page of them."""
        given = filter or SyncDifferenceFilter()
        wanted = listings.DifferenceFilter(frozenset(given.kinds or ()), frozenset(given.actions or ()), given.standing_only)
        paging = Paging(check_first(first), after, info.context.cursor_secret)
        found = listings.differences(info.context.session, self.row.id, wanted, paging)
        info.context.load.pages.want({row.knowledge_id for row in found.rows})
        edges = [SyncDifferenceEdge(cursor=c, node=SyncDifference(row=r)) for c, r in zip(found.cursors, found.rows, strict=True)]
        start, end = (found.cursors[0], found.cursors[-1]) if found.cursors else (None, None)
        shown = PageInfo(has_next_page=found.has_next, has_previous_page=after is not None, start_cursor=start, end_cursor=end)
        return SyncDifferenceConnection(edges=edges, page_info=shown)

    @resolved("流转记录，旧的在前")
    def timeline(self, info: Info) -> list[LogEntry]:
        """The run's log."""
        rows = info.context.load.log_of(DocumentType.SYNC_RUN, [self.row.id])
        return [LogEntry(row=row) for row in rows.get(self.row.id, [])]

    @resolved("我现在能对它做的；非知识管理员为空列表")
    def allowed_actions(self, info: Info) -> list[SyncAction]:
        """A reviewer's actions."""
        return allowed_sync_actions(self.row.state) if info.context.has(Role.REVIEWER) else []


@strawberry.type(description="比对列表中的一条")
class SyncRunEdge:
    """One run with a cursor."""

    cursor: str = strawberry.field(description="翻页标记")
    node: SyncRun = strawberry.field(description="比对")


@strawberry.type(description="比对列表的一页")
class SyncRunConnection:
    """A page of runs."""

    edges: list[SyncRunEdge] = strawberry.field(description="本页各条")
    page_info: PageInfo = strawberry.field(description="翻页信息")


def sync_run_list(info: Info, rows: list[tables.SyncRun]) -> list[SyncRun]:
    """Runs with their counts, in one statement for all."""
    totals = listings.difference_counts(info.context.session, [row.id for row in rows]) if rows else {}
    info.context.load.people.want({i for row in rows for i in (row.started_by, row.applied_by)})
    return [SyncRun(row=row, totals=list(totals.get(row.id, []))) for row in rows]


def sync_run_of(info: Info, run_id: str | None) -> SyncRun | None:
    """One run, for those who may know of it."""
    row = info.context.session.get(tables.SyncRun, run_id) if run_id is not None else None
    if row is None or not info.context.has(Role.REVIEWER, Role.OPERATOR):
        return None
    return sync_run_list(info, [row])[0]
