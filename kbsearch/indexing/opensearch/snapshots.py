"""The states that searches see: one point in time shared by all searches of a moment, kept 60 s for those who page; searches nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import NamedTuple

from opensearchpy import OpenSearch
from opensearchpy.exceptions import TransportError

from kbsearch.indexing.faults import IndexFault, IndexMissing, IndexNeedsRebuild
from kbsearch.indexing.opensearch.catalogue import Catalogue, fits
from kbsearch.indexing.opensearch.client import SEARCHING, Server
from kbsearch.indexing.opensearch.trouble import ANOTHER_SCHEMA, MISSING

KEPT = "60s"
SHARED_SECONDS = 1.0
"""A state older than this is not searched by a first page. The server allows each node some 300 states at a time: with one a
second, kept for 60 s, four processes on one node stay below that."""
_TOO_MANY = 429
UNPINNED = "-"
"""The name of a state that is not kept: the page behind it says that results changed."""


class Pinned(NamedTuple):
    """A state by the name the server knows it by."""

    name: str

    @property
    def kept(self) -> bool:
        """Whether it can be searched again."""
        return self.name != UNPINNED


class Snapshots:
    """Hands out the state that first pages search now."""

    def __init__(self, server: Server, catalogue: Catalogue, monotonic: Callable[[], float]) -> None:
        self._server, self._catalogue, self._monotonic = server, catalogue, monotonic
        self._lock = threading.Lock()
        self._shared: tuple[float, Pinned] | None = None
        self._failed: tuple[float, IndexFault] | None = None

    def current(self, client: OpenSearch) -> Pinned:
        """Return a state at most SHARED_SECONDS old, newer than the last `forget`; raises the faults of the port.

        While the cluster is away one search at a time finds that out; those that waited for it are told the same.
        """
        asked = self._monotonic()
        with self._lock:
            now = self._monotonic()
            if self._shared is None or now - self._shared[0] > SHARED_SECONDS:
                if self._failed is not None and self._failed[0] >= asked:
                    raise self._failed[1]
                try:
                    self._shared = (now, self._made(client))
                except IndexFault as fault:
                    self._failed = (self._monotonic(), fault)
                    raise
            return self._shared[1]

    def forget(self, pinned: Pinned | None = None) -> None:
        """Let the next first page look anew; given one, only if that is still the shared one."""
        with self._lock:
            if pinned is None or (self._shared is not None and self._shared[1] == pinned):
                self._shared = None

    def _made(self, client: OpenSearch) -> Pinned:
        served = self._catalogue.look(SEARCHING).served
        if served is None:
            raise IndexMissing(MISSING.format(cause=self._server.cluster.read_alias))
        if not fits(served.stamp):
            raise IndexNeedsRebuild(ANOTHER_SCHEMA)
        try:
            made = client.create_pit(index=served.name, params={"keep_alive": KEPT, "allow_partial_pit_creation": "false"})
        except TransportError as fault:
            if fault.status_code != _TOO_MANY:
                raise
            return Pinned(UNPINNED)  # more readers than states: search all the same
        return Pinned(made["pit_id"])
