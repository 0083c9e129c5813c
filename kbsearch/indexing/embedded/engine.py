"""The embedded engine: the port on tantivy, one writing process per index, any number of reading ones; maps no store rows."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import Enum
from pathlib import Path

from kbsearch.indexing.analysis import AnalysisChain
from kbsearch.indexing.document import Change, winners
from kbsearch.indexing.embedded.generation import Generation, Pen, State, documents_in, stored_sequence, versions_in
from kbsearch.indexing.embedded.layout import Layout
from kbsearch.indexing.embedded.rebuild import EmbeddedRebuild
from kbsearch.indexing.embedded.schema import SCHEMA_VERSION
from kbsearch.indexing.embedded.searching import searched
from kbsearch.indexing.embedded.snapshots import Snapshots
from kbsearch.indexing.embedded.suggesting import suggestions
from kbsearch.indexing.embedded.trouble import translated
from kbsearch.indexing.faults import IndexFault, IndexMissing, IndexNeedsRebuild, IndexReadOnly, RebuildConflict
from kbsearch.indexing.port import Capabilities, Freshness, Rebuild, StoredVersion, WriteOutcome
from kbsearch.indexing.query import Filters, SearchQuery, SearchResult, Suggestion
from kbsearch.indexing.ranking import Weights

_LIVE_HEAP_BYTES = 50_000_000


class Role(Enum):
    """What this process does with the index."""

    READER = "READER"
    WRITER = "WRITER"


class EmbeddedEngine:
    """The port's SearchEngine. Commits are seen by every process at its next search (it compares two file stamps).

    A damaged, missing or outdated index does not keep the engine from opening: `freshness` says so, searches raise
    IndexCorrupt, IndexMissing or IndexNeedsRebuild, and `begin_rebuild` mends it.
    """

    capabilities = Capabilities(
        name="embedded", explain=True, visible_at_once=True, exact_counts=True, single_writer=True, whole_batches=True
    )

    def __init__(self, layout: Layout, chain: AnalysisChain, role: Role, monotonic: Callable[[], float], weights: Weights) -> None:
        """Use `open`."""
        self._layout, self._chain, self._role, self._weights = layout, chain, role, weights
        self._monotonic = monotonic
        self._snapshots = Snapshots(monotonic)
        self._switching = threading.Lock()
        self._writing = threading.Lock()
        self._pointer: tuple[int, int] | None = None
        self._generation: Generation | None = None
        self._pen: Pen | None = None
        self._rebuild: EmbeddedRebuild | None = None
        self._writer_lock = layout.take_writer_lock() if role is Role.WRITER else None

    @classmethod
    def open(
        cls,
        path: Path,
        chain: AnalysisChain,
        role: Role = Role.READER,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        weights: Weights | None = None,
    ) -> EmbeddedEngine:
        """Open the index at the directory `path`. A writer makes it if need be and clears what a killed one left behind.

        Raises IndexWriterBusy at once when another writer holds it. `monotonic` (seconds) times snapshots.
        """
        engine = cls(Layout(path), chain, role, monotonic, weights or Weights())
        if role is Role.WRITER:
            try:
                engine._prepare()
            except BaseException:
                engine.close()
                raise
        return engine

    def freshness(self) -> Freshness:
        """See the port."""
        try:
            stamp = self._served().stamp
        except IndexFault as fault:
            return Freshness(fresh=False, searchable=False, reason=str(fault))
        if stamp.analysis != self._chain.fingerprint:
            return Freshness(fresh=False, searchable=True, reason="索引所用的分词或词典与当前程序不同，请运行 kbsearch reindex 重建")
        return Freshness(fresh=True, searchable=True)

    def search(self, query: SearchQuery) -> SearchResult:
        """See the port."""
        current = self._state()
        state = current
        if query.snapshot is not None and query.snapshot != current.name:
            state = self._snapshots.find(query.snapshot) or current
        with translated(self._layout.root):
            result = searched(state, query, self._chain, self._weights, self._monotonic)
        if result.more:
            self._snapshots.pin(state)
        return result

    def suggest(self, text: str, at: datetime, limit: int = 10, filters: Filters | None = None) -> tuple[Suggestion, ...]:
        """See the port."""
        state = self._state()
        with translated(self._layout.root):
            return suggestions(state.searcher, text, at, limit, filters or Filters())

    def apply(self, batch: Sequence[Change]) -> Mapping[str, WriteOutcome]:
        """See the port."""
        self._require_writer()
        changes = winners(batch)
        with self._writing:
            generation = self._served()
            state = generation.state()
            held = {document_id: stored_sequence(state, document_id) for document_id in changes}
            fresh = [change for document_id, change in changes.items() if (held[document_id] or 0) <= change.sequence]
            if fresh:
                self._commit(generation, fresh)
            if self._rebuild is not None:
                self._rebuild.take(changes)
        applied = {change.document_id for change in fresh}
        return {document_id: WriteOutcome.APPLIED if document_id in applied else WriteOutcome.STALE for document_id in changes}

    def refresh(self) -> None:
        """See the port: nothing to do, every search looks for the newest commit."""

    def count(self) -> int:
        """See the port."""
        state = self._state()
        with translated(self._layout.root):
            return documents_in(state)

    def iterate(self) -> Iterator[StoredVersion]:
        """See the port."""
        return versions_in(self._state())

    def begin_rebuild(self) -> Rebuild:
        """See the port."""
        self._require_writer()
        with self._writing:
            if self._rebuild is not None:
                raise RebuildConflict("已有一次重建正在进行，请等它结束或先放弃它")
            with translated(self._layout.root):
                directory = self._layout.next_directory()
            generation = Generation.create(directory, self._chain.fingerprint)
            self._rebuild = EmbeddedRebuild(generation, self._chain, self._serve_rebuilt, self._forget_rebuild)
            return self._rebuild

    def close(self) -> None:
        """See the port; a rebuild still open is abandoned."""
        if self._rebuild is not None:
            self._rebuild.abandon()
        with self._writing:
            if self._pen is not None:
                self._pen.close()
                self._pen = None
            self._snapshots.clear()
            self._generation = None
            self._pointer = None
            if self._writer_lock is not None:
                self._writer_lock.release()
                self._writer_lock = None

    def _prepare(self) -> None:
        self._layout.sweep()
        if self._layout.served() is None:
            with translated(self._layout.root):
                directory = self._layout.next_directory()
                Generation.create(directory, self._chain.fingerprint)
                self._layout.serve(directory)

    def _state(self) -> State:
        for _ in range(2):  # the directory may be swapped away between the look at the pointer and the look inside
            generation = self._served()
            try:
                return generation.state()
            except (FileNotFoundError, IndexFault):
                self._pointer = None
        return self._served().state()

    def _served(self) -> Generation:
        """Return the generation the pointer names now, opened."""
        pointer = self._layout.pointer_state()
        generation = self._generation
        if pointer is None or pointer != self._pointer or generation is None:
            with self._switching:
                pointer = self._layout.pointer_state()
                if self._generation is None or pointer != self._pointer:
                    self._generation = self._opened()
                    self._pointer = pointer
                generation = self._generation
        if generation.stamp.schema != SCHEMA_VERSION:
            raise IndexNeedsRebuild("索引由另一版本的程序建立，结构不同，请运行 kbsearch reindex 重建")
        return generation

    def _opened(self) -> Generation:
        failed: Path | None = None
        while True:
            directory = self._layout.served()
            if directory is None:
                raise IndexMissing(f"{self._layout.root} 还没有索引，请先启动 kbsearch worker 或运行 kbsearch reindex")
            try:
                return Generation(directory)
            except IndexFault:
                if directory == failed:  # not merely swapped away between the look at the pointer and the opening
                    raise
                failed = directory

    def _commit(self, generation: Generation, changes: Sequence[Change]) -> None:
        if self._pen is None:
            self._pen = Pen(generation, self._chain, _LIVE_HEAP_BYTES, 1)
        try:
            for change in changes:
                self._pen.put(change)
            self._pen.commit()
        except BaseException:
            self._pen.discard()
            raise

    def _serve_rebuilt(self, rebuild: EmbeddedRebuild, _held: int) -> None:
        with self._writing:
            rebuild.finish()
            old = self._layout.served()
            with translated(self._layout.root):
                self._layout.serve(rebuild.generation.directory)
            if self._pen is not None:
                self._pen.close()
                self._pen = None
            self._rebuild = None
        self._state()
        if old is not None:
            shutil.rmtree(old, ignore_errors=True)

    def _forget_rebuild(self) -> None:
        self._rebuild = None

    def _require_writer(self) -> None:
        if self._writer_lock is None:
            raise IndexReadOnly("本进程以只读方式打开索引；请把写入任务交给 kbsearch worker")
