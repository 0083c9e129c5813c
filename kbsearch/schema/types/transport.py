"""What leaves and what came in, alarms, destinations and the index, as operators see them."""

from datetime import datetime

import strawberry

from kbsearch.hq.callbacks import CALLBACKS
from kbsearch.hq.messages import KINDS
from kbsearch.schema.context import Info
from kbsearch.schema.fields import of_row, resolved
from kbsearch.schema.pagination import PageInfo
from kbsearch.schema.scalars import Json
from kbsearch.schema.types.node import Node
from kbsearch.schema.types.person import Person, person_of
from kbsearch.store import tables
from kbsearch.store.tables import AlarmKind, InboxStatus, OutboxStatus


def kind_text(kind: str) -> str:
    """What a kind of message is called in Chinese."""
    if kind in KINDS:
        return KINDS[kind][0]
    if kind in CALLBACKS:
        return CALLBACKS[kind][0]
    return "更新索引" if kind == "index.refresh" else kind


@strawberry.type(description="一件报文的传输状态，与业务状态无关")
class Transport:
    """How a message about a submission fares."""

    row: strawberry.Private[tables.OutboxMessage]
    kind: str = of_row("报文种类代码")
    round: int | None = of_row("第几轮")
    status: OutboxStatus = of_row("传输状态")
    attempts: int = of_row("已试次数")
    created_at: datetime = of_row("何时写入发件箱")
    delivered_at: datetime | None = of_row("何时送达")
    last_error: str = of_row("最近一次失败的原因")

    @resolved("报文种类的中文名")
    def kind_text(self) -> str:
        """The Chinese name."""
        return kind_text(self.row.kind)

    @resolved("传输状态的中文名")
    def status_text(self) -> str:
        """The Chinese label."""
        return self.row.status.label


@strawberry.type(description="发件箱中的一件报文")
class OutboxMessage(Node):
    """One message to one destination."""

    row: strawberry.Private[tables.OutboxMessage]
    destination: str = of_row("发往何处：hq 为总部，index:… 为索引")
    document_key: str = of_row("按哪个文档先进先出：知识的未编码编号")
    kind: str = of_row("报文种类代码")
    payload: Json = of_row("报文的 data 部分")
    round: int | None = of_row("第几轮")
    status: OutboxStatus = of_row("传输状态")
    created_at: datetime = of_row("何时写入")
    due_at: datetime = of_row("何时（再）发")
    attempts: int = of_row("已试次数")
    last_error: str = of_row("最近一次失败的原因")
    delivered_at: datetime | None = of_row("何时送达")
    submission_id: str | None = of_row("所指申请的未编码编号")

    def node_key(self) -> str:
        """The message id, which is its webhook-id."""
        return self.row.id

    @resolved("未编码的报文编号，即 webhook-id")
    def raw_id(self) -> str:
        """The idempotency key."""
        return self.row.id

    @resolved("全库先后序号（十进制文本）")
    def sequence(self) -> str:
        """Of the transaction that wrote it."""
        return str(self.row.sequence)

    @resolved("报文种类的中文名")
    def kind_text(self) -> str:
        """The Chinese name."""
        return kind_text(self.row.kind)

    @resolved("传输状态的中文名")
    def status_text(self) -> str:
        """The Chinese label."""
        return self.row.status.label


