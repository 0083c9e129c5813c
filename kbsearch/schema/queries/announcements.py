"""Announcements to read, to answer, to release, and those we issued; each a few lines over the loader or a service."""

from typing import Annotated

import strawberry

from kbsearch.schema.context import Info
from kbsearch.schema.fields import resolved
from kbsearch.schema.ids import raw_id
from kbsearch.schema.pagination import After, First, Id
from kbsearch.schema.queries.desk import page_info, paging
from kbsearch.schema.readings import note_reading
from kbsearch.schema.types.announcement import Announcement, AnnouncementConnection, AnnouncementEdge, announcement_list, announcement_of
from kbsearch.services.announcements import listing
from kbsearch.services.announcements.listing import AnnouncementFilter
from kbsearch.services.announcements.reading import AnnouncementPage
from kbsearch.services.listings.slices import Slice
from kbsearch.workflow.announcements import AnnouncementStatus

Statuses = Annotated[list[AnnouncementStatus] | None, strawberry.argument(description="只要这些状态的；不给则全部")]


def _connection(info: Info, found: Slice[AnnouncementPage], after: str | None) -> AnnouncementConnection:
    nodes = announcement_list(info, list(found.rows))
    edges = [AnnouncementEdge(cursor=cursor, node=node) for cursor, node in zip(found.cursors, nodes, strict=True)]
    return AnnouncementConnection(edges=edges, page_info=page_info(found, after))


@strawberry.type
class AnnouncementQueries:
    """Root fields; part of Query."""

    @resolved("打开一个公告（计一次阅读）；编号无效或不是给我的则空")
    def announcement(self, info: Info, id: Id) -> Announcement | None:  # noqa: A002 - the contract's name
        """The page."""
        found = announcement_of(info, raw_id(id, "Announcement"))
        if found is not None:
            info.context.searcher.log.opened(found.node_key())
            note_reading(info, found.node_key(), found.page.shown)
        return found

    @resolved("发给我的公告：紧急的在前，新的在前")
    def my_announcements(
        self,
        info: Info,
        filter: Annotated[AnnouncementFilter, strawberry.argument(description="哪些")] = AnnouncementFilter.CURRENT,  # noqa: A002 - the contract's name
        first: First = 20,
        after: After = None,
    ) -> AnnouncementConnection | None:
        """Whatever is addressed to the caller."""
        context = info.context
        found = listing.my_announcements(context.session, context.signed_in, filter, paging(info, first, after), context.now)
        return _connection(info, found, after)

    @resolved("我方发出的公告：作者见自己的，知识管理员见全部；尚未通过的见我的工作")
    def issued_announcements(
        self, info: Info, statuses: Statuses = None, first: First = 20, after: After = None
    ) -> AnnouncementConnection | None:
        """Ours, with their status."""
        context, wanted = info.context, frozenset(statuses or ())
        found = listing.issued_announcements(context.session, context.signed_in, wanted, paging(info, first, after), context.now)
        return _connection(info, found, after)

    @resolved("总部下发的公告，供知识管理员核定和发布；待发布的状态为 RECEIVED")
    def received_announcements(
        self, info: Info, statuses: Statuses = None, first: First = 20, after: After = None
    ) -> AnnouncementConnection | None:
        """Headquarters', with their status."""
        context, wanted = info.context, frozenset(statuses or ())
        found = listing.received_announcements(context.session, context.signed_in, wanted, paging(info, first, after), context.now)
        return _connection(info, found, after)
