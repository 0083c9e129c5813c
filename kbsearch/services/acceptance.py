"""What a final approval does to subject: versions and revocations accepted, and who must hear of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlmodel import col, func, select

from kbsearch.content import Content
from kbsearch.services import outgoing
from kbsearch.services.announcements import standing
from kbsearch.services.attachments import named_by_version
from kbsearch.services.interim_notes.ending import settle_notes
from kbsearch.services.taxonomy.tree import resolved_category_id
from kbsearch.store.lives import Life, load_life
from kbsearch.store.submissions import latest_revision, open_submissions_on
from kbsearch.store.tables import DocumentType, Revocation, Subject, SubjectVersion, Submission, VersionSource
from kbsearch.store.unit import SYSTEM, Unit
from kbsearch.workflow.actions import Action
from kbsearch.workflow.knowledge import KnowledgeAction
from kbsearch.workflow.states import TERMINAL, Scope, SubjectKind, SubmissionState

SYSTEM_WHO = SYSTEM


def _life(unit: Unit, subject_id: str) -> Life:
    life = load_life(unit.session, subject_id)
    if life is None:
        raise RuntimeError(f"knowledge {subject_id} vanished under its submission")
    return life


def live_from(moment: datetime | None, now: datetime) -> datetime:
    """The later of our applying it and the moment it asks for: never backdated."""
    return moment if moment is not None and moment > now else now


def add_version(
    unit: Unit,
    subject: Subject,
    content: Content,
    *,
    number: int,
    live_from: datetime,
    source: VersionSource,
    base_number: int | None = None,
    history_only: bool = False,
    distribution: tuple[str, ...] = (),
    change_note: str = "",
    material: bool = True,
    author_id: str | None = None,
    submission_id: str | None = None,
) -> SubjectVersion:
    """Store one accepted wording for ever."""
    version = SubjectVersion(
        id=unit.new_id(),
        subject_id=subject.id,
        number=number,
        title=content.title,
        body=content.body,
        summary=content.summary,
        script=content.script,
        keywords=list(content.keywords),
        regions=list(content.regions),
        effective_from=content.effective_from,
        effective_to=content.effective_to,
        attachments=list(content.attachments),
        terms=None if content.terms is None else content.terms.document(),
        content_hash=content.hash,
        change_note=change_note,
        material=material,
        author_id=author_id,
        base_number=base_number,
        live_from=live_from,
        history_only=history_only,
        source=source,
        submission_id=submission_id,
        distribution=sorted(set(distribution)),
        created_at=unit.now,
    )
    unit.session.add(version)
    unit.session.flush()
    named_by_version(unit, subject.id, content.attachments)
    unit.touch(subject.id)
    return version


def next_number(unit: Unit, life: Life) -> int:
    """One above everything ever held, withdrawn versions included: a citation of a number opens one wording for ever."""
    highest = unit.session.exec(select(func.max(SubjectVersion.number)).where(SubjectVersion.subject_id == life.subject.id)).one()
    return max(life.highest, highest or 0) + 1


def _accept_content(unit: Unit, submission: Submission, content: Content, *, number: int | None, provinces: tuple[str, ...]) -> datetime:
    revision = latest_revision(unit.session, submission.id)
    life = _life(unit, submission.subject_id)
    held = life.versions.get(number) if number is not None else None
    if held is not None:  # a push brought this very text before its approval
        held.submission_id = submission.id
        unit.touch(submission.subject_id)
        return held.live_from
    start = live_from(content.effective_from, unit.now)
    add_version(
        unit,
        life.subject,
        content,
        number=number if number is not None else next_number(unit, life),
        live_from=start,
        source=VersionSource.SUBMISSION,
        base_number=submission.base_number,
        distribution=provinces,
        change_note=revision.change_note,
        material=revision.material,
        author_id=submission.author_id,
        submission_id=submission.id,
    )
    return start


def _accept_revocation(unit: Unit, submission: Submission, moment: datetime | None, provinces: tuple[str, ...]) -> datetime:
    life = _life(unit, submission.subject_id)
    if submission.revoke_reason is None:
        raise RuntimeError(f"REVOKE {submission.id} was approved without a reason")
    start = live_from(moment, unit.now)
    revocation = Revocation(
        id=unit.new_id(),
        subject_id=submission.subject_id,
        number=submission.base_number or life.highest,
        live_from=start,
        reason=submission.revoke_reason,
        reason_text=submission.revoke_text,
        replacement_id=submission.replacement_id,
        source=VersionSource.SUBMISSION,
        submission_id=submission.id,
        distribution=sorted(set(provinces)),
        created_at=unit.now,
    )
    unit.session.add(revocation)
    unit.session.flush()
    unit.touch(submission.subject_id)
    return start


def accept(
    unit: Unit,
    submission: Submission,
    *,
    number: int | None,
    distribution: tuple[str, ...],
    content: Content | None,
    effective_from: datetime | None,
    moves_date: bool,
    category_id: str | None,
) -> datetime:
    """The version or revocation stands from now on; returns when it is in force (never backdated)."""
    subject = _life(unit, submission.subject_id).subject
    # What was frozen names its node for ever; applied, it hangs where that node's items are now.
    subject.category_id = resolved_category_id(unit.session, category_id or submission.category_id)
    if submission.kind.ends:
        moment = effective_from if moves_date else submission.revoke_at
        return _accept_revocation(unit, submission, moment, distribution)
    subject.urgency = submission.urgency
    accepted = content or Content.from_document(latest_revision(unit.session, submission.id).content or {})
    if moves_date:
        accepted = accepted.moved_to(effective_from)
    return _accept_content(unit, submission, accepted, number=number, provinces=distribution)


def unaccept(unit: Unit, submission: Submission) -> None:
    """A withdrawn or superseded submission's version or revocation is not accepted after all."""
    for table in (SubjectVersion, Revocation):
        for row in unit.session.exec(select(table).where(col(table.submission_id) == submission.id, col(table.accepted))):
            row.accepted = False
            unit.touch(submission.subject_id)
    unit.session.flush()


