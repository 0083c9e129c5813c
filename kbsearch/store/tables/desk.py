"""A person's own things: favourites, and what they last read of which document."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from kbsearch.store.column_types import UtcDateTime


class Favourite(SQLModel, table=True):
    """A document a person keeps at hand."""

    person_id: str = Field(primary_key=True, foreign_key="person.id")
    subject_id: str = Field(primary_key=True, foreign_key="subject.id", index=True)
    created_at: datetime = Field(sa_type=UtcDateTime)


class LastReading(SQLModel, table=True):
    """Which version a person last opened of a document: what has changed since is derived from it."""

    __tablename__ = "last_reading"

    person_id: str = Field(primary_key=True, foreign_key="person.id")
    subject_id: str = Field(primary_key=True, foreign_key="subject.id", index=True)
    version_number: int
    at: datetime = Field(sa_type=UtcDateTime)
