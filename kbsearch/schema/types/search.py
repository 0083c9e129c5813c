"""Search as the schema shows it: hits with highlights, facets, suggestions."""

import strawberry

from kbsearch.indexing.document import NATIONWIDE
from kbsearch.indexing.highlight import Snippet
from kbsearch.indexing.query import Facet, Suggestion, Tier
from kbsearch.schema.context import Info
from kbsearch.schema.enums import SearchKind
from kbsearch.schema.fields import resolved
from kbsearch.schema.ids import encode_id
from kbsearch.schema.pagination import PageInfo
from kbsearch.schema.types.announcement import Announcement
from kbsearch.schema.types.announcement_version import AnnouncementVersion, cite_announcement
from kbsearch.schema.types.category import Category, category_of
from kbsearch.schema.types.knowledge import Knowledge
from kbsearch.schema.types.version import Citation, KnowledgeVersion, cite
from kbsearch.services.announcements.reading import AnnouncementPage
from kbsearch.services.reading import Page
from kbsearch.services.search import FoundVersion, SearchPage
from kbsearch.services.taxonomy import merged_target
from kbsearch.workflow.regions import PROVINCES
from kbsearch.workflow.states import Owner, SubjectKind


@strawberry.type(description="原文中的一段：[start, end)，以字符（码点）计")
class TextSpan:
    """Offsets into the original text."""

    start: int = strawberry.field(description="起")
    end: int = strawberry.field(description="止（不含）")


def _spans(spans: tuple[tuple[int, int], ...], origin: int = 0) -> list[TextSpan]:
    return [TextSpan(start=a - origin, end=b - origin) for a, b in spans]


@strawberry.type(description="正文片段及其中的命中")
class SearchSnippet:
    """The stretch of the body that holds most matches."""

    text: str = strawberry.field(description="片段文字")
    offset: int = strawberry.field(description="片段在正文中的起点")
    highlights: list[TextSpan] = strawberry.field(description="命中之处，在片段之内计")


def _snippet(body: str, snippet: Snippet) -> SearchSnippet:
    text = body[snippet.start : snippet.end]
    return SearchSnippet(text=text, offset=snippet.start, highlights=_spans(snippet.spans, snippet.start))


@strawberry.type(description="一个命中：一条知识或一个公告的一个版本，已经库核对")
class SearchHit:
    """A version found, checked against the store."""

    found: strawberry.Private[FoundVersion]
    page: strawberry.Private[Page | None]
    announced: strawberry.Private[AnnouncementPage | None] = None

    @resolved("种类")
    def kind(self) -> SearchKind:
        """Knowledge or announcement."""
        return SearchKind.KNOWLEDGE if self.announced is None else SearchKind.ANNOUNCEMENT

    @resolved("标题")
    def title(self) -> str:
        """Of the version found."""
        return self.found.version.title

    @resolved("知识；命中的是公告则空")
    def knowledge(self) -> Knowledge | None:
        """Its page."""
        return None if self.page is None else Knowledge(page=self.page)

    @resolved("公告；命中的是知识则空")
    def announcement(self) -> Announcement | None:
        """Its page."""
        return None if self.announced is None else Announcement(page=self.announced)

    @resolved("命中的知识版本；命中的是公告则空")
    def version(self) -> KnowledgeVersion | None:
        """The version found."""
        return None if self.page is None else KnowledgeVersion(page=self.page, row=self.found.version)

    @resolved("命中的公告版本；命中的是知识则空")
    def announcement_version(self) -> AnnouncementVersion | None:
        """The version found."""
        return None if self.announced is None else AnnouncementVersion(page=self.announced, row=self.found.version)

    @resolved("命中的层次")
    def tier(self) -> Tier:
        """Why it was found."""
        return self.found.hit.tier

    @resolved("得分，只在同一层次、同一次检索内可比；不按相关度排时为空")
    def score(self) -> float | None:
        """Within its tier."""
        return self.found.hit.score

    @resolved("标题中的命中之处")
    def title_highlights(self) -> list[TextSpan]:
        """Offsets into the title."""
        return _spans(self.found.title_spans)

    @resolved("正文片段；没有检索词时为空")
    def snippet(self) -> SearchSnippet | None:
        """Where the body matches best."""
        shown = self.found.snippet
        page = self.page or self.announced
        return None if shown is None or page is None else _snippet(page.content(self.found.version).body, shown)

    @resolved("出处")
    def citation(self) -> Citation | None:
        """Opens this wording again."""
        if self.announced is not None:
            return cite_announcement(self.announced, self.found.version, self.announced.now)
        return None if self.page is None else cite(self.page, self.found.version, self.page.now)


@strawberry.type(description="检索结果中的一条")
class SearchEdge:
    """A hit with a cursor."""

    cursor: str = strawberry.field(description="翻页标记")
    node: SearchHit = strawberry.field(description="命中")


@strawberry.type(description="某一取值的命中数")
class FacetCount:
    """How many matches have a value."""

    value: str = strawberry.field(description="取值，可原样用于筛选；* 为全国")
    label: str = strawberry.field(description="中文名")
    count: int = strawberry.field(description="命中数")


