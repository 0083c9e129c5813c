"""What an index holds, counted and listed for reconcile; searches no text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kbsearch.indexing.opensearch.client import WRITING, Server
from kbsearch.indexing.port import StoredVersion

_PORTION = 5_000
_KEPT = "2m"
"""How long the state of a listing is kept between two portions: whoever compares reads the store meanwhile."""
_TIMEOUT = 30
_DOCUMENTS = {"term": {"tombstone": False}}


def documents_in(server: Server, index: str) -> int:
    """Count documents, tombstones not, as of the last refresh."""
    answer = server.ask(lambda client: client.count(index=index, body={"query": _DOCUMENTS}))
    return int(answer["count"])


def refresh(server: Server, index: str) -> None:
    """Make what was written countable and searchable."""
    server.ask(lambda client: client.indices.refresh(index=index, params={"request_timeout": _TIMEOUT}), WRITING)


def versions_in(server: Server, index: str) -> Iterator[StoredVersion]:
    """Yield what is stored, of one state, a portion at a time."""
    refresh(server, index)
    pinning = {"keep_alive": _KEPT, "allow_partial_pit_creation": "false"}
    state = server.ask(lambda client: client.create_pit(index=index, params=pinning), WRITING)["pit_id"]
    body: dict[str, Any] = {
        "query": _DOCUMENTS,
        "size": _PORTION,
        "sort": [{"_shard_doc": "asc"}],
        "track_total_hits": False,
        "_source": ["sequence", "digest"],
        "pit": {"id": state, "keep_alive": _KEPT},
    }
    try:
        while True:
            answer = server.ask(lambda client: client.search(body=body, params=_WHOLE), WRITING)
            hits = answer.get("hits", {}).get("hits", [])  # what is empty is left out
            for hit in hits:
                yield StoredVersion(hit["_id"], hit["_source"]["sequence"], hit["_source"]["digest"])
            if len(hits) < _PORTION:
                return
            body["search_after"] = hits[-1]["sort"]
    finally:
        server.ask(lambda client: client.delete_pit(body={"pit_id": [state]}), patience=0)


_WHOLE = {
    "allow_partial_search_results": "false",
    "request_timeout": _TIMEOUT,
    "filter_path": "hits.hits._id,hits.hits._source,hits.hits.sort",
}
