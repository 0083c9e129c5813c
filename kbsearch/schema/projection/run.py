"""What one projected operation carries from field to field: resolve infos and arguments, made once each; projects nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NoReturn

from graphql import FieldNode, GraphQLField, GraphQLObjectType
from graphql.execution import Executor
from graphql.execution.values import get_argument_values


class NotProjectableError(Exception):
    """This selection, or this value, is left to graphql-core."""


class _NoPath:
    """Stands where a field's path would be: the same info serves every row, so there is none; who asks is not projected."""

    __slots__ = ()

    def _refuse(self, *_: object) -> NoReturn:
        raise NotProjectableError("a resolver asks for its path")

    __getattr__ = __getitem__ = __iter__ = __str__ = __repr__ = __eq__ = __hash__ = _refuse


_NO_PATH: Any = _NoPath()


@dataclass(frozen=True, slots=True)
class Slot:
    """One field of a plan whose resolver needs an info or arguments; `number` is its place in a run's lists."""

    number: int
    definition: GraphQLField
    nodes: list[FieldNode]
    parent: GraphQLObjectType


@dataclass(slots=True)
class Run:
    """One root field of one operation on its way through its plan."""

    executor: Executor[Any]
    check_deadline: Callable[[], None]
    slots: int
    _infos: list[Any] = field(init=False)
    _arguments: list[dict[str, Any] | None] = field(init=False)

    def __post_init__(self) -> None:
        self._infos = [None] * self.slots
        self._arguments = [None] * self.slots

    def info(self, slot: Slot) -> Any:
        """The field's resolve info, the same for every object that has the field."""
        known = self._infos[slot.number]
        if known is None:
            known = self.executor.build_resolve_info(slot.definition, slot.nodes, slot.parent, _NO_PATH)
            self._infos[slot.number] = known
        return known

    def arguments(self, slot: Slot) -> dict[str, Any]:
        """The field's arguments, coerced by graphql-core; raises its error when they do not fit."""
        known = self._arguments[slot.number]
        if known is None:
            executor = self.executor
            known = get_argument_values(slot.definition, slot.nodes[0], executor.variable_values, None, executor.hide_suggestions)
            self._arguments[slot.number] = known
        return known
