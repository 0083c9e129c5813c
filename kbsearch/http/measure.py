"""Measure a document's shape before it is validated, each fragment once, so that no fragment bomb costs more than its text.

Knows no schema: it must stay cheap for documents that mean nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

from kbsearch.http.errors import DocumentRefused, ErrorItem, refused
from kbsearch.http.limits import HttpLimits

# Frames of Python that measuring may take; the parser allows 200 levels in one definition, fragments chain them.
_MAX_NESTING = 250


@dataclass(frozen=True, slots=True)
class Shape:
    """Counts of one selection set with its fragments expanded; `depth` is levels of objects in it."""

    fields: int = 0
    depth: int = 0
    aliases: int = 0
    directives: int = 0


def measure_document(document: DocumentNode, limits: HttpLimits) -> None:
    """Raise `DocumentRefused` if the document breaks a structural limit or its fragments are cyclic, unused or ambiguous."""
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    fragment_nodes = [node for node in document.definitions if isinstance(node, FragmentDefinitionNode)]
    _within("TOO_MANY_OPERATIONS", "操作数", len(operations), limits.operations)
    _within("TOO_MANY_FRAGMENTS", "片段数", len(fragment_nodes), limits.fragments)
    fragments = {node.name.value: node for node in fragment_nodes}
    if len(fragments) != len(fragment_nodes):
        raise _invalid("There can be only one fragment of each name.")
    meter = _Meter(fragments)
    shapes = [meter.operation_shape(operation) for operation in operations]
    for shape in shapes:
        _within("TOO_DEEP", "嵌套层数", shape.depth, limits.depth)
        _within("TOO_MANY_ALIASES", "别名数", shape.aliases, limits.aliases)
        _within("TOO_MANY_DIRECTIVES", "指令数", shape.directives, limits.directives)
    _within("TOO_MANY_FIELDS", "字段数（片段展开后）", sum(shape.fields for shape in shapes), limits.fields)
    for name in fragments:
        if name not in meter.memo:
            raise _invalid(f"Fragment '{name[:80]}' is never used.")
    for operation in operations:
        _within("TOO_MANY_ROOT_FIELDS", "顶层字段数", len(root_keys(operation, fragments)), limits.root_fields)
    # Only now is the expanded document known to be small enough to walk without a memo.
    overlaps = sum(count_overlaps([operation.selection_set], fragments) for operation in operations)
    _within("TOO_MANY_OVERLAPS", "重复选取同一字段的组合数", overlaps, limits.overlaps)


def root_keys(operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]) -> frozenset[str]:
    """Return the response names of the root fields that do work, conditional ones included."""
    groups = _grouped_fields([operation.selection_set], fragments)
    return frozenset(key for key, nodes in groups.items() if any(node.name.value != "__typename" for node in nodes))


def count_overlaps(selection_sets: list[SelectionSetNode], fragments: Mapping[str, FragmentDefinitionNode]) -> int:
    """Count the pairs of fields with one response name: the validator compares each pair, however deep."""
    total = 0
    for nodes in _grouped_fields(selection_sets, fragments).values():
        total += len(nodes) * (len(nodes) - 1) // 2
        inner = [node.selection_set for node in nodes if node.selection_set]
        if inner:
            total += count_overlaps(inner, fragments)
    return total


def _grouped_fields(
    selection_sets: Iterable[SelectionSetNode], fragments: Mapping[str, FragmentDefinitionNode]
) -> dict[str, list[FieldNode]]:
    groups: dict[str, list[FieldNode]] = {}
    waiting = list(selection_sets)
    while waiting:
        for node in waiting.pop().selections:
            if isinstance(node, FieldNode):
                groups.setdefault((node.alias or node.name).value, []).append(node)
            elif isinstance(node, InlineFragmentNode):
                waiting.append(node.selection_set)
            elif isinstance(node, FragmentSpreadNode) and node.name.value in fragments:
                waiting.append(fragments[node.name.value].selection_set)
    return groups


class _Meter:
    """Adds shapes up with a memo per fragment: 818 bytes of chained fragments otherwise take seconds to walk."""

    def __init__(self, fragments: Mapping[str, FragmentDefinitionNode]) -> None:
        self.fragments = fragments
        self.memo: dict[str, Shape | None] = {}

    def operation_shape(self, operation: OperationDefinitionNode) -> Shape:
        inner = self._selection_shape(operation.selection_set, 0)
        return Shape(inner.fields, inner.depth, inner.aliases, inner.directives + len(operation.directives or ()))

    def _selection_shape(self, selection_set: SelectionSetNode, nesting: int) -> Shape:
        if nesting > _MAX_NESTING:
            raise refused("TOO_DEEP", f"查询的嵌套（含片段）超过 {_MAX_NESTING} 层；请拆分查询")
        fields = depth = aliases = directives = 0
        for node in selection_set.selections:
            directives += len(node.directives or ())
            inner = Shape()
            if isinstance(node, FragmentSpreadNode):
                inner = self._fragment_shape(node.name.value, nesting + 1)
            elif isinstance(node, FieldNode | InlineFragmentNode) and node.selection_set:
                inner = self._selection_shape(node.selection_set, nesting + 1)
            own_level = 0
            if isinstance(node, FieldNode):
                fields += 1
                aliases += node.alias is not None
                own_level = int(node.selection_set is not None)
            fields += inner.fields
            aliases += inner.aliases
            directives += inner.directives
            depth = max(depth, inner.depth + own_level)
        return Shape(fields, depth, aliases, directives)

    def _fragment_shape(self, name: str, nesting: int) -> Shape:
        fragment = self.fragments.get(name)
        if fragment is None:
            return Shape()  # an unknown fragment is the validator's to report
        if name not in self.memo:
            self.memo[name] = None
            inner = self._selection_shape(fragment.selection_set, nesting)
            self.memo[name] = Shape(inner.fields, inner.depth, inner.aliases, inner.directives + len(fragment.directives or ()))
        shape = self.memo[name]
        if shape is None:
            raise _invalid(f"Cannot spread fragment '{name[:80]}' within itself.")
        return shape


def _within(code: str, what: str, count: int, limit: int) -> None:
    if count > limit:
        shown = count if count < 10**9 else "极大"
        raise refused(code, f"查询的{what}为 {shown}，超过上限 {limit}；请拆成几个较小的查询", limit=limit)


def _invalid(message: str) -> DocumentRefused:
    return DocumentRefused(ErrorItem("GRAPHQL_VALIDATION_FAILED", message))
