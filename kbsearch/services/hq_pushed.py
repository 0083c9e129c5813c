"""Judges a version or an ending that headquarters made itself, of knowledge and announcements alike; reads no message."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from kbsearch.content import Content
from kbsearch.services.acceptance import add_version, live_from
from kbsearch.services.hq_outcome import Outcome, applied, deferred, duplicate, quarantined, rejected
from kbsearch.services.hq_submissions import approve_as
from kbsearch.services.taxonomy.tree import resolved_category_id
from kbsearch.services.transitions import Approval, current_facts, settle_subject
from kbsearch.services.version_sync import repairing
from kbsearch.store.lives import Life, load_life
from kbsearch.store.submissions import lock_subject, lock_submission
from kbsearch.store.tables import Category, CategoryOrigin, DocumentType, Revocation, Subject, SubjectVersion, Submission, VersionSource
from kbsearch.store.unit import HQ, Unit
from kbsearch.workflow.actions import Action
from kbsearch.workflow.audience import OURS
from kbsearch.workflow.decide import find_row
from kbsearch.workflow.reasons import RevokeReason
from kbsearch.workflow.states import Owner, Scope, SubjectKind, Urgency


@dataclass(frozen=True, slots=True)
class PushedVersion:
    """A version as headquarters tells it. `distribution` None: it says nothing of it; `category_id` is knowledge's.

    `issuer` (code, name) and `urgency` are announcements'; None where the message names none.
    """

    kind: SubjectKind
    subject_id: str
    number: int
    content: Content
    base: int | None = None
    distribution: tuple[str, ...] | None = None
    category_id: str | None = None
    origin_submission_id: str | None = None
    origin_round: int | None = None
    change_note: str = ""
    material: bool = True
    issuer: tuple[str, str] | None = None
    urgency: Urgency | None = None


@dataclass(frozen=True, slots=True)
class PushedEnding:
    """The end of version `number`: a revocation of knowledge, a recall of an announcement."""

    kind: SubjectKind
    subject_id: str
    number: int
    reason: RevokeReason
    reason_text: str = ""
    replacement_id: str | None = None
    effective_from: datetime | None = None


def _contradicts_ours(subject: Subject | None, pushed: PushedVersion | PushedEnding) -> Outcome | None:
    """An id we use for something else."""
    if subject is None:
        return None
    if subject.kind is not pushed.kind:
        return quarantined(f"这个编号在我方是{subject.kind.label}")
    return quarantined(f"这个编号在我方是本地{subject.kind.label}") if subject.scope is Scope.LOCAL else None


def _category_missing(unit: Unit, category_id: str | None) -> Outcome | None:
    if category_id is None:  # announcements hang nowhere
        return None
    category = unit.session.get(Category, category_id)
    if category is None:
        return deferred(f"category:{category_id}", f"栏目 {category_id} 尚未下发")
    if category.origin is not CategoryOrigin.HQ or category.id == "HQ":
        return rejected(f"栏目 {category_id} 不是总部的下级栏目")
    return None


def _origin(unit: Unit, pushed: PushedVersion) -> Submission | Outcome | None:
    """The submission of ours a push says it stems from, if it says so."""
    if pushed.origin_submission_id is None:
        return None
    submission = lock_submission(unit.session, pushed.origin_submission_id)
    if submission is None or submission.subject_id != pushed.subject_id or submission.kind.ends:
        return rejected(f"originSubmissionId 所指的申请不存在，或不是这条{pushed.kind.label}的发布、更新申请")
    if pushed.origin_round is None:
        return rejected("有 originSubmissionId 就须有 originRound")
    return submission


def _as_approval(unit: Unit, submission: Submission, pushed: PushedVersion) -> Outcome:
    """A push that names the round it stems from is that round's approval, judged as one."""
    approval = Approval(
        number=pushed.number,
        distribution=pushed.distribution or (),
        content=pushed.content,
        category_id=pushed.category_id,
    )
    return approve_as(unit, submission, pushed.origin_round or 0, approval, submission_hash=None)


def _awaits_approval(unit: Unit, submission: Submission, round_: int | None) -> bool:
    return submission.round == round_ and find_row(current_facts(unit, submission), Action.HQ_APPROVE) is not None


def judge_version(unit: Unit, pushed: PushedVersion) -> Outcome:
    """Confirmation, approval of our round, new version, or history; its content is lawful in itself."""
    subject = lock_subject(unit.session, pushed.subject_id)
    contradiction = _contradicts_ours(subject, pushed)
    if contradiction is not None:
        return contradiction
    pushed = replace(pushed, category_id=resolved_category_id(unit.session, pushed.category_id))
    missing = _category_missing(unit, pushed.category_id)
    if missing is not None:
        return missing
    origin = _origin(unit, pushed)
    if isinstance(origin, Outcome):
        return origin
    if origin is not None and _awaits_approval(unit, origin, pushed.origin_round):
        return _as_approval(unit, origin, pushed)
    repair = repairing.open_repair(unit, pushed.subject_id)
    if repair is not None:
        return repairing.take_version(unit, repair, pushed, subject or _new_subject(unit, pushed))
    life = load_life(unit.session, pushed.subject_id) if subject is not None else None
    held = life.versions.get(pushed.number) if life is not None else None
    if life is not None and held is not None:
        return _held_already(unit, pushed, life, held)
    if origin is not None:  # that round takes no approval any more
        return _as_approval(unit, origin, pushed)
    history = life is not None and _is_history(unit, life, pushed.number)
    if pushed.base is not None and not history and (life is None or pushed.base not in life.versions):
        return deferred(f"version:{pushed.subject_id}:{pushed.base}", f"基线第 {pushed.base} 版未到")
    if subject is None and pushed.issuer is not None and pushed.issuer[0] == OURS:
        return quarantined("公告说是本平台所发，而我方没有这个公告")
    return _add(unit, pushed, subject, life)


