"""What reviewers and operators look at between us and headquarters: comparisons of versions, and the trees that were pushed."""

from typing import Annotated

import strawberry

from kbsearch.schema.context import Info
from kbsearch.schema.fields import resolved
from kbsearch.schema.ids import raw_id
from kbsearch.schema.pagination import After, First, Id
from kbsearch.schema.queries.desk import page_info, paging
from kbsearch.schema.types.taxonomy import MirroredTree, MirroredTreeConnection, MirroredTreeEdge
from kbsearch.schema.types.version_sync import SyncRun, SyncRunConnection, SyncRunEdge, sync_run_list, sync_run_of
from kbsearch.services.listings import syncing as listings
from kbsearch.workflow.version_sync import SyncState


@strawberry.type
class SyncingQueries:
    """Root fields; part of Query."""

    @resolved("与总部的版本比对，新的在前")
    def sync_runs(
        self,
        info: Info,
        states: Annotated[list[SyncState] | None, strawberry.argument(description="只要这些进展的；不给则全部")] = None,
        first: First = 20,
        after: After = None,
    ) -> SyncRunConnection | None:
        """Latest first."""
        found = listings.runs(info.context.session, states or [], paging(info, first, after))
        nodes = sync_run_list(info, list(found.rows))
        edges = [SyncRunEdge(cursor=cursor, node=node) for cursor, node in zip(found.cursors, nodes, strict=True)]
        return SyncRunConnection(edges=edges, page_info=page_info(found, after))

    @resolved("一次版本比对；编号无效则空")
    def sync_run(self, info: Info, id: Id) -> SyncRun | None:  # noqa: A002 - the contract's name
        """By id."""
        return sync_run_of(info, raw_id(id, "SyncRun"))

    @resolved("总部下发过的知识结构及其影响，新的在前")
    def taxonomy_history(self, info: Info, first: First = 20, after: After = None) -> MirroredTreeConnection | None:
        """Latest first."""
        found = listings.taxonomy_versions(info.context.session, paging(info, first, after))
        edges = [MirroredTreeEdge(cursor=c, node=MirroredTree(row=row)) for c, row in zip(found.cursors, found.rows, strict=True)]
        return MirroredTreeConnection(edges=edges, page_info=page_info(found, after))
