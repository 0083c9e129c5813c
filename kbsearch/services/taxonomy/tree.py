"""Reading the category tree: all of it, subtrees, and what a merged node has become; changes nothing."""

from __future__ import annotations

from collections.abc import Mapping

from sqlmodel import Session, func, select

from kbsearch.store.plain_rows import every_column, read_plain
from kbsearch.store.tables import Category, TaxonomyVersion

HQ_ROOT = "HQ"
LOCAL_ROOT = "ROOT"


def mirrored_version(session: Session) -> int:
    """The tree version of headquarters' mirrored last; 0 before the first."""
    return session.exec(select(func.max(TaxonomyVersion.tree_version))).one() or 0


def all_categories(session: Session) -> dict[str, Category]:
    """Every node by id, for reading; a few thousand at most."""
    return {c.id: c for c in read_plain(session, every_column(Category))}


def merged_target(categories: Mapping[str, Category], category_id: str) -> str:
    """Where the items of a node are now: itself, or the end of its chain of merges."""
    seen = {category_id}
    while True:
        category = categories.get(category_id)
        into = category.merged_into if category is not None else None
        if into is None or into in seen:
            return category_id
        seen.add(into)
        category_id = into


def resolved_category_id(session: Session, category_id: str | None) -> str | None:
    """The same for one id, reading only the chain; unknown ids and None stay what they are."""
    seen: set[str] = set()
    while category_id is not None and category_id not in seen:
        seen.add(category_id)
        category = session.get(Category, category_id)
        if category is None or category.merged_into is None:
            break
        category_id = category.merged_into
    return category_id


def subtree(categories: dict[str, Category], root_ids: list[str]) -> frozenset[str]:
    """The ids of these nodes and everything below them.

    Retired nodes are included (their items stay findable), and so is what was merged into one of them: old links and
    an index that has not caught up find the same. A merged id asked for stands for its target.
    """
    children: dict[str | None, list[str]] = {}
    for category in categories.values():
        children.setdefault(category.merged_into or category.parent_id, []).append(category.id)
    found, queue = set(), [merged_target(categories, i) for i in root_ids if i in categories]
    while queue:
        node = queue.pop()
        if node not in found:
            found.add(node)
            queue += children.get(node, [])
    return frozenset(found)


def path_ids(session: Session, category: Category) -> list[str]:
    """The node and what is above it, nearest first."""
    path = [category.id]
    while category.parent_id is not None:
        parent = session.get(Category, category.parent_id)
        if parent is None or parent.id in path:
            break
        path.append(parent.id)
        category = parent
    return path
