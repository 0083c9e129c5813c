"""What must leave (outbox), what came in (inbox), how destinations fare, and what people must be alarmed about."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, text
from sqlmodel import Field, SQLModel

from kbsearch.store.column_types import JSON_DOCUMENT, EnumText, UtcDateTime
from kbsearch.workflow.labels import Labelled


class OutboxStatus(Labelled):
    """Transport status; never a business status."""

    PENDING = "PENDING", "待发"
    DELIVERED = "DELIVERED", "已送达"
    DEAD = "DEAD", "死信", "被永久拒绝或反复失败，等运维查看、重放"
    CANCELLED = "CANCELLED", "已取消"


class InboxStatus(Labelled):
    """What became of a message that came in."""

    RECEIVED = "RECEIVED", "已收到", "已落库，尚未处理"
    APPLIED = "APPLIED", "已生效"
    DUPLICATE = "DUPLICATE", "重复"
    DEFERRED = "DEFERRED", "已暂存"
    OUT_OF_DATE = "OUT_OF_DATE", "已过时"
    QUARANTINED = "QUARANTINED", "已隔离"
    REJECTED = "REJECTED", "不合法"
    DISCARDED = "DISCARDED", "已弃置", "知识管理员看过后弃置"


class AlarmKind(Labelled):
    """What a person must look at soon."""

    QUARANTINE = "QUARANTINE", "总部消息被隔离"
    NOT_ACKNOWLEDGED = "NOT_ACKNOWLEDGED", "紧急申请总部未及时接收"
    DEAD_LETTER = "DEAD_LETTER", "报文成为死信"
    DEFERRED_TOO_LONG = "DEFERRED_TOO_LONG", "暂存消息久等不到所需之物"


class OutboxMessage(SQLModel, table=True):
    """One message to one destination. First in, first out per (`destination`, `document_key`); back-off is in the row.

    `destination` is "hq" or "index:<engine>". `claimed_until` is a lease of the relay.
    """

    __tablename__ = "outbox_message"
    __table_args__ = (
        Index(
            "ix_outbox_pending",
            "destination",
            "due_at",
            sqlite_where=text("status = 'PENDING'"),
            postgresql_where=text("status = 'PENDING'"),
        ),
        Index("ix_outbox_document", "destination", "document_key", "sequence", "ordinal"),
    )

    id: str = Field(primary_key=True)
    destination: str
    document_key: str
    kind: str
    sequence: int = Field(sa_type=BigInteger)
    ordinal: int
    payload: dict[str, Any] = Field(default_factory=dict, sa_type=JSON_DOCUMENT)
    submission_id: str | None = Field(default=None, index=True)
    round: int | None = None
    status: OutboxStatus = Field(default=OutboxStatus.PENDING, sa_type=EnumText(OutboxStatus))
    created_at: datetime = Field(sa_type=UtcDateTime)
    due_at: datetime = Field(sa_type=UtcDateTime)
    attempts: int = 0
    claimed_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    last_error: str = ""
    delivered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class InboxMessage(SQLModel, table=True):
    """One verified delivery from headquarters, stored before its effect. `webhook_id` is the idempotency key."""

    __tablename__ = "inbox_message"

    id: str = Field(primary_key=True)
    webhook_id: str = Field(unique=True)
    content_hash: str = Field(index=True)
    kind: str
    payload: dict[str, Any] = Field(sa_type=JSON_DOCUMENT)
    status: InboxStatus = Field(default=InboxStatus.RECEIVED, sa_type=EnumText(InboxStatus), index=True)
    reason: str = ""
    waits_for: str | None = Field(default=None, index=True)
    submission_id: str | None = Field(default=None, index=True)
    subject_id: str | None = Field(default=None, index=True)
    attempts: int = 0
    received_at: datetime = Field(sa_type=UtcDateTime)
    settled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    settled_by: str | None = None
    lock_version: int = 1


class Destination(SQLModel, table=True):
    """How a destination fares: during an outage only one probe goes out until `probe_at`."""

    name: str = Field(primary_key=True)
    failing_since: datetime | None = Field(default=None, sa_type=UtcDateTime)
    probe_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    last_error: str = ""


class Alarm(SQLModel, table=True):
    """Raised once per (`kind`, `subject_id`); closed when the cause is gone or a person settled it."""

    __table_args__ = (Index("uq_alarm_subject", "kind", "subject_id", unique=True),)

    id: str = Field(primary_key=True)
    kind: AlarmKind = Field(sa_type=EnumText(AlarmKind))
    subject_id: str
    message: str
    raised_at: datetime = Field(sa_type=UtcDateTime)
    closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
