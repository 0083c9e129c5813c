"""Building an index beside the served one on the cluster: a lease that shows its builder lives, load, verify, swap; reads no store."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import islice

from kbsearch.clock import Clock
from kbsearch.indexing.analysis import AnalysisChain
from kbsearch.indexing.document import Change, IndexDocument, winners
from kbsearch.indexing.faults import IndexFault, RebuildConflict, RebuildIncomplete
from kbsearch.indexing.opensearch.catalogue import AFTERGLOW, LEASE, Catalogue, Stamp
from kbsearch.indexing.opensearch.client import Server
from kbsearch.indexing.opensearch.holdings import documents_in, refresh
from kbsearch.indexing.opensearch.mapping import serving_settings
from kbsearch.indexing.opensearch.writing import AliasGone, lines_of, write
from kbsearch.indexing.port import WriteOutcome

_PORTION = 1_000
_COPIES_SECONDS = 300
"""How long the swap waits for the copies to be made; without them it goes on, the former index having been as well served."""
_ENDED = "这次重建已经结束（已切换、已放弃或已被另一进程取代），请重新发起"


class OpenSearchRebuild:
    """The port's Rebuild. Live changes of every process reach the new index through an alias of its own.

    The new index carries a lease that a thread renews; when its builder dies, whoever writes next removes it.
    """

    def __init__(self, server: Server, catalogue: Catalogue, chain: AnalysisChain, *, clock: Clock, index: str, stamp: Stamp) -> None:
        """Take over the empty, just made `index` that carries `stamp`."""
        self._server, self._catalogue, self._chain, self._clock = server, catalogue, chain, clock
        self.index, self._stamp = index, stamp
        self._ended = threading.Event()
        self._lost = False
        self.on_end: Callable[[], None] = lambda: None
        self._heart = threading.Thread(target=self._beat, name="index-rebuild-lease", daemon=True)
        self._heart.start()

    def add(self, batch: Iterable[IndexDocument]) -> int:
        """See the port."""
        self._require_open()
        written = 0
        documents = iter(batch)
        while portion := list(islice(documents, _PORTION)):
            written += self._load(winners(portion).values())
        return written

    def count(self) -> int:
        """See the port."""
        self._require_open()
        refresh(self._server, self.index)
        return documents_in(self._server, self.index)

    def swap(self, expected: int | None = None) -> int:
        """See the port. Readers and writers of every process are led over at one moment."""
        held = self.count()
        if expected is not None and held < expected:
            raise RebuildIncomplete(
                f"新索引只有 {held} 篇，应不少于 {expected} 篇，未切换；请补齐后再切换，或放弃并重新运行 kbsearch reindex"
            )
        self._catalogue.set(self.index, serving_settings(self._server.cluster))
        self._wait_for_copies()
        self._require_open()
        view = self._catalogue.look()
        if view.building is None or view.building.name != self.index or view.building.stamp.owner != self._stamp.owner:
            self._end()
            raise RebuildConflict(_ENDED)
        self._end()
        if view.served is not None:
            until = (self._clock() + AFTERGLOW).timestamp()
            self._catalogue.mark(view.served.name, replace(view.served.stamp, keep_until=until))
        self._catalogue.mark(self.index, replace(self._stamp, filled=True, owner="", keep_until=(self._clock() + LEASE).timestamp()))
        self._catalogue.serve(self.index, view.served)
        return held

    def abandon(self) -> None:
        """See the port."""
        if not self._ended.is_set():
            self._end()
            if not self._lost:
                self._catalogue.drop(self.index)

    def _load(self, portion: Iterable[Change]) -> int:
        self._require_open()
        lines = lines_of(portion, self._chain)
        try:
            outcomes = write(self._server, self._server.cluster.building_alias, lines, refresh=False)
        except AliasGone:
            self._lost = True
            raise RebuildConflict(_ENDED) from None
        return sum(outcome is WriteOutcome.APPLIED for outcome in outcomes.values())

    def _wait_for_copies(self) -> None:
        self._server.ask(
            lambda client: client.cluster.health(
                index=self.index,
                params={"wait_for_status": "green", "timeout": f"{_COPIES_SECONDS}s", "request_timeout": _COPIES_SECONDS + 5},
                ignore=[408],
            )
        )

    def _beat(self) -> None:
        """Renew the lease until the end; a cluster that is away for longer than the lease ends the rebuild."""
        while not self._ended.wait(LEASE.total_seconds() / 3):
            try:
                view = self._catalogue.look()
                if view.building is None or view.building.stamp.owner != self._stamp.owner:
                    self._lost = True
                    return
                if not self._ended.is_set():
                    self._catalogue.mark(self.index, replace(self._stamp, keep_until=(self._clock() + LEASE).timestamp()))
            except IndexFault:
                continue

    def _require_open(self) -> None:
        if self._ended.is_set() or self._lost:
            raise RebuildConflict(_ENDED)

    def _end(self) -> None:
        """Stop renewing, and wait for a renewal under way: it must not overwrite what comes next."""
        self._ended.set()
        self._heart.join()
        self.on_end()
