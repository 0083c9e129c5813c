"""Attachments by the digest of their bytes; the bytes themselves are in the file store."""

from datetime import datetime
from enum import StrEnum

from sqlmodel import Field, SQLModel

from kbsearch.store.column_types import EnumText, UtcDateTime


class Attachment(SQLModel, table=True):
    """One file. `text` is what could be extracted for search, `note` why there is none; `uploaded_by` None: from headquarters."""

    sha256: str = Field(primary_key=True)
    name: str
    media_type: str
    size: int
    text: str = ""
    note: str = ""
    uploaded_by: str | None = Field(default=None, foreign_key="person.id")
    created_at: datetime = Field(sa_type=UtcDateTime)


class AttachmentFetch(SQLModel, table=True):
    """A file an accepted version names that we do not hold yet; fetched from headquarters with back-off in the row."""

    __tablename__ = "attachment_fetch"

    sha256: str = Field(primary_key=True)
    attempts: int = 0
    due_at: datetime = Field(sa_type=UtcDateTime, index=True)
    last_error: str = ""


class AttachmentPlace(StrEnum):
    """What names a file: revisions of a submission, or versions of a subject."""

    SUBMISSION = "SUBMISSION"
    SUBJECT = "SUBJECT"


class AttachmentUse(SQLModel, table=True):
    """Which document names which file, so that rights, search and cleaning need not look through every wording."""

    __tablename__ = "attachment_use"

    sha256: str = Field(primary_key=True)
    place: AttachmentPlace = Field(primary_key=True, sa_type=EnumText(AttachmentPlace))
    document_id: str = Field(primary_key=True, index=True)
