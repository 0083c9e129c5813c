"""A person's favourites, what changed since they last read it, their searches; each document only as they may see it now."""

from datetime import datetime

import strawberry

from kbsearch.schema.context import Info
from kbsearch.schema.fields import of_row, resolved
from kbsearch.schema.pagination import PageInfo
from kbsearch.schema.types.announcement import Announcement, announcement_of
from kbsearch.schema.types.knowledge import Knowledge, knowledge_of
from kbsearch.services.desk.readings import Change, change_of
from kbsearch.store import tables


@strawberry.type(description="现行的版本与我所知的不同")
class ReadingChange:
    """From which version to which."""

    from_number: int | None = strawberry.field(description="我上次读的（没有读过的收藏：收藏时现行的）版本号；当时没有现行的则空")
    to_number: int | None = strawberry.field(description="现行的版本号；不再有现行的（过期、撤销）则空")
    known_at: datetime = strawberry.field(description="我上次读它（没有读过的：收藏它）的时间")
    changed_at: datetime = strawberry.field(description="现行的何时开始生效，或何时不再有现行的")


def reading_change(change: Change) -> ReadingChange:
    """Our value as the schema shows it."""
    return ReadingChange(from_number=change.from_number, to_number=change.to_number, known_at=change.known_at, changed_at=change.changed_at)


@strawberry.type(description="我的一个收藏；知识或公告二者有其一，已无权查看的都为空")
class Favourite:
    """Something kept at hand."""

    row: strawberry.Private[tables.Favourite]
    created_at: datetime = of_row("何时收藏")

    @resolved("所收藏的知识；不是知识则空")
    def knowledge(self, info: Info) -> Knowledge | None:
        """As it is now."""
        return knowledge_of(info, self.row.subject_id)

    @resolved("所收藏的公告；不是公告或已无权查看则空")
    def announcement(self, info: Info) -> Announcement | None:
        """As it is now."""
        return announcement_of(info, self.row.subject_id)

    @resolved("我上次读后变了什么；没有变则空，差异用 differences(from, to) 取")
    def change(self, info: Info) -> ReadingChange | None:
        """Derived now."""
        load = info.context.load
        page = load.pages.get(self.row.subject_id) or load.announcements.pages.get(self.row.subject_id)
        since = load.desk.known.get(self.row.subject_id)
        found = None if page is None or since is None else change_of(since, page.life, page.now)
        return None if found is None else reading_change(found)


@strawberry.type(description="收藏列表中的一条")
class FavouriteEdge:
    """One favourite with a cursor."""

    cursor: str = strawberry.field(description="翻页标记")
    node: Favourite = strawberry.field(description="收藏")


@strawberry.type(description="收藏列表的一页")
class FavouriteConnection:
    """A page of favourites."""

    edges: list[FavouriteEdge] = strawberry.field(description="本页各条")
    page_info: PageInfo = strawberry.field(description="翻页信息")


@strawberry.type(description="我读过或收藏的、现行版本已变的一个知识或公告")
class ChangedDocument:
    """What changed, and what it is."""

    subject_id: strawberry.Private[str]
    change: ReadingChange = strawberry.field(description="变了什么")

    @resolved("变了的知识；不是知识则空")
    def knowledge(self, info: Info) -> Knowledge | None:
        """As it is now."""
        return knowledge_of(info, self.subject_id)

    @resolved("变了的公告；不是公告则空")
    def announcement(self, info: Info) -> Announcement | None:
        """As it is now."""
        return announcement_of(info, self.subject_id)


@strawberry.type(description="我最近的一次检索")
class RecentSearch:
    """One query, once."""

    query: str = strawberry.field(description="检索词")
    at: datetime = strawberry.field(description="最后一次检索的时间")
