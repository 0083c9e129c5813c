"""The whole record of a document 全程记录 as people read it: who, which system, what, why, and how the messages fared."""

from datetime import datetime

import strawberry

from kbsearch.schema.context import Info
from kbsearch.schema.fields import of_row, resolved
from kbsearch.schema.pagination import PageInfo, check_first
from kbsearch.schema.types.log import LogEntry
from kbsearch.schema.types.transport import Transport, kind_text
from kbsearch.services import dossier
from kbsearch.services.dossier import DossierParty
from kbsearch.services.listings.slices import Paging
from kbsearch.store import tables
from kbsearch.store.tables import DocumentType, InboxStatus


@strawberry.type(description="收到的一条总部消息及其回执")
class ReceivedMessage:
    """One delivery from headquarters and what became of it."""

    row: strawberry.Private[tables.InboxMessage]
    kind: str = of_row("消息种类代码")
    reason: str = of_row("为何如此；没有则为空文本")
    received_at: datetime = of_row("何时收到")
    settled_at: datetime | None = of_row("何时了结；还没有则空")

    @resolved("消息种类的中文名")
    def kind_text(self) -> str:
        """The Chinese name."""
        return kind_text(self.row.kind)

    @resolved("回执：消息现在的结局")
    def receipt(self) -> InboxStatus:
        """What became of it."""
        return self.row.status

    @resolved("回执的中文名")
    def receipt_text(self) -> str:
        """The Chinese label."""
        return self.row.status.label


@strawberry.type(description="全程记录中的一条：一次流转，或一件发出的报文")
class DossierEntry:
    """One entry."""

    entry: strawberry.Private[dossier.DossierEntry]

    @resolved("何时")
    def at(self) -> datetime:
        """Of the transaction."""
        return self.entry.at

    @resolved("哪一方")
    def system(self) -> DossierParty:
        """People, this system by itself, or headquarters."""
        return self.entry.party

    @resolved("哪一方的中文名")
    def system_text(self) -> str:
        """The Chinese label."""
        return self.entry.party.label

    @resolved("谁：姓名，或“系统”“总部”")
    def who(self, info: Info) -> str:
        """A name in any case."""
        return "系统" if self.entry.row is None else LogEntry(row=self.entry.row).actor_name(info)

    @resolved("做了什么，中文")
    def action_text(self) -> str:
        """What happened, arrived or left."""
        if self.entry.outbox is not None:
            return f"发出{kind_text(self.entry.outbox.kind)}"
        if self.entry.inbox is not None and self.entry.row is not None and self.entry.row.action == self.entry.inbox.kind:
            return f"收到{kind_text(self.entry.inbox.kind)}"
        return "" if self.entry.row is None else LogEntry(row=self.entry.row).action_text()

    @resolved("说的是什么：知识、申请、反馈、临时口径、收件箱、发件箱")
    def document_type(self) -> DocumentType:
        """Which kind of document it is about."""
        return DocumentType.OUTBOX if self.entry.row is None else self.entry.row.document_type

    @resolved("之前状态的中文名；没有则空")
    def from_state_text(self) -> str | None:
        """The Chinese label."""
        return None if self.entry.row is None else LogEntry(row=self.entry.row).from_state_text()

    @resolved("之后状态的中文名；没有则空")
    def to_state_text(self) -> str | None:
        """The Chinese label."""
        return None if self.entry.row is None else LogEntry(row=self.entry.row).to_state_text()

    @resolved("原因的中文名")
    def reason_labels(self) -> list[str]:
        """The Chinese labels."""
        return [] if self.entry.row is None else LogEntry(row=self.entry.row).reason_labels()

    @resolved("原因说明；没有则为空文本")
    def reason_text(self) -> str:
        """As written."""
        return "" if self.entry.row is None else self.entry.row.reason_text

    @resolved("由此成立的版本号；没有则空")
    def version_number(self) -> int | None:
        """The wording that came of it."""
        return self.entry.version_number

    @resolved("流转记录的原文；发出的报文没有")
    def log(self) -> LogEntry | None:
        """Codes, lock version, round."""
        return None if self.entry.row is None else LogEntry(row=self.entry.row)

    @resolved("发出的报文及其传输状态；不是报文则空")
    def transport(self) -> Transport | None:
        """How it fares."""
        return None if self.entry.outbox is None else Transport(row=self.entry.outbox)

    @resolved("所了结的总部消息；不是则空")
    def inbox(self) -> ReceivedMessage | None:
        """What arrived."""
        return None if self.entry.inbox is None else ReceivedMessage(row=self.entry.inbox)


@strawberry.type(description="全程记录中的一条，带翻页标记")
class DossierEdge:
    """One entry with a cursor."""

    cursor: str = strawberry.field(description="翻页标记")
    node: DossierEntry = strawberry.field(description="一条记录")


@strawberry.type(description="全程记录的一页，旧的在前")
class DossierConnection:
    """A page of a document's record."""

    edges: list[DossierEdge] = strawberry.field(description="本页各条")
    page_info: PageInfo = strawberry.field(description="翻页信息")
    total_count: int = strawberry.field(description="一共几条")


def dossier_page(info: Info, subject_id: str, first: int, after: str | None) -> DossierConnection:
    """A page of the record of one document."""
    entries = info.context.load.records.dossiers.get(subject_id) or []
    found = dossier.one_page(entries, subject_id, Paging(check_first(first), after, info.context.cursor_secret))
    cursors = found.cursors
    start, end = (cursors[0], cursors[-1]) if cursors else (None, None)
    page_info = PageInfo(has_next_page=found.has_next, has_previous_page=after is not None, start_cursor=start, end_cursor=end)
    edges = [DossierEdge(cursor=c, node=DossierEntry(entry=e)) for c, e in zip(cursors, found.rows, strict=True)]
    return DossierConnection(edges=edges, page_info=page_info, total_count=len(entries))
