"""The trees headquarters pushed and what each did, as reviewers and operators see them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import strawberry

from kbsearch.schema.context import Info
from kbsearch.schema.fields import of_row, resolved
from kbsearch.schema.pagination import First, PageInfo, check_first
from kbsearch.schema.types.category import Category, category_of
from kbsearch.store import tables
from kbsearch.workflow.taxonomy import EffectKind

Kinds = Annotated[list[EffectKind] | None, strawberry.argument(description="只要这些种类的；不给则全部")]
Skip = Annotated[int, strawberry.argument(description="跳过前几项，从 0 起")]


@strawberry.type(description="一次知识结构下发对一个栏目做了什么")
class TaxonomyEffect:
    """One change of one node."""

    record: strawberry.Private[Mapping[str, Any]]

    @resolved("做了什么")
    def kind(self) -> EffectKind:
        """The kind."""
        return EffectKind(self.record["kind"])

    @resolved("做了什么的中文名")
    def kind_text(self) -> str:
        """The Chinese label."""
        return EffectKind(self.record["kind"]).label

    @resolved("栏目现在的样子")
    def category(self, info: Info) -> Category | None:
        """The node."""
        return category_of(info, self.record["categoryId"])

    @resolved("未编码的栏目编号")
    def category_raw_id(self) -> str:
        """As messages have it."""
        return str(self.record["categoryId"])

    @resolved("当时的栏目名（改名的为新名）")
    def name(self) -> str:
        """As pushed, or as last held."""
        return str(self.record["name"])

    @resolved("之前：改名为旧名，移动为旧上级编号，合并与恢复为原在的栏目编号；没有则空")
    def before(self) -> str | None:
        """What it was."""
        return self.record["from"]  # type: ignore[no-any-return]

    @resolved("之后：改名为新名，移动与新增为上级编号，合并为目标栏目编号；空为直接在全网知识之下或没有")
    def after(self) -> str | None:
        """What it became."""
        return self.record["to"]  # type: ignore[no-any-return]

    @resolved("涉及的知识数：合并为移走的；改名、移动含下级栏目的")
    def items(self) -> int:
        """Items."""
        return int(self.record["items"])

    @resolved("这些知识被收藏的次数；收藏随知识走")
    def favourites(self) -> int:
        """Favourites."""
        return int(self.record["favourites"])

    @resolved("选了这些栏目的未结束申请数；编号与哈希不变，生效时归入合并后的栏目")
    def open_submissions(self) -> int:
        """Open submissions."""
        return int(self.record["openSubmissions"])


@strawberry.type(name="TaxonomyVersion", description="总部下发并已挂接的一版知识结构")
class MirroredTree:
    """One applied push."""

    row: strawberry.Private[tables.TaxonomyVersion]
    tree_version: int = of_row("结构版本")
    effect: str = of_row("做了什么，一句话")
    applied_at: datetime = of_row("何时挂接")

    def _chosen(self, kinds: list[EffectKind] | None) -> list[dict[str, Any]]:
        wanted = {k.value for k in kinds or EffectKind}
        return [record for record in self.row.effects if record["kind"] in wanted]

    @resolved("逐个栏目的变化")
    def effects(self, kinds: Kinds = None, first: First = 20, skip: Skip = 0) -> list[TaxonomyEffect]:
        """A stretch of them."""
        start = max(skip, 0)
        return [TaxonomyEffect(record=record) for record in self._chosen(kinds)[start : start + check_first(first)]]

    @resolved("变化共几项")
    def effect_count(self, kinds: Kinds = None) -> int:
        """How many."""
        return len(self._chosen(kinds))


@strawberry.type(name="TaxonomyVersionEdge", description="知识结构历史中的一条")
class MirroredTreeEdge:
    """One version with a cursor."""

    cursor: str = strawberry.field(description="翻页标记")
    node: MirroredTree = strawberry.field(description="一版结构")


@strawberry.type(name="TaxonomyVersionConnection", description="知识结构历史的一页")
class MirroredTreeConnection:
    """A page of versions."""

    edges: list[MirroredTreeEdge] = strawberry.field(description="本页各条")
    page_info: PageInfo = strawberry.field(description="翻页信息")
