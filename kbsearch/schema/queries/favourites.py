"""My own desk: favourites, what changed since I last read it, my searches; nobody else's."""

import strawberry

from kbsearch.schema.context import Info
from kbsearch.schema.fields import resolved
from kbsearch.schema.pagination import After, First, check_first
from kbsearch.schema.queries.desk import page_info, paging
from kbsearch.schema.types.favourites import (
    ChangedDocument,
    Favourite,
    FavouriteConnection,
    FavouriteEdge,
    RecentSearch,
    reading_change,
)
from kbsearch.services.desk import readings
from kbsearch.services.desk.favourites import my_favourites


@strawberry.type
class FavouriteQueries:
    """Root fields; part of Query."""

    @resolved("我的收藏，新的在前")
    def my_favourites(self, info: Info, first: First = 20, after: After = None) -> FavouriteConnection | None:
        """Whatever the caller keeps."""
        context = info.context
        found = my_favourites(context.session, context.signed_in, paging(info, first, after))
        ids = [row.subject_id for row in found.rows]
        for batch in (context.load.pages, context.load.announcements.pages, context.load.desk.known):
            batch.want(ids)
        edges = [FavouriteEdge(cursor=cursor, node=Favourite(row=row)) for cursor, row in zip(found.cursors, found.rows, strict=True)]
        return FavouriteConnection(edges=edges, page_info=page_info(found, after))

    @resolved("我读过或收藏的知识与公告中，现行版本已变的，变得晚的在前")
    def changed_since_last_read(self, info: Info, first: First = 20) -> list[ChangedDocument] | None:
        """What to read again."""
        limit, load = check_first(first), info.context.load
        changes = readings.changed_since(info.context.session, info.context.signed_in, info.context.now)
        ids = [change.subject_id for change in changes]
        load.pages.want(ids)
        load.announcements.pages.want(ids)
        seen = (c for c in changes if load.pages.get(c.subject_id) is not None or load.announcements.pages.get(c.subject_id) is not None)
        return [ChangedDocument(subject_id=c.subject_id, change=reading_change(c)) for c, _ in zip(seen, range(limit), strict=False)]

    @resolved("我最近的不同检索，新的在前；近 90 天的")
    def recent_searches(self, info: Info, first: First = 10) -> list[RecentSearch] | None:
        """To search again."""
        context = info.context
        found = readings.recent_searches(context.session, context.signed_in, check_first(first), context.now)
        return [RecentSearch(query=query, at=at) for query, at in found]
