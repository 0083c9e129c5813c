"""What authors and reviewers ask about interim notes 临时口径; readers find them on the page."""

from typing import Annotated

import strawberry

from kbsearch.schema.context import Info
from kbsearch.schema.fields import resolved
from kbsearch.schema.ids import raw_id
from kbsearch.schema.pagination import After, First
from kbsearch.schema.queries.desk import page_info, paging
from kbsearch.schema.types.interim_note import InterimNoteConnection, InterimNoteEdge, interim_note_list
from kbsearch.services.listings.interim_notes import NoteFilter, interim_notes
from kbsearch.workflow.interim_notes import InterimNoteState

_NOTHING = ""  # an id nothing has: what junk in a filter stands for


@strawberry.type
class InterimNoteQueries:
    """Root fields; part of Query."""

    @resolved("临时口径：知识管理员可看全部，作者可看自己的；新的在前")
    def interim_notes(
        self,
        info: Info,
        states: Annotated[list[InterimNoteState] | None, strawberry.argument(description="只要这些状态的；不给则未结束的")] = None,
        knowledge_id: Annotated[strawberry.ID | None, strawberry.argument(description="只要这条知识的")] = None,
        first: First = 20,
        after: After = None,
    ) -> InterimNoteConnection | None:
        """What waits, what is shown, what there was."""
        subject = None if knowledge_id is None else raw_id(knowledge_id, "Knowledge") or _NOTHING
        wanted = NoteFilter(frozenset(states or ()), subject)
        found = interim_notes(info.context.session, info.context.signed_in, wanted, paging(info, first, after))
        nodes = interim_note_list(info, list(found.rows))
        edges = [InterimNoteEdge(cursor=cursor, node=node) for cursor, node in zip(found.cursors, nodes, strict=True)]
        return InterimNoteConnection(edges=edges, page_info=page_info(found, after))
