"""A reviewer's operations on a knowledge item itself: suspend, resume, archive; and counting who reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime

from sqlmodel import col, select

from kbsearch.clock import SHANGHAI
from kbsearch.errors import Refused
from kbsearch.services import outgoing
from kbsearch.services.interim_notes.ending import settle_notes
from kbsearch.services.people import require_role, who
from kbsearch.services.refusals import not_found, require_reason_length, stale, violated
from kbsearch.store.dialect import upsert
from kbsearch.store.lives import Life, load_life
from kbsearch.store.submissions import lock_subject
from kbsearch.store.tables import DocumentType, Subject, SubjectRead
from kbsearch.store.unit import Store, Unit
from kbsearch.workflow.actions import Role
from kbsearch.workflow.decide import Actor
from kbsearch.workflow.knowledge import KnowledgeAction, decide_knowledge, suspension_end
from kbsearch.workflow.states import SubjectKind


def _act(
    unit: Unit, actor: Actor, subject_id: str, action: KnowledgeAction, *, lock_version: int, reason: str, change: Callable[[Life], None]
) -> Subject:
    require_role(actor, Role.REVIEWER)
    knowledge = lock_subject(unit.session, subject_id)
    life = load_life(unit.session, subject_id)
    if knowledge is None or life is None or knowledge.kind is not SubjectKind.KNOWLEDGE:
        raise not_found("知识", "knowledgeId")
    if knowledge.lock_version != lock_version:
        raise stale("知识", knowledge.lock_version)
    require_reason_length(reason)
    before = life.status(unit.now)
    refusal = decide_knowledge(action, before, reason)
    if refusal is not None:
        raise Refused(refusal)
    change(life)
    knowledge.lock_version += 1
    unit.touch(knowledge.id)
    unit.log(
        who(actor),
        DocumentType.KNOWLEDGE,
        knowledge.id,
        action.value,
        from_state=before.value,
        to_state=life.status(unit.now).value,
        reason_text=reason.strip(),
        lock_version=knowledge.lock_version,
    )
    return knowledge


def suspend(unit: Unit, actor: Actor, subject_id: str, *, lock_version: int, reason_text: str) -> Subject:
    """停用: hide the text at once; 全网 items come back after 72 h by themselves, and headquarters is told."""

    def change(life: Life) -> None:
        k = life.subject
        k.suspended_at, k.suspended_until = unit.now, suspension_end(k.scope, unit.now)
        k.suspend_reason = reason_text.strip()
        k.next_change_at = min((m for m in (k.next_change_at, k.suspended_until) if m is not None), default=None)
        outgoing.send_suspension(unit, k, suspended=True, reason=k.suspend_reason)
        settle_notes(unit, life)

    return _act(unit, actor, subject_id, KnowledgeAction.SUSPEND, lock_version=lock_version, reason=reason_text, change=change)


def resume(unit: Unit, actor: Actor, subject_id: str, *, lock_version: int, reason_text: str = "") -> Subject:
    """恢复: show the text again."""

    def change(life: Life) -> None:
        k = life.subject
        k.suspended_at, k.suspended_until, k.suspend_reason = None, None, ""
        outgoing.send_suspension(unit, k, suspended=False, reason=reason_text.strip())

    return _act(unit, actor, subject_id, KnowledgeAction.RESUME, lock_version=lock_version, reason=reason_text, change=change)


def archive(unit: Unit, actor: Actor, subject_id: str, *, lock_version: int) -> Subject:
    """归档: final, from revoked or expired."""

    def change(life: Life) -> None:
        life.subject.archived_at = unit.now

    return _act(unit, actor, subject_id, KnowledgeAction.ARCHIVE, lock_version=lock_version, reason="", change=change)


def mark_still_in_use(unit: Unit, actor: Actor, subject_id: str, *, lock_version: int, still_in_use: bool) -> Subject:
    """停售在用 on or off: no longer sold, but old customers still have it. Agents see and search the mark; the status stays."""

    def change(life: Life) -> None:
        if life.subject.still_in_use == still_in_use:
            message = "已经标记为停售在用。" if still_in_use else "本来就没有停售在用的标记。"
            raise violated("NO_CHANGE", message, "stillInUse")
        life.subject.still_in_use = still_in_use

    action, note = KnowledgeAction.MARK_STILL_IN_USE, "打上“停售在用”" if still_in_use else "去掉“停售在用”"
    return _act(unit, actor, subject_id, action, lock_version=lock_version, reason=note, change=change)


def refresh_popularity(store: Store) -> int:
    """Let the index learn how often today's readers opened what; returns how many items that concerns."""
    today = store.clock().astimezone(SHANGHAI).date()
    with store.read() as session:
        ids = session.exec(select(SubjectRead.subject_id).where(SubjectRead.day == today)).all()
    if ids:
        with store.write() as unit:
            for subject_id in ids:
                unit.touch(subject_id)
    return len(ids)


def record_reads(store: Store, opened: Counter[str], at: datetime) -> None:
    """Add what was opened to the day's counters (Asia/Shanghai); outside the business transaction."""
    if not opened:
        return
    day = at.astimezone(SHANGHAI).date()
    rows = [{"subject_id": subject_id, "day": day, "reads": reads} for subject_id, reads in sorted(opened.items())]
    with store.write() as unit:
        statement = upsert(unit.session, SubjectRead)
        added = {"reads": col(SubjectRead.reads) + statement.excluded.reads}
        unit.session.execute(statement.on_conflict_do_update(index_elements=["subject_id", "day"], set_=added), rows)
