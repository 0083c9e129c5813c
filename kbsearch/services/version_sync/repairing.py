"""Judges the pushes a repair asked for: for these items headquarters is right, also against what we hold.

Versions stay immutable: a wrong one is no longer accepted, and headquarters' is added beside it under the same number.
The wrong wording stays in the store, and what cites it from before the repair still opens it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlmodel import col, select

from kbsearch.services.acceptance import add_version, live_from
from kbsearch.services.hq_outcome import Outcome, applied, duplicate, quarantined
from kbsearch.services.transitions import carry_out, current_facts, settle_subject
from kbsearch.services.version_sync.records import finish_if_done, lock_run, row_of
from kbsearch.services.version_sync.rows import held_rows
from kbsearch.store.lives import Life, load_life
from kbsearch.store.submissions import open_submissions_on
from kbsearch.store.tables import DocumentType, Revocation, Subject, SubjectVersion, SyncDifference, SyncRun, VersionSource
from kbsearch.store.unit import HQ, SYSTEM, Unit
from kbsearch.workflow.actions import Action
from kbsearch.workflow.decide import Actor, Command, find_row
from kbsearch.workflow.reasons import RevokeReason
from kbsearch.workflow.version_sync import HeldRow, HeldStatus, SyncState, repaired

if TYPE_CHECKING:
    from kbsearch.services.hq_pushed import PushedEnding, PushedVersion

_APPLIED = "已按版本同步的修复以总部为准"


@dataclass(frozen=True)
class Repair:
    """A difference a reviewer had headquarters asked about, and what headquarters said it holds."""

    run: SyncRun
    difference: SyncDifference
    theirs: HeldRow | None

    @property
    def since(self) -> datetime:
        """What we hold from before this may be wrong; what came later headquarters sent meanwhile."""
        return self.run.answered_at or self.run.started_at

    def ends(self, number: int) -> bool:
        """Whether headquarters revoked this very version."""
        return self.theirs is not None and self.theirs.status is HeldStatus.REVOKED and self.theirs.number == number

    def precedes(self, number: int) -> bool:
        """Whether a version is older than what headquarters holds: an errand of its own, not the repair."""
        return self.theirs is not None and number < self.theirs.number


def open_repair(unit: Unit, knowledge_id: str) -> Repair | None:
    """The repair that stands open for this item, if a reviewer asked for one."""
    statement = select(SyncDifference).join(SyncRun, col(SyncRun.id) == col(SyncDifference.run_id))
    difference = unit.session.exec(
        statement.where(
            SyncDifference.knowledge_id == knowledge_id,
            col(SyncDifference.chosen),
            col(SyncDifference.closed_at).is_(None),
            SyncRun.state == SyncState.REPAIRING,
        ).order_by(col(SyncRun.started_at).desc())
    ).first()
    run = lock_run(unit, difference.run_id) if difference is not None else None
    if difference is None or run is None:
        return None
    return Repair(run, difference, row_of(knowledge_id, difference.theirs))


def life_of(unit: Unit, subject: Subject) -> Life:
    """The life of an item that is there, as it stands after what was changed in this transaction."""
    unit.session.flush()
    life = load_life(unit.session, subject.id)
    if life is None:
        raise RuntimeError(f"knowledge {subject.id} has no life")
    return life


def take_version(unit: Unit, repair: Repair, pushed: PushedVersion, subject: Subject) -> Outcome:
    """What headquarters sends again becomes what we hold; an older version than it holds is history only."""
    number, content_hash = pushed.number, pushed.content.hash
    if repair.precedes(number):
        return _history(unit, subject, pushed)
    dropped = _make_way(unit, repair, subject, number, content_hash)
    added = _place(unit, repair, subject, pushed)
    complete = not (repair.ends(number) and (added or dropped)) or _end_with(unit, repair, subject, number)
    subject.category_id = pushed.category_id
    _log(unit, repair, subject, number, dropped, added=added)
    _tell_open_submissions(unit, subject, number, dropped)
    settle_subject(unit, subject.id)
    if complete:
        status = HeldStatus.REVOKED if repair.ends(number) else HeldStatus.PUBLISHED
        _settle(unit, repair, HeldRow(subject.id, number, status, content_hash, pushed.category_id or ""))
    return applied(_APPLIED)


def _history(unit: Unit, subject: Subject, pushed: PushedVersion) -> Outcome:
    held = life_of(unit, subject).versions.get(pushed.number)
    if held is not None:
        same = held.content_hash == pushed.content.hash
        return duplicate("与我方所存一致") if same else quarantined(f"第 {pushed.number} 版我方已有而内容不同")
    _add(unit, subject, pushed, history_only=True)
    return applied("只作历史保存，现行版本不变")


def _make_way(unit: Unit, repair: Repair, subject: Subject, number: int, content_hash: str | None) -> list[SubjectVersion | Revocation]:
    """Stop accepting what headquarters' row contradicts: other text under its number, versions and ends above it."""
    life = life_of(unit, subject)
    dropped: list[SubjectVersion | Revocation] = []
    held = life.versions.get(number)
    if held is not None and content_hash is not None and held.content_hash != content_hash:
        dropped.append(_drop(unit, held))
    for end in life.revocations:
        wrong = end.number > number or (end.number == number and content_hash is not None and not repair.ends(number))
        if wrong and end.live_from <= unit.now and end.created_at <= repair.since:
            dropped.append(_drop(unit, end))
    while True:
        life = life_of(unit, subject)
        base = life.base(unit.now)
        if base is None or base <= number or life.versions[base].created_at > repair.since:
            return dropped
        dropped.append(_drop(unit, life.versions[base]))


