"""What submissions are about: knowledge, announcements and replies, with their immutable versions and revocations."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from kbsearch.store.column_types import JSON_DOCUMENT, EnumText, UtcDateTime
from kbsearch.workflow.reasons import RevokeReason
from kbsearch.workflow.states import Owner, Scope, SubjectKind, Urgency


class VersionSource(StrEnum):
    """How a version or revocation came to be."""

    SUBMISSION = "SUBMISSION"
    HQ_PUSH = "HQ_PUSH"
    IMPORT = "IMPORT"


class Subject(SQLModel, table=True):
    """A stable id with a kind, an owner and a scope. A row without versions is a tombstone or not yet published.

    `sequence` is that of the last transaction that touched it: the external version of its index documents.
    `next_change_at` tells the sweeper when its timeline starts or ends something; `recorded_base` is the version last in
    force as already announced. Replies name the announcement they answer as `parent_id`. Announcements have an issuer
    (organisation code and name), and are shown to local users from `released_at` on, to those the reviewer chose
    (`local_audience`, None: as the content says). `reply_due_at` is the day the version last in force asks for an answer of
    ours, `reply_reminded_at` when people were last reminded of it; a reply sent or delivered after that day is `late`.
    `still_in_use` is 停售在用.
    """

    id: str = Field(primary_key=True)
    kind: SubjectKind = Field(default=SubjectKind.KNOWLEDGE, sa_type=EnumText(SubjectKind), index=True)
    owner: Owner = Field(sa_type=EnumText(Owner))
    scope: Scope = Field(sa_type=EnumText(Scope))
    category_id: str | None = Field(default=None, foreign_key="category.id", index=True)
    parent_id: str | None = Field(default=None, foreign_key="subject.id", index=True)
    lock_version: int = 1
    sequence: int = Field(default=0, index=True)
    created_at: datetime = Field(sa_type=UtcDateTime)
    next_change_at: datetime | None = Field(default=None, sa_type=UtcDateTime, index=True)
    recorded_base: int | None = None
    suspended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    suspended_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    suspend_reason: str = ""
    archived_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    still_in_use: bool = False
    issuer_code: str = ""
    issuer_name: str = ""
    author_name: str = ""
    urgency: Urgency = Field(default=Urgency.NORMAL, sa_type=EnumText(Urgency))
    released_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    released_by: str | None = None
    local_audience: dict[str, Any] | None = Field(default=None, sa_type=JSON_DOCUMENT)
    local_must_read: bool | None = None
    reply_due_at: datetime | None = Field(default=None, sa_type=UtcDateTime, index=True)
    reply_reminded_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    late: bool = False
    expiry_reminded_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class SubjectVersion(SQLModel, table=True):
    """One wording, never changed once written (the store refuses it); only `accepted` may fall."""

    __tablename__ = "subject_version"
    __table_args__ = (
        Index(
            "uq_subject_version_accepted",
            "subject_id",
            "number",
            unique=True,
            sqlite_where=text("accepted"),
            postgresql_where=text("accepted"),
        ),
    )

    id: str = Field(primary_key=True)
    subject_id: str = Field(foreign_key="subject.id", index=True)
    number: int
    title: str
    body: str
    summary: str
    script: str
    keywords: list[str] = Field(sa_type=JSON_DOCUMENT)
    regions: list[str] = Field(sa_type=JSON_DOCUMENT)
    effective_from: datetime | None = Field(default=None, sa_type=UtcDateTime)
    effective_to: datetime | None = Field(default=None, sa_type=UtcDateTime, index=True)
    attachments: list[str] = Field(default_factory=list, sa_type=JSON_DOCUMENT)
    terms: dict[str, Any] | None = Field(default=None, sa_type=JSON_DOCUMENT)  # of announcements: audience, must read, reply
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
    subject_id: str = Field(foreign_key="subject.id", index=True)
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


class SubjectRead(SQLModel, table=True):
    """How often a knowledge item or announcement was opened on one day (Asia/Shanghai)."""

    __tablename__ = "subject_read"

    subject_id: str = Field(primary_key=True)
    day: date = Field(primary_key=True)
    reads: int = 0
