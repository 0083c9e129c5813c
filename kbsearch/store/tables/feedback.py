"""Feedback 知识反馈: from a province through headquarters, or from a local agent."""

from datetime import datetime

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from kbsearch.store.column_types import EnumText, UtcDateTime
from kbsearch.workflow.feedback import FeedbackOrigin, FeedbackState, Resolution
from kbsearch.workflow.states import Urgency


class Feedback(SQLModel, table=True):
    """One order, pinned to the version it speaks of. `hq_id` is headquarters' id, `dispatch` how often it sent it to us.

    A search that found nothing has no subject but a `query`. `submission_id` is the update opened from it.
    """

    __table_args__ = (
        Index(
            "uq_feedback_hq",
            "hq_id",
            unique=True,
            sqlite_where=text("hq_id IS NOT NULL"),
            postgresql_where=text("hq_id IS NOT NULL"),
        ),
        Index("ix_feedback_state_due", "state", "due_at"),
    )

    id: str = Field(primary_key=True)
    origin: FeedbackOrigin = Field(sa_type=EnumText(FeedbackOrigin))
    hq_id: str | None = None
    dispatch: int = 0
    province: str | None = None
    subject_id: str | None = Field(default=None, foreign_key="subject.id", index=True)
    version_number: int | None = None
    query: str = ""
    text: str
    opinion: str = ""
    reporter_id: str | None = Field(default=None, foreign_key="person.id", index=True)
    reporter_name: str = ""
    urgency: Urgency = Field(default=Urgency.NORMAL, sa_type=EnumText(Urgency))
    state: FeedbackState = Field(default=FeedbackState.RECEIVED, sa_type=EnumText(FeedbackState))
    resolution: Resolution | None = Field(default=None, sa_type=EnumText(Resolution))
    resolution_text: str = ""
    resolved_version: int | None = None
    duplicate_of: str | None = Field(default=None, foreign_key="feedback.id")
    submission_id: str | None = Field(default=None, index=True)
    handler_id: str | None = Field(default=None, foreign_key="person.id")
    due_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    reminded_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    created_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)
    resolved_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    lock_version: int = 1
    sequence: int = Field(default=0, index=True)