def _place(unit: Unit, repair: Repair, subject: Subject, pushed: PushedVersion) -> bool:
    """Have the version stand, in force unless something newer from headquarters is; whether it had to be added."""
    life = life_of(unit, subject)
    number, base = pushed.number, life.base(unit.now)
    ended = not repair.ends(number) and life.timeline.ended_up_to(unit.now) >= number
    history = ended or (base is not None and base > number)
    held = life.versions.get(number)
    stands = held is not None and (history or held.live_from > unit.now or base == number)
    if held is not None and stands:
        held.distribution = held.distribution if pushed.distribution is None else sorted(set(pushed.distribution))
        unit.touch(subject.id)
        return False
    if held is not None:  # kept as history, or overtaken by one headquarters does not put in force
        _drop(unit, held)
    _add(unit, subject, pushed, history_only=history)
    if not history and not repair.ends(number):
        _unseat_descendants(unit, repair, subject, number)
    return True


def _add(unit: Unit, subject: Subject, pushed: PushedVersion, *, history_only: bool) -> SubjectVersion:
    return add_version(
        unit,
        subject,
        pushed.content,
        number=pushed.number,
        live_from=live_from(pushed.content.effective_from, unit.now),
        source=VersionSource.HQ_PUSH,
        base_number=pushed.base,
        history_only=history_only,
        distribution=pushed.distribution or (),
        change_note=pushed.change_note,
        material=pushed.material,
    )


def _unseat_descendants(unit: Unit, repair: Repair, subject: Subject, number: int) -> None:
    """A version does not take over from one built on it: drop that one, which headquarters does not have in force."""
    while True:
        life = life_of(unit, subject)
        base, version = life.base(unit.now), life.versions[number]
        if base is None or base == number or version.live_from > unit.now or life.versions[base].created_at > repair.since:
            return
        _drop(unit, life.versions[base])


def _end_with(unit: Unit, repair: Repair, subject: Subject, number: int) -> bool:
    """A text that headquarters has revoked does not come into force for the moment until its revocation is here.

    At one instant a revocation acts last. Where we have none yet, the strictest reason stands in for it. False while
    headquarters' own revocation, with its reason, is still to come.
    """
    life = life_of(unit, subject)
    base, ended = life.base(unit.now), life.ended_by(unit.now)
    if (base or 0) > number:
        return True
    if base == number and ended is not None and ended.number == number:
        return ended.created_at > repair.since
    known = [r for r in life.revocations if r.number == number]
    last = max(known, key=lambda r: r.created_at, default=None)
    for end in known:
        _drop(unit, end)
    unit.session.add(
        Revocation(
            id=unit.new_id(),
            subject_id=subject.id,
            number=number,
            live_from=unit.now,
            reason=last.reason if last is not None else RevokeReason.PUBLISHED_IN_ERROR,
            reason_text=last.reason_text if last is not None else "总部已撤销，等总部下发原因",
            replacement_id=last.replacement_id if last is not None else None,
            source=VersionSource.HQ_PUSH,
            created_at=unit.now,
        )
    )
    unit.session.flush()
    return last is not None and last.created_at > repair.since


