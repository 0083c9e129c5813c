"""Operations that move a submission on: review, submit to headquarters, withdraw; and the queues people work from."""

from __future__ import annotations

from collections.abc import Sequence

from kbsearch.errors import Refusal, Refused
from kbsearch.services.notices import telling
from kbsearch.services.people import require_person_with, who
from kbsearch.services.refusals import not_found, require_reason_length, violated
from kbsearch.services.transitions import carry_out
from kbsearch.store.submissions import lock_submission
from kbsearch.store.tables import Submission
from kbsearch.store.unit import Unit
from kbsearch.store.visibility import visible_submission_to
from kbsearch.workflow.actions import Action, Role
from kbsearch.workflow.decide import Actor, Command
from kbsearch.workflow.reasons import ReturnReason

MAX_BATCH = 100


def open_for(unit: Unit, actor: Actor, submission_id: str) -> Submission:
    """The locked submission, NOT_FOUND when it does not exist or is not this person's to see."""
    submission = lock_submission(unit.session, submission_id)
    if submission is None or not visible_submission_to(submission, actor.id, actor.roles):
        raise not_found("申请", "submissionId")
    return submission


def _run(unit: Unit, actor: Actor, submission_id: str, command: Command) -> Submission:
    require_reason_length(command.reason_text)
    submission = open_for(unit, actor, submission_id)
    carry_out(unit, submission, who(actor), actor, command)
    return submission


def submit_for_review(unit: Unit, actor: Actor, submission_id: str, *, lock_version: int) -> Submission:
    """Freeze the revision and hand it to the reviewers."""
    return _run(unit, actor, submission_id, Command(Action.SUBMIT_FOR_REVIEW, lock_version))


def recall(unit: Unit, actor: Actor, submission_id: str, *, lock_version: int) -> Submission:
    """Take it back before it is reviewed."""
    return _run(unit, actor, submission_id, Command(Action.RECALL, lock_version))


def void(unit: Unit, actor: Actor, submission_id: str, *, lock_version: int, reason_text: str = "") -> Submission:
    """End it for good; headquarters is told if it has seen it."""
    return _run(unit, actor, submission_id, Command(Action.VOID, lock_version, reason_text=reason_text))


def withdraw(unit: Unit, actor: Actor, submission_id: str, *, lock_version: int, reason_text: str = "") -> Submission:
    """Take it back after approval: locally, or by asking headquarters."""
    return _run(unit, actor, submission_id, Command(Action.WITHDRAW, lock_version, reason_text=reason_text))


def claim(unit: Unit, actor: Actor, submission_id: str, *, lock_version: int) -> Submission:
    """Take a lease on reviewing it; another's running lease is refused."""
    submission = open_for(unit, actor, submission_id)
    holder, until = submission.claimed_by, submission.claim_until
    if holder is not None and holder != actor.id and until is not None and until > unit.now:
        raise violated("CLAIMED", "已由另一位知识管理员领取，请等其放回或到期，或另选一个。", "submissionId", claimedBy=holder)
    carry_out(unit, submission, who(actor), actor, Command(Action.CLAIM, lock_version))
    submission.claimed_by, submission.claim_until = actor.id, unit.now + unit.deadlines.claim
    return submission


def release(unit: Unit, actor: Actor, submission_id: str, *, lock_version: int) -> Submission:
    """Give the lease back."""
    submission = open_for(unit, actor, submission_id)
    held = submission.claimed_by == actor.id
    carry_out(unit, submission, who(actor), actor, Command(Action.RELEASE, lock_version))
    if not held:
        raise violated("NOT_CLAIMED", "这个申请不在您手里，不能放回。", "submissionId")
    return submission


def approve(
    unit: Unit, actor: Actor, submission_id: str, *, lock_version: int, submission_hash: str, and_submit: bool = False
) -> Submission:
    """Approve what was seen; with `and_submit` also hand it to headquarters, as two logged transitions."""
    submission = _run(unit, actor, submission_id, Command(Action.APPROVE, lock_version, submission_hash))
    if and_submit:
        carry_out(unit, submission, who(actor), actor, Command(Action.SUBMIT_TO_HQ))
    return submission


def send_back(
    unit: Unit, actor: Actor, submission_id: str, *, lock_version: int, reason_codes: Sequence[ReturnReason], reason_text: str
) -> Submission:
    """审核退回, with reasons."""
    command = Command(Action.RETURN, lock_version, reason_codes=tuple(reason_codes), reason_text=reason_text)
    return _run(unit, actor, submission_id, command)


def submit_to_hq(unit: Unit, actor: Actor, items: Sequence[tuple[str, int]]) -> list[Submission]:
    """Hand approved submissions (id, lockVersion) to headquarters, all or none."""
    if not 1 <= len(items) <= MAX_BATCH:
        raise violated("BATCH_SIZE", f"一次可提交 1 至 {MAX_BATCH} 个申请。", "submissions")
    if len({i for i, _ in items}) != len(items):
        raise violated("BATCH_REPEATS", "同一个申请在批中出现了不止一次。", "submissions")
    refusals: list[Refusal] = []
    done = []
    for index, (submission_id, lock_version) in enumerate(items):
        try:
            done.append(_run(unit, actor, submission_id, Command(Action.SUBMIT_TO_HQ, lock_version)))
        except Refused as refused:
            refusals += [_at(r, index) for r in refused.refusals]
    if refusals:
        raise Refused(*refusals)
    return done


def _at(refusal: Refusal, index: int) -> Refusal:
    path = ("submissions", str(index), *refusal.field)
    return Refusal(refusal.code, refusal.message, refusal.rule, path, refusal.details)


def reassign(
    unit: Unit,
    actor: Actor,
    submission_id: str,
    *,
    lock_version: int,
    author_id: str | None = None,
    reviewer_id: str | None = None,
    reason_text: str = "",
) -> Submission:
    """转派: another author, another reviewer, or both; logged with who had it before."""
    require_reason_length(reason_text)
    if author_id is None and reviewer_id is None:
        raise violated("NOBODY_NAMED", "请指明新的作者或审核人。", "authorId")
    submission = open_for(unit, actor, submission_id)
    before = {"author": submission.author_id, "reviewer": submission.reviewer_id}
    command = Command(Action.REASSIGN, lock_version, reason_text=reason_text)
    after = {"author": author_id or submission.author_id, "reviewer": reviewer_id or submission.reviewer_id}
    carry_out(unit, submission, who(actor), actor, command, details={"before": before, "after": after})
    if author_id is not None:
        submission.author_id = require_person_with(unit, author_id, Role.AUTHOR, "authorId").id
    if reviewer_id is not None:
        submission.reviewer_id = require_person_with(unit, reviewer_id, Role.REVIEWER, "reviewerId").id
        submission.claimed_by, submission.claim_until = None, None
    telling.tell_assigned(unit, submission, who(actor), author_id=author_id, reviewer_id=reviewer_id, reason=reason_text)
    return submission
