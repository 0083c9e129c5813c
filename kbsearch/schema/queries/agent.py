"""What everyone who signs in may ask: search, suggest, the knowledge page, categories, newest, most read."""

from datetime import datetime
from typing import Annotated

import strawberry

from kbsearch.indexing.query import ANY_LIFECYCLE, CURRENT_ONLY, Facet, Filters, InstantRange, Lifecycle, Sort
from kbsearch.schema.context import Info
from kbsearch.schema.enums import SearchKind
from kbsearch.schema.fields import resolved
from kbsearch.schema.ids import raw_id
from kbsearch.schema.outages import index_in_reach
from kbsearch.schema.pagination import After, First, Id, check_first
from kbsearch.schema.readings import note_reading
from kbsearch.schema.selection import asked_below
from kbsearch.schema.types.category import Category, children_of
from kbsearch.schema.types.knowledge import Knowledge, knowledge_list, knowledge_of
from kbsearch.schema.types.person import Person, Viewer
from kbsearch.schema.types.search import SearchConnection, SuggestedTitle, search_connection, suggested
from kbsearch.services import reading
from kbsearch.services.listings.knowledge import newest
from kbsearch.services.search import SearchRequest
from kbsearch.workflow.states import Owner, Scope


@strawberry.input(description="检索的筛选；没有给的不限")
class SearchFilter:
    """What a hit must satisfy."""

    category_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="栏目的不透明编号，含其下级；不认识的编号什么也选不中"
    )
    regions: list[str] | None = strawberry.field(default=None, description="适用省份，两位大写字母；全国的总在内，除非另说")
    include_nationwide: bool = strawberry.field(default=True, description="筛选省份时是否带上全国的")
    lifecycle: list[Lifecycle] | None = strawberry.field(default=None, description="版本处于哪一段；默认只要现行的")
    kinds: list[SearchKind] | None = strawberry.field(default=None, description="种类")
    owners: list[Owner] | None = strawberry.field(default=None, description="归属")
    scopes: list[Scope] | None = strawberry.field(default=None, description="范围")
    updated_from: datetime | None = strawberry.field(default=None, description="版本成立时间从（含）")
    updated_to: datetime | None = strawberry.field(default=None, description="版本成立时间到（不含）")
    effective_from: datetime | None = strawberry.field(default=None, description="生效时间从（含）")
    effective_to: datetime | None = strawberry.field(default=None, description="生效时间到（不含）")
    still_in_use: bool | None = strawberry.field(default=None, description="只要停售在用的（true），或不要停售在用的（false）")


def _range(start: datetime | None, end: datetime | None) -> InstantRange | None:
    return None if start is None and end is None else InstantRange(start, end)


def _filters(given: SearchFilter) -> Filters:
    return Filters(
        # Replaced by the subtree where categories are known; nothing matches where none is.
        category_ids=frozenset() if given.category_ids is not None else None,
        regions=frozenset(given.regions or ()),
        include_nationwide=given.include_nationwide,
        kinds=frozenset(k.value for k in given.kinds or ()),
        owners=frozenset(o.value for o in given.owners or ()),
        scopes=frozenset(s.value for s in given.scopes or ()),
        lifecycle=frozenset(given.lifecycle or CURRENT_ONLY) & ANY_LIFECYCLE,
        updated=_range(given.updated_from, given.updated_to),
        effective=_range(given.effective_from, given.effective_to),
        still_in_use=given.still_in_use,
    )


def _facets_asked(info: Info) -> frozenset[Facet]:
    asked = asked_below(info, "facets")
    return frozenset(facet for facet in Facet if facet.value in asked)


@strawberry.type
class AgentQueries:
    """Root fields; part of Query."""

    @resolved("当前登录者")
    def me(self, info: Info) -> Viewer | None:
        """Who is calling."""
        context = info.context
        if context.person is None:
            return None
        return Viewer(person=Person(row=context.person), roles=sorted(context.signed_in.roles))

    @resolved("检索已生效的口径（默认只搜现行版本）；query 为空则浏览")
    def search(  # noqa: PLR0917 - the fields of one search
        self,
        info: Info,
        query: Annotated[str, strawberry.argument(description="检索词，最长 200 个字")] = "",
        filter: Annotated[SearchFilter | None, strawberry.argument(description="筛选")] = None,  # noqa: A002 - the contract's name
        sort: Annotated[Sort, strawberry.argument(description="次序")] = Sort.RELEVANCE,
        first: First = 20,
        after: After = None,
        as_of: Annotated[datetime | None, strawberry.argument(description="检索这一时刻生效的版本；不能晚于现在")] = None,
    ) -> SearchConnection | None:
        """The index proposes, the store re-checks."""
        given = filter or SearchFilter()
        request = SearchRequest(
            text=query,
            category_ids=tuple(key for i in given.category_ids or () if (key := raw_id(i, "Category"))),
            filters=_filters(given),
            sort=sort,
            first=check_first(first),
            after=after,
            as_of=as_of,
            facets=_facets_asked(info),
        )
        context = info.context
        with index_in_reach():
            page = context.searcher.search(context.session, context.signed_in, request, context.now)
        return search_connection(info, page, continued=after is not None)

    @resolved("边输边给的标题提示（汉字或拼写的开头）")
    def suggest(
        self, info: Info, text: Annotated[str, strawberry.argument(description="已输入的内容")], first: First = 10
    ) -> list[SuggestedTitle] | None:
        """Titles in force that continue what was typed."""
        context = info.context
        with index_in_reach():
            found = context.searcher.suggest(context.session, context.signed_in, text, check_first(first), context.now)
        return [suggested(one) for one in found]

    @resolved("打开一条知识（计一次阅读）；编号无效或没有可读的版本则空")
    def knowledge(self, info: Info, id: Id) -> Knowledge | None:  # noqa: A002 - the contract's name
        """The page."""
        found = knowledge_of(info, raw_id(id, "Knowledge"))
        if found is not None:
            info.context.searcher.log.opened(found.page.life.subject.id)
            note_reading(info, found.page.life.subject.id, found.page.shown)
        return found

    @resolved("栏目树的根，经 children 逐级展开；不含已停用的")
    def categories(self, info: Info) -> list[Category] | None:
        """The roots."""
        return children_of(info, None)

    @resolved("最新生效的知识")
    def newest(self, info: Info, first: First = 20) -> list[Knowledge] | None:
        """What came into force last."""
        return knowledge_list(info, newest(info.context.session, check_first(first), info.context.now))

    @resolved("近 30 天阅读最多的现行知识")
    def most_read(self, info: Info, first: First = 20) -> list[Knowledge] | None:
        """What was opened most."""
        return knowledge_list(info, reading.most_read(info.context.session, check_first(first), info.context.now))
