"""The engine on an OpenSearch cluster: the port in a few requests each, any number of processes writing; maps no store rows."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from opensearchpy import OpenSearch
from opensearchpy.exceptions import TransportError

from kbsearch.clock import Clock, system_clock
from kbsearch.ids import NewId, random_id
from kbsearch.indexing.analysis import AnalysisChain
from kbsearch.indexing.document import Change, winners
from kbsearch.indexing.faults import IndexFault, IndexMissing, IndexNeedsRebuild, IndexReadOnly, IndexUnreachable, RebuildConflict
from kbsearch.indexing.opensearch.catalogue import LEASE, Catalogue, Held, Stamp, View, fits
from kbsearch.indexing.opensearch.client import SEARCHING, Server
from kbsearch.indexing.opensearch.cluster import Cluster
from kbsearch.indexing.opensearch.holdings import documents_in, refresh, versions_in
from kbsearch.indexing.opensearch.mapping import SCHEMA_VERSION
from kbsearch.indexing.opensearch.rebuilding import OpenSearchRebuild
from kbsearch.indexing.opensearch.searching import Request, after_of, page_body, request_of, result_of, worth_body
from kbsearch.indexing.opensearch.snapshots import Pinned, Snapshots
from kbsearch.indexing.opensearch.suggesting import suggest_body, suggestions_of, typed_tokens
from kbsearch.indexing.opensearch.trouble import ANOTHER_SCHEMA, MISSING, MOVED
from kbsearch.indexing.opensearch.writing import AliasGone, Line, lines_of, write
from kbsearch.indexing.port import Capabilities, Freshness, Rebuild, StoredVersion, WriteOutcome
from kbsearch.indexing.query import Filters, SearchQuery, SearchResult, Suggestion
from kbsearch.indexing.ranking import Weights, value_now

_TURNS = 3
"""How often a write is begun anew because an index was swapped under it."""
_WHOLE = {"allow_partial_search_results": "false"}
NEWER = "索引由较新版本的程序建立，请升级本进程；在那之前由新版本的进程写入索引"


class OpenSearchEngine:
    """The port's SearchEngine. What it knows of the cluster it asks the cluster: no process misses what another did.

    A cluster that is away does not keep the engine from opening; `freshness` says so, searches and writes raise
    IndexUnreachable after a few seconds of trying.
    """

    capabilities = Capabilities(
        name="opensearch", explain=True, visible_at_once=False, exact_counts=True, single_writer=False, whole_batches=False
    )

    def __init__(
        self,
        cluster: Cluster,
        chain: AnalysisChain,
        *,
        write: bool,
        clock: Clock,
        new_id: NewId,
        monotonic: Callable[[], float],
        weights: Weights,
    ) -> None:
        """Use `open`."""
        self._chain, self._writes, self._clock, self._new_id, self._weights = chain, write, clock, new_id, weights
        self._monotonic = monotonic
        self._cluster = cluster
        self._server = Server(cluster, monotonic)
        self._catalogue = Catalogue(self._server, clock)
        self._snapshots = Snapshots(self._server, self._catalogue, monotonic)
        self._writing = threading.Lock()
        self._rebuild: OpenSearchRebuild | None = None

    @classmethod
    def open(
        cls,
        cluster: Cluster,
        chain: AnalysisChain,
        *,
        write: bool = False,
        clock: Clock = system_clock,
        new_id: NewId = random_id,
        monotonic: Callable[[], float] = time.monotonic,
        weights: Weights | None = None,
    ) -> OpenSearchEngine:
        """Open the engine. A writer makes the index if need be and clears what a killed one left, as soon as the cluster answers.

        `monotonic` (seconds) times snapshots and patience, `clock` leases.
        """
        engine = cls(cluster, chain, write=write, clock=clock, new_id=new_id, monotonic=monotonic, weights=weights or Weights())
        if write:
            with suppress(IndexFault):  # whatever is wrong: `freshness` says it, every write tries again
                engine._swept(engine._catalogue.look(patience=0))
        return engine

    def freshness(self) -> Freshness:
        """See the port."""
        try:
            view = self._catalogue.look(SEARCHING)
            if self._writes:
                self._catalogue.sweep(view)
            stamp = _served(view).stamp
        except IndexFault as fault:
            known = isinstance(fault, (IndexMissing, IndexNeedsRebuild))
            return Freshness(fresh=False, searchable=False, reason=str(fault), reachable=known)
        if stamp.analysis != self._chain.fingerprint:
            return Freshness(fresh=False, searchable=True, reason="索引所用的分词或词典与当前程序不同，请运行 kbsearch reindex 重建")
        if not stamp.filled:
            return Freshness(fresh=False, searchable=True, reason="索引刚刚建立，还没有装入库中已有的内容，请运行 kbsearch reindex 重建")
        return Freshness(fresh=True, searchable=True)

    def search(self, query: SearchQuery) -> SearchResult:
        """See the port."""
        began = self._monotonic()
        request = request_of(query, self._chain, self._weights)
        pinned = Pinned(query.snapshot) if query.snapshot is not None else None
        if pinned is not None and pinned.kept:
            after = after_of(query.after, query.after.score) if query.after else None
            answer = self._kept(page_body(request, query, after, pinned))
            if answer is not None:
                return result_of(answer, request, query, pinned, gone=False, took=self._monotonic() - began)

        def present(client: OpenSearch) -> tuple[Pinned, dict[str, Any]]:
            now = self._snapshots.current(client)
            try:
                after = self._present_after(client, request, query, now)
                return now, self._searched(client, page_body(request, query, after, now), now)
            except TransportError:
                self._snapshots.forget(now)
                raise

        state, answer = self._server.ask(present, SEARCHING, also=MOVED)
        return result_of(answer, request, query, state, gone=pinned is not None, took=self._monotonic() - began)

    def suggest(self, text: str, at: datetime, limit: int = 10, filters: Filters | None = None) -> tuple[Suggestion, ...]:
        """See the port."""
        tokens = typed_tokens(text)
        if not tokens:
            return ()
        body = suggest_body(tokens, at, limit, filters or Filters())
        answer = self._server.ask(lambda client: client.search(index=self._cluster.read_alias, body=body, params=_WHOLE))
        return suggestions_of(answer, tokens, limit)

    def apply(self, batch: Sequence[Change]) -> Mapping[str, WriteOutcome]:
        """See the port. Searchable when it returns, for other processes within a second."""
        self._require_writer()
        lines = list(lines_of(winners(batch).values(), self._chain))
        if not lines:
            return {}
        with self._writing:
            try:
                return self._written(lines)
            finally:
                self._snapshots.forget()

    def refresh(self) -> None:
        """See the port."""
        refresh(self._server, self._cluster.read_alias)
        self._snapshots.forget()

    def count(self) -> int:
        """See the port."""
        return documents_in(self._server, _served(self._catalogue.look(SEARCHING)).name)

    def iterate(self) -> Iterator[StoredVersion]:
        """See the port."""
        return versions_in(self._server, _served(self._catalogue.look()).name)

    def begin_rebuild(self) -> Rebuild:
        """See the port. Only one at a time on the whole cluster: another process's counts too, as long as that process lives."""
        self._require_writer()
        with self._writing:
            view = self._catalogue.look()
            if view.being_built(self._clock()) is not None:
                raise RebuildConflict("已有一次重建正在进行，请等它结束或先放弃它")
            if view.served is not None and view.served.stamp.schema > SCHEMA_VERSION:
                raise IndexNeedsRebuild(NEWER)
            self._catalogue.sweep(view)
            stamp = Stamp(SCHEMA_VERSION, self._chain.fingerprint, owner=self._new_id(), keep_until=(self._clock() + LEASE).timestamp())
            number = max((held.number for held in view.all), default=0) + 1
            index = self._catalogue.create(number, stamp, (self._cluster.building_alias,), loading=True)
            if index is None:
                raise RebuildConflict("已有一次重建正在进行，请等它结束或先放弃它")
            self._rebuild = rebuild = OpenSearchRebuild(
                self._server, self._catalogue, self._chain, clock=self._clock, index=index, stamp=stamp
            )
            rebuild.on_end = self._snapshots.forget
            return rebuild

    def close(self) -> None:
        """See the port; a rebuild still open is abandoned. States that readers are paging in are left to end by themselves."""
        if self._rebuild is not None:
            with suppress(IndexFault):  # the cluster is away: its lease ends, and whoever writes next removes it
                self._rebuild.abandon()
            self._rebuild = None
        self._server.close()

    def _searched(self, client: OpenSearch, body: dict[str, Any], pinned: Pinned) -> dict[str, Any]:
        found: dict[str, Any] = client.search(index=None if pinned.kept else self._cluster.read_alias, body=body, params=dict(_WHOLE))
        return found

    def _kept(self, body: dict[str, Any]) -> dict[str, Any] | None:
        """Ask in a state named by an earlier page; None when the server no longer has it, for whatever reason."""

        def asked(client: OpenSearch) -> dict[str, Any] | None:
            try:
                found: dict[str, Any] = client.search(body=body, params=dict(_WHOLE))
            except TransportError:  # expired, its node died, its index was dropped, or another engine's name: page on in the present
                return None
            return found

        return self._server.ask(asked)

    def _present_after(self, client: OpenSearch, request: Request, query: SearchQuery, now: Pinned) -> tuple[float, int] | None:
        """Where a page goes on in a newer state than the one its position is from."""
        if query.after is None:
            return None
        if request.order_by is not None:
            return after_of(query.after, query.after.score)
        worth = self._searched(client, worth_body(request, query.after.document_id, now), now)["hits"]["hits"]
        return after_of(query.after, value_now(query.after.score, worth[0]["_score"] if worth else None))

    def _written(self, lines: list[Line]) -> Mapping[str, WriteOutcome]:
        """Write to the served index and, while one is built beside, to that one: in any process, at any moment of a swap.

        An alias that vanishes between the look and the write means that an index was swapped or dropped meanwhile; all is
        written again where the aliases lead then, which the versions make harmless.
        """
        for _ in range(_TURNS):
            view = self._swept(self._catalogue.look())
            if not fits(_served(view).stamp):
                raise IndexNeedsRebuild(ANOTHER_SCHEMA)
            building = view.being_built(self._clock())
            if building is not None and not fits(building.stamp):
                raise IndexNeedsRebuild(NEWER)
            try:
                outcomes = write(self._server, self._cluster.write_alias, lines, refresh=True)
                if building is not None:
                    write(self._server, self._cluster.building_alias, lines, refresh=False)
            except AliasGone:
                continue
            return outcomes
        raise IndexUnreachable("写入时索引一再被切换，请稍后重试")

    def _swept(self, view: View) -> View:
        """Remove what nobody needs, and make an empty index where there is none."""
        self._catalogue.sweep(view)
        if view.served is not None:
            return view
        stamp = Stamp(SCHEMA_VERSION, self._chain.fingerprint)
        number = max((held.number for held in view.all), default=0) + 1
        self._catalogue.create(number, stamp, (self._cluster.read_alias, self._cluster.write_alias), loading=False)
        return self._catalogue.look()

    def _require_writer(self) -> None:
        if not self._writes:
            raise IndexReadOnly("本进程以只读方式打开索引；请把写入任务交给 kbsearch worker")


def _served(view: View) -> Held:
    """Return the index that is searched; raises IndexMissing, IndexNeedsRebuild."""
    if view.served is None:
        raise IndexMissing(MISSING.format(cause="没有可检索的索引"))
    if not fits(view.served.stamp):
        raise IndexNeedsRebuild(ANOTHER_SCHEMA)
    return view.served
