"""Run one operation under a deadline that is looked at again and again; never interrupts a mutation half-way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import strawberry
from graphql import DocumentNode, ExecutionResult, GraphQLError, OperationType, execute
from strawberry.execution import optimized_is_awaitable
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from kbsearch.http.errors import DeadlineExceeded
from kbsearch.http.facts import HttpRequestFacts


class _OutOfTime(BaseException):
    """Not an Exception, so that no field catches it and the whole operation ends."""


class _DeadlineExecutor(StrawberryGraphQLCoreExecutionContext):
    """Strawberry's executor, looking at the clock before each root field and each object of a query (before each field costs 15 %).

    A mutation's own field may have committed by the time its payload is read; cutting that off would make the caller repeat it,
    so resolvers of mutations call `check_deadline()` themselves, before they commit.
    """

    def __init__(self, *args: Any, facts: HttpRequestFacts, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._monotonic = facts.monotonic
        self._stop_at = facts.deadline if self.operation.operation is OperationType.QUERY else float("inf")

    def execute_fields(self, parent_type: Any, source_value: Any, path: Any, grouped_field_set: Any, position_context: Any) -> Any:
        if path is not None:
            self._check()
            return super().execute_fields(parent_type, source_value, path, grouped_field_set, position_context)
        results: dict[str, Any] = {}
        for name, details in grouped_field_set.items():
            self._check()
            results.update(super().execute_fields(parent_type, source_value, None, {name: details}, position_context))  # type: ignore[arg-type]
        return results

    def _check(self) -> None:
        if self._monotonic() >= self._stop_at:
            raise _OutOfTime

    def complete_awaitable_value(self, _return_type: Any, _details: Any, _info: Any, path: Any, result: Any, *_rest: Any) -> Any:
        # An async resolver is a bug of the schema: fail its field, and close the coroutine so that nothing waits for it.
        if hasattr(result, "close"):
            result.close()
        raise TypeError(f"{path.as_list()} has an asynchronous resolver; resolvers run synchronously in a pooled thread")


def execute_in_time(
    schema: strawberry.Schema,
    document: DocumentNode,
    variables: Mapping[str, Any],
    operation_name: str | None,
    *,
    context: Any,
    facts: HttpRequestFacts,
) -> ExecutionResult:
    """Execute a validated document synchronously, as `schema.execute_sync` would; `data` is None once time is up.

    Field middleware of the schema's operation directives runs; life-cycle hooks of schema extensions do not.
    """
    extensions = schema.get_extensions(sync=True)
    try:
        result = execute(
            schema._schema,  # noqa: SLF001 - Strawberry has no public way to execute a parsed document
            document,
            context_value=context,
            variable_values=dict(variables),
            operation_name=operation_name,
            # Even an empty manager costs a look-up per field.
            middleware=schema._get_middleware_manager(extensions) if extensions else None,  # noqa: SLF001 - as above
            executor_class=_DeadlineExecutor,
            is_awaitable=optimized_is_awaitable,  # type: ignore[arg-type] # Strawberry types it as a plain predicate
            is_async_iterable=lambda _value: False,  # type: ignore[arg-type] # core wants a TypeGuard
            hide_suggestions=True,
            operation_extensions=None,
            facts=facts,
        )
    except _OutOfTime:
        exceeded = DeadlineExceeded(facts.seconds)
        return ExecutionResult(None, [GraphQLError(str(exceeded), original_error=exceeded)])
    if not isinstance(result, ExecutionResult):
        raise TypeError("a list item or type test is asynchronous; resolvers run synchronously in a pooled thread")
    return result
