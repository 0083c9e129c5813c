"""Authors' operations: draft, edit, rebase. Nothing here leaves the author's desk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from kbsearch.content import Content, Terms
from kbsearch.services import revisions
from kbsearch.services.announcements.addressing import placed
from kbsearch.services.content_rules import MAX_CHANGE_NOTE, category_problem, require_shape
from kbsearch.services.people import require_action, require_role, who
from kbsearch.services.refusals import not_found, violated
from kbsearch.services.submissions import open_for
from kbsearch.services.transitions import carry_out
from kbsearch.store.lives import Life, load_life
from kbsearch.store.submissions import content_of, latest_revision, lock_subject
from kbsearch.store.tables import DocumentType, Subject, SubjectVersion, Submission
from kbsearch.store.unit import Unit
from kbsearch.workflow.actions import Action, Role
from kbsearch.workflow.decide import Actor, Command
from kbsearch.workflow.feedback import FeedbackAction
from kbsearch.workflow.reasons import RevokeReason
from kbsearch.workflow.states import KnowledgeStatus, Owner, Scope, SubjectKind, SubmissionKind, SubmissionState, Urgency


@dataclass(frozen=True, slots=True)
class Draft:
    """What an author writes beside the content. None means: leave as it is (edit) or the default (new)."""

    category_id: str | None = None
    urgency: Urgency | None = None
    change_note: str | None = None
    material: bool | None = None


@dataclass(frozen=True, slots=True)
class Assigned:
    """A draft that a reviewer opens from feedback for an author: opening is not editing (product.md §3.1).

    It is logged as the opener's act under a name of its own, so that the opener may still review what the author makes of it.
    """

    author_id: str
    feedback_id: str


def _may_begin(actor: Actor, assigned: Assigned | None) -> None:
    if assigned is None:
        require_action(actor, Action.CREATE)
    else:
        require_role(actor, Role.REVIEWER)


def check(unit: Unit, scope: Scope, draft: Draft, kind: SubjectKind = SubjectKind.KNOWLEDGE) -> None:
    """Refuse a change note that is too long and a place this kind of subject cannot hang in."""
    if draft.change_note is not None and len(draft.change_note) > MAX_CHANGE_NOTE:
        raise violated("BAD_CONTENT", f"修改说明最长 {MAX_CHANGE_NOTE} 个字，请缩短。", "changeNote")
    if draft.category_id is not None and kind is not SubjectKind.KNOWLEDGE:
        raise violated("BAD_CATEGORY", f"{kind.label}没有栏目，请去掉。", "categoryId")
    if draft.category_id is not None:
        problem = category_problem(unit.session, scope, draft.category_id)
        if problem:
            raise violated("BAD_CATEGORY", f"{problem}。", "categoryId")


def begin(unit: Unit, actor: Actor, submission: Submission, content: Content | None, draft: Draft) -> Submission:
    """Store a new submission with its first revision, and log who began it."""
    unit.session.add(submission)
    unit.session.flush()
    _carry_urgency(unit, submission)
    note, material = draft.change_note or "", True if draft.material is None else draft.material
    revisions.write(unit, submission, content, change_note=note, material=material, editor=submission.author_id)
    unit.touch_submission(submission.id)
    unit.log(
        who(actor),
        DocumentType.SUBMISSION,
        submission.id,
        Action.CREATE.value if submission.feedback_id is None else FeedbackAction.OPEN_UPDATE.value,
        to_state=SubmissionState.DRAFT.value,
        lock_version=submission.lock_version,
        round_=1,
    )
    return submission


def _carry_urgency(unit: Unit, submission: Submission) -> None:
    """Until something stands, a subject is as urgent as the submission that publishes it."""
    if submission.kind is SubmissionKind.PUBLISH:
        unit.session.get_one(Subject, submission.subject_id).urgency = submission.urgency


def new_submission(
    unit: Unit,
    actor: Actor,
    kind: SubmissionKind,
    subject: Subject,
    *,
    category_id: str | None,
    draft: Draft,
    base: int | None,
    assigned: Assigned | None = None,
) -> Submission:
    """A DRAFT on a subject, not stored yet; only knowledge has a category."""
    return Submission(
        id=unit.new_id(),
        kind=kind,
        scope=subject.scope,
        subject_id=subject.id,
        subject_kind=subject.kind,
        category_id=category_id,
        base_number=base,
        urgency=draft.urgency or Urgency.NORMAL,
        author_id=actor.id if assigned is None else assigned.author_id,
        feedback_id=None if assigned is None else assigned.feedback_id,
        idle_since=unit.now,
        created_at=unit.now,
        updated_at=unit.now,
    )


def draft_publish(
    unit: Unit, actor: Actor, *, scope: Scope, content: Content, draft: Draft, assigned: Assigned | None = None
) -> Submission:
    """Begin a new knowledge item: mints its stable id and a DRAFT that publishes it; `assigned`: for an author, from feedback."""
    _may_begin(actor, assigned)
    tidied = require_shape(content)
    if draft.category_id is None:
        raise violated("BAD_CATEGORY", "请选栏目。", "categoryId")
    check(unit, scope, draft)
    knowledge = Subject(id=unit.new_id(), owner=Owner.LOCAL, scope=scope, created_at=unit.now)
    unit.session.add(knowledge)
    unit.session.flush()
    submission = new_submission(
        unit, actor, SubmissionKind.PUBLISH, knowledge, category_id=draft.category_id, draft=draft, base=None, assigned=assigned
    )
    return begin(unit, actor, submission, tidied, draft)


def _changeable(unit: Unit, subject_id: str) -> Life:
    """A knowledge item we may ask to change: ours, ever in force, not archived; one never approved is nobody's to see."""
    lock_subject(unit.session, subject_id)
    life = load_life(unit.session, subject_id)
    if life is None or not life.versions or life.subject.kind is not SubjectKind.KNOWLEDGE:
        raise not_found("知识", "knowledgeId")
    if life.subject.owner is Owner.HQ:
        raise violated("OWNED_BY_HQ", "这条知识归总部所有，只有总部能改。请通过知识反馈提出意见。", "knowledgeId")
    if life.base(unit.now) is None:
        raise violated("NOT_YET_IN_FORCE", "这条知识还没有生效过，请等它生效，或先撤回它的发布申请。", "knowledgeId")
    if life.status(unit.now) is KnowledgeStatus.ARCHIVED:
        raise violated("ARCHIVED", "这条知识已归档，不能再改。", "knowledgeId")
    return life


