"""Notes which version a person opened, best effort and later; asks and answers nothing."""

from __future__ import annotations

from kbsearch.schema.context import Info
from kbsearch.store.tables import SubjectVersion


def note_reading(info: Info, subject_id: str, shown: SubjectVersion | None) -> None:
    """Somebody opened a page; what was shown before headquarters decided has no version yet."""
    if shown is not None:
        context = info.context
        context.searcher.log.read_by(context.signed_in.id, subject_id, shown.number, context.now)