def end_suspension(unit: Unit, subject: Subject, reason: str) -> None:
    """Lift the brake by itself (72 h, or a new version in force) and tell headquarters."""
    subject.suspended_at, subject.suspended_until, subject.suspend_reason = None, None, ""
    subject.lock_version += 1
    unit.touch(subject.id)
    unit.log(
        SYSTEM, DocumentType.KNOWLEDGE, subject.id, KnowledgeAction.RESUME.value, reason_text=reason, lock_version=subject.lock_version
    )
    outgoing.send_suspension(unit, subject, suspended=False, reason=reason)


def consequences(unit: Unit, subject_id: str) -> Iterator[tuple[Action, Submission, str]]:
    """Record what is in force now and name the open submissions that must hear of it.

    Yields (action, submission, Chinese reason): SUPERSEDE for all begun before a revocation in force (or in its very
    instant: an instant settles nothing in favour of a change) and for the replies to a recalled announcement, BASE_MOVED
    for those that build on another version than the one last in force.
    """
    life = _life(unit, subject_id)
    subject = life.subject
    base, ended = life.base(unit.now), life.ended_by(unit.now)
    moved = base != subject.recorded_base
    subject.recorded_base = base
    subject.next_change_at = _next_change(life, unit.now)
    unit.session.flush()
    standing.record(unit, life, ended, moved=moved)
    settle_notes(unit, life)
    if moved and subject.suspended_at is not None and subject.scope is Scope.NATIONAL:
        end_suspension(unit, subject, "新版本已生效")
    for submission in open_submissions_on(unit.session, subject_id):
        if submission.state in TERMINAL:  # an earlier one's consequence ended it meanwhile
            continue
        if ended is not None and submission.created_at <= ended.live_from and submission.id != ended.submission_id:
            yield (
                Action.SUPERSEDE,
                submission,
                f"所指{subject.kind.label}已{'撤回' if subject.kind is SubjectKind.ANNOUNCEMENT else '撤销'}",
            )
        elif moved and _base_moved_under(submission, base):
            yield Action.BASE_MOVED, submission, f"现行版本已变为第 {base} 版"
    if ended is not None and subject.kind is SubjectKind.ANNOUNCEMENT:
        for reply_id in standing.reply_ids(unit, subject_id):
            for submission in open_submissions_on(unit.session, reply_id):
                if submission.created_at <= ended.live_from:
                    yield Action.SUPERSEDE, submission, "所回复的公告已撤回"


def _next_change(life: Life, now: datetime) -> datetime | None:
    moments = [life.timeline.next_change(now), life.subject.suspended_until]
    moments += [r.live_from for r in life.timeline.endings]
    return min((m for m in moments if m is not None and m > now), default=None)


def _base_moved_under(submission: Submission, base: int | None) -> bool:
    S = SubmissionState  # noqa: N806 - as the table names it
    if not submission.kind.builds_on_base or submission.base_number == base:
        return False
    if submission.state is S.WITHDRAW_PENDING:
        return submission.origin is not S.SCHEDULED
    return submission.state not in (S.DRAFT, S.SCHEDULED, S.BASE_CONFLICT)