@strawberry.type(description="收件箱中的一条总部消息")
class InboxMessage(Node):
    """One verified delivery from headquarters."""

    row: strawberry.Private[tables.InboxMessage]
    webhook_id: str = of_row("总部消息的编号（webhook-id）")
    kind: str = of_row("消息种类代码")
    payload: Json = of_row("消息内容")
    status: InboxStatus = of_row("结局")
    reason: str = of_row("为何如此")
    waits_for: str | None = of_row("在等什么（已暂存）")
    submission_id: str | None = of_row("所指申请的未编码编号")
    knowledge_id: str | None = of_row("所指知识的未编码编号")
    attempts: int = of_row("补做的次数")
    received_at: datetime = of_row("何时收到")
    settled_at: datetime | None = of_row("何时了结")
    lock_version: int = of_row("锁版本，应用或弃置时带回")

    def node_key(self) -> str:
        """The row's id, which receipts name."""
        return self.row.id

    @resolved("未编码的编号，回执里的 inboxId")
    def raw_id(self) -> str:
        """As receipts have it."""
        return self.row.id

    @resolved("消息种类的中文名")
    def kind_text(self) -> str:
        """The Chinese name."""
        return kind_text(self.row.kind)

    @resolved("结局的中文名")
    def status_text(self) -> str:
        """The Chinese label."""
        return self.row.status.label

    @resolved("由哪位知识管理员了结；系统了结的没有")
    def settled_by(self, info: Info) -> Person | None:
        """Who applied or discarded it."""
        return person_of(info, self.row.settled_by)


@strawberry.type(description="告警：须有人尽快查看")
class Alarm(Node):
    """Raised once per cause."""

    row: strawberry.Private[tables.Alarm]
    kind: AlarmKind = of_row("种类")
    subject_id: str = of_row("所指之物的未编码编号")
    message: str = of_row("说明")
    raised_at: datetime = of_row("何时发出")
    closed_at: datetime | None = of_row("何时解除；空为未解除")

    def node_key(self) -> str:
        """The alarm's id."""
        return self.row.id


@strawberry.type(description="报文的一个去处及其近况")
class Destination:
    """How a destination fares."""

    row: strawberry.Private[tables.Destination]
    name: str = of_row("名称：hq 为总部，index:… 为索引")
    failing_since: datetime | None = of_row("从何时起不通；空为通")
    probe_at: datetime | None = of_row("下次探测的时间")
    last_error: str = of_row("最近一次失败的原因")


@strawberry.type(description="索引的现状")
class IndexState:
    """Whether search is in step with the store."""

    destination: str = strawberry.field(description="索引作为报文去处的名称")
    documents: int = strawberry.field(description="索引中的版本数")
    expected: int = strawberry.field(description="库中已成立的版本数")
    pending: int = strawberry.field(description="等着写入索引的更新数")
    lag_seconds: float | None = strawberry.field(description="最早的一个更新已等了多少秒；没有等待则空")
    fresh: bool = strawberry.field(description="索引与本程序（结构、分词、词典）是否相配")
    searchable: bool = strawberry.field(description="现在能否检索")
    reason: str = strawberry.field(description="不相配或不能检索的原因；都好则为空")


@strawberry.type(description="发件箱列表中的一条")
class OutboxMessageEdge:
    """One message with a cursor."""

    cursor: str = strawberry.field(description="翻页标记")
    node: OutboxMessage = strawberry.field(description="报文")


@strawberry.type(description="发件箱列表的一页")
class OutboxMessageConnection:
    """A page of the outbox."""

    edges: list[OutboxMessageEdge] = strawberry.field(description="本页各条")
    page_info: PageInfo = strawberry.field(description="翻页信息")


@strawberry.type(description="收件箱列表中的一条")
class InboxMessageEdge:
    """One message with a cursor."""

    cursor: str = strawberry.field(description="翻页标记")
    node: InboxMessage = strawberry.field(description="消息")


@strawberry.type(description="收件箱列表的一页")
class InboxMessageConnection:
    """A page of the inbox."""

    edges: list[InboxMessageEdge] = strawberry.field(description="本页各条")
    page_info: PageInfo = strawberry.field(description="翻页信息")


@strawberry.type(description="告警列表中的一条")
class AlarmEdge:
    """One alarm with a cursor."""

    cursor: str = strawberry.field(description="翻页标记")
    node: Alarm = strawberry.field(description="告警")


@strawberry.type(description="告警列表的一页")
class AlarmConnection:
    """A page of alarms."""

    edges: list[AlarmEdge] = strawberry.field(description="本页各条")
    page_info: PageInfo = strawberry.field(description="翻页信息")
