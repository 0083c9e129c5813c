"""What a person is told in the application 通知; written at commit with the transaction's sequence, like the log."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, Index
from sqlmodel import Field, SQLModel

from kbsearch.store.column_types import EnumText, UtcDateTime
from kbsearch.workflow.notices import NoticeKind


class NoticeAbout(StrEnum):
    """What a notice leads to."""

    SUBMISSION = "SUBMISSION"
    KNOWLEDGE = "KNOWLEDGE"
    ANNOUNCEMENT = "ANNOUNCEMENT"
    FEEDBACK = "FEEDBACK"
    INBOX = "INBOX"


class Notice(SQLModel, table=True):
    """One sentence for one person, with what to do next. (`sequence`, `ordinal`) orders them as the log does."""

    __table_args__ = (
        Index("ix_notice_person", "person_id", "sequence", "ordinal"),
        Index("ix_notice_sequence", "sequence", "ordinal"),
        Index("ix_notice_document", "document_id"),
    )

    id: str = Field(primary_key=True)
    person_id: str = Field(foreign_key="person.id")
    kind: NoticeKind = Field(sa_type=EnumText(NoticeKind))
    about: NoticeAbout = Field(sa_type=EnumText(NoticeAbout))
    document_id: str
    title: str
    text: str
    next_step: str = ""
    created_at: datetime = Field(sa_type=UtcDateTime)
    read_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    sequence: int = Field(sa_type=BigInteger)
    ordinal: int


class NoticeChannel(SQLModel, table=True):
    """Where else a person wants to be told: an address for mail, or an URL for a signed webhook; empty: nowhere else."""

    __tablename__ = "notice_channel"

    person_id: str = Field(primary_key=True, foreign_key="person.id")
    mail: str = ""
    webhook_url: str = ""
    webhook_secret: str = ""
    kinds: str = ""  # comma-separated NoticeKind codes; empty: all
    updated_at: datetime = Field(sa_type=UtcDateTime)
