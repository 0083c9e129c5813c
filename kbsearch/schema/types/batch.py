"""A batch 批次 of submissions with what is in it; decides nothing about its members."""

from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from kbsearch.schema.context import Info
from kbsearch.schema.fields import of_row, resolved
from kbsearch.schema.pagination import PageInfo
from kbsearch.schema.types.node import Node
from kbsearch.schema.types.person import Person, person_of
from kbsearch.store import tables
from kbsearch.workflow.batches import BatchAction, BatchFacts, allowed_batch_actions
from kbsearch.workflow.states import SubmissionState

if TYPE_CHECKING:
    from kbsearch.schema.types.submission import Submission

_LazySubmission = Annotated["Submission", strawberry.lazy("kbsearch.schema.types.submission")]


@strawberry.type(description="批次中处于某一状态的申请数")
class BatchStateCount:
    """How many members stand there."""

    state: SubmissionState = strawberry.field(description="状态")
    state_text: str = strawberry.field(description="状态的中文名")
    count: int = strawberry.field(description="申请数")


@strawberry.type(description="批次：一起审核、一起提交、同时生效的几个申请；总部逐个审批")
class Batch(Node):
    """Several submissions going one way together."""

    row: strawberry.Private[tables.Batch]
    title: str = of_row("批次名")
    effective_from: datetime | None = of_row("同时生效的时间；空为各按各的")
    lock_version: int = of_row("锁版本，每个动作带回")
    created_at: datetime = of_row("何时建的")

    def node_key(self) -> str:
        """The batch's id."""
        return self.row.id

    def _members(self, info: Info) -> list[tables.Submission]:
        return info.context.load.records.members.get(self.row.id) or []

    @resolved("建批次的作者")
    def author(self, info: Info) -> Person | None:
        """Whose it is."""
        return person_of(info, self.row.author_id)

    @resolved("批次里的申请中我可见的，先起草的在前")
    def submissions(self, info: Info) -> list[_LazySubmission]:
        """For authors their own, for reviewers all."""
        from kbsearch.schema.types.submission import submission_list  # noqa: PLC0415 - the two nouns know each other

        return submission_list(info, self._members(info))

    @resolved("按状态计的申请数")
    def counts(self, info: Info) -> list[BatchStateCount]:
        """Of those visible; states without any are left out."""
        counted = Counter(row.state for row in self._members(info))
        return [BatchStateCount(state=s, state_text=s.label, count=counted[s]) for s in SubmissionState if counted[s]]

    @resolved("我现在能对整批做的")
    def allowed_actions(self, info: Info) -> list[BatchAction]:
        """For the caller; each member's own rules are judged when it is done."""
        facts = BatchFacts(self.row.author_id, [row.state for row in self._members(info)])
        return allowed_batch_actions(facts, info.context.signed_in)


def batch_of(info: Info, batch_id: str | None) -> Batch | None:
    """A batch the caller may see."""
    row = info.context.load.records.batches.get(batch_id)
    if row is None:
        return None
    info.context.load.records.saw_batches([row])
    return Batch(row=row)


def batch_list(info: Info, rows: list[tables.Batch]) -> list[Batch]:
    """Rows loaded as a list."""
    info.context.load.records.saw_batches(rows)
    return [Batch(row=row) for row in rows]


@strawberry.type(description="批次列表中的一条")
class BatchEdge:
    """One batch with a cursor."""

    cursor: str = strawberry.field(description="翻页标记")
    node: Batch = strawberry.field(description="批次")


@strawberry.type(description="批次列表的一页")
class BatchConnection:
    """A page of batches."""

    edges: list[BatchEdge] = strawberry.field(description="本页各条")
    page_info: PageInfo = strawberry.field(description="翻页信息")
