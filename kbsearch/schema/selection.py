"""What a query asks for below a field, so that nothing is counted that nobody reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from graphql import FieldNode, FragmentSpreadNode, GraphQLResolveInfo, SelectionNode, SelectionSetNode

from kbsearch.schema.context import Info


def asked_below(info: Info, field: str) -> frozenset[str]:
    """The names of the fields selected in `field` of the object this resolver answers, fragments included."""
    raw = info._raw_info  # noqa: SLF001 - Strawberry's own view of the selection converts the whole document first
    own = (node.selection_set for node in raw.field_nodes)
    below = (outer.selection_set for outer in _fields(raw, own) if outer.name.value == field)
    return frozenset(inner.name.value for inner in _fields(raw, below))


def _fields(info: GraphQLResolveInfo[Any], selected: Iterable[SelectionSetNode | None]) -> Iterator[FieldNode]:
    for selection_set in selected:
        for selection in selection_set.selections if selection_set is not None else ():
            if isinstance(selection, FieldNode):
                yield selection
            else:
                yield from _fields(info, [_inside(info, selection)])


def _inside(info: GraphQLResolveInfo[Any], fragment: SelectionNode) -> SelectionSetNode | None:
    if isinstance(fragment, FragmentSpreadNode):
        return info.fragments[fragment.name.value].selection_set
    return getattr(fragment, "selection_set", None)
