"""Compiles a selection, as graphql-core collects it, into functions that make JSON-able dicts; caches and calls nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import repeat
from typing import Any, TypeAlias

from graphql import (
    FieldNode,
    GraphQLObjectType,
    GraphQLOutputType,
    Undefined,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)
from graphql.execution import Executor

from kbsearch.schema.projection.leaves import Leaf, finish_leaf, passing_class
from kbsearch.schema.projection.run import NotProjectableError, Run, Slot
from kbsearch.schema.shortcuts import is_asynchronous, reader_of

MOST_FIELDS = 2_000
"""A larger plan costs more memory than it saves time."""

_NOTHING = "nothing where something is required"

Complete: TypeAlias = Callable[[Any, Run], Any]
"""A resolved value made JSON-able; raises where graphql-core would have an error."""
_Field: TypeAlias = Callable[[Any, Run], Any]
"""One field of an object: resolved and completed."""
_Details: TypeAlias = list[Any]


@dataclass(frozen=True, slots=True)
class Plan:
    """How one root field's value is completed; `slots` is how many of its fields need an info, `fields` how many there are."""

    complete: Complete
    slots: int
    fields: int


def compile_plan(executor: Executor[Any], type_: GraphQLOutputType, details: _Details, root: Slot) -> Plan:
    """The plan of a root field; raises NotProjectableError for what graphql-core must do itself."""
    compiler = _Compiler(executor, first_slot=root.number + 1)
    complete = compiler.value(type_, details, root)
    return Plan(complete, compiler.slots, compiler.fields)


class _Compiler:
    """Compiles one plan; what it makes holds on to field definitions and syntax nodes, never to the executor."""

    def __init__(self, executor: Executor[Any], first_slot: int) -> None:
        self._executor = executor
        self.slots = first_slot
        self.fields = 0
        # A fragment spread in many places is one plan.
        self._objects: dict[tuple[str, bool, tuple[int, ...]], Complete] = {}

    def value(self, type_: Any, details: _Details, slot: Slot) -> Complete:
        """Completes values of an output type; `details` and `slot` are of the field that has them."""
        nullable = not is_non_null_type(type_)
        if not nullable:
            type_ = type_.of_type
        if is_list_type(type_):
            return _listed(self.value(type_.of_type, details, slot), nullable=nullable)
        if is_leaf_type(type_):
            return _leaf(type_, nullable=nullable)
        if is_object_type(type_):
            return self._object(type_, details, slot, nullable=nullable)
        if is_abstract_type(type_):
            return self._abstract(type_, details, slot, nullable=nullable)
        raise NotProjectableError(f"unknown kind of type: {type_}")

    def _abstract(self, type_: Any, details: _Details, slot: Slot, *, nullable: bool) -> Complete:
        resolve_type: Callable[..., Any] = type_.resolve_type or self._executor.type_resolver
        possible = {t.name: self._object(t, details, slot, nullable=False) for t in self._executor.schema.get_possible_types(type_)}

        def complete(value: Any, run: Run) -> Any:
            if value is None or value is Undefined:
                if nullable:
                    return None
                raise NotProjectableError(_NOTHING)
            return possible[resolve_type(value, run.info(slot), type_)](value, run)

        return complete

    def _object(self, type_: GraphQLObjectType, details: _Details, slot: Slot, *, nullable: bool) -> Complete:
        key = (type_.name, nullable, tuple(id(detail.node) for detail in details))
        known = self._objects.get(key)
        if known is None:
            known = self._objects[key] = self._new_object(type_, details, slot, nullable=nullable)
        return known

    def _new_object(self, type_: GraphQLObjectType, details: _Details, slot: Slot, *, nullable: bool) -> Complete:
        collected = self._executor.collect_subfields(type_, details)
        if collected.new_defer_usages:
            raise NotProjectableError("deferred fragments")
        fields = tuple((name, self._field(type_, group)) for name, group in collected.grouped_field_set.items())
        is_type_of = type_.is_type_of

        def complete(value: Any, run: Run) -> dict[str, Any] | None:
            if value is None or value is Undefined:
                if nullable:
                    return None
                raise NotProjectableError(_NOTHING)
            run.check_deadline()
            if isinstance(value, Exception):
                raise value
            if is_type_of is not None and not is_type_of(value, run.info(slot)):
                raise NotProjectableError(f"not a {type_.name}")
            completed = {}
            for name, field in fields:  # a comprehension would be one more call
                completed[name] = field(value, run)
            return completed

        return complete

    def _field(self, parent: GraphQLObjectType, details: _Details) -> _Field:
        if any(detail.fragment_variable_values is not None or detail.defer_usage is not None for detail in details):
            raise NotProjectableError("fragment variables or deferred fragments")
        self.fields += 1
        if self.fields > MOST_FIELDS:
            raise NotProjectableError("too many fields")
        node: FieldNode = details[0].node
        if node.name.value == "__typename":
            name = parent.name
            return lambda _source, _run: name
        definition = parent.fields.get(node.name.value)
        if definition is None or definition.resolve is None or is_asynchronous(definition):
            raise NotProjectableError(f"{parent.name}.{node.name.value} is not resolved by a plain function")
        slot = Slot(self.slots, definition, [detail.node for detail in details], parent)
        self.slots += 1
        read = reader_of(definition)
        if read is None or node.arguments:
            return _resolved(definition.resolve, slot, self.value(definition.type, details, slot))
        inner = definition.type.of_type if is_non_null_type(definition.type) else definition.type
        if is_leaf_type(inner):
            return _read_leaf(read, inner, nullable=inner is definition.type)
        return _read(read, self.value(definition.type, details, slot))


def _listed(item: Complete, *, nullable: bool) -> Complete:
    def complete(value: Any, run: Run) -> list[Any] | None:
        if value is None or value is Undefined:
            if nullable:
                return None
            raise NotProjectableError(_NOTHING)
        # Only what can be gone through twice: a fallback must find the items again.
        if not isinstance(value, list | tuple):
            raise NotProjectableError("not a list")
        return list(map(item, value, repeat(run)))

    return complete


def _leaf(leaf: Leaf, *, nullable: bool) -> Complete:
    finish = finish_leaf(leaf)

    def complete(value: Any, _run: Run) -> Any:
        if value is None or value is Undefined:
            if nullable:
                return None
            raise NotProjectableError(_NOTHING)
        return finish(value)

    return complete


def _resolved(resolve: Callable[..., Any], slot: Slot, complete: Complete) -> _Field:
    if slot.definition.args:
        return lambda source, run: complete(resolve(source, run.info(slot), **run.arguments(slot)), run)
    return lambda source, run: complete(resolve(source, run.info(slot)), run)


def _read(read: Callable[[Any], Any], complete: Complete) -> _Field:
    return lambda source, run: complete(read(source), run)


def _read_leaf(read: Callable[[Any], Any], leaf: Leaf, *, nullable: bool) -> _Field:
    """The most common field by far: one call and one comparison."""
    finish, passing = finish_leaf(leaf), passing_class(leaf)

    def field(source: Any, _run: Run) -> Any:
        value = read(source)
        if value.__class__ is passing:
            return value
        if value is None or value is Undefined:
            if nullable:
                return None
            raise NotProjectableError(_NOTHING)
        return finish(value)

    return field
