"""Who has read and signed which announcement 签收; who has not is derived from the roster, never stored."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from kbsearch.store.column_types import UtcDateTime


class Receipt(SQLModel, table=True):
    """One person's reading and signing of one wording; no row means 待送达. `proof` signs person, hash and instant."""

    subject_id: str = Field(primary_key=True, foreign_key="subject.id")
    person_id: str = Field(primary_key=True, foreign_key="person.id", index=True)
    content_hash: str = Field(primary_key=True)
    version_number: int
    read_at: datetime = Field(sa_type=UtcDateTime)
    signed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    proof: str = ""


class ReceiptReminder(SQLModel, table=True):
    """When a person was last reminded of an announcement, so that nobody is nagged more often than agreed."""

    __tablename__ = "receipt_reminder"

    subject_id: str = Field(primary_key=True, foreign_key="subject.id")
    person_id: str = Field(primary_key=True, foreign_key="person.id")
    reminded_at: datetime = Field(sa_type=UtcDateTime)
    times: int = 1
