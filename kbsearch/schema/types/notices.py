"""Notices 通知 as their reader sees them, how many wait, and where else they go; a secret is shown once, elsewhere."""

from datetime import datetime

import strawberry

from kbsearch.schema.context import Info
from kbsearch.schema.fields import of_row, resolved
from kbsearch.schema.ids import encode_id
from kbsearch.schema.pagination import PageInfo
from kbsearch.schema.types.node import Node
from kbsearch.services.events import event_cursor
from kbsearch.services.notices.reading import unread_count
from kbsearch.store import tables
from kbsearch.store.notice_channels import wanted_kinds
from kbsearch.store.tables import NoticeAbout
from kbsearch.workflow.notices import NoticeKind

_TYPES = {
    NoticeAbout.SUBMISSION: "Submission",
    NoticeAbout.KNOWLEDGE: "Knowledge",
    NoticeAbout.ANNOUNCEMENT: "Announcement",
    NoticeAbout.FEEDBACK: "Feedback",
    NoticeAbout.INBOX: "InboxMessage",
}


@strawberry.type(description="通知：告诉我的一句话，附下一步；只有本人看得到，保存 180 天")
class Notice(Node):
    """One sentence for one person."""

    row: strawberry.Private[tables.Notice]
    kind: NoticeKind = of_row("种类")
    about: NoticeAbout = of_row("说的是什么")
    title: str = of_row("标题")
    text: str = of_row("说明")
    next_step: str = of_row("下一步；没有则为空文本")
    created_at: datetime = of_row("何时")
    read_at: datetime | None = of_row("何时已读；未读则空")

    def node_key(self) -> str:
        """The notice's id."""
        return self.row.id

    @resolved("种类的中文名")
    def kind_text(self) -> str:
        """The Chinese label."""
        return self.row.kind.label

    @resolved("所说对象的不透明编号，可用 node(id) 打开；此后无权查看的取不到")
    def document_id(self) -> strawberry.ID:
        """Where to go."""
        return strawberry.ID(encode_id(_TYPES[self.row.about], self.row.document_id))


@strawberry.type(description="通知列表中的一条")
class NoticeEdge:
    """One notice with a cursor."""

    cursor: str = strawberry.field(description="翻页标记")
    node: Notice = strawberry.field(description="通知")


@strawberry.type(description="通知列表的一页")
class NoticeConnection:
    """A page of notices."""

    edges: list[NoticeEdge] = strawberry.field(description="本页各条")
    page_info: PageInfo = strawberry.field(description="翻页信息")


@strawberry.type(description="订阅事件：一条新的通知")
class NoticeEvent:
    """A notice just written, for its reader."""

    row: strawberry.Private[tables.Notice]

    @resolved("续订标记：断线后以最后收到的它为 after 重新订阅，不漏不重")
    def cursor(self, info: Info) -> str:
        """Its place in the log, signed."""
        return event_cursor(info.context.cursor_secret, (self.row.sequence, self.row.ordinal))

    @resolved("通知")
    def notice(self) -> Notice:
        """As written."""
        return Notice(row=self.row)


@strawberry.type(description="等我处理的各有多少")
class Unread:
    """Counted when asked for."""

    @resolved("未读的公告")
    def announcements(self, info: Info) -> int:
        """Addressed to me, in force, never opened."""
        return info.context.load.desk.waiting.announcements

    @resolved("必读而未签收的公告")
    def unsigned(self, info: Info) -> int:
        """Addressed to me, in force, must-read."""
        return info.context.load.desk.waiting.unsigned

    @resolved("待我方回复的公告")
    def to_reply(self, info: Info) -> int:
        """Late ones included."""
        return info.context.load.desk.waiting.to_reply

    @resolved("未读的通知")
    def notices(self, info: Info) -> int:
        """Mine."""
        return unread_count(info.context.session, info.context.signed_in)


@strawberry.type(description="通知另外送到哪里：邮件、签名的回调；没有设的为空文本")
class NoticeChannel:
    """Without the secret."""

    row: strawberry.Private[tables.NoticeChannel]
    mail: str = of_row("邮件地址")
    webhook_url: str = of_row("回调网址，按 Standard Webhooks 签名")
    updated_at: datetime = of_row("何时设定")

    @resolved("要哪些种类的通知")
    def kinds(self) -> list[NoticeKind]:
        """All where none is chosen."""
        return sorted(wanted_kinds(self.row))
