"""What the executor asks of whoever can complete a root field's value faster than itself; completes nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol

from graphql import GraphQLOutputType
from graphql.execution import Executor
from graphql.pyutils import Path


class NotProjected:
    """The type of the answer "complete it yourself"."""


NOT_PROJECTED: Final = NotProjected()


@dataclass(frozen=True, slots=True)
class RootValue:
    """What the resolver of a query's root field returned, and where it goes.

    `details` are the field's merged nodes, as graphql-core collected them. `document_key` names the document's text, `switches` the
    variables that its `@skip` and `@include` read. `check_deadline` ends the whole operation once its time is up.
    """

    executor: Executor[Any]
    type: GraphQLOutputType
    details: list[Any]
    info: Any
    path: Path
    value: Any
    document_key: bytes
    switches: tuple[str, ...]
    check_deadline: Callable[[], None]


class Projector(Protocol):
    """Completes a root field's value in one go."""

    def project(self, root: RootValue) -> Any:
        """Return exactly what graphql-core's `complete_value` would return, or NOT_PROJECTED; raises nothing of its own.

        Where completing would have an error, the answer is NOT_PROJECTED: the executor then completes the same value itself, so
        that errors are located, collected and propagated in one place. The root field's resolver is not called again.
        """
