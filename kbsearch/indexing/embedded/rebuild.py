"""Building an index beside the served one; live writes reach it through `take`, the pointer is moved by the engine."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterable, Mapping

from kbsearch.indexing.analysis import AnalysisChain
from kbsearch.indexing.document import Change, IndexDocument
from kbsearch.indexing.embedded.generation import Generation, Pen, documents_in, stored_sequence
from kbsearch.indexing.faults import IndexFault, RebuildConflict, RebuildIncomplete

_HEAP_BYTES = 160_000_000
_THREADS = 2
_COMMIT_EVERY = 20_000


class EmbeddedRebuild:
    """The port's Rebuild. Sequences written since its last commit are remembered, older ones looked up: memory stays bounded."""

    def __init__(
        self, generation: Generation, chain: AnalysisChain, swap: Callable[[EmbeddedRebuild, int], None], ended: Callable[[], None]
    ) -> None:
        self.generation = generation
        self._pen = Pen(generation, chain, _HEAP_BYTES, _THREADS)
        self._swap, self._ended = swap, ended
        self._committed = generation.state()
        self._lock = threading.RLock()
        self._uncommitted: dict[str, int] = {}
        self._broken: IndexFault | None = None
        self._open = True

    def add(self, batch: Iterable[IndexDocument]) -> int:
        """See the port."""
        return sum(self._write(document) for document in batch)

    def take(self, changes: Mapping[str, Change]) -> None:
        """Take live writes in as well; trouble here must not fail them, so it is kept and raised by `add` and `swap`."""
        try:
            for change in changes.values():
                self._write(change)
        except RebuildConflict:
            return  # it was abandoned between the live write and here
        except IndexFault as fault:
            self._broken = fault

    def count(self) -> int:
        """See the port."""
        with self._lock:
            self._commit()
            return documents_in(self._committed)

    def swap(self, expected: int | None = None) -> int:
        """See the port."""
        held = self.count()
        if expected is not None and held < expected:
            raise RebuildIncomplete(
                f"新索引只有 {held} 篇，应不少于 {expected} 篇，未切换；请补齐后再切换，或放弃并重新运行 kbsearch reindex"
            )
        self._swap(self, held)
        return held

    def finish(self) -> None:
        """Commit the last writes and let the writer go; the engine calls it with live writes held back."""
        with self._lock:
            self._commit()
            self._open = False
            self._pen.close()

    def abandon(self) -> None:
        """See the port."""
        with self._lock:
            if not self._open:
                return
            self._open = False
            self._pen.close()
        self._ended()
        shutil.rmtree(self.generation.directory, ignore_errors=True)

    def _write(self, change: Change) -> bool:
        with self._lock:
            self._require_whole()
            held = self._uncommitted.get(change.document_id)
            if held is None:
                held = stored_sequence(self._committed, change.document_id)
            if held is None and isinstance(change, IndexDocument):
                self._pen.add(change)
            elif held is None or held <= change.sequence:
                self._pen.put(change)
            else:
                return False
            self._uncommitted[change.document_id] = change.sequence
            if len(self._uncommitted) >= _COMMIT_EVERY:
                self._commit()
            return True

    def _commit(self) -> None:
        self._require_whole()
        if self._uncommitted:
            try:
                self._pen.commit()
            except IndexFault as fault:
                self._broken = fault
                raise
            self._uncommitted.clear()
            self._committed = self.generation.state()

    def _require_whole(self) -> None:
        if not self._open:
            raise RebuildConflict("这次重建已经结束（已切换或已放弃），请重新发起")
        if self._broken is not None:
            raise self._broken