def draft_update(
    unit: Unit, actor: Actor, subject_id: str, *, content: Content | None, draft: Draft, assigned: Assigned | None = None
) -> Submission:
    """Begin an update of a knowledge item on the version last in force; without content it starts from that wording."""
    _may_begin(actor, assigned)
    life = _changeable(unit, subject_id)
    base = life.base(unit.now)
    check(unit, life.subject.scope, draft)
    start = require_shape(content) if content is not None else version_content(life, base or 0)
    category = draft.category_id or life.subject.category_id or ""
    submission = new_submission(
        unit, actor, SubmissionKind.UPDATE, life.subject, category_id=category, draft=draft, base=base, assigned=assigned
    )
    return begin(unit, actor, submission, start, draft)


def draft_revoke(
    unit: Unit,
    actor: Actor,
    subject_id: str,
    *,
    reason: RevokeReason,
    reason_text: str,
    replacement_id: str | None,
    effective_from: datetime | None,
    draft: Draft,
) -> Submission:
    """Begin the revocation of a knowledge item in force or expired, with its typed reason."""
    require_action(actor, Action.CREATE)
    life = _changeable(unit, subject_id)
    if life.status(unit.now) is KnowledgeStatus.REVOKED:
        raise violated("ALREADY_REVOKED", "这条知识已经撤销。", "knowledgeId")
    category = life.subject.category_id or ""
    submission = new_submission(
        unit, actor, SubmissionKind.REVOKE, life.subject, category_id=category, draft=draft, base=life.base(unit.now)
    )
    set_ending(submission, reason=reason, text=reason_text, replacement_id=replacement_id, moment=effective_from)
    return begin(unit, actor, submission, None, draft)


def set_ending(submission: Submission, *, reason: RevokeReason, text: str, replacement_id: str | None, moment: datetime | None) -> None:
    """Why and when a REVOKE or RECALL ends its subject; only knowledge can be merged into another."""
    if reason is RevokeReason.MERGED and submission.subject_kind is not SubjectKind.KNOWLEDGE:
        raise violated("REASON_NOT_ALLOWED", "“已合并”只用于撤销知识，撤回公告请另选原因。", "reason")
    if len(text) > MAX_CHANGE_NOTE:
        raise violated("BAD_CONTENT", f"撤销说明最长 {MAX_CHANGE_NOTE} 个字，请缩短。", "reasonText")
    if replacement_id is not None and reason is not RevokeReason.MERGED:
        raise violated("REPLACEMENT_NOT_ALLOWED", "只有原因为“已合并”时才指明替代知识。", "replacementId")
    submission.revoke_reason, submission.revoke_text = reason, text.strip()
    submission.replacement_id, submission.revoke_at = replacement_id, moment


