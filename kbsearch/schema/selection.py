"""What a query asks for below a field, so that nothing is counted that nobody reads."""

from __future__ import annotations

from collections.abc import Iterable

from strawberry.types.nodes import SelectedField, Selection

from kbsearch.schema.context import Info


def asked_below(info: Info, field: str) -> frozenset[str]:
    """The names of the fields selected in `field` of the object this resolver answers, fragments included."""
    own = _fields(selection for node in info.selected_fields for selection in node.selections)
    return frozenset(inner.name for outer in own if outer.name == field for inner in _fields(outer.selections))


def _fields(selections: Iterable[Selection]) -> list[SelectedField]:
    found: list[SelectedField] = []
    for selection in selections:
        if isinstance(selection, SelectedField):
            found.append(selection)
        else:
            found += _fields(selection.selections)
    return found
