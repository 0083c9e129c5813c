"""The one place where an interim note changes its state: decided, entered, logged, its author told."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import col, select

from kbsearch.errors import Refused
from kbsearch.services.people import who
from kbsearch.store.lives import Life, load_life
from kbsearch.store.tables import DocumentType, InterimNote, NoticeAbout
from kbsearch.store.unit import SYSTEM, Unit
from kbsearch.workflow.decide import Actor
from kbsearch.workflow.interim_notes import (
    InterimNoteAction,
    InterimNoteCommand,
    InterimNoteFacts,
    InterimNoteState,
    decide_note,
    shown_until,
)
from kbsearch.workflow.notices import NoticeKind

SYSTEM_ACTOR = Actor("system")
_LONGEST_TITLE = 200


def life_of(unit: Unit, subject_id: str) -> Life:
    """The life of the item a note is pinned to."""
    life = load_life(unit.session, subject_id)
    if life is None:
        raise RuntimeError(f"knowledge {subject_id} vanished under its interim note")
    return life


def open_notes(unit: Unit, subject_id: str, *states: InterimNoteState) -> Sequence[InterimNote]:
    """The notes on an item that stand in one of these states, for changing; the item is to be locked already."""
    statement = select(InterimNote).where(InterimNote.subject_id == subject_id, col(InterimNote.state).in_(sorted(states)))
    return unit.session.exec(statement.order_by(col(InterimNote.id)).with_for_update()).all()


def facts_of(unit: Unit, note: InterimNote, life: Life) -> InterimNoteFacts:
    """What deciding needs of a note at the unit's instant."""
    others = [n for n in open_notes(unit, note.subject_id, InterimNoteState.ACTIVE) if n.id != note.id]
    return InterimNoteFacts(
        state=note.state,
        lock_version=note.lock_version,
        author_id=note.author_id,
        version_number=note.version_number,
        scope=life.subject.scope,
        status=life.status(unit.now),
        current=life.timeline.current(unit.now),
        other_active=any(n.ends_at is None or n.ends_at > unit.now for n in others),
    )


def carry_out(unit: Unit, note: InterimNote, life: Life, actor: Actor, command: InterimNoteCommand) -> None:
    """Decide one command on a locked note and enter its state; raise Refused and leave nothing where it may not be."""
    decided = decide_note(facts_of(unit, note, life), actor, command)
    if isinstance(decided, tuple):
        raise Refused(*decided)
    source = note.state
    note.state = decided.target
    note.lock_version += 1
    _EFFECTS.get(command.action, _no_effect)(unit, note, actor, command)
    unit.session.flush()
    log(unit, note, actor, command.action, source=source, reason=command.reason)
    if InterimNoteState.ACTIVE in (source, note.state):
        unit.touch(note.subject_id)
    tell_author(unit, note, life, actor, command)


def log(
    unit: Unit, note: InterimNote, actor: Actor, action: InterimNoteAction, *, source: InterimNoteState | None, reason: str = ""
) -> None:
    """Stamp the note and append to the log."""
    unit.stamp(InterimNote, note.id)
    unit.log(
        SYSTEM if actor == SYSTEM_ACTOR else who(actor),
        DocumentType.INTERIM_NOTE,
        note.id,
        action.value,
        from_state=None if source is None else source.value,
        to_state=note.state.value,
        reason_text=reason.strip(),
        lock_version=note.lock_version,
        details={"subject": note.subject_id, "number": note.version_number},
    )


def _no_effect(_unit: Unit, _note: InterimNote, _actor: Actor, _command: InterimNoteCommand) -> None:
    """Nothing but the state."""


def _rewrite(_unit: Unit, note: InterimNote, _actor: Actor, command: InterimNoteCommand) -> None:
    note.text, note.hours, note.reviewed_by, note.return_text = command.note.strip(), command.hours, None, ""


def _begin(unit: Unit, note: InterimNote, actor: Actor, _command: InterimNoteCommand) -> None:
    note.reviewed_by, note.begins_at, note.ends_at = actor.id, unit.now, shown_until(unit.now, note.hours)


def _send_back(_unit: Unit, note: InterimNote, actor: Actor, command: InterimNoteCommand) -> None:
    note.reviewed_by, note.return_text = actor.id, command.reason.strip()


def _end(unit: Unit, note: InterimNote, _actor: Actor, command: InterimNoteCommand) -> None:
    note.ended_at, note.end_reason = unit.now, command.reason.strip()


_EFFECTS = {
    InterimNoteAction.RESUBMIT: _rewrite,
    InterimNoteAction.APPROVE: _begin,
    InterimNoteAction.RETURN: _send_back,
    InterimNoteAction.WITHDRAW: _end,
    InterimNoteAction.END: _end,
    InterimNoteAction.RUN_OUT: _end,
    InterimNoteAction.LAPSE: _end,
}
_NEWS = {
    InterimNoteAction.APPROVE: (NoticeKind.RESULT, "审核通过，已开始展示", "不须操作；总部更新后它自动结束"),
    InterimNoteAction.RETURN: (NoticeKind.RETURNED, "审核退回", "请按说明修改后再交，不再需要则撤回"),
    InterimNoteAction.END: (NoticeKind.RESULT, "已由知识管理员提前结束", "仍有必要请另写一条"),
    InterimNoteAction.RUN_OUT: (NoticeKind.RESULT, "已到时结束", "仍有必要请另写一条，或催办更新"),
    InterimNoteAction.LAPSE: (NoticeKind.RESULT, "已随知识结束", "请核对页面所示的口径"),
}


def tell_author(unit: Unit, note: InterimNote, life: Life, actor: Actor, command: InterimNoteCommand) -> None:
    """The author hears what became of the note, unless they did it themselves."""
    if command.action not in _NEWS or actor.id == note.author_id:
        return
    kind, what, step = _NEWS[command.action]
    title = f"临时口径{what}：《{life.versions[note.version_number].title}》"[:_LONGEST_TITLE]
    text = f"临时口径{what}。" + (f"说明：{command.reason.strip()}" if command.reason.strip() else "")
    unit.notify(note.author_id, kind, about=NoticeAbout.KNOWLEDGE, document_id=note.subject_id, title=title, text=text, next_step=step)
