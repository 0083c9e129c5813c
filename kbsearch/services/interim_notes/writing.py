"""What authors and reviewers do with an interim note; each a command on a locked note."""

from __future__ import annotations

from sqlmodel import select

from kbsearch.errors import Refused
from kbsearch.services.interim_notes.changing import carry_out, life_of, log
from kbsearch.services.refusals import not_found, require_reason_length
from kbsearch.store.lives import load_life
from kbsearch.store.submissions import lock_subject
from kbsearch.store.tables import InterimNote
from kbsearch.store.unit import Unit
from kbsearch.store.visibility import visible_note_to
from kbsearch.workflow.decide import Actor
from kbsearch.workflow.interim_notes import InterimNoteAction, InterimNoteCommand, InterimNoteFacts, InterimNoteState, decide_note
from kbsearch.workflow.states import SubjectKind


def write(unit: Unit, actor: Actor, subject_id: str, *, text: str, hours: int) -> InterimNote:
    """Pin a note to the version in force and hand it to the reviewers."""
    lock_subject(unit.session, subject_id)
    life = load_life(unit.session, subject_id)
    if life is None or life.subject.kind is not SubjectKind.KNOWLEDGE or not life.versions:
        raise not_found("知识", "knowledgeId")
    current = life.timeline.current(unit.now)
    facts = InterimNoteFacts(None, 0, actor.id, current or 0, life.subject.scope, life.status(unit.now), current)
    decided = decide_note(facts, actor, InterimNoteCommand(InterimNoteAction.WRITE, note=text, hours=hours))
    if isinstance(decided, tuple):
        raise Refused(*decided)
    note = InterimNote(
        id=unit.new_id(),
        subject_id=subject_id,
        version_number=current or 0,
        text=text.strip(),
        state=InterimNoteState.PENDING,
        author_id=actor.id,
        hours=hours,
        created_at=unit.now,
    )
    unit.session.add(note)
    unit.session.flush()
    log(unit, note, actor, InterimNoteAction.WRITE, source=None)
    return note


def _run(unit: Unit, actor: Actor, note_id: str, command: InterimNoteCommand) -> InterimNote:
    require_reason_length(command.reason)
    subject_id = unit.session.exec(select(InterimNote.subject_id).where(InterimNote.id == note_id)).one_or_none()
    if subject_id is not None:  # the item first: locks are always taken in one order
        lock_subject(unit.session, subject_id)
    note = unit.session.get(InterimNote, note_id, with_for_update=True, populate_existing=True)
    if note is None or not visible_note_to(note, actor.id, actor.roles):
        raise not_found("临时口径", "interimNoteId")
    carry_out(unit, note, life_of(unit, note.subject_id), actor, command)
    return note


def resubmit(unit: Unit, actor: Actor, note_id: str, *, lock_version: int, text: str, hours: int) -> InterimNote:
    """Mend what was returned and hand it in again."""
    return _run(unit, actor, note_id, InterimNoteCommand(InterimNoteAction.RESUBMIT, lock_version, note=text, hours=hours))


def withdraw(unit: Unit, actor: Actor, note_id: str, *, lock_version: int) -> InterimNote:
    """Take it back before it is shown."""
    return _run(unit, actor, note_id, InterimNoteCommand(InterimNoteAction.WITHDRAW, lock_version))


def approve(unit: Unit, actor: Actor, note_id: str, *, lock_version: int) -> InterimNote:
    """Show it from now on, at most 72 hours. A note has one text per lock version, so that stands for a hash of what was seen."""
    return _run(unit, actor, note_id, InterimNoteCommand(InterimNoteAction.APPROVE, lock_version))


def send_back(unit: Unit, actor: Actor, note_id: str, *, lock_version: int, reason_text: str) -> InterimNote:
    """审核退回, with a text."""
    return _run(unit, actor, note_id, InterimNoteCommand(InterimNoteAction.RETURN, lock_version, reason=reason_text))


def end(unit: Unit, actor: Actor, note_id: str, *, lock_version: int, reason_text: str) -> InterimNote:
    """Take down what is shown, with a text."""
    return _run(unit, actor, note_id, InterimNoteCommand(InterimNoteAction.END, lock_version, reason=reason_text))
