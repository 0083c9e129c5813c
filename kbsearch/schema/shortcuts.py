"""Calls resolvers that take no arguments directly: Strawberry's machinery around each would cost more than they do."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any, TypeAlias

import strawberry
from graphql import GraphQLField, GraphQLObjectType, GraphQLResolveInfo, GraphQLSchema
from strawberry.types.field import StrawberryField

from kbsearch.schema.fields import read_attribute

Reader: TypeAlias = Callable[[Any], Any]
_READS = "__reads_source__"


def call_plain_resolvers_directly(core: GraphQLSchema) -> int:
    """Replace the resolver of every field without arguments, extensions and permissions; returns how many.

    A search page resolves hundreds of such fields (measured with bench.speed). What they return is the same: Strawberry
    converts arguments, not results.
    """
    replaced = 0
    for type_ in core.type_map.values():
        if not isinstance(type_, GraphQLObjectType):
            continue
        for field in type_.fields.values():
            direct = _direct(type_, field.extensions.get("strawberry-definition"))
            if direct is not None:
                field.resolve = direct
                replaced += 1
    return replaced


def reader_of(field: GraphQLField) -> Reader | None:
    """What reads the field from its source alone; None when its resolver wants the info or arguments, or is guarded by a rule.

    It may raise where the resolver would not (an attribute that is elsewhere than declared): then ask the resolver.
    """
    reader: Reader | None = getattr(field.resolve, _READS, None)
    return reader


def is_asynchronous(field: GraphQLField) -> bool:
    """Whether the field was declared with a coroutine."""
    definition = field.extensions.get("strawberry-definition")
    return isinstance(definition, StrawberryField) and definition.is_async


def _direct(type_: GraphQLObjectType, definition: Any) -> Callable[..., Any] | None:
    if not isinstance(definition, StrawberryField) or definition.arguments or definition.extensions or definition.is_async:
        return None
    if definition.is_basic_field and definition.default_resolver is read_attribute:
        return _reading_attribute(type_, definition)
    resolver = definition.base_resolver
    if resolver is None or definition.permission_classes:
        return None
    if resolver.root_parameter is not None or resolver.parent_parameter is not None or resolver.self_parameter is None:
        return None
    call: Any = resolver.wrapped_func
    if resolver.info_parameter is None:
        return _reading(call)
    name = resolver.info_parameter.name

    def with_info(source: Any, info: GraphQLResolveInfo[Any]) -> Any:
        return call(source, **{name: strawberry.Info(_raw_info=info, _field=definition)})

    return with_info


def _reading(read: Reader) -> Callable[..., Any]:
    def resolve(source: Any, _info: Any) -> Any:
        return read(source)

    setattr(resolve, _READS, read)
    return resolve


def _reading_attribute(type_: GraphQLObjectType, definition: StrawberryField) -> Callable[..., Any]:
    """Resolves as `read_attribute` does; its reader knows where the type declares the field and fails on any other object."""
    name = definition.python_name
    declared = definition.init or hasattr(type_.extensions["strawberry-definition"].origin, name)

    def resolve(source: Any, _info: Any) -> Any:
        return read_attribute(source, name)

    setattr(resolve, _READS, attrgetter(name if declared else f"row.{name}"))
    return resolve
