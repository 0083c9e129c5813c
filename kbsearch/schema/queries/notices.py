"""My notices; nobody else's."""

from typing import Annotated

import strawberry

from kbsearch.schema.context import Info
from kbsearch.schema.fields import resolved
from kbsearch.schema.pagination import After, First
from kbsearch.schema.queries.desk import page_info, paging
from kbsearch.schema.types.notices import Notice, NoticeConnection, NoticeEdge
from kbsearch.services.notices.reading import notices


@strawberry.type
class NoticeQueries:
    """Root fields; part of Query."""

    @resolved("我的通知，新的在前")
    def notices(
        self,
        info: Info,
        unread_only: Annotated[bool, strawberry.argument(description="只要未读的")] = False,
        first: First = 20,
        after: After = None,
    ) -> NoticeConnection | None:
        """Whatever the caller was told."""
        context = info.context
        found = notices(context.session, context.signed_in, unread_only=unread_only, paging=paging(info, first, after))
        edges = [NoticeEdge(cursor=cursor, node=Notice(row=row)) for cursor, row in zip(found.cursors, found.rows, strict=True)]
        return NoticeConnection(edges=edges, page_info=page_info(found, after))
