"""What earlier imports made of the records of a batch, in a few queries; decides nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from sqlmodel import Session, col, select

from kbsearch.services.importing.fields import Record
from kbsearch.store.tables import ImportedSource, Subject, SubjectVersion
from kbsearch.store.unit import Unit

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Known:
    """The document a source record became; `content_hash` None: ours by its id, never imported."""

    subject_id: str
    content_hash: str | None = None
    submission_id: str | None = None


def load_known(session: Session, records: Iterable[Record]) -> dict[Key, Known]:
    """By (source, sourceId); records that name a knowledge id of ours are found by that too."""
    by_source: defaultdict[str, list[str]] = defaultdict(list)
    own: dict[str, Key] = {}
    for record in records:
        by_source[record.source].append(record.source_id)
        if record.subject_id is not None:
            own[record.subject_id] = (record.source, record.source_id)
    found: dict[Key, Known] = {}
    if own:
        for subject_id in session.exec(select(Subject.id).where(col(Subject.id).in_(own))):
            found[own[subject_id]] = Known(subject_id)
    for source, ids in by_source.items():
        statement = select(ImportedSource).where(ImportedSource.source == source, col(ImportedSource.source_id).in_(ids))
        for row in session.exec(statement):
            found[row.source, row.source_id] = Known(row.subject_id, row.content_hash, row.submission_id)
    return found


def held_hashes(session: Session, subject_ids: Iterable[str]) -> dict[tuple[str, int], str]:
    """The content hash of every accepted version of these items."""
    columns = select(SubjectVersion.subject_id, SubjectVersion.number, SubjectVersion.content_hash)
    accepted = columns.where(col(SubjectVersion.subject_id).in_(sorted(set(subject_ids))), col(SubjectVersion.accepted))
    return {(i, number): content_hash for i, number, content_hash in session.exec(accepted)}


def remember(unit: Unit, record: Record, subject_id: str, submission_id: str | None) -> None:
    """Store what the record became, so that the same line is skipped next time."""
    row = unit.session.get(ImportedSource, (record.source, record.source_id))
    if row is None:
        row = ImportedSource(source=record.source, source_id=record.source_id, content_hash="", subject_id=subject_id, imported_at=unit.now)
        unit.session.add(row)
    row.content_hash, row.subject_id, row.submission_id = record.content_hash, subject_id, submission_id
    row.imported_at = unit.now
