"""Calls resolvers that take no arguments directly: Strawberry's machinery around each would cost more than they do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import strawberry
from graphql import GraphQLObjectType, GraphQLResolveInfo, GraphQLSchema
from strawberry.types.field import StrawberryField


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
            direct = _direct(field.extensions.get("strawberry-definition"))
            if direct is not None:
                field.resolve = direct
                replaced += 1
    return replaced


def _direct(definition: Any) -> Callable[..., Any] | None:
    if not isinstance(definition, StrawberryField) or definition.base_resolver is None:
        return None
    resolver = definition.base_resolver
    special = resolver.root_parameter is not None or resolver.parent_parameter is not None or resolver.self_parameter is None
    if definition.arguments or definition.extensions or definition.permission_classes or definition.is_async or special:
        return None
    call: Any = resolver.wrapped_func
    if resolver.info_parameter is None:
        return lambda source, _info: call(source)
    name = resolver.info_parameter.name

    def with_info(source: Any, info: GraphQLResolveInfo[Any]) -> Any:
        return call(source, **{name: strawberry.Info(_raw_info=info, _field=definition)})

    return with_info
