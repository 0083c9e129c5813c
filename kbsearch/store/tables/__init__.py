"""One module per noun; importing this package registers every table with SQLModel.metadata."""

from __future__ import annotations

from kbsearch.store.tables.exchange import Alarm, AlarmKind, Destination, InboxMessage, InboxStatus, OutboxMessage, OutboxStatus
from kbsearch.store.tables.knowledge import Knowledge, KnowledgeRead, KnowledgeVersion, Revocation, VersionSource
from kbsearch.store.tables.log import DocumentType, SequenceCounter, TransitionLog
from kbsearch.store.tables.people import ApiToken, AppSecret, Person
from kbsearch.store.tables.records import ImportedSource, SearchClick, SearchLog
from kbsearch.store.tables.submissions import Revision, Submission
from kbsearch.store.tables.taxonomy import Category, CategoryOrigin, TaxonomyVersion

__all__ = [
    "Alarm",
    "AlarmKind",
    "ApiToken",
    "AppSecret",
    "Category",
    "CategoryOrigin",
    "Destination",
    "DocumentType",
    "ImportedSource",
    "InboxMessage",
    "InboxStatus",
    "Knowledge",
    "KnowledgeRead",
    "KnowledgeVersion",
    "OutboxMessage",
    "OutboxStatus",
    "Person",
    "Revision",
    "Revocation",
    "SearchClick",
    "SearchLog",
    "SequenceCounter",
    "Submission",
    "TaxonomyVersion",
    "TransitionLog",
    "VersionSource",
]
