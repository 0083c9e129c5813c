"""The append-only transition log and the one counter that orders everything."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Index
from sqlmodel import Field, SQLModel

from kbsearch.store.column_types import JSON_DOCUMENT, EnumText, UtcDateTime
from kbsearch.workflow.actions import ActorKind


class DocumentType(StrEnum):
    """What a log row is about."""

    SUBMISSION = "SUBMISSION"
    KNOWLEDGE = "KNOWLEDGE"
    ANNOUNCEMENT = "ANNOUNCEMENT"
    REPLY = "REPLY"
    FEEDBACK = "FEEDBACK"
    INTERIM_NOTE = "INTERIM_NOTE"
    BATCH = "BATCH"
    SYNC_RUN = "SYNC_RUN"
    CATEGORY = "CATEGORY"
    PERSON = "PERSON"
    INBOX = "INBOX"
    OUTBOX = "OUTBOX"


class TransitionLog(SQLModel, table=True):
    """Who did what to which document, when; never changed, never deleted (the store refuses it).

    (`sequence`, `ordinal`) is the total order: `sequence` of the transaction, `ordinal` within it.
    """

    __tablename__ = "transition_log"
    __table_args__ = (Index("ix_transition_log_document", "document_type", "document_id", "sequence", "ordinal"),)

    sequence: int = Field(primary_key=True, sa_type=BigInteger)
    ordinal: int = Field(primary_key=True)
    document_type: DocumentType = Field(sa_type=EnumText(DocumentType))
    document_id: str
    actor_kind: ActorKind = Field(sa_type=EnumText(ActorKind))
    actor_id: str
    at: datetime = Field(sa_type=UtcDateTime)
    action: str
    from_state: str | None = None
    to_state: str | None = None
    reason_codes: list[str] = Field(default_factory=list, sa_type=JSON_DOCUMENT)
    reason_text: str = ""
    lock_version: int = 0
    round: int | None = None
    details: dict[str, Any] = Field(default_factory=dict, sa_type=JSON_DOCUMENT)


class SequenceCounter(SQLModel, table=True):
    """The locked row every business transaction takes its number from, last."""

    __tablename__ = "sequence_counter"

    name: str = Field(primary_key=True)
    value: int = Field(default=0, sa_type=BigInteger)
