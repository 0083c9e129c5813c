"""The record of what a pushed tree did: how many items, favourites and open submissions each change concerns; moves nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, func, select

from kbsearch.store.tables import Category, Favourite, Subject, Submission
from kbsearch.workflow.states import TERMINAL
from kbsearch.workflow.taxonomy import Change, EffectKind

_WITH_BRANCH = (EffectKind.RENAMED, EffectKind.MOVED)
"""What concerns everything below the node as well."""


@dataclass(frozen=True)
class Held:
    """What hung on each node before the push, by node id."""

    items: Mapping[str, int]
    favourites: Mapping[str, int]
    submissions: Mapping[str, int]


def held_by_category(session: Session) -> Held:
    """Counts of all nodes, in three queries."""
    node = col(Subject.category_id)
    items = select(node, func.count()).where(node.is_not(None)).group_by(node)
    favourites = select(node, func.count()).select_from(Favourite).join(Subject, col(Subject.id) == col(Favourite.subject_id))
    named = col(Submission.category_id)
    open_ones = select(named, func.count()).where(named.is_not(None), col(Submission.state).not_in(list(TERMINAL))).group_by(named)
    return Held(
        {i: n for i, n in session.exec(items) if i is not None},
        {i: n for i, n in session.exec(favourites.where(node.is_not(None)).group_by(node)) if i is not None},
        {i: n for i, n in session.exec(open_ones) if i is not None},
    )


def effect_record(change: Change, categories: Mapping[str, Category], held: Held, moved: Mapping[str, int]) -> dict[str, Any]:
    """One entry of TaxonomyVersion.effects; `moved` says how many items left each merged node."""
    ids = _branch(categories, change.id) if change.kind in _WITH_BRANCH else [change.id]
    items = sum(held.items.get(i, 0) for i in ids)
    return {
        "kind": change.kind.value,
        "categoryId": change.id,
        "name": change.name,
        "from": change.before,
        "to": change.after,
        "items": moved.get(change.id, items) if change.kind is EffectKind.MERGED else items,
        "favourites": sum(held.favourites.get(i, 0) for i in ids),
        "openSubmissions": sum(held.submissions.get(i, 0) for i in ids),
    }


def _branch(categories: Mapping[str, Category], root: str) -> list[str]:
    children: defaultdict[str | None, list[str]] = defaultdict(list)
    for category in categories.values():
        children[category.parent_id].append(category.id)
    found, queue = [], [root]
    while queue:
        node = queue.pop()
        found.append(node)
        queue += children[node]
    return found
