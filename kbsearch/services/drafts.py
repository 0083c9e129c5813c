"""Authors' operations: draft, edit, rebase. Nothing here leaves the author's desk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from kbsearch.content import Content
from kbsearch.services import revisions
from kbsearch.services.content_rules import MAX_CHANGE_NOTE, category_problem, require_shape
from kbsearch.services.people import require_action, who
from kbsearch.services.refusals import not_found, violated
from kbsearch.services.submissions import open_for
from kbsearch.services.transitions import carry_out
from kbsearch.store.lives import Life, load_life
from kbsearch.store.submissions import content_of, latest_revision, lock_knowledge
from kbsearch.store.tables import DocumentType, Knowledge, Submission
from kbsearch.store.unit import Unit
from kbsearch.workflow.actions import Action
from kbsearch.workflow.decide import Actor, Command
from kbsearch.workflow.reasons import RevokeReason
from kbsearch.workflow.states import KnowledgeStatus, Owner, Scope, SubmissionKind, SubmissionState, Urgency


@dataclass(frozen=True, slots=True)
class Draft:
    """What an author writes beside the content. None means: leave as it is (edit) or the default (new)."""

    category_id: str | None = None
    urgency: Urgency | None = None
    change_note: str | None = None
    material: bool | None = None


def _check(unit: Unit, scope: Scope, draft: Draft) -> None:
    if draft.change_note is not None and len(draft.change_note) > MAX_CHANGE_NOTE:
        raise violated("BAD_CONTENT", f"修改说明最长 {MAX_CHANGE_NOTE} 个字，请缩短。", "changeNote")
    if draft.category_id is not None:
        problem = category_problem(unit.session, scope, draft.category_id)
        if problem:
            raise violated("BAD_CATEGORY", f"{problem}。", "categoryId")


def _create(unit: Unit, actor: Actor, submission: Submission, content: Content | None, draft: Draft) -> Submission:
    unit.session.add(submission)
    unit.session.flush()
    note, material = draft.change_note or "", True if draft.material is None else draft.material
    revisions.write(unit, submission, content, change_note=note, material=material, editor=actor.id)
    unit.touch_submission(submission.id)
    unit.log(
        who(actor),
        DocumentType.SUBMISSION,
        submission.id,
        Action.CREATE.value,
        to_state=SubmissionState.DRAFT.value,
        lock_version=submission.lock_version,
        round_=1,
    )
    return submission


def _new(
    unit: Unit, actor: Actor, kind: SubmissionKind, knowledge: Knowledge, *, category_id: str, draft: Draft, base: int | None
) -> Submission:
    return Submission(
        id=unit.new_id(),
        kind=kind,
        scope=knowledge.scope,
        knowledge_id=knowledge.id,
        category_id=category_id,
        base_number=base,
        urgency=draft.urgency or Urgency.NORMAL,
        author_id=actor.id,
        idle_since=unit.now,
        created_at=unit.now,
        updated_at=unit.now,
    )


def draft_publish(unit: Unit, actor: Actor, *, scope: Scope, content: Content, draft: Draft) -> Submission:
    """Begin a new knowledge item: mints its stable id and a DRAFT that publishes it."""
    require_action(actor, Action.CREATE)
    tidied = require_shape(content)
    if draft.category_id is None:
        raise violated("BAD_CATEGORY", "请选栏目。", "categoryId")
    _check(unit, scope, draft)
    knowledge = Knowledge(id=unit.new_id(), owner=Owner.LOCAL, scope=scope, created_at=unit.now)
    unit.session.add(knowledge)
    unit.session.flush()
    submission = _new(unit, actor, SubmissionKind.PUBLISH, knowledge, category_id=draft.category_id, draft=draft, base=None)
    return _create(unit, actor, submission, tidied, draft)


def _changeable(unit: Unit, knowledge_id: str) -> Life:
    """A knowledge item we may ask to change: ours, ever in force, not archived; one never approved is nobody's to see."""
    lock_knowledge(unit.session, knowledge_id)
    life = load_life(unit.session, knowledge_id)
    if life is None or not life.versions:
        raise not_found("知识", "knowledgeId")
    if life.knowledge.owner is Owner.HQ:
        raise violated("OWNED_BY_HQ", "这条知识归总部所有，只有总部能改。请通过知识反馈提出意见。", "knowledgeId")
    if life.base(unit.now) is None:
        raise violated("NOT_YET_IN_FORCE", "这条知识还没有生效过，请等它生效，或先撤回它的发布申请。", "knowledgeId")
    if life.status(unit.now) is KnowledgeStatus.ARCHIVED:
        raise violated("ARCHIVED", "这条知识已归档，不能再改。", "knowledgeId")
    return life


