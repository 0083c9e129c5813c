"""Removes files that nothing names, a week after they came; safe beside uploads and drafts made at the same moment."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from kbsearch.attachments.port import FileStore
from kbsearch.store.tables import Attachment, AttachmentUse
from kbsearch.store.unit import Store, Unit

KEPT = timedelta(days=7)
_LEFTOVERS_KEPT = timedelta(days=1)
_PORTION = 500


def clean(store: Store, files: FileStore) -> int:
    """Remove rows nothing names with their files, files without a row, and what killed writers left; returns how many.

    A file goes while its row is locked, and an upload looks for its file once its own row is locked: whichever comes second
    sees what the first did.
    """
    before = store.clock() - KEPT
    files.sweep_leftovers(store.clock() - _LEFTOVERS_KEPT)
    removed = sum(_remove(store, files, sha256, before) for sha256 in _unnamed(store, before))
    return removed + sum(_remove_rowless(store, files, sha256) for sha256 in _rowless(store, files, before))


def _is_named(unit: Unit, sha256: str) -> bool:
    return unit.session.exec(select(AttachmentUse.sha256).where(AttachmentUse.sha256 == sha256).limit(1)).first() is not None


def _unnamed(store: Store, before: datetime) -> list[str]:
    named = select(AttachmentUse.sha256).where(AttachmentUse.sha256 == Attachment.sha256).exists()
    with store.read() as session:
        return list(session.exec(select(Attachment.sha256).where(Attachment.created_at < before, ~named).limit(_PORTION)))


def _remove(store: Store, files: FileStore, sha256: str, before: datetime) -> bool:
    with store.write() as unit:
        row = unit.session.get(Attachment, sha256, with_for_update=True)
        if row is None or row.created_at >= before or _is_named(unit, sha256):
            return False
        unit.session.delete(row)
        unit.session.flush()
        files.delete(sha256)
    return True


def _rowless(store: Store, files: FileStore, before: datetime) -> list[str]:
    old = [held.sha256 for held in files.iterate() if held.modified < before]
    found = []
    for start in range(0, len(old), _PORTION):
        portion = old[start : start + _PORTION]
        with store.read() as session:
            known = set(session.exec(select(Attachment.sha256).where(col(Attachment.sha256).in_(portion))))
        found += [sha256 for sha256 in portion if sha256 not in known]
    return found


def _remove_rowless(store: Store, files: FileStore, sha256: str) -> bool:
    """Take the row's key while the file goes: an upload of the same bytes waits for this transaction, or was first."""
    try:
        with store.write() as unit:
            claim = Attachment(sha256=sha256, name="", media_type="", size=0, created_at=unit.now)
            unit.session.add(claim)
            unit.session.flush()
            files.delete(sha256)
            unit.session.delete(claim)
    except IntegrityError:
        return False
    return True
