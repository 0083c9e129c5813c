"""The lists of interim notes 临时口径: what waits, what is shown, what there was; reads only."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, and_, col, or_, select

from kbsearch.services.listings.slices import Order, Paging, Slice, one_slice
from kbsearch.store.tables import InterimNote
from kbsearch.store.visibility import visible_notes
from kbsearch.workflow.decide import Actor
from kbsearch.workflow.interim_notes import OPEN, InterimNoteState


@dataclass(frozen=True, slots=True)
class NoteFilter:
    """What to show; no `states` means what is not over."""

    states: frozenset[InterimNoteState] = frozenset()
    subject_id: str | None = None

    def document(self) -> dict[str, object]:
        """The filter as JSON, to bind cursors to it."""
        return {"states": sorted(self.states), "subject": self.subject_id}


def interim_notes(session: Session, actor: Actor, wanted: NoteFilter, paging: Paging) -> Slice[InterimNote]:
    """Notes this person may see, latest first: reviewers all, authors their own."""
    conditions = [visible_notes(actor.id, actor.roles), col(InterimNote.state).in_(sorted(wanted.states or OPEN))]
    if wanted.subject_id is not None:
        conditions.append(col(InterimNote.subject_id) == wanted.subject_id)
    order: Order[InterimNote] = Order((col(InterimNote.created_at), col(InterimNote.id)), lambda n: (n.created_at, n.id), descending=True)
    return one_slice(session, select(InterimNote).where(*conditions), order, paging, name="interimNotes", filters=wanted.document())


def notes_by_id(session: Session, actor: Actor, ids: Collection[str], now: datetime) -> Mapping[str, InterimNote]:
    """The notes of these ids this person may see: what is shown to readers, everybody."""
    shown = and_(InterimNote.state == InterimNoteState.ACTIVE, col(InterimNote.ends_at) > now)
    statement = select(InterimNote).where(col(InterimNote.id).in_(list(ids)), or_(shown, visible_notes(actor.id, actor.roles)))
    return {note.id: note for note in session.exec(statement)}
