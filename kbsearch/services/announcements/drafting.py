"""Authors' operations on announcements and replies: begin one, correct or recall one of ours, answer one of headquarters'."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from kbsearch.content import Content
from kbsearch.services.announcements.addressing import named, scope_for
from kbsearch.services.content_rules import require_shape
from kbsearch.services.drafts import Draft, begin, check, new_submission, set_ending, version_content
from kbsearch.services.people import require_action
from kbsearch.services.refusals import not_found, violated
from kbsearch.store.audiences import shown_version, terms_of
from kbsearch.store.lives import Life, load_life
from kbsearch.store.submissions import lock_subject
from kbsearch.store.tables import Subject, Submission
from kbsearch.store.unit import Unit
from kbsearch.store.visibility import authored_among, sight_of
from kbsearch.workflow.actions import Action
from kbsearch.workflow.audience import OURS, organisation_name
from kbsearch.workflow.decide import Actor
from kbsearch.workflow.reasons import RevokeReason
from kbsearch.workflow.states import KnowledgeStatus, Owner, Scope, SubjectKind, SubmissionKind

_FIELD = "announcementId"
_LONGEST_TITLE = 200


def draft_announcement(unit: Unit, actor: Actor, *, content: Content, draft: Draft) -> Submission:
    """Begin a new announcement; whom it is for decides whether it goes to headquarters."""
    require_action(actor, Action.CREATE)
    tidied = named(unit, require_shape(content, SubjectKind.ANNOUNCEMENT))
    check(unit, scope_for(tidied), draft, SubjectKind.ANNOUNCEMENT)
    subject = Subject(
        id=unit.new_id(),
        kind=SubjectKind.ANNOUNCEMENT,
        owner=Owner.LOCAL,
        scope=scope_for(tidied),
        issuer_code=OURS,
        issuer_name=organisation_name(OURS) or "",
        created_at=unit.now,
    )
    unit.session.add(subject)
    unit.session.flush()
    submission = new_submission(unit, actor, SubmissionKind.PUBLISH, subject, category_id=None, draft=draft, base=None)
    return begin(unit, actor, submission, tidied, draft)


def _visible(unit: Unit, actor: Actor, announcement_id: str) -> Life:
    """The locked announcement, NOT_FOUND where this person may not see it."""
    lock_subject(unit.session, announcement_id)
    life = load_life(unit.session, announcement_id)
    if life is None or life.subject.kind is not SubjectKind.ANNOUNCEMENT or not life.versions:
        raise not_found("公告", _FIELD)
    authored = announcement_id in authored_among(unit.session, actor, [announcement_id])
    if sight_of(actor, life, unit.now, authored=authored) is None:
        raise not_found("公告", _FIELD)
    return life


def _changeable(unit: Unit, actor: Actor, announcement_id: str) -> Life:
    """An announcement of ours that was in force once."""
    life = _visible(unit, actor, announcement_id)
    if life.subject.owner is Owner.HQ:
        raise violated("OWNED_BY_HQ", "这个公告由总部下发，只有总部能更正或撤回。", _FIELD)
    if life.base(unit.now) is None:
        raise violated("NOT_YET_IN_FORCE", "这个公告还没有发布过，请等它发布，或先撤回它的申请。", _FIELD)
    return life


def draft_correction(unit: Unit, actor: Actor, announcement_id: str, *, content: Content | None, draft: Draft) -> Submission:
    """更正: the next version of an announcement of ours; without content it starts from the wording last in force."""
    require_action(actor, Action.CREATE)
    life = _changeable(unit, actor, announcement_id)
    base = life.base(unit.now)
    check(unit, life.subject.scope, draft, SubjectKind.ANNOUNCEMENT)
    start = version_content(life, base or 0) if content is None else named(unit, require_shape(content, SubjectKind.ANNOUNCEMENT))
    if scope_for(start) is not life.subject.scope:
        raise violated(
            "SCOPE_FIXED",
            "更正不能把只在本平台的公告发到其他单位，也不能把发到其他单位的收回到只有本平台；请另起草一个。",
            "content",
            "terms",
            "audience",
        )
    submission = new_submission(unit, actor, SubmissionKind.CORRECT, life.subject, category_id=None, draft=draft, base=base)
    return begin(unit, actor, submission, start, draft)


def draft_recall(
    unit: Unit, actor: Actor, announcement_id: str, *, reason: RevokeReason, reason_text: str, effective_from: datetime | None, draft: Draft
) -> Submission:
    """撤回: the end of an announcement of ours, with its typed reason (all but 已合并)."""
    require_action(actor, Action.CREATE)
    life = _changeable(unit, actor, announcement_id)
    if life.status(unit.now) is KnowledgeStatus.REVOKED:
        raise violated("ALREADY_REVOKED", "这个公告已经撤回。", _FIELD)
    check(unit, life.subject.scope, draft, SubjectKind.ANNOUNCEMENT)
    base = life.base(unit.now)
    submission = new_submission(unit, actor, SubmissionKind.RECALL, life.subject, category_id=None, draft=draft, base=base)
    set_ending(submission, reason=reason, text=reason_text, replacement_id=None, moment=effective_from)
    return begin(unit, actor, submission, None, draft)


def _answerable(unit: Unit, actor: Actor, announcement_id: str) -> Life:
    """An announcement of headquarters' that asks for an answer and stands; one expired or past its day still does."""
    life = _visible(unit, actor, announcement_id)
    if life.subject.owner is not Owner.HQ:
        raise violated("OWN_ANNOUNCEMENT", "这是本平台自己的公告，不须回复。", _FIELD)
    if life.status(unit.now) is KnowledgeStatus.REVOKED:
        raise violated("RECALLED", "这个公告已经撤回，不能再回复。", _FIELD)
    shown = shown_version(life, unit.now)
    if shown is None or not terms_of(shown).needs_reply:
        raise violated("NO_REPLY_ASKED", "这个公告没有要求回复。", _FIELD)
    return life


def draft_reply(unit: Unit, actor: Actor, announcement_id: str, *, content: Content, draft: Draft) -> Submission:
    """Begin an answer to headquarters' announcement; without a title it is called after what it answers."""
    require_action(actor, Action.CREATE)
    life = _answerable(unit, actor, announcement_id)
    shown = shown_version(life, unit.now)
    asked = "" if shown is None else shown.title
    title = content.title.strip() or f"回复：{asked}"[:_LONGEST_TITLE]
    tidied = require_shape(replace(content, title=title), SubjectKind.REPLY)
    check(unit, Scope.NATIONAL, draft, SubjectKind.REPLY)
    reply = Subject(
        id=unit.new_id(),
        kind=SubjectKind.REPLY,
        owner=Owner.LOCAL,
        scope=Scope.NATIONAL,
        parent_id=announcement_id,
        issuer_code=OURS,
        issuer_name=organisation_name(OURS) or "",
        created_at=unit.now,
    )
    unit.session.add(reply)
    unit.session.flush()
    submission = new_submission(unit, actor, SubmissionKind.PUBLISH, reply, category_id=None, draft=draft, base=None)
    return begin(unit, actor, submission, tidied, draft)
