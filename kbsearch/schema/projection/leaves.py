"""How scalars and enums are completed: as graphql-core does, with the common classes let through; knows no selections."""

from __future__ import annotations

import math
from collections.abc import Callable
from enum import Enum
from typing import Any, TypeAlias

from graphql import GraphQLBoolean, GraphQLFloat, GraphQLID, GraphQLInt, GraphQLScalarType, GraphQLString, Undefined
from graphql.type import GraphQLEnumType

from kbsearch.schema.projection.run import NotProjectableError

Leaf: TypeAlias = GraphQLScalarType | GraphQLEnumType
Finish: TypeAlias = Callable[[Any], Any]

_LARGEST_INT = 2**31 - 1
_AS_THEY_ARE: dict[str, type] = {GraphQLString.name: str, GraphQLID.name: str, GraphQLBoolean.name: bool}


def passing_class(leaf: Leaf) -> type | None:
    """The class whose very instances are their own output, so that completing them is one comparison; None if there is none."""
    return _AS_THEY_ARE.get(leaf.name) if isinstance(leaf, GraphQLScalarType) else None


def finish_leaf(leaf: Leaf) -> Finish:
    """Completes one value that is not None; raises whatever graphql-core would, for the caller to fall back on."""
    coerce = leaf.coerce_output_value

    def by_core(value: Any) -> Any:
        if isinstance(value, Exception):
            raise value
        coerced = coerce(value)
        if coerced is None or coerced is Undefined:
            raise NotProjectableError(f"{leaf.name} made nothing of a value")
        return coerced

    if leaf.name == GraphQLInt.name:
        return lambda value: value if value.__class__ is int and -_LARGEST_INT <= value <= _LARGEST_INT else by_core(value)
    if leaf.name == GraphQLFloat.name:
        return lambda value: value if value.__class__ is float and math.isfinite(value) else by_core(value)
    if isinstance(leaf, GraphQLEnumType):
        return _finish_enum(leaf, by_core)
    return by_core


def _finish_enum(leaf: GraphQLEnumType, by_core: Finish) -> Finish:
    wrapped = getattr(leaf, "wrapped_cls", None)
    if not (isinstance(wrapped, type) and issubclass(wrapped, Enum)):
        return by_core
    # By the member's own name: hashing a member is a call into Python.
    outputs: dict[str, Any] = {member.name: leaf.coerce_output_value(member) for member in wrapped}
    return lambda value: outputs[value._name_] if value.__class__ is wrapped else by_core(value)
