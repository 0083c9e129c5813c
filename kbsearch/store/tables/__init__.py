"""One module per noun; importing this package registers every table with SQLModel.metadata."""

from __future__ import annotations

from kbsearch.store.tables.announcements import Receipt, ReceiptReminder
from kbsearch.store.tables.attachments import Attachment, AttachmentFetch, AttachmentPlace, AttachmentUse
from kbsearch.store.tables.batches import Batch
from kbsearch.store.tables.desk import Favourite, LastReading
from kbsearch.store.tables.exchange import Alarm, AlarmKind, Destination, InboxMessage, InboxStatus, OutboxMessage, OutboxStatus
from kbsearch.store.tables.feedback import Feedback
from kbsearch.store.tables.interim_notes import InterimNote
from kbsearch.store.tables.log import DocumentType, SequenceCounter, TransitionLog
from kbsearch.store.tables.notices import Notice, NoticeAbout, NoticeChannel
from kbsearch.store.tables.people import ApiToken, AppSecret, Person
from kbsearch.store.tables.records import ImportedSource, SearchClick, SearchLog
from kbsearch.store.tables.subjects import Revocation, Subject, SubjectRead, SubjectVersion, VersionSource
from kbsearch.store.tables.submissions import Revision, Submission
from kbsearch.store.tables.sync_runs import SyncDifference, SyncRun
from kbsearch.store.tables.taxonomy import Category, CategoryOrigin, TaxonomyVersion

__all__ = [
    "Alarm",
    "AlarmKind",
    "ApiToken",
    "AppSecret",
    "Attachment",
    "AttachmentFetch",
    "AttachmentPlace",
    "AttachmentUse",
    "Batch",
    "Category",
    "CategoryOrigin",
    "Destination",
    "DocumentType",
    "Favourite",
    "Feedback",
    "ImportedSource",
    "InboxMessage",
    "InboxStatus",
    "InterimNote",
    "LastReading",
    "Notice",
    "NoticeAbout",
    "NoticeChannel",
    "OutboxMessage",
    "OutboxStatus",
    "Person",
    "Receipt",
    "ReceiptReminder",
    "Revision",
    "Revocation",
    "SearchClick",
    "SearchLog",
    "SequenceCounter",
    "Subject",
    "SubjectRead",
    "SubjectVersion",
    "Submission",
    "SyncDifference",
    "SyncRun",
    "TaxonomyVersion",
    "TransitionLog",
    "VersionSource",
]
