"""Finds or compiles the plan of a root field and runs it, falling back on graphql-core whenever anything is out of the ordinary."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kbsearch.http.documents import ByteBoundedCache
from kbsearch.http.projecting import NOT_PROJECTED, RootValue
from kbsearch.schema.projection.plan import Plan, compile_plan
from kbsearch.schema.projection.run import NotProjectableError, Run, Slot

# Measured with tracemalloc: 0.9 to 1.0 kB a field. The syntax tree a plan points into may outlive its place in the document cache.
_FIELD_WEIGHT = 1_500
_TREE_WEIGHT = 100
_ENTRY_WEIGHT = 2_000
_MEBIBYTE = 1024 * 1024

OnFallback = Callable[[str, Exception], None]
"""Told the root field's name and why graphql-core completes it."""


class _NoPlan:
    """This selection cannot be projected; known so that nobody tries again."""


class CompiledProjector:
    """The plans of the documents lately used, by document, operation, root field and the variables that select fields.

    Only completes what a root field's resolver has returned, so that a fallback repeats no resolver of a root field: what those
    note (a search, an opened page) is noted once. Resolvers below only read. Safe for many threads.
    """

    def __init__(self, max_bytes: int = 32 * _MEBIBYTE, on_fallback: OnFallback | None = None) -> None:
        self._plans: ByteBoundedCache[Plan | _NoPlan] = ByteBoundedCache(max_bytes)
        self._on_fallback = on_fallback

    def project(self, root: RootValue) -> Any:
        """See `kbsearch.http.projecting.Projector`."""
        try:
            plan = self._plan(root)
            if isinstance(plan, _NoPlan):
                return NOT_PROJECTED
            return plan.complete(root.value, Run(root.executor, root.check_deadline, plan.slots))
        except Exception as error:  # noqa: BLE001 - whatever it is, graphql-core meets it again and reports it as it always has
            if self._on_fallback is not None:
                self._on_fallback(root.info.field_name, error)
            return NOT_PROJECTED

    def _plan(self, root: RootValue) -> Plan | _NoPlan:
        key = _key(root)
        plan = self._plans.get(key)
        if plan is None:
            plan = _compiled(root)
            fields = plan.fields if isinstance(plan, Plan) else 0
            self._plans.put(key, plan, _ENTRY_WEIGHT + _FIELD_WEIGHT * fields + _TREE_WEIGHT * _text_length(root))
        return plan


def _compiled(root: RootValue) -> Plan | _NoPlan:
    nodes = [detail.node for detail in root.details]
    parent = root.info.parent_type
    slot = Slot(0, parent.fields[nodes[0].name.value], nodes, parent)
    try:
        return compile_plan(root.executor, root.type, root.details, slot)
    except NotProjectableError:
        return _NoPlan()


def _key(root: RootValue) -> bytes:
    executor = root.executor
    name = executor.operation.name.value if executor.operation.name else ""
    # True, False, null and missing are four cases: the last two are errors, never another case's plan.
    coerced = executor.variable_values.coerced
    switched = [coerced.get(switch, "missing") for switch in root.switches]
    return root.document_key + f"{name} {root.path.key} {switched}".encode()


def _text_length(root: RootValue) -> int:
    place = root.executor.operation.loc
    return len(place.source.body) if place is not None else 0