def take_ending(
    unit: Unit,
    repair: Repair,
    pushed: PushedEnding,
    subject: Subject,
    *,
    ordinarily: Callable[[], Outcome],
    end: Callable[[datetime], None],
) -> Outcome:
    """The end headquarters sends again, or its answer that it does not have the item; its reason and moment are right."""
    theirs = repair.theirs
    if theirs is None or repair.precedes(pushed.number):
        outcome = ordinarily()
        _settle(unit, repair, theirs)
        return outcome
    dropped = _make_way(unit, repair, subject, pushed.number, None)
    moment = live_from(pushed.effective_from, unit.now)
    known = [r for r in life_of(unit, subject).revocations if r.number == pushed.number]
    if any(_same(r, pushed) and r.live_from <= unit.now for r in known):
        outcome = duplicate("这个撤销已收到过")
        settle_subject(unit, subject.id)
    else:
        # A reason put right does not move the moment from which readers were told it is over.
        moment = min([moment, *(r.live_from for r in known if r.live_from <= unit.now)])
        dropped += [_drop(unit, r) for r in known]
        _log(unit, repair, subject, pushed.number, dropped, added=True)
        end(moment)
        outcome = applied(_APPLIED)
    _settle(unit, repair, HeldRow(subject.id, pushed.number, HeldStatus.REVOKED, theirs.content_hash, theirs.category_id))
    return outcome


def _same(known: Revocation, pushed: PushedEnding) -> bool:
    return known.reason is pushed.reason and known.replacement_id == pushed.replacement_id


def _drop(unit: Unit, row: SubjectVersion | Revocation) -> SubjectVersion | Revocation:
    row.accepted = False
    unit.session.flush()
    unit.touch(row.subject_id)
    return row


def _log(unit: Unit, repair: Repair, subject: Subject, number: int, dropped: list[SubjectVersion | Revocation], *, added: bool) -> None:
    details = {
        "number": number,
        "run": repair.run.id,
        "added": added,
        "versionsDropped": [{"id": r.id, "number": r.number} for r in dropped if isinstance(r, SubjectVersion)],
        "revocationsDropped": [{"id": r.id, "number": r.number} for r in dropped if isinstance(r, Revocation)],
    }
    text = repair.difference.kind.label
    unit.log(HQ, DocumentType.KNOWLEDGE, subject.id, "SYNC_REPAIR", reason_text=text, lock_version=subject.lock_version, details=details)


def _tell_open_submissions(unit: Unit, subject: Subject, number: int, dropped: list[SubjectVersion | Revocation]) -> None:
    """The number an open change builds on stays, its text does not: the author must look again."""
    if not any(isinstance(row, SubjectVersion) and row.number == number for row in dropped):
        return
    unit.session.flush()
    for submission in open_submissions_on(unit.session, subject.id):
        if submission.base_number == number and find_row(current_facts(unit, submission), Action.BASE_MOVED) is not None:
            command = Command(Action.BASE_MOVED, reason_text=f"第 {number} 版的文字已按版本同步的修复更换")
            carry_out(unit, submission, SYSTEM, Actor("system"), command)


def _settle(unit: Unit, repair: Repair, theirs: HeldRow | None) -> None:
    """Close the difference once our row says what headquarters' says; with the last one the run is repaired."""
    unit.session.flush()
    key = repair.difference.knowledge_id
    if not repaired(held_rows(unit.session, unit.now, [key]).get(key), theirs):
        return
    repair.difference.repaired_at = repair.difference.closed_at = unit.now
    unit.stamp(SyncRun, repair.run.id)
    finish_if_done(unit, repair.run)
