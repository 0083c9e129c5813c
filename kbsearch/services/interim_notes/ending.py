"""How interim notes end by themselves: their time is up, or what they are pinned to is no longer what readers are shown."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session, col, select

from kbsearch.services.interim_notes.changing import SYSTEM_ACTOR, carry_out, facts_of, life_of, open_notes
from kbsearch.store.lives import Life
from kbsearch.store.submissions import lock_subject
from kbsearch.store.tables import InterimNote
from kbsearch.store.unit import Store, Unit
from kbsearch.workflow.interim_notes import OPEN, InterimNoteAction, InterimNoteCommand, InterimNoteState, must_lapse
from kbsearch.workflow.states import KnowledgeStatus

_PORTION = 500


def settle_notes(unit: Unit, life: Life) -> None:
    """In the transaction that changed a locked item: end the notes that have lost what they were pinned to."""
    for note in open_notes(unit, life.subject.id, *OPEN):
        if must_lapse(facts_of(unit, note, life)):
            command = InterimNoteCommand(InterimNoteAction.LAPSE, reason=_why(life, unit))
            carry_out(unit, note, life, SYSTEM_ACTOR, command)


def _why(life: Life, unit: Unit) -> str:
    now = life.status(unit.now)
    return f"第 {life.timeline.current(unit.now)} 版已生效" if now is KnowledgeStatus.PUBLISHED else f"知识{now.label}"


def find_run_out(session: Session, store: Store) -> Sequence[str]:
    """Active notes whose time is up."""
    statement = select(InterimNote.id).where(InterimNote.state == InterimNoteState.ACTIVE, col(InterimNote.ends_at) <= store.clock())
    return session.exec(statement.order_by(col(InterimNote.ends_at), col(InterimNote.id)).limit(_PORTION)).all()


def run_out(unit: Unit, note_id: str) -> bool:
    """Record and announce the end of a note that readers no longer see."""
    found = unit.session.get(InterimNote, note_id)
    if found is None:
        return False
    lock_subject(unit.session, found.subject_id)
    note = unit.session.get(InterimNote, note_id, with_for_update=True, populate_existing=True)
    if note is None or note.state is not InterimNoteState.ACTIVE or note.ends_at is None or note.ends_at > unit.now:
        return False
    life = life_of(unit, note.subject_id)
    carry_out(unit, note, life, SYSTEM_ACTOR, InterimNoteCommand(InterimNoteAction.RUN_OUT, reason=f"满 {note.hours} 小时"))
    return True
