"""The category tree 知识结构 as the schema shows it."""

from datetime import datetime

import strawberry

from kbsearch.schema.context import Info
from kbsearch.schema.fields import of_row, resolved
from kbsearch.schema.types.node import Node
from kbsearch.services.taxonomy import merged_target
from kbsearch.store import tables
from kbsearch.store.tables import CategoryOrigin

_DEEPEST = 50


@strawberry.type(description="栏目：知识结构的一个节点")
class Category(Node):
    """One node; headquarters' are read-only here."""

    row: strawberry.Private[tables.Category]
    name: str = of_row("栏目名")
    origin: CategoryOrigin = of_row("归总部还是本地")
    position: int = of_row("同级中的次序")
    retired_at: datetime | None = of_row("停用时间；空为在用")
    lock_version: int = of_row("锁版本，修改时带回")

    @resolved("是否已停用（含已并入别的栏目）")
    def retired(self) -> bool:
        """No longer to be chosen; what hangs on it stays findable."""
        return self.row.retired_at is not None

    @resolved("已并入哪个栏目（沿合并追到底）；没有合并则空")
    def merged_into(self, info: Info) -> "Category | None":
        """Where its items are now."""
        if self.row.merged_into is None:
            return None
        return category_of(info, merged_target(info.context.load.categories, self.row.id))

    def node_key(self) -> str:
        """The node's stable id."""
        return self.row.id

    @resolved("未编码的栏目编号，与总部往来用它")
    def raw_id(self) -> str:
        """As messages have it."""
        return self.row.id

    @resolved("上级栏目；根栏目没有")
    def parent(self, info: Info) -> "Category | None":
        """The node above."""
        return category_of(info, self.row.parent_id)

    @resolved("下级栏目，按次序；不含已停用的")
    def children(self, info: Info) -> "list[Category]":
        """The live nodes directly below."""
        return children_of(info, self.row.id)

    @resolved("从根到本栏目的路径")
    def path(self, info: Info) -> "list[Category]":
        """Root first, this node last."""
        found, step = [self.row], info.context.load.categories.get(self.row.parent_id or "")
        while step is not None and len(found) < _DEEPEST:
            found.append(step)
            step = info.context.load.categories.get(step.parent_id or "")
        return [Category(row=row) for row in reversed(found)]


def category_of(info: Info, category_id: str | None) -> Category | None:
    """A category from the operation's tree."""
    row = info.context.load.categories.get(category_id or "")
    return None if row is None else Category(row=row)


def children_of(info: Info, parent_id: str | None) -> list[Category]:
    """The live children of a node (None: the roots), in their order."""
    below = [c for c in info.context.load.categories.values() if c.parent_id == parent_id and c.retired_at is None]
    return [Category(row=c) for c in sorted(below, key=lambda c: (c.position, c.name, c.id))]
