"""A batch 批次 groups submissions: one review, one hand-over, one effective moment; headquarters decides per item."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from kbsearch.store.column_types import UtcDateTime


class Batch(SQLModel, table=True):
    """Membership is `submission.batch_id`; `effective_from` is what its members ask for."""

    id: str = Field(primary_key=True)
    title: str
    author_id: str = Field(foreign_key="person.id", index=True)
    effective_from: datetime | None = Field(default=None, sa_type=UtcDateTime)
    lock_version: int = 1
    sequence: int = Field(default=0)
    created_at: datetime = Field(sa_type=UtcDateTime)
