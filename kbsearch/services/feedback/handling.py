"""What reviewers do with feedback: open an update from it, link it to one, answer it, pass it on."""

from __future__ import annotations

from dataclasses import dataclass

from kbsearch.content import Content
from kbsearch.services import drafts
from kbsearch.services.drafts import Assigned, Draft
from kbsearch.services.feedback import telling
from kbsearch.services.feedback.changing import carry_out
from kbsearch.services.people import require_person_with, who
from kbsearch.services.refusals import not_found, require_reason_length, violated
from kbsearch.store.feedback import chain_of_originals, lock_feedback
from kbsearch.store.submissions import lock_submission
from kbsearch.store.tables import Category, CategoryOrigin, Feedback, Submission
from kbsearch.store.unit import Unit
from kbsearch.workflow.actions import Role
from kbsearch.workflow.decide import Actor
from kbsearch.workflow.feedback import FeedbackAction, Resolution
from kbsearch.workflow.feedback_decisions import FeedbackCommand, Linked
from kbsearch.workflow.notices import NoticeKind
from kbsearch.workflow.regions import PROVINCES
from kbsearch.workflow.states import TERMINAL, Scope, SubjectKind, Urgency

MAX_ANSWER = 2_000


@dataclass(frozen=True, slots=True)
class Opening:
    """Who is to write the update, how urgent it is (None: as the feedback), and where new knowledge is to hang."""

    author_id: str
    urgency: Urgency | None = None
    category_id: str | None = None


def _locked(unit: Unit, feedback_id: str) -> Feedback:
    """The locked row; who may handle it is the workflow's to say."""
    feedback = lock_feedback(unit.session, feedback_id)
    if feedback is None:
        raise not_found("反馈", "feedbackId")
    return feedback


def open_update(unit: Unit, actor: Actor, feedback_id: str, *, lock_version: int, opening: Opening) -> Submission:
    """开出更新: a draft on the knowledge with its present wording, or of new knowledge for a search in vain, given to an author."""
    feedback = _locked(unit, feedback_id)
    details = {"author": opening.author_id}
    carry_out(unit, feedback, who(actor), actor, FeedbackCommand(FeedbackAction.OPEN_UPDATE, lock_version), details=details)
    require_person_with(unit, opening.author_id, Role.AUTHOR, "authorId")
    submission = _draft(unit, actor, feedback, opening)
    feedback.submission_id, feedback.handler_id = submission.id, actor.id
    telling.tell_author(unit, submission, feedback, opened=True)
    return submission


def _draft(unit: Unit, actor: Actor, feedback: Feedback, opening: Opening) -> Submission:
    assigned = Assigned(opening.author_id, feedback.id)
    draft = Draft(category_id=opening.category_id, urgency=opening.urgency or feedback.urgency, change_note=_change_note(feedback))
    if feedback.subject_id is not None:
        return drafts.draft_update(unit, actor, feedback.subject_id, content=None, draft=draft, assigned=assigned)
    title = Content(title=feedback.query)
    return drafts.draft_publish(unit, actor, scope=_scope_of(unit, opening.category_id), content=title, draft=draft, assigned=assigned)


def _scope_of(unit: Unit, category_id: str | None) -> Scope:
    """New knowledge hangs where the reviewer says, and that decides whether headquarters has to approve it."""
    category = unit.session.get(Category, category_id) if category_id is not None else None
    if category is None:
        raise violated("BAD_CATEGORY", "没有指明知识的反馈要开出新知识，请选栏目：总部栏目为全网，本地栏目为本地。", "categoryId")
    return Scope.NATIONAL if category.origin is CategoryOrigin.HQ else Scope.LOCAL


def _change_note(feedback: Feedback) -> str:
    source = f"{PROVINCES.get(feedback.province, feedback.province)}，总部编号 {feedback.hq_id}" if feedback.province else "本地座席"
    return f"据知识反馈（{source}）：{telling.excerpt(feedback.text)}"


def link(unit: Unit, actor: Actor, feedback_id: str, *, lock_version: int, submission_id: str) -> Feedback:
    """关联申请: an open submission on the same knowledge takes care of it too."""
    submission = lock_submission(unit.session, submission_id)
    feedback = _locked(unit, feedback_id)
    if submission is None or submission.subject_kind is not SubjectKind.KNOWLEDGE:
        raise not_found("申请", "submissionId")
    same = feedback.subject_id in (None, submission.subject_id)
    command = FeedbackCommand(FeedbackAction.LINK, lock_version, linked=Linked(submission.state not in TERMINAL, same))
    carry_out(unit, feedback, who(actor), actor, command, details={"submission": submission.id})
    feedback.submission_id, feedback.handler_id = submission.id, actor.id
    telling.tell_author(unit, submission, feedback, opened=False)
    return feedback


def unlink(unit: Unit, actor: Actor, feedback_id: str, *, lock_version: int, reason_text: str = "") -> Feedback:
    """取消关联: the submission goes on by itself, the feedback waits again."""
    require_reason_length(reason_text)
    feedback = _locked(unit, feedback_id)
    command = FeedbackCommand(FeedbackAction.UNLINK, lock_version, text=reason_text.strip())
    carry_out(unit, feedback, who(actor), actor, command, details={"submission": feedback.submission_id})
    telling.tell_author_unlinked(unit, feedback)
    feedback.submission_id, feedback.handler_id = None, actor.id
    return feedback


def resolve(
    unit: Unit, actor: Actor, feedback_id: str, *, lock_version: int, resolution: Resolution, text: str, duplicate_of: str | None = None
) -> Feedback:
    """办结 with an answer and no update; the giver or headquarters is told."""
    if len(text) > MAX_ANSWER:
        raise violated("TEXT_TOO_LONG", f"说明最长 {MAX_ANSWER} 个字，请缩短。", "text")
    feedback = _locked(unit, feedback_id)
    originals = () if duplicate_of is None else chain_of_originals(unit.session, duplicate_of)
    if duplicate_of is not None and not originals:
        raise not_found("反馈", "duplicateOfId")
    command = FeedbackCommand(FeedbackAction.RESOLVE, lock_version, resolution, text.strip(), originals)
    carry_out(unit, feedback, who(actor), actor, command, details={"duplicateOf": duplicate_of} if duplicate_of else None)
    feedback.resolution, feedback.resolution_text, feedback.duplicate_of = resolution, text.strip(), duplicate_of
    feedback.handler_id = actor.id
    telling.tell_resolved(unit, feedback)
    return feedback


def reassign(unit: Unit, actor: Actor, feedback_id: str, *, lock_version: int, handler_id: str, reason_text: str = "") -> Feedback:
    """转派: another reviewer handles it; logged with who had it before."""
    require_reason_length(reason_text)
    feedback = _locked(unit, feedback_id)
    details = {"before": feedback.handler_id, "after": handler_id}
    command = FeedbackCommand(FeedbackAction.REASSIGN, lock_version, text=reason_text.strip())
    carry_out(unit, feedback, who(actor), actor, command, details=details)
    feedback.handler_id = require_person_with(unit, handler_id, Role.REVIEWER, "handlerId").id
    text = f"这条反馈转由您处理：{telling.excerpt(feedback.text)}"
    telling.tell(unit, [handler_id], feedback, text, kind=NoticeKind.ASSIGNED, next_step="请开出更新，或答复办结")
    return feedback