def _is_history(unit: Unit, life: Life, number: int) -> bool:
    """Numbered below the version last in force, or ended by a revocation already: it comes too late to be anything else."""
    return number < (life.base(unit.now) or 0) or number <= life.timeline.ended_up_to(unit.now)


def _places(life: Life, number: int) -> bool:
    """Whether a push of this number says where the item hangs: the highest does, in whatever order they come."""
    return number >= max(life.versions, default=0)


def _held_already(unit: Unit, pushed: PushedVersion, life: Life, held: SubjectVersion) -> Outcome:
    """What we hold already: a confirmation takes category and distribution over; other content contradicts."""
    if held.content_hash != pushed.content.hash:
        return quarantined(f"第 {pushed.number} 版我方已有而内容不同")
    given = sorted(held.distribution) if pushed.distribution is None else sorted(set(pushed.distribution))
    places = pushed.category_id is not None and _places(life, held.number)
    category = pushed.category_id if places else life.subject.category_id
    if life.subject.category_id == category and sorted(held.distribution) == given:
        return duplicate("与我方所存一致")
    life.subject.category_id = category
    held.distribution = given
    unit.touch(life.subject.id)
    return applied("与我方所存一致，栏目与下发省份以总部为准")


def _new_subject(unit: Unit, pushed: PushedVersion | PushedEnding) -> Subject:
    subject = Subject(id=pushed.subject_id, kind=pushed.kind, owner=Owner.HQ, scope=Scope.NATIONAL, created_at=unit.now)
    unit.session.add(subject)
    unit.session.flush()
    return subject


def _take_over(unit: Unit, subject: Subject, pushed: PushedVersion, life: Life | None) -> None:
    """What a push says beside the wording; announcements are shown at once unless a reviewer is to release them."""
    if pushed.category_id is not None and (life is None or _places(life, pushed.number)):
        subject.category_id = pushed.category_id
    if pushed.issuer is not None and not subject.issuer_code:
        subject.issuer_code, subject.issuer_name = pushed.issuer
    subject.urgency = pushed.urgency or subject.urgency
    announced = subject.kind is SubjectKind.ANNOUNCEMENT and subject.owner is Owner.HQ
    if announced and subject.released_at is None and not unit.announcement_review:
        subject.released_at = unit.now


def _add(unit: Unit, pushed: PushedVersion, subject: Subject | None, life: Life | None) -> Outcome:
    if subject is None:
        subject = _new_subject(unit, pushed)
    history = life is not None and _is_history(unit, life, pushed.number)
    _take_over(unit, subject, pushed, life)
    add_version(
        unit,
        subject,
        pushed.content,
        number=pushed.number,
        live_from=live_from(pushed.content.effective_from, unit.now),
        source=VersionSource.HQ_PUSH,
        base_number=pushed.base,
        history_only=history,
        distribution=pushed.distribution or (),
        change_note=pushed.change_note,
        material=pushed.material,
    )
    about = DocumentType(subject.kind.value)
    unit.log(HQ, about, subject.id, "PUSH_VERSION", details={"number": pushed.number, "history": history})
    settle_subject(unit, subject.id)
    return applied("只作历史保存，现行版本不变" if history else "")


def judge_ending(unit: Unit, pushed: PushedEnding) -> Outcome:
    """End what is in force up to `number`; what comes first leaves a tombstone."""
    subject = lock_subject(unit.session, pushed.subject_id)
    contradiction = _contradicts_ours(subject, pushed)
    if contradiction is not None:
        return contradiction
    if subject is None:
        subject = _new_subject(unit, pushed)
    repair = repairing.open_repair(unit, subject.id)
    if repair is None:
        return _end_ordinarily(unit, subject, pushed)
    ordinarily, end = partial(_end_ordinarily, unit, subject, pushed), partial(_end, unit, subject, pushed)
    return repairing.take_ending(unit, repair, pushed, subject, ordinarily=ordinarily, end=end)


def _end_ordinarily(unit: Unit, subject: Subject, pushed: PushedEnding) -> Outcome:
    life = load_life(unit.session, subject.id)
    if life is None:
        raise RuntimeError("a subject row just stored has no life")
    moment = live_from(pushed.effective_from, unit.now)
    for known in life.revocations:  # one that lies ahead still gives way to an earlier day
        if known.number == pushed.number and (known.live_from <= unit.now or known.live_from == moment):
            same = known.reason is pushed.reason and known.replacement_id == pushed.replacement_id
            return duplicate("这个撤销已收到过") if same else quarantined(f"第 {pushed.number} 版已撤销而原因不同")
    _end(unit, subject, pushed, moment)
    return applied()


def _end(unit: Unit, subject: Subject, pushed: PushedEnding, moment: datetime) -> None:
    revocation = Revocation(
        id=unit.new_id(),
        subject_id=subject.id,
        number=pushed.number,
        live_from=moment,
        reason=pushed.reason,
        reason_text=pushed.reason_text,
        replacement_id=pushed.replacement_id,
        source=VersionSource.HQ_PUSH,
        created_at=unit.now,
    )
    unit.session.add(revocation)
    unit.touch(subject.id)
    unit.log(
        HQ,
        DocumentType(subject.kind.value),
        subject.id,
        "PUSH_REVOCATION",
        reason_codes=[pushed.reason.value],
        reason_text=pushed.reason_text,
        details={"number": pushed.number},
    )
    unit.session.flush()
    settle_subject(unit, subject.id)
