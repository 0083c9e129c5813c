"""What can be done with a batch 批次 of submissions, and when; each member's own table decides what becomes of it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from kbsearch.workflow.actions import Role
from kbsearch.workflow.decide import Actor
from kbsearch.workflow.labels import Labelled
from kbsearch.workflow.states import TERMINAL, SubmissionState

MAX_MEMBERS = 100
MAX_TITLE = 100
# With its author, so that it can still get the batch's effective moment.
WITH_AUTHOR = frozenset({SubmissionState.DRAFT, SubmissionState.RETURNED, SubmissionState.HQ_RETURNED, SubmissionState.BASE_CONFLICT})
JOINS_FROM = frozenset({SubmissionState.DRAFT, SubmissionState.RETURNED})
LEAVES_FROM = WITH_AUTHOR | TERMINAL


class BatchAction(Labelled):
    """Everything that happens to a batch as a whole."""

    DRAFT = "DRAFT", "建批次"
    ADD = "ADD", "放入", "作者本人的草稿或审核退回的申请"
    REMOVE = "REMOVE", "取出", "在作者手上的或已结束的申请"
    SUBMIT_FOR_REVIEW = "SUBMIT_FOR_REVIEW", "整批提交审核", "在作者手上的全部，要么全部，要么全不"
    APPROVE = "APPROVE", "整批审核通过", "待审核的全部，要么全部，要么全不"
    SUBMIT_TO_HQ = "SUBMIT_TO_HQ", "整批提交总部", "审核通过待提交的全部，要么全部，要么全不"


@dataclass(frozen=True, slots=True)
class BatchFacts:
    """What judging needs: whose it is, and where its members stand."""

    author_id: str
    states: Collection[SubmissionState]


def may(actor: Actor, action: BatchAction, facts: BatchFacts) -> bool:
    """Whether this person has the right: authors over their own batches, reviewers over what was handed in."""
    if action in (BatchAction.APPROVE, BatchAction.SUBMIT_TO_HQ):
        return Role.REVIEWER in actor.roles
    return Role.AUTHOR in actor.roles and actor.id == facts.author_id


_NEEDS = {
    BatchAction.REMOVE: LEAVES_FROM,
    BatchAction.SUBMIT_FOR_REVIEW: WITH_AUTHOR,
    BatchAction.APPROVE: frozenset({SubmissionState.PENDING_REVIEW}),
    BatchAction.SUBMIT_TO_HQ: frozenset({SubmissionState.APPROVED}),
}


def has_members_for(action: BatchAction, facts: BatchFacts) -> bool:
    """Whether any member stands where the action takes it from; adding needs only room."""
    if action is BatchAction.ADD:
        return len(facts.states) < MAX_MEMBERS
    return bool(_NEEDS[action].intersection(facts.states))


def allowed_batch_actions(facts: BatchFacts, actor: Actor) -> list[BatchAction]:
    """What this person could do with the batch now; the members' own rules are judged when it is done."""
    candidates = [action for action in BatchAction if action is not BatchAction.DRAFT]
    return [action for action in candidates if may(actor, action, facts) and has_members_for(action, facts)]
