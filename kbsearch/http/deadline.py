"""Run one operation under a deadline that is looked at again and again; never interrupts a mutation half-way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import strawberry
from graphql import ExecutionResult, GraphQLError, OperationType, create_source_event_stream, execute
from strawberry.execution import optimized_is_awaitable
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from kbsearch.http.documents import CheckedDocument
from kbsearch.http.errors import DeadlineExceeded
from kbsearch.http.facts import HttpRequestFacts
from kbsearch.http.projecting import NOT_PROJECTED, Projector, RootValue
from kbsearch.http.streams.feed import Feed


class _OutOfTime(BaseException):
    """Not an Exception, so that no field catches it and the whole operation ends."""


class _DeadlineExecutor(StrawberryGraphQLCoreExecutionContext):
    """Strawberry's executor, looking at the clock before each root field and each object (before each field costs 15 %).

    A mutation's own field may have committed by the time its payload is read; cutting that off would make the caller repeat it,
    so resolvers of mutations call `check_deadline()` themselves, before they commit.
    """

    def __init__(self, *args: Any, facts: HttpRequestFacts, checked: CheckedDocument, projector: Projector | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._checked = checked
        projects = self.operation.operation is OperationType.QUERY and self.middleware_manager is None
        self._projector = projector if projects else None
        self._monotonic = facts.monotonic
        self._stop_at = facts.deadline if self.operation.operation is not OperationType.MUTATION else float("inf")

    def execute_fields(self, parent_type: Any, source_value: Any, path: Any, grouped_field_set: Any, position_context: Any) -> Any:
        if path is not None:
            self._check()
            return super().execute_fields(parent_type, source_value, path, grouped_field_set, position_context)
        results: dict[str, Any] = {}
        for name, details in grouped_field_set.items():
            self._check()
            results.update(super().execute_fields(parent_type, source_value, None, {name: details}, position_context))  # type: ignore[arg-type]
        return results

    def complete_value(  # noqa: PLR0917 - graphql-core calls it so
        self, return_type: Any, details: Any, info: Any, path: Any, result: Any, position_context: Any
    ) -> Any:
        projector = self._projector
        if projector is not None and path.prev is None and not info.field_name.startswith("__"):
            checked = self._checked
            root = RootValue(self, return_type, details, info, path, result, checked.key, checked.switches, self._check)
            completed = projector.project(root)
            if completed is not NOT_PROJECTED:
                return completed
        return super().complete_value(return_type, details, info, path, result, position_context)

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
    checked: CheckedDocument,
    variables: Mapping[str, Any],
    operation_name: str | None,
    *,
    context: Any,
    facts: HttpRequestFacts,
    projector: Projector | None = None,
) -> ExecutionResult:
    """Execute a validated document synchronously, as `schema.execute_sync` would; `data` is None once time is up.

    Field middleware of the schema's operation directives runs; life-cycle hooks of schema extensions do not. A `projector` completes
    what the root fields of queries return, where it can.
    """
    try:
        result = execute(
            schema._schema,  # noqa: SLF001 - Strawberry has no public way to execute a parsed document
            checked.document,
            context_value=context,
            variable_values=dict(variables),
            operation_name=operation_name,
            executor_class=_DeadlineExecutor,
            projector=projector,
            **_manner(schema, checked, facts),
        )
    except _OutOfTime:
        return _out_of_time(facts)
    if not isinstance(result, ExecutionResult):
        raise TypeError("a list item or type test is asynchronous; resolvers run synchronously in a pooled thread")
    return result


class EventExecution:
    """One subscription in one context: asks its root field for the feed, then executes the selection once per event.

    Raises GraphQLError at construction where the variables do not fit their types.
    """

    def __init__(
        self,
        schema: strawberry.Schema,
        checked: CheckedDocument,
        variables: Mapping[str, Any],
        operation_name: str | None,
        *,
        context: Any,
        facts: HttpRequestFacts,
    ) -> None:
        built = _DeadlineExecutor.build(
            schema._schema,  # noqa: SLF001 - as above
            checked.document,
            context_value=context,
            raw_variable_values=dict(variables),
            operation_name=operation_name,
            projector=None,
            **_manner(schema, checked, facts),
        )
        if isinstance(built, list):
            raise built[0]
        self._executor = built
        self._facts = facts

    def feed(self) -> Feed:
        """What the root field's `subscribe` answers. Raises the GraphQLError it ended with."""
        stream = create_source_event_stream(self._executor)
        if isinstance(stream, ExecutionResult):
            raise (stream.errors or [GraphQLError("no event stream")])[0]
        if not isinstance(stream, Feed):
            raise TypeError("a subscription's root field answers a kbsearch.http.streams.feed.Feed")
        return stream

    def execute(self, event: Any) -> ExecutionResult:
        """The answer to one event; `data` is None once time is up."""
        executor = self._executor.build_per_event_executor(event)
        try:
            result = executor.execute_operation(serially=False)
        except _OutOfTime:
            return _out_of_time(self._facts)
        if not isinstance(result, ExecutionResult):
            raise TypeError("an event's field is asynchronous; resolvers run synchronously in a pooled thread")
        return result


def _manner(schema: strawberry.Schema, checked: CheckedDocument, facts: HttpRequestFacts) -> dict[str, Any]:
    extensions = schema.get_extensions(sync=True)
    return {
        # Even an empty manager costs a look-up per field.
        "middleware": schema._get_middleware_manager(extensions) if extensions else None,  # noqa: SLF001 - as above
        "is_awaitable": optimized_is_awaitable,
        "is_async_iterable": lambda _value: False,
        "hide_suggestions": True,
        "operation_extensions": None,
        "facts": facts,
        "checked": checked,
    }


def _out_of_time(facts: HttpRequestFacts) -> ExecutionResult:
    exceeded = DeadlineExceeded(facts.seconds)
    return ExecutionResult(None, [GraphQLError(str(exceeded), original_error=exceeded)])
