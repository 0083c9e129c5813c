"""Writes changes through an alias with their own versions, in bulk, and says what became of each; picks no alias."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import orjson

from kbsearch.indexing.analysis import AnalysisChain
from kbsearch.indexing.document import Change
from kbsearch.indexing.faults import IndexUnreachable
from kbsearch.indexing.opensearch.client import BULK_TIMEOUT, WRITING, Server
from kbsearch.indexing.opensearch.mapping import source_of
from kbsearch.indexing.opensearch.trouble import BUSY, CONFLICT, OVERLOADED, is_disk_full, is_missing_index, item_fault
from kbsearch.indexing.port import WriteOutcome

_LARGEST_REQUEST = 4 << 20
_MOST_LINES = 1_000
_GOOD = frozenset({200, 201})
_WAIT_FOR_SHARD = "5s"
_TRIES = 4
"""How often lines that the server was too busy for are sent again; each request has its own patience besides."""


class AliasGone(Exception):  # noqa: N818 - the name says what happened
    """The alias written to leads nowhere (any more): nothing of that request may be taken as written."""


class Line(NamedTuple):
    """A change ready to be sent: id, version, document as JSON."""

    document_id: str
    sequence: int
    source: bytes


def lines_of(changes: Iterable[Change], chain: AnalysisChain) -> Iterator[Line]:
    """Analyse and encode; the ids must be distinct."""
    for change in changes:
        yield Line(change.document_id, change.sequence, orjson.dumps(source_of(change, chain)))


def write(server: Server, alias: str, lines: Iterable[Line], *, refresh: bool) -> dict[str, WriteOutcome]:
    """Send all lines, durable on every active copy when it returns; `refresh`: and searchable.

    The server lets the higher version win, equal ones again (external_gte), tombstones being documents too: so any line may be
    sent any number of times. Raises AliasGone and the faults of the port; a part may then have been written.
    """
    outcomes: dict[str, WriteOutcome] = {}
    for portion in _portions(lines):
        outcomes.update(_written(server, alias, portion, refresh=refresh))
    return outcomes


def _portions(lines: Iterable[Line]) -> Iterator[list[Line]]:
    portion: list[Line] = []
    size = 0
    for line in lines:
        if portion and (size + len(line.source) > _LARGEST_REQUEST or len(portion) >= _MOST_LINES):
            yield portion
            portion, size = [], 0
        portion.append(line)
        size += len(line.source)
    if portion:
        yield portion


def _written(server: Server, alias: str, portion: list[Line], *, refresh: bool) -> Mapping[str, WriteOutcome]:
    """Send one portion; the lines the server had no room for go again by themselves."""
    outcomes: dict[str, WriteOutcome] = {}
    waiting = {line.document_id: line for line in portion}
    refused = ""
    for _ in range(_TRIES):
        for item in _sent(server, alias, list(waiting.values()), refresh=refresh):
            document_id, status = item["_id"], item["status"]
            if status in _GOOD:
                outcomes[document_id] = WriteOutcome.APPLIED
            elif status == CONFLICT:
                outcomes[document_id] = WriteOutcome.STALE
            elif is_missing_index(item):
                raise AliasGone(alias)
            elif status in BUSY and not is_disk_full(str(item.get("error"))):
                refused = str(item.get("error"))[:200]
            else:
                raise item_fault(item)
        waiting = {document_id: line for document_id, line in waiting.items() if document_id not in outcomes}
        if not waiting:
            return outcomes
    raise IndexUnreachable(OVERLOADED.format(hosts=server.hosts, cause=refused))


def _sent(server: Server, alias: str, lines: list[Line], *, refresh: bool) -> list[dict[str, Any]]:
    body = b"".join(_encoded(line) for line in lines).decode()
    params = {
        "require_alias": "true",  # a missing alias must not become an index of that name
        "refresh": "true" if refresh else "false",
        "timeout": _WAIT_FOR_SHARD,
        "filter_path": "items.*._id,items.*.status,items.*.error",
    }
    answer = server.ask(
        lambda client: client.bulk(index=alias, body=body, params={**params, "request_timeout": BULK_TIMEOUT}), patience=WRITING
    )
    return [item["index"] for item in answer["items"]]


def _encoded(line: Line) -> bytes:
    action = {"index": {"_id": line.document_id, "version": line.sequence, "version_type": "external_gte"}}
    return orjson.dumps(action) + b"\n" + line.source + b"\n"
