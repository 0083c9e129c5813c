"""Knowledge with its immutable versions, revocations, and how often it is read."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from kbsearch.store.column_types import JSON_DOCUMENT, EnumText, UtcDateTime
from kbsearch.workflow.reasons import RevokeReason
from kbsearch.workflow.states import Owner, Scope


class VersionSource(StrEnum):
    """How a version or revocation came to be."""

    SUBMISSION = "SUBMISSION"
    HQ_PUSH = "HQ_PUSH"
    IMPORT = "IMPORT"


class Knowledge(SQLModel, table=True):
    """A stable id with an owner and a scope. A row without versions is a tombstone or not yet published.

    `sequence` is that of the last transaction that touched it: the external version of its index documents.
    `next_change_at` tells the sweeper when its timeline starts or ends something; `recorded_base` is the version last in
    force as already announced.
    """

    id: str = Field(primary_key=True)
    owner: Owner = Field(sa_type=EnumText(Owner))
    scope: Scope = Field(sa_type=EnumText(Scope))
    category_id: str | None = Field(default=None, foreign_key="category.id", index=True)
    lock_version: int = 1
    sequence: int = Field(default=0, index=True)
    created_at: datetime = Field(sa_type=UtcDateTime)
    next_change_at: datetime | None = Field(default=None, sa_type=UtcDateTime, index=True)
    recorded_base: int | None = None
    suspended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    suspended_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    suspend_reason: str = ""
    archived_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class KnowledgeVersion(SQLModel, table=True):
    """One wording, never changed once written (the store refuses it); only `accepted` may fall."""

    __tablename__ = "knowledge_version"
    __table_args__ = (
        Index(
            "uq_knowledge_version_accepted",
            "knowledge_id",
            "number",
            unique=True,
            sqlite_where=text("accepted"),
            postgresql_where=text("accepted"),
        ),
    )

    id: str = Field(primary_key=True)
    knowledge_id: str = Field(foreign_key="knowledge.id", index=True)
    number: int
    title: str
    body: str
    summary: str
    script: str
    keywords: list[str] = Field(sa_type=JSON_DOCUMENT)
    regions: list[str] = Field(sa_type=JSON_DOCUMENT)
    effective_from: datetime | None = Field(default=None, sa_type=UtcDateTime)
    effective_to: datetime | None = Field(default=None, sa_type=UtcDateTime)
    attachments: list[str] = Field(default_factory=list, sa_type=JSON_DOCUMENT)
    content_hash: str
    change_note: str = ""
    material: bool = True
    author_id: str | None = None
    base_number: int | None = None
    live_from: datetime = Field(sa_type=UtcDateTime, index=True)
    accepted: bool = True
    history_only: bool = False
    source: VersionSource = Field(sa_type=EnumText(VersionSource))
    submission_id: str | None = Field(default=None, index=True)
    distribution: list[str] = Field(default_factory=list, sa_type=JSON_DOCUMENT)
    created_at: datetime = Field(sa_type=UtcDateTime)


class Revocation(SQLModel, table=True):
    """The end of version `number`; kept even when it arrives before what it ends. Whether it is history is derived."""

    id: str = Field(primary_key=True)
    knowledge_id: str = Field(foreign_key="knowledge.id", index=True)
    number: int
    live_from: datetime = Field(sa_type=UtcDateTime)
    reason: RevokeReason = Field(sa_type=EnumText(RevokeReason))
    reason_text: str = ""
    replacement_id: str | None = None
    accepted: bool = True
    source: VersionSource = Field(sa_type=EnumText(VersionSource))
    submission_id: str | None = Field(default=None, index=True)
    distribution: list[str] = Field(default_factory=list, sa_type=JSON_DOCUMENT)
    created_at: datetime = Field(sa_type=UtcDateTime)


class KnowledgeRead(SQLModel, table=True):
    """How often a knowledge item was opened on one day (Asia/Shanghai)."""

    __tablename__ = "knowledge_read"

    knowledge_id: str = Field(primary_key=True)
    day: date = Field(primary_key=True)
    reads: int = 0
