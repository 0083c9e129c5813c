"""Submissions 申请 and their revisions; rule 3 is a partial unique index here, not only code."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from kbsearch.store.column_types import JSON_DOCUMENT, EnumText, UtcDateTime
from kbsearch.workflow.reasons import RevokeReason
from kbsearch.workflow.states import COUNTED_AS_OPEN, Scope, SubjectKind, SubmissionKind, SubmissionState, Urgency

_OPEN_LIST = ", ".join(f"'{s.value}'" for s in sorted(COUNTED_AS_OPEN))
# Rule 3 of product.md §3.2: WITHDRAW_PENDING counts unless it came from SCHEDULED.
COUNTED_AS_OPEN_SQL = f"state IN ({_OPEN_LIST}) OR (state = 'WITHDRAW_PENDING' AND origin IS NOT NULL AND origin <> 'SCHEDULED')"


class Submission(SQLModel, table=True):
    """One request on its way through review; `origin` is where WITHDRAW_PENDING came from.

    `sent_round` is the last round handed to headquarters (0: never). `due_at` is when the step it stands at is
    overdue; `idle_since` when the author last touched it; `claimed_by` with `claim_until` is a lease.
    """

    __table_args__ = (
        Index(
            "uq_submission_one_open",
            "subject_id",
            text("(kind IN ('REVOKE', 'RECALL'))"),
            unique=True,
            sqlite_where=text(COUNTED_AS_OPEN_SQL),
            postgresql_where=text(COUNTED_AS_OPEN_SQL),
        ),
        Index("ix_submission_state_due", "state", "due_at"),
    )

    id: str = Field(primary_key=True)
    kind: SubmissionKind = Field(sa_type=EnumText(SubmissionKind))
    scope: Scope = Field(sa_type=EnumText(Scope))
    subject_id: str = Field(foreign_key="subject.id", index=True)
    subject_kind: SubjectKind = Field(default=SubjectKind.KNOWLEDGE, sa_type=EnumText(SubjectKind), index=True)
    category_id: str | None = Field(default=None, foreign_key="category.id")  # knowledge only
    feedback_id: str | None = Field(default=None, foreign_key="feedback.id", index=True)
    batch_id: str | None = Field(default=None, foreign_key="batch.id", index=True)
    base_number: int | None = None
    state: SubmissionState = Field(default=SubmissionState.DRAFT, sa_type=EnumText(SubmissionState))
    origin: SubmissionState | None = Field(default=None, sa_type=EnumText(SubmissionState))
    withdrawal_asked: bool = False
    round: int = 1
    sent_round: int = 0
    hq_reference: str | None = None
    urgency: Urgency = Field(default=Urgency.NORMAL, sa_type=EnumText(Urgency))
    revoke_reason: RevokeReason | None = Field(default=None, sa_type=EnumText(RevokeReason))
    revoke_text: str = ""
    replacement_id: str | None = None
    revoke_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    author_id: str = Field(foreign_key="person.id", index=True)
    reviewer_id: str | None = Field(default=None, foreign_key="person.id")
    approved_by: str | None = Field(default=None, foreign_key="person.id")
    claimed_by: str | None = Field(default=None, foreign_key="person.id")
    claim_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    due_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    effective_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    idle_since: datetime = Field(sa_type=UtcDateTime)
    warned_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    asked_hq_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    lock_version: int = 1
    sequence: int = Field(default=0, index=True)
    created_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)


class Revision(SQLModel, table=True):
    """What one round says. Written in place until frozen by submitForReview, then never again; an edit begins the next."""

    __table_args__ = (Index("uq_revision_number", "submission_id", "number", unique=True),)

    id: str = Field(primary_key=True)
    submission_id: str = Field(foreign_key="submission.id")
    number: int
    round: int
    content: dict[str, Any] | None = Field(default=None, sa_type=JSON_DOCUMENT)
    content_hash: str | None = None
    submission_hash: str
    change_note: str = ""
    material: bool = True
    edited_by: str
    created_at: datetime = Field(sa_type=UtcDateTime)
    frozen_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
