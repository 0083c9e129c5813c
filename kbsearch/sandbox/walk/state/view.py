"""What collectors of public state have at hand: the stage, the names, and a way through paged lists; collects nothing itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from kbsearch.sandbox.walk.desk import PAGE, Desk
from kbsearch.sandbox.walk.stage import Stage
from kbsearch.sandbox.walk.state.names import Names

# Set aside by the requirement: times, ids, logs. Texts that contain ids or times are scrubbed, so only whole values stand here.
_TIMES = ("at", "receivedAt", "decidedAt", "createdAt", "created_at", "closedAt", "closed_at", "acceptedAt", "publishedAt", "pushedAt")
SET_ASIDE = frozenset({*_TIMES, "steps"})


@dataclass(frozen=True, slots=True)
class View:
    """One look at everything, once all is quiet."""

    stage: Stage
    names: Names = field(default_factory=Names)


@dataclass(frozen=True, slots=True)
class Noun:
    """One noun of the public state. All `gather` run before the first `show`: they fetch, and give names to what they fetched."""

    title: str
    gather: Callable[[View], Any]
    show: Callable[[View, Any], Any]


def pages(desk: Desk, query: str, **variables: Any) -> list[PAGE]:
    """Every node of a connection; the query takes `$after` and asks for pageInfo."""
    nodes: list[PAGE] = []
    after: str | None = None
    while True:
        (connection,) = desk.ask(query, after=after, **variables).values()
        nodes += [edge["node"] for edge in connection["edges"]]
        if not connection["pageInfo"]["hasNextPage"]:
            return nodes
        after = connection["pageInfo"]["endCursor"]


def kept(value: Any) -> Any:
    """A JSON value of a sandbox API without what is set aside: instants, steps, and the numbers of table rows."""
    if isinstance(value, dict):
        return {
            key: kept(each) for key, each in value.items() if key not in SET_ASIDE and not (key in {"id", "seq"} and isinstance(each, int))
        }
    return [kept(each) for each in value] if isinstance(value, list) else value


def in_order(values: list[Any]) -> list[Any]:
    """Values of a list whose order says nothing."""
    return sorted(values, key=lambda value: json.dumps(value, ensure_ascii=False, sort_keys=True))
