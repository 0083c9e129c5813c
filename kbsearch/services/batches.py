"""Batches 批次: several submissions go one way together, all or none; each is still decided by its own workflow.

The effective moment of the batch is written into every member's content when it is handed in, as an edit by its author.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from sqlmodel import col, select

from kbsearch.content import Content
from kbsearch.errors import Refusal, Refused
from kbsearch.services import drafts, submissions
from kbsearch.services.drafts import Draft
from kbsearch.services.people import require_role, who
from kbsearch.services.refusals import denied, not_found, stale, violated
from kbsearch.store.submissions import content_of, latest_revision
from kbsearch.store.tables import Batch, DocumentType, Submission
from kbsearch.store.unit import Unit
from kbsearch.store.visibility import visible_batch_to
from kbsearch.workflow.actions import Role
from kbsearch.workflow.batches import JOINS_FROM, LEAVES_FROM, MAX_MEMBERS, MAX_TITLE, WITH_AUTHOR, BatchAction, BatchFacts, may
from kbsearch.workflow.decide import Actor
from kbsearch.workflow.states import Scope, SubmissionState


@dataclass(frozen=True, slots=True)
class Seen:
    """A member as the reviewer saw it."""

    submission_id: str
    lock_version: int
    submission_hash: str


def draft_batch(unit: Unit, actor: Actor, *, title: str, effective_from: datetime | None = None) -> Batch:
    """Begin an empty batch; `effective_from` None: every member keeps its own moment."""
    require_role(actor, Role.AUTHOR)
    if not 1 <= len(title.strip()) <= MAX_TITLE:
        raise violated("BAD_TITLE", f"批次名须有 1 至 {MAX_TITLE} 个字。", "title")
    if effective_from is not None and effective_from <= unit.now:
        raise violated("MOMENT_PAST", "批次的生效时间须晚于现在。", "effectiveFrom")
    batch = Batch(id=unit.new_id(), title=title.strip(), author_id=actor.id, effective_from=effective_from, created_at=unit.now)
    unit.session.add(batch)
    unit.session.flush()
    _log(unit, actor, batch, BatchAction.DRAFT, [])
    return batch


def _locked(unit: Unit, actor: Actor, batch_id: str, action: BatchAction, lock_version: int | None) -> Batch:
    batch = unit.session.get(Batch, batch_id, with_for_update=True, populate_existing=True)
    if batch is None or not visible_batch_to(batch, actor.id, actor.roles):
        raise not_found("批次", "batchId")
    if not may(actor, action, BatchFacts(batch.author_id, ())):
        raise denied(f"您没有权限{action.label}：放入、取出、提交审核须由建批次的作者来做，审核和提交总部须由知识管理员来做。")
    if lock_version is not None and lock_version != batch.lock_version:
        raise stale("批次", batch.lock_version)
    return batch


def members(unit: Unit, batch_id: str) -> Sequence[Submission]:
    """Its submissions, in the order everything about them is done: that of their subjects, as locks are taken."""
    statement = select(Submission).where(Submission.batch_id == batch_id)
    return unit.session.exec(statement.order_by(col(Submission.subject_id), col(Submission.id))).all()


def _log(unit: Unit, actor: Actor, batch: Batch, action: BatchAction, done: Sequence[Submission]) -> None:
    unit.stamp(Batch, batch.id)
    details = {"submissions": [submission.id for submission in done]}
    unit.log(who(actor), DocumentType.BATCH, batch.id, action.value, lock_version=batch.lock_version, details=details)


def _finish(unit: Unit, actor: Actor, batch: Batch, action: BatchAction, done: Sequence[Submission]) -> Batch:
    batch.lock_version += 1
    _log(unit, actor, batch, action, done)
    return batch


def _all_or_none(entries: Sequence[tuple[int, str, Callable[[], None]]], field: str) -> None:
    """Run every step; raise all refusals together, each with its place in the input and the title of what refused."""
    refusals: list[Refusal] = []
    for index, title, step in entries:
        try:
            step()
        except Refused as refused:
            refusals += [placed(_named_after(refusal, title), field, index) for refusal in refused.refusals]
    if refusals:
        raise Refused(*refusals)


def _named_after(refusal: Refusal, title: str) -> Refusal:
    return replace(refusal, message=f"《{title}》：{refusal.message}") if title else refusal


def placed(refusal: Refusal, field: str, index: int, *name: str) -> Refusal:
    """The same refusal at its place in a list of the input; `name` instead of the field it has."""
    return replace(refusal, field=(field, str(index), *(name or refusal.field)))


def _title(unit: Unit, submission: Submission) -> str:
    content = content_of(latest_revision(unit.session, submission.id))
    return "撤销申请" if content is None else content.title


def _require_some(submission_ids: Sequence[str], field: str = "submissionIds") -> None:
    if not 1 <= len(submission_ids) <= MAX_MEMBERS:
        raise violated("BATCH_SIZE", f"一批可有 1 至 {MAX_MEMBERS} 个申请。", field)
    if len(set(submission_ids)) != len(submission_ids):
        raise violated("BATCH_REPEATS", "同一个申请出现了不止一次。", field)


def add(unit: Unit, actor: Actor, batch_id: str, submission_ids: Sequence[str], *, lock_version: int) -> Batch:
    """Put own drafts and returned submissions into the batch; each is in one batch at most."""
    batch = _locked(unit, actor, batch_id, BatchAction.ADD, lock_version)
    _require_some(submission_ids)
    if len(members(unit, batch.id)) + len(submission_ids) > MAX_MEMBERS:
        raise violated("BATCH_SIZE", f"一批最多 {MAX_MEMBERS} 个申请，请另建一批。", "submissionIds")
    joined: list[Submission] = []

    def join(submission_id: str) -> None:
        submission = submissions.open_for(unit, actor, submission_id)
        if submission.author_id != actor.id:
            raise denied("只能放入自己的申请。")
        if submission.state not in JOINS_FROM:
            raise violated("NOT_WITH_AUTHOR", f"申请现在是“{submission.state.label}”，只能放入草稿或审核退回的。")
        if submission.batch_id is not None:
            raise violated("IN_A_BATCH", "申请已在一个批次里，请先取出。")
        submission.batch_id = batch.id
        unit.touch_submission(submission.id)
        joined.append(submission)

    _all_or_none([(index, "", partial(join, key)) for index, key in enumerate(submission_ids)], "submissionIds")
    return _finish(unit, actor, batch, BatchAction.ADD, joined)


def remove(unit: Unit, actor: Actor, batch_id: str, submission_ids: Sequence[str], *, lock_version: int) -> Batch:
    """Take members out that are with their author, or over; what is under review stays, since it is reviewed as one."""
    batch = _locked(unit, actor, batch_id, BatchAction.REMOVE, lock_version)
    _require_some(submission_ids)
    held = {submission.id: submission for submission in members(unit, batch.id)}

    def leave(submission_id: str) -> None:
        submission = held.get(submission_id)
        if submission is None:
            raise not_found("申请")
        if submission.state not in LEAVES_FROM:
            raise violated("UNDER_REVIEW", f"申请现在是“{submission.state.label}”，请先收回或等它回到作者手上。")
        submission.batch_id = None
        unit.touch_submission(submission.id)

    _all_or_none([(index, "", partial(leave, key)) for index, key in enumerate(submission_ids)], "submissionIds")
    return _finish(unit, actor, batch, BatchAction.REMOVE, [held[key] for key in submission_ids])


def _waiting(unit: Unit, batch: Batch, states: frozenset[SubmissionState], message: str) -> list[Submission]:
    found = [submission for submission in members(unit, batch.id) if submission.state in states]
    if not found:
        raise violated("NOTHING_TO_DO", message, "batchId")
    return found


def _set_moment(unit: Unit, actor: Actor, submission: Submission, moment: datetime) -> None:
    """Write the batch's moment into a member, as its author's edit; nothing where it says so already."""
    draft, content = Draft(), content_of(latest_revision(unit.session, submission.id))
    lock = submission.lock_version
    if content is not None:
        if content.effective_from != moment:
            moved: Content = content.moved_to(moment)
            drafts.edit(unit, actor, submission.id, lock_version=lock, content=moved, draft=draft)
    elif submission.revoke_at != moment and submission.revoke_reason is not None:
        drafts.edit_revoke(
            unit,
            actor,
            submission.id,
            lock_version=lock,
            reason=submission.revoke_reason,
            reason_text=submission.revoke_text,
            replacement_id=submission.replacement_id,
            effective_from=moment,
            draft=draft,
        )


def submit_for_review(unit: Unit, actor: Actor, batch_id: str, *, lock_version: int) -> Batch:
    """Hand in every member that is with its author, at one moment where the batch has one."""
    batch = _locked(unit, actor, batch_id, BatchAction.SUBMIT_FOR_REVIEW, lock_version)
    waiting = _waiting(unit, batch, WITH_AUTHOR, "批次里没有在作者手上的申请，请先放入。")
    moment = batch.effective_from
    if moment is not None and moment <= unit.now:
        raise violated("MOMENT_PAST", "批次的生效时间已过，请另建一批，或逐个提交。", "batchId")

    def hand_in(submission: Submission) -> None:
        if moment is not None:
            _set_moment(unit, actor, submission, moment)
        submissions.submit_for_review(unit, actor, submission.id, lock_version=submission.lock_version)

    entries = [(index, _title(unit, s), partial(hand_in, s)) for index, s in enumerate(waiting)]
    _all_or_none(entries, "submissions")
    return _finish(unit, actor, batch, BatchAction.SUBMIT_FOR_REVIEW, waiting)


def approve(unit: Unit, actor: Actor, batch_id: str, items: Sequence[Seen], *, and_submit: bool = False) -> Batch:
    """One review: every member that waits, as it was seen. `and_submit`: the 全网 ones go to headquarters at once."""
    batch = _locked(unit, actor, batch_id, BatchAction.APPROVE, None)
    _require_some([item.submission_id for item in items], "items")
    waiting = {s.id: s for s in _waiting(unit, batch, frozenset({SubmissionState.PENDING_REVIEW}), "批次里没有待审核的申请。")}
    missing = [_title(unit, s) for key, s in waiting.items() if key not in {item.submission_id for item in items}]
    if missing:
        names = "、".join(f"《{title}》" for title in missing[:5])
        raise violated("BATCH_INCOMPLETE", f"整批审核须包括批次里全部待审核的申请，还缺 {names}。请刷新后再审。", "items")

    def judge(item: Seen) -> None:
        submission = waiting.get(item.submission_id)
        if submission is None:
            raise violated("NOT_WAITING", "申请不在这个批次里，或不是待审核。", "submissionId")
        send = and_submit and submission.scope is Scope.NATIONAL
        lock, seen = item.lock_version, item.submission_hash
        submissions.approve(unit, actor, item.submission_id, lock_version=lock, submission_hash=seen, and_submit=send)

    turns = {submission_id: turn for turn, submission_id in enumerate(waiting)}  # in the order locks are taken
    ordered = sorted(enumerate(items), key=lambda pair: turns.get(pair[1].submission_id, -1))
    _all_or_none([(index, _named(unit, waiting, item), partial(judge, item)) for index, item in ordered], "items")
    return _finish(unit, actor, batch, BatchAction.APPROVE, list(waiting.values()))


def _named(unit: Unit, waiting: dict[str, Submission], item: Seen) -> str:
    return _title(unit, waiting[item.submission_id]) if item.submission_id in waiting else ""


def submit_to_hq(unit: Unit, actor: Actor, batch_id: str, *, lock_version: int) -> Batch:
    """Hand every approved member to headquarters, which decides each on its own."""
    batch = _locked(unit, actor, batch_id, BatchAction.SUBMIT_TO_HQ, lock_version)
    waiting = _waiting(unit, batch, frozenset({SubmissionState.APPROVED}), "批次里没有审核通过待提交的申请。")
    submissions.submit_to_hq(unit, actor, [(submission.id, submission.lock_version) for submission in waiting])
    return _finish(unit, actor, batch, BatchAction.SUBMIT_TO_HQ, waiting)
