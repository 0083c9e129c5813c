"""Interim wording 临时口径: a locally reviewed note pinned to a nationwide item for at most 72 hours."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from kbsearch.store.column_types import EnumText, UtcDateTime
from kbsearch.workflow.interim_notes import InterimNoteState


class InterimNote(SQLModel, table=True):
    """Shown beside the version it was written for until `ends_at`, or until a new version takes effect."""

    __tablename__ = "interim_note"

    id: str = Field(primary_key=True)
    subject_id: str = Field(foreign_key="subject.id", index=True)
    version_number: int
    text: str
    state: InterimNoteState = Field(sa_type=EnumText(InterimNoteState), index=True)
    author_id: str = Field(foreign_key="person.id")
    reviewed_by: str | None = Field(default=None, foreign_key="person.id")
    return_text: str = ""
    hours: int
    begins_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ends_at: datetime | None = Field(default=None, sa_type=UtcDateTime, index=True)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    end_reason: str = ""
    lock_version: int = 1
    sequence: int = Field(default=0)
    created_at: datetime = Field(sa_type=UtcDateTime)
