"""What authors and reviewers ask about batches 批次: one of them, and the list."""

import strawberry

from kbsearch.schema.context import Info
from kbsearch.schema.fields import resolved
from kbsearch.schema.ids import raw_id
from kbsearch.schema.pagination import After, First, Id
from kbsearch.schema.queries.desk import page_info, paging
from kbsearch.schema.types.batch import Batch, BatchConnection, BatchEdge, batch_list, batch_of
from kbsearch.services.listings.batches import batches


@strawberry.type
class BatchQueries:
    """Root fields; part of Query."""

    @resolved("一个批次；编号无效或无权查看则空")
    def batch(self, info: Info, id: Id) -> Batch | None:  # noqa: A002 - the contract's name
        """Authors see their own, reviewers all."""
        return batch_of(info, raw_id(id, "Batch"))

    @resolved("批次：知识管理员可看全部，作者可看自己的；新的在前")
    def batches(self, info: Info, first: First = 20, after: After = None) -> BatchConnection | None:
        """Whatever is mine, or to review."""
        found = batches(info.context.session, info.context.signed_in, paging(info, first, after))
        nodes = batch_list(info, list(found.rows))
        edges = [BatchEdge(cursor=cursor, node=node) for cursor, node in zip(found.cursors, nodes, strict=True)]
        return BatchConnection(edges=edges, page_info=page_info(found, after))
