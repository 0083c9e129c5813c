"""Version synchronisation 版本同步: one comparison with headquarters, its differences and its repair plan."""

from datetime import datetime
from typing import Any

from sqlmodel import Field, SQLModel

from kbsearch.store.column_types import JSON_DOCUMENT, EnumText, UtcDateTime
from kbsearch.workflow.version_sync import DifferenceKind, RepairAction, SyncState


class SyncRun(SQLModel, table=True):
    """`category_ids` empty: all. Headquarters answers only what differs, in one message or a few."""

    __tablename__ = "sync_run"

    id: str = Field(primary_key=True)
    state: SyncState = Field(sa_type=EnumText(SyncState), index=True)
    category_ids: list[str] = Field(default_factory=list, sa_type=JSON_DOCUMENT)
    compared: int = 0
    messages: int = 0
    started_by: str | None = None
    started_at: datetime = Field(sa_type=UtcDateTime)
    answered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    applied_by: str | None = None
    applied_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    note: str = ""
    lock_version: int = 1
    sequence: int = Field(default=0)


class SyncDifference(SQLModel, table=True):
    """One item that differs, what each side holds, and what the plan does about it.

    It stands until `closed_at`: repaired, discarded with its run, or found again by a newer comparison.
    """

    __tablename__ = "sync_difference"

    run_id: str = Field(primary_key=True, foreign_key="sync_run.id")
    knowledge_id: str = Field(primary_key=True, index=True)
    category_id: str
    kind: DifferenceKind = Field(sa_type=EnumText(DifferenceKind))
    ours: dict[str, Any] | None = Field(default=None, sa_type=JSON_DOCUMENT)
    theirs: dict[str, Any] | None = Field(default=None, sa_type=JSON_DOCUMENT)
    action: RepairAction = Field(sa_type=EnumText(RepairAction))
    chosen: bool = True
    repaired_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
