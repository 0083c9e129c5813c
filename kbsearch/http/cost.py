"""Estimate how many field values an answer may hold, from the schema, the page sizes asked for and the variables.

Runs on validated documents whose expanded size is already bounded; refuses nothing itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
    is_composite_type,
    is_list_type,
    is_non_null_type,
    value_from_ast_untyped,
)

from kbsearch.http.limits import HttpLimits

_PAGE_SIZES = frozenset({"first", "last", "limit", "top"})
_ID_LISTS = frozenset({"ids"})
_ITEMS = frozenset({"edges", "nodes", "items"})
# A page size beyond this is as refused as any other; it only keeps the sums short.
_HUGE = 10**9


@dataclass(frozen=True, slots=True)
class CostModel:
    """Reckons one operation: each field value 1, what lies inside a list times the list's expected length.

    Fragments on different types of one interface are added up, though one object takes only one of them: an over-estimate, never
    an under-estimate. Lists of plain values count once.
    """

    schema: GraphQLSchema
    limits: HttpLimits

    def operation_cost(
        self,
        operation: OperationDefinitionNode,
        fragments: Mapping[str, FragmentDefinitionNode],
        variables: Mapping[str, Any],
    ) -> int:
        """Return the estimated number of field values of the operation's answer."""
        root = self.schema.get_root_type(operation.operation)
        if root is None:
            return 0
        defaults = {
            node.variable.name.value: value_from_ast_untyped(node.default_value)
            for node in operation.variable_definitions or ()
            if node.default_value is not None
        }
        return _Reckoning(self, fragments, {**defaults, **variables}).selections(operation.selection_set, root, None)


@dataclass(frozen=True, slots=True)
class _Reckoning:
    model: CostModel
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: Mapping[str, Any]

    def selections(self, selection_set: SelectionSetNode, parent: GraphQLNamedType, page: int | None) -> int:
        total = 0
        for node in selection_set.selections:
            if isinstance(node, FieldNode):
                total += self._field(node, parent, page)
            elif isinstance(node, InlineFragmentNode):
                total += self.selections(node.selection_set, self._condition(node, parent), page)
            elif isinstance(node, FragmentSpreadNode) and node.name.value in self.fragments:
                fragment = self.fragments[node.name.value]
                total += self.selections(fragment.selection_set, self._condition(fragment, parent), page)
        return total

    def _condition(self, node: InlineFragmentNode | FragmentDefinitionNode, parent: GraphQLNamedType) -> GraphQLNamedType:
        if node.type_condition is None:
            return parent
        return self.model.schema.get_type(node.type_condition.name.value) or parent

    def _field(self, node: FieldNode, parent: GraphQLNamedType, page: int | None) -> int:
        if node.selection_set is None or not is_composite_type(parent):
            return 1
        field = self.model.schema.get_field(parent, node.name.value)
        if field is None:
            return 1
        inner_type = get_named_type(field.type)
        asked = self._asked_size(node, field)
        lists = _list_levels(field.type)
        if not lists:
            inner_page = (asked or self.model.limits.default_list) if _is_connection(inner_type) else None
            return 1 + self.selections(node.selection_set, inner_type, inner_page)
        size = asked
        if size is None and node.name.value in _ITEMS:
            size = page
        if size is None:
            size = self.model.limits.list_sizes.get(f"{parent.name}.{node.name.value}")
        if size is None:
            introspected = inner_type.name.startswith("__")
            size = self.model.limits.introspection_list if introspected else self.model.limits.default_list
        total: int = size**lists * self.selections(node.selection_set, inner_type, None)
        return 1 + total

    def _asked_size(self, node: FieldNode, field: GraphQLField) -> int | None:
        sizes: list[int | None] = [
            argument.default_value
            for name, argument in field.args.items()
            if name in _PAGE_SIZES and isinstance(argument.default_value, int) and not _is_given(node, name)
        ]
        for argument in node.arguments or ():
            name = argument.name.value
            if name in _PAGE_SIZES or name in _ID_LISTS:
                sizes.append(self._size(argument.value))
            else:
                sizes.extend(self._sizes_inside(argument.value))
        known = [min(max(size, 1), _HUGE) for size in sizes if size is not None]
        return max(known, default=None)

    def _size(self, value: ValueNode) -> int | None:
        if isinstance(value, VariableNode):
            return _size_of(self.variables.get(value.name.value))
        if isinstance(value, IntValueNode):
            return int(value.value) if len(value.value) < 10 else _HUGE  # noqa: PLR2004 - more digits than any page has
        if isinstance(value, ListValueNode):
            return len(value.values)
        return None

    def _sizes_inside(self, value: ValueNode) -> list[int | None]:
        """Find page sizes one level inside an input object, as in `search(input: {first: 20})`."""
        if isinstance(value, ObjectValueNode):
            return [self._size(field.value) for field in value.fields if field.name.value in _PAGE_SIZES | _ID_LISTS]
        if isinstance(value, VariableNode):
            given = self.variables.get(value.name.value)
            if isinstance(given, dict):
                return [_size_of(given[name]) for name in _PAGE_SIZES | _ID_LISTS if name in given]
        return []


def _size_of(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return int(value)
    return len(value) if isinstance(value, list) else None


def _is_given(node: FieldNode, name: str) -> bool:
    return any(argument.name.value == name for argument in node.arguments or ())


def _list_levels(output: GraphQLOutputType) -> int:
    levels = 0
    inner: Any = output
    while is_non_null_type(inner) or is_list_type(inner):
        levels += is_list_type(inner)
        inner = inner.of_type
    return levels


def _is_connection(inner: GraphQLNamedType) -> bool:
    if not isinstance(inner, GraphQLObjectType | GraphQLInterfaceType):
        return False
    return "pageInfo" in inner.fields or inner.name.endswith("Connection")