def draft_update(unit: Unit, actor: Actor, knowledge_id: str, *, content: Content | None, draft: Draft) -> Submission:
    """Begin an update of a knowledge item on the version last in force; without content it starts from that wording."""
    require_action(actor, Action.CREATE)
    life = _changeable(unit, knowledge_id)
    base = life.base(unit.now)
    _check(unit, life.knowledge.scope, draft)
    start = require_shape(content) if content is not None else version_content(life, base or 0)
    category = draft.category_id or life.knowledge.category_id or ""
    submission = _new(unit, actor, SubmissionKind.UPDATE, life.knowledge, category_id=category, draft=draft, base=base)
    return _create(unit, actor, submission, start, draft)


def draft_revoke(
    unit: Unit,
    actor: Actor,
    knowledge_id: str,
    *,
    reason: RevokeReason,
    reason_text: str,
    replacement_id: str | None,
    effective_from: datetime | None,
    draft: Draft,
) -> Submission:
    """Begin the revocation of a knowledge item in force or expired, with its typed reason."""
    require_action(actor, Action.CREATE)
    life = _changeable(unit, knowledge_id)
    if life.status(unit.now) is KnowledgeStatus.REVOKED:
        raise violated("ALREADY_REVOKED", "这条知识已经撤销。", "knowledgeId")
    category = life.knowledge.category_id or ""
    submission = _new(unit, actor, SubmissionKind.REVOKE, life.knowledge, category_id=category, draft=draft, base=life.base(unit.now))
    _set_revocation(submission, reason=reason, text=reason_text, replacement_id=replacement_id, moment=effective_from)
    return _create(unit, actor, submission, None, draft)


def _set_revocation(
    submission: Submission, *, reason: RevokeReason, text: str, replacement_id: str | None, moment: datetime | None
) -> None:
    if len(text) > MAX_CHANGE_NOTE:
        raise violated("BAD_CONTENT", f"撤销说明最长 {MAX_CHANGE_NOTE} 个字，请缩短。", "reasonText")
    if replacement_id is not None and reason is not RevokeReason.MERGED:
        raise violated("REPLACEMENT_NOT_ALLOWED", "只有原因为“已合并”时才指明替代知识。", "replacementId")
    submission.revoke_reason, submission.revoke_text = reason, text.strip()
    submission.replacement_id, submission.revoke_at = replacement_id, moment


def version_content(life: Life, number: int) -> Content:
    """A stored version's wording."""
    v = life.versions[number]
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
    )


def _rewrite(unit: Unit, actor: Actor, submission: Submission, content: Content | None, draft: Draft) -> None:
    """Write the working revision and the fields beside it, leaving out what the author left as it is."""
    latest = latest_revision(unit.session, submission.id)
    if draft.category_id is not None:
        submission.category_id = draft.category_id
    submission.urgency = draft.urgency or submission.urgency
    note = latest.change_note if draft.change_note is None else draft.change_note
    material = latest.material if draft.material is None else draft.material
    revisions.write(unit, submission, content, change_note=note, material=material, editor=actor.id)


def edit(unit: Unit, actor: Actor, submission_id: str, *, lock_version: int, content: Content, draft: Draft) -> Submission:
    """Rewrite the content of a publish or update that is with its author."""
    submission = open_for(unit, actor, submission_id)
    carry_out(unit, submission, who(actor), actor, Command(Action.EDIT, lock_version))
    if submission.kind is SubmissionKind.REVOKE:
        raise violated("NO_CONTENT", "撤销申请没有正文，请修改撤销原因。", "content")
    tidied = require_shape(content)
    _check(unit, submission.scope, draft)
    _rewrite(unit, actor, submission, tidied, draft)
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
    if submission.kind is not SubmissionKind.REVOKE:
        raise violated("NOT_A_REVOKE", "这不是撤销申请，请修改它的内容。", "submissionId")
    _check(unit, submission.scope, draft)
    _set_revocation(submission, reason=reason, text=reason_text, replacement_id=replacement_id, moment=effective_from)
    _rewrite(unit, actor, submission, None, draft)
    return submission


def rebase(unit: Unit, actor: Actor, submission_id: str, *, lock_version: int, content: Content | None) -> Submission:
    """Put an update or revocation on the version now last in force, with the author's field-by-field choice as content."""
    submission = open_for(unit, actor, submission_id)
    life = load_life(unit.session, submission.knowledge_id)
    new_base = life.base(unit.now) if life is not None else None
    old_base = submission.base_number
    carry_out(unit, submission, who(actor), actor, Command(Action.REBASE, lock_version), details={"from": old_base, "to": new_base})
    submission.base_number = new_base
    kept = content_of(latest_revision(unit.session, submission.id))
    if submission.kind is SubmissionKind.REVOKE and content is not None:
        raise violated("NO_CONTENT", "撤销申请没有正文，换基线时不要带内容。", "content")
    _rewrite(unit, actor, submission, kept if content is None else require_shape(content), Draft())
    return submission
