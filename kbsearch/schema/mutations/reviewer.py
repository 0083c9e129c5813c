"""What reviewers decide about submissions: claim, approve, return, submit to headquarters, reassign."""

from dataclasses import replace

import strawberry

from kbsearch.errors import Refused
from kbsearch.schema.carrying import carry, known_id_or_none
from kbsearch.schema.context import Info
from kbsearch.schema.fields import resolved
from kbsearch.schema.ids import raw_id
from kbsearch.schema.mutations.on_submission import SubmissionActionInput, on_submission
from kbsearch.schema.mutations.payloads import SubmissionPayload, SubmitToHqPayload
from kbsearch.schema.pagination import Input
from kbsearch.schema.types.submission import submission_list
from kbsearch.services import submissions
from kbsearch.services.refusals import not_found
from kbsearch.store import tables
from kbsearch.store.unit import Unit
from kbsearch.workflow.decide import Actor
from kbsearch.workflow.reasons import ReturnReason


@strawberry.input(description="领取：占住一段时间，免得两人同审")
class ClaimSubmissionInput(SubmissionActionInput):
    """Nothing else."""


@strawberry.input(description="放回队列")
class ReleaseSubmissionInput(SubmissionActionInput):
    """Nothing else."""


@strawberry.input(description="审核通过所见的内容")
class ApproveSubmissionInput(SubmissionActionInput):
    """What was seen."""

    submission_hash: str = strawberry.field(description="所见的申请哈希（submissionHash）；内容已变则拒绝")
    and_submit: bool = strawberry.field(default=False, description="同时提交总部（只用于全网）；记两条流转")


@strawberry.input(description="审核退回，须有原因码和说明")
class ReturnSubmissionInput(SubmissionActionInput):
    """With reasons."""

    reason_codes: list[ReturnReason] = strawberry.field(description="原因码，至少一个")
    reason_text: str = strawberry.field(description="说明，最长 2000 个字")


@strawberry.input(description="要提交总部的一个申请")
class SubmitToHqItem:
    """Id and lock."""

    id: strawberry.ID = strawberry.field(description="申请的不透明编号")
    lock_version: int = strawberry.field(description="所见的锁版本")


@strawberry.input(description="提交总部：一个或一批，要么全部，要么全不")
class SubmitToHqInput:
    """One or a batch."""

    submissions: list[SubmitToHqItem] = strawberry.field(description="1 至 100 个申请")


@strawberry.input(description="转派：换作者或审核人")
class ReassignSubmissionInput(SubmissionActionInput):
    """To whom."""

    author_id: strawberry.ID | None = strawberry.field(default=None, description="新作者的不透明编号")
    reviewer_id: strawberry.ID | None = strawberry.field(default=None, description="新审核人的不透明编号")
    reason_text: str = strawberry.field(default="", description="说明，最长 2000 个字")


def _batch(data: SubmitToHqInput) -> list[tuple[str, int]]:
    """The batch with raw ids."""
    return [(_item_id(index, item), item.lock_version) for index, item in enumerate(data.submissions)]


def _item_id(index: int, item: SubmitToHqItem) -> str:
    key = raw_id(item.id, "Submission")
    if key is None:
        [missing] = not_found("申请").refusals
        raise Refused(replace(missing, field=("submissions", str(index), "id")))
    return key


@strawberry.type
class ReviewerMutations:
    """Root fields; part of Mutation."""

    @resolved("领取")
    def claim_submission(self, info: Info, data: Input[ClaimSubmissionInput]) -> SubmissionPayload:
        """A lease."""
        lock = data.lock_version
        return on_submission(info, data.submission_id, lambda u, a, key: submissions.claim(u, a, key, lock_version=lock))

    @resolved("放回")
    def release_submission(self, info: Info, data: Input[ReleaseSubmissionInput]) -> SubmissionPayload:
        """Give the lease back."""
        lock = data.lock_version
        return on_submission(info, data.submission_id, lambda u, a, key: submissions.release(u, a, key, lock_version=lock))

    @resolved("审核通过；本地知识随即成立，全网知识等提交总部")
    def approve_submission(self, info: Info, data: Input[ApproveSubmissionInput]) -> SubmissionPayload:
        """What was seen."""

        def run(unit: Unit, actor: Actor, key: str) -> tables.Submission:
            return submissions.approve(
                unit, actor, key, lock_version=data.lock_version, submission_hash=data.submission_hash, and_submit=data.and_submit
            )

        return on_submission(info, data.submission_id, run)

    @resolved("审核退回")
    def return_submission(self, info: Info, data: Input[ReturnSubmissionInput]) -> SubmissionPayload:
        """With reasons."""

        def run(unit: Unit, actor: Actor, key: str) -> tables.Submission:
            return submissions.send_back(
                unit, actor, key, lock_version=data.lock_version, reason_codes=data.reason_codes, reason_text=data.reason_text
            )

        return on_submission(info, data.submission_id, run)

    @resolved("提交总部")
    def submit_to_hq(self, info: Info, data: Input[SubmitToHqInput]) -> SubmitToHqPayload:
        """One or a batch, all or none."""
        carried = carry(info, lambda unit, actor: submissions.submit_to_hq(unit, actor, _batch(data)))
        load = info.context.load
        keys = list(dict.fromkeys(key for item in data.submissions[: submissions.MAX_BATCH] if (key := raw_id(item.id, "Submission"))))
        load.submissions.want(keys)
        rows = [row for key in keys if (row := load.submissions.get(key)) is not None]
        return SubmitToHqPayload(user_errors=carried.errors, submissions=submission_list(info, rows))

    @resolved("转派")
    def reassign_submission(self, info: Info, data: Input[ReassignSubmissionInput]) -> SubmissionPayload:
        """Another author, another reviewer, or both."""

        def run(unit: Unit, actor: Actor, key: str) -> tables.Submission:
            return submissions.reassign(
                unit,
                actor,
                key,
                lock_version=data.lock_version,
                author_id=known_id_or_none(data.author_id, "Person", "人员", "authorId"),
                reviewer_id=known_id_or_none(data.reviewer_id, "Person", "人员", "reviewerId"),
                reason_text=data.reason_text,
            )

        return on_submission(info, data.submission_id, run)
