"""How every mutation about one submission runs: its id checked, one operation carried, the fresh object answered."""

from collections.abc import Callable

import strawberry

from kbsearch.schema.carrying import carry
from kbsearch.schema.context import Info
from kbsearch.schema.ids import raw_id
from kbsearch.schema.mutations.payloads import SubmissionPayload
from kbsearch.schema.types.submission import submission_of
from kbsearch.schema.user_errors import user_errors
from kbsearch.services.refusals import not_found
from kbsearch.store.tables import Submission
from kbsearch.store.unit import Unit
from kbsearch.workflow.decide import Actor

Operation = Callable[[Unit, Actor, str], Submission]


@strawberry.input(description="指明一个申请和所见的锁版本")
class SubmissionActionInput:
    """What every action on a submission carries."""

    submission_id: strawberry.ID = strawberry.field(description="申请的不透明编号")
    lock_version: int = strawberry.field(description="所见的锁版本；别人先改了则拒绝")


def on_submission(info: Info, submission_id: str, operation: Operation) -> SubmissionPayload:
    """Run `operation` on the submission an opaque id names."""
    raw = raw_id(submission_id, "Submission")
    if raw is None:
        return SubmissionPayload(user_errors=user_errors(not_found("申请", "submissionId")))
    carried = carry(info, lambda unit, actor: operation(unit, actor, raw))
    return SubmissionPayload(user_errors=carried.errors, submission=submission_of(info, raw))


def drafted(info: Info, operation: Callable[[Unit, Actor], Submission]) -> SubmissionPayload:
    """Run an operation that begins a submission."""
    carried = carry(info, operation)
    made = None if carried.value is None else submission_of(info, carried.value.id)
    return SubmissionPayload(user_errors=carried.errors, submission=made)