@strawberry.type(description="某一栏目的命中数")
class CategoryFacetCount:
    """How many matches hang directly on a category."""

    category_id: strawberry.Private[str]
    value: strawberry.ID = strawberry.field(description="栏目的不透明编号，可用于筛选")
    count: int = strawberry.field(description="命中数")

    @resolved("栏目")
    def category(self, info: Info) -> Category | None:
        """The node its items hang on now, read from the tree only when asked for."""
        return category_of(info, merged_target(info.context.load.categories, self.category_id))


@strawberry.type(description="检索结果的分面计数，多的在前")
class SearchFacets:
    """Counts over all matches, not only this page."""

    category: list[CategoryFacetCount] = strawberry.field(description="按栏目")
    region: list[FacetCount] = strawberry.field(description="按适用省份")
    kind: list[FacetCount] = strawberry.field(description="按种类")
    owner: list[FacetCount] = strawberry.field(description="按归属")


@strawberry.type(description="检索结果的一页")
class SearchConnection:
    """A page of hits with what a result list shows around it."""

    edges: list[SearchEdge] = strawberry.field(description="本页各条")
    page_info: PageInfo = strawberry.field(description="翻页信息")
    total_count: int = strawberry.field(description="命中总数")
    facets: SearchFacets = strawberry.field(description="分面计数")
    search_id: str = strawberry.field(description="本次检索的编号，记点击时带回；后续页为空")
    results_changed: bool = strawberry.field(description="翻页期间内容有变，本页按现在的内容继续")
    took_ms: float = strawberry.field(description="用时，毫秒")


@strawberry.type(name="Suggestion", description="边输边给的提示：一条现行知识或公告的标题")
class SuggestedTitle:
    """A title that continues what was typed."""

    title: str = strawberry.field(description="标题")
    matched: str = strawberry.field(description="所输内容落在其中的标题或关键词")
    highlights: list[TextSpan] = strawberry.field(description="所输内容在 matched 中之处")
    kind: SearchKind = strawberry.field(description="种类")
    knowledge_id: strawberry.ID | None = strawberry.field(description="知识的不透明编号；公告没有")
    announcement_id: strawberry.ID | None = strawberry.field(description="公告的不透明编号；知识没有")
    number: int = strawberry.field(description="版本号")


def suggested(found: Suggestion) -> SuggestedTitle:
    """The engine's suggestion as the schema shows it."""
    announced = found.kind == SearchKind.ANNOUNCEMENT
    opaque = strawberry.ID(encode_id("Announcement" if announced else "Knowledge", found.subject_id))
    return SuggestedTitle(
        title=found.title,
        matched=found.matched,
        highlights=_spans(found.spans),
        kind=SearchKind.ANNOUNCEMENT if announced else SearchKind.KNOWLEDGE,
        knowledge_id=None if announced else opaque,
        announcement_id=opaque if announced else None,
        number=found.number,
    )


def _region_label(code: str) -> str:
    return "全国" if code == NATIONWIDE else PROVINCES.get(code, code)


def _facets(page: SearchPage) -> SearchFacets:
    def counts(facet: Facet) -> list[tuple[str, int]]:
        return sorted(page.facets.get(facet, {}).items(), key=lambda pair: (-pair[1], pair[0]))

    def labelled(facet: Facet, labels: dict[str, str]) -> list[FacetCount]:
        return [FacetCount(value=v, label=labels.get(v, v), count=n) for v, n in counts(facet)]

    category = [
        CategoryFacetCount(category_id=v, value=strawberry.ID(encode_id("Category", v)), count=n) for v, n in counts(Facet.CATEGORY)
    ]
    return SearchFacets(
        category=category,
        region=[FacetCount(value=v, label=_region_label(v), count=n) for v, n in counts(Facet.REGION)],
        kind=labelled(Facet.KIND, {k.value: k.label for k in SearchKind}),
        owner=labelled(Facet.OWNER, {o.value: o.label for o in Owner}),
    )


def search_connection(info: Info, page: SearchPage, *, continued: bool) -> SearchConnection:
    """A page of hits as the schema shows it."""
    load = info.context.load
    lives = {f.life.subject.id: f.life for f in page.found}
    load.saw_lives(lives)
    load.announcements.saw_lives(lives)
    edges = []
    for found in page.found:
        key, announced = found.life.subject.id, found.life.subject.kind is SubjectKind.ANNOUNCEMENT
        shown = None if announced else load.pages.get(key)
        posted = load.announcements.pages.get(key) if announced else None
        if shown is not None or posted is not None:
            edges.append(SearchEdge(cursor=found.cursor, node=SearchHit(found=found, page=shown, announced=posted)))
    return SearchConnection(
        edges=edges,
        page_info=PageInfo(
            has_next_page=page.has_next,
            has_previous_page=continued,
            start_cursor=edges[0].cursor if edges else None,
            end_cursor=page.end_cursor,
        ),
        total_count=page.total,
        facets=_facets(page),
        search_id=page.search_id,
        results_changed=page.results_changed,
        took_ms=page.took_ms,
    )