def version_content(life: Life, number: int) -> Content:
    """The wording of an accepted version."""
    return wording(life.versions[number])


def wording(v: SubjectVersion) -> Content:
    """A stored version's wording."""
    return Content(
        title=v.title,
        body=v.body,
        summary=v.summary,
        script=v.script,
        keywords=tuple(v.keywords),
        regions=tuple(v.regions),
        effective_from=v.effective_from,
        effective_to=v.effective_to,
        attachments=tuple(v.attachments),
        terms=None if v.terms is None else Terms.from_document(v.terms),
    )


def _rewrite(unit: Unit, actor: Actor, submission: Submission, content: Content | None, draft: Draft) -> None:
    """Write the working revision and the fields beside it, leaving out what the author left as it is."""
    latest = latest_revision(unit.session, submission.id)
    if draft.category_id is not None:
        submission.category_id = draft.category_id
    submission.urgency = draft.urgency or submission.urgency
    _carry_urgency(unit, submission)
    note = latest.change_note if draft.change_note is None else draft.change_note
    material = latest.material if draft.material is None else draft.material
    revisions.write(unit, submission, content, change_note=note, material=material, editor=actor.id)


def _worded(unit: Unit, submission: Submission, content: Content) -> Content:
    """What an author wrote, as it may be kept; an announcement's audience decides whether it leaves."""
    tidied = require_shape(content, submission.subject_kind)
    return placed(unit, submission, tidied) if submission.subject_kind is SubjectKind.ANNOUNCEMENT else tidied


def edit(unit: Unit, actor: Actor, submission_id: str, *, lock_version: int, content: Content, draft: Draft) -> Submission:
    """Rewrite the content of a publish or update that is with its author."""
    submission = open_for(unit, actor, submission_id)
    carry_out(unit, submission, who(actor), actor, Command(Action.EDIT, lock_version))
    if submission.kind.ends:
        raise violated("NO_CONTENT", "撤销申请没有正文，请修改撤销原因。", "content")
    worded = _worded(unit, submission, content)
    check(unit, submission.scope, draft, submission.subject_kind)
    _rewrite(unit, actor, submission, worded, draft)
    return submission


def edit_revoke(
    unit: Unit,
    actor: Actor,
    submission_id: str,
    *,
    lock_version: int,
    reason: RevokeReason,
    reason_text: str,
    replacement_id: str | None,
    effective_from: datetime | None,
    draft: Draft,
) -> Submission:
    """Rewrite the reason of a revocation that is with its author."""
    submission = open_for(unit, actor, submission_id)
    carry_out(unit, submission, who(actor), actor, Command(Action.EDIT, lock_version))
    if not submission.kind.ends:
        raise violated("NOT_A_REVOKE", "这不是撤销申请，请修改它的内容。", "submissionId")
    check(unit, submission.scope, draft, submission.subject_kind)
    set_ending(submission, reason=reason, text=reason_text, replacement_id=replacement_id, moment=effective_from)
    _rewrite(unit, actor, submission, None, draft)
    return submission


def rebase(unit: Unit, actor: Actor, submission_id: str, *, lock_version: int, content: Content | None) -> Submission:
    """Put an update or revocation on the version now last in force, with the author's field-by-field choice as content."""
    submission = open_for(unit, actor, submission_id)
    life = load_life(unit.session, submission.subject_id)
    new_base = life.base(unit.now) if life is not None else None
    old_base = submission.base_number
    carry_out(unit, submission, who(actor), actor, Command(Action.REBASE, lock_version), details={"from": old_base, "to": new_base})
    submission.base_number = new_base
    kept = content_of(latest_revision(unit.session, submission.id))
    if submission.kind.ends and content is not None:
        raise violated("NO_CONTENT", "撤销申请没有正文，换基线时不要带内容。", "content")
    _rewrite(unit, actor, submission, kept if content is None else _worded(unit, submission, content), Draft())
    return submission
