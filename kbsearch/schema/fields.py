"""How fields are declared: resolved by a method, or read from the row an object stands for; resolves nothing itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import strawberry

F = TypeVar("F", bound=Callable[..., Any])


def resolved(description: str) -> Callable[[F], F]:
    """A field (or mutation) resolved by the method below it; typed, which Strawberry's own decorator is not."""
    return cast("Callable[[F], F]", strawberry.field(description=description))


def of_row(description: str) -> Any:
    """A field read from the object's row, under the same name."""
    field: Any = strawberry.field(description=description)
    field.init = False  # nobody passes it: read_attribute finds it in the row
    return field


def read_attribute(source: Any, name: str) -> object:
    """How fields without a resolver are read: from the object, else from its row."""
    try:
        return getattr(source, name)
    except AttributeError:
        return getattr(source.row, name)
