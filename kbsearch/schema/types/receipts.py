"""Receipts 签收 of an announcement: the caller's own, and for those who answer for it who has signed and who has not."""

from datetime import datetime
from typing import Annotated

import strawberry

from kbsearch.schema.context import Info
from kbsearch.schema.fields import resolved
from kbsearch.schema.pagination import After, First, PageInfo, check_first
from kbsearch.schema.types.person import Person
from kbsearch.services.announcements.reading import AnnouncementPage
from kbsearch.services.desk.readings import change_of
from kbsearch.services.listings.slices import Paging
from kbsearch.services.receipts.proofs import proof_key
from kbsearch.services.receipts.reminding import answers_for
from kbsearch.services.receipts.roster import Line, one_page, summary
from kbsearch.store import tables
from kbsearch.workflow.receipts import ReceiptState, Standing


@strawberry.type(description="我对一个公告的签收")
class MyReceipt:
    """Where the caller stands."""

    standing: strawberry.Private[Standing]
    receipt: strawberry.Private[tables.Receipt | None]

    @resolved("状态")
    def state(self) -> ReceiptState:
        """Derived now."""
        return self.standing.state

    @resolved("状态的中文名")
    def state_text(self) -> str:
        """The Chinese label."""
        return self.standing.state.label

    @resolved("是否须重新签收：签收过，而后有实质更正")
    def sign_again(self) -> bool:
        """A material change asks anew."""
        return self.standing.again

    @resolved("何时打开；没有打开过现在的内容则空")
    def read_at(self) -> datetime | None:
        """Of the wording that counts."""
        return None if self.receipt is None else self.receipt.read_at

    @resolved("何时签收；没有签收则空")
    def signed_at(self) -> datetime | None:
        """Of the wording that counts."""
        return None if self.receipt is None else self.receipt.signed_at

    @resolved("签收凭证：人、公告、内容哈希与时刻的 HMAC；没有签收则空")
    def proof(self) -> str | None:
        """What an export shows too."""
        return None if self.receipt is None or self.receipt.signed_at is None else self.receipt.proof


@strawberry.type(description="签收情况的计数：pending、read、signed 三项相加为 total")
class ReceiptSummary:
    """The list, counted."""

    total: int = strawberry.field(description="应签收的人数：现在在岗、公告所及的人")
    pending: int = strawberry.field(description="还没有打开过的人数")
    read: int = strawberry.field(description="打开过、尚未签收的人数")
    signed: int = strawberry.field(description="已签收的人数")


@strawberry.type(description="签收清单中的一人")
class ReceiptLine:
    """One person and how far they have come."""

    line: strawberry.Private[Line]
    key: strawberry.Private[bytes | None]

    @resolved("谁")
    def person(self) -> Person:
        """Of the roster as it is now."""
        return Person(row=self.line.person)

    @resolved("状态")
    def state(self) -> ReceiptState:
        """Derived now."""
        return self.line.state

    @resolved("状态的中文名")
    def state_text(self) -> str:
        """The Chinese label."""
        return self.line.state.label

    @resolved("是否须重新签收：签收过，而后有实质更正")
    def sign_again(self) -> bool:
        """A material change asks anew."""
        return self.line.standing.again

    @resolved("何时打开；没有打开过现在的内容则空")
    def read_at(self) -> datetime | None:
        """Of the wording that counts."""
        return None if self.line.receipt is None else self.line.receipt.read_at

    @resolved("何时签收；没有签收则空")
    def signed_at(self) -> datetime | None:
        """Of the wording that counts."""
        return None if self.line.receipt is None else self.line.receipt.signed_at

    @resolved("签收的是第几版；没有打开过则空")
    def version_number(self) -> int | None:
        """Which wording was opened."""
        return None if self.line.receipt is None else self.line.receipt.version_number

    @resolved("签收凭证是否有效；没有签收则空")
    def proof_valid(self) -> bool | None:
        """Checked against the installation's secret."""
        signed = self.line.receipt is not None and self.line.receipt.signed_at is not None
        return None if not signed else self.key is not None and bool(self.line.proven(self.key))


@strawberry.type(description="签收清单中的一条")
class ReceiptEdge:
    """One person with a cursor."""

    cursor: str = strawberry.field(description="翻页标记")
    node: ReceiptLine = strawberry.field(description="一人的签收")


@strawberry.type(description="签收清单的一页，按工号")
class ReceiptConnection:
    """A page of the list."""

    edges: list[ReceiptEdge] = strawberry.field(description="本页各条")
    page_info: PageInfo = strawberry.field(description="翻页信息")


@strawberry.type
class ReaderFields:
    """What an announcement says of its readers: receipts and the caller's own marks; part of Announcement."""

    page: strawberry.Private[AnnouncementPage]

    @resolved("我的签收；不是发给我的则空")
    def my_receipt(self, info: Info) -> MyReceipt | None:
        """Only of those it is for."""
        found = info.context.load.desk.mine.get(self.page.life.subject.id)
        return None if found is None else MyReceipt(standing=found[0], receipt=found[1])

    @resolved("签收情况的计数；只有它的作者和知识管理员看得到，其他人为空")
    def receipt_summary(self, info: Info) -> ReceiptSummary | None:
        """For those who answer for it."""
        if not answers_for(self.page):
            return None
        found = summary(info.context.load.desk.lists.get(self.page.life.subject.id) or [])
        return ReceiptSummary(total=found.total, pending=found.pending, read=found.read, signed=found.signed)

    @resolved("签收清单，按工号；随在岗人员而变：新来、返岗的在内，离岗的不在；只有它的作者和知识管理员看得到，其他人为空")
    def receipts(
        self,
        info: Info,
        state: Annotated[ReceiptState | None, strawberry.argument(description="只要这个状态的；不给则全部")] = None,
        first: First = 20,
        after: After = None,
    ) -> ReceiptConnection | None:
        """Who has, and who has not."""
        context = info.context
        paging = Paging(check_first(first), after, context.cursor_secret)
        if not answers_for(self.page):
            return None
        subject_id = self.page.life.subject.id
        found = one_page(context.load.desk.lists.get(subject_id) or [], state, subject_id, paging)
        key = proof_key(context.session)
        edges = [ReceiptEdge(cursor=c, node=ReceiptLine(line=row, key=key)) for c, row in zip(found.cursors, found.rows, strict=True)]
        start, end = (found.cursors[0], found.cursors[-1]) if found.cursors else (None, None)
        info_ = PageInfo(has_next_page=found.has_next, has_previous_page=after is not None, start_cursor=start, end_cursor=end)
        return ReceiptConnection(edges=edges, page_info=info_)

    @resolved("是否在我的收藏里")
    def is_favourite(self, info: Info) -> bool:
        """The caller's own mark."""
        return bool(info.context.load.desk.kept.get(self.page.life.subject.id))

    @resolved("现行的版本是否与我上次读的不同；没有读过也没有收藏则为 false")
    def changed_since_last_read(self, info: Info) -> bool:
        """Another wording, or none, is in force."""
        since = info.context.load.desk.known.get(self.page.life.subject.id)
        return since is not None and change_of(since, self.page.life, self.page.now) is not None
