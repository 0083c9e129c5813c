"""Best-effort records beside the business: what was searched and clicked, and what was imported from where."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from kbsearch.store.column_types import UtcDateTime


class SearchLog(SQLModel, table=True):
    """One search as typed, how many it found and how long it took."""

    __tablename__ = "search_log"
    __table_args__ = (Index("ix_search_log_person", "person_id", "at"),)

    id: str = Field(primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime, index=True)
    person_id: str | None = None
    query: str
    total: int
    took_ms: float


class SearchClick(SQLModel, table=True):
    """Which hit of a search was opened."""

    __tablename__ = "search_click"

    id: str = Field(primary_key=True)
    search_id: str = Field(index=True)
    subject_id: str
    version_number: int
    position: int
    at: datetime = Field(sa_type=UtcDateTime)


class ImportedSource(SQLModel, table=True):
    """Makes an import idempotent: which of our documents a source record became."""

    __tablename__ = "imported_source"

    source: str = Field(primary_key=True)
    source_id: str = Field(primary_key=True)
    content_hash: str
    subject_id: str
    submission_id: str | None = None
    imported_at: datetime = Field(sa_type=UtcDateTime)
