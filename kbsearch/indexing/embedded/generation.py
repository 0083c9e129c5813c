"""One version directory of the index: its stamp, its searchable states and its writer; knows nothing of pointer or rebuild."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import tantivy

from kbsearch.indexing.analysis import AnalysisChain
from kbsearch.indexing.document import Change, IndexDocument
from kbsearch.indexing.embedded.schema import SCHEMA_VERSION, index_schema, tantivy_document, tantivy_tombstone
from kbsearch.indexing.embedded.trouble import translated
from kbsearch.indexing.port import StoredVersion

_STAMP = "stamp.json"
_PORTIONS = "0123456789abcdef"


class State(NamedTuple):
    """A frozen state of the index. `name` is the same in every process that sees the same segments."""

    searcher: tantivy.Searcher
    name: str


class Stamp(NamedTuple):
    """What built an index."""

    schema: int
    analysis: str


class Generation:
    """An index directory opened for searching. Safe for many threads."""

    def __init__(self, directory: Path) -> None:
        """Open an existing directory; raises IndexCorrupt."""
        self.directory = directory
        self._meta = directory / "meta.json"
        self._lock = threading.Lock()
        self._seen: tuple[int, int] | None = None
        with translated(directory):
            self.stamp = _read_stamp(directory)
            self.index = tantivy.Index.open(str(directory))
            self.index.config_reader(reload_policy="manual")
            self._state = self._reloaded()

    @classmethod
    def create(cls, directory: Path, analysis: str) -> Generation:
        """Make an empty index in the empty `directory`; `analysis` is the fingerprint of the chain that will fill it."""
        with translated(directory):
            tantivy.Index(index_schema(), str(directory), reuse=False)
            stamp = {"schema": SCHEMA_VERSION, "analysis": analysis}
            (directory / _STAMP).write_text(json.dumps(stamp), encoding="ascii")
        return cls(directory)

    def state(self) -> State:
        """Return the newest committed state, whoever committed it; costs a stat when nothing changed."""
        if self._meta_key() != self._seen:
            with self._lock, translated(self.directory):
                if self._meta_key() != self._seen:
                    self._state = self._reloaded()
        return self._state

    def writer(self, heap_bytes: int, threads: int) -> tantivy.IndexWriter:
        """Return tantivy's writer; only one may exist."""
        with translated(self.directory):
            return self.index.writer(heap_bytes, threads)

    def _meta_key(self) -> tuple[int, int]:
        stat = self._meta.stat()
        return stat.st_ino, stat.st_mtime_ns

    def _reloaded(self) -> State:
        while True:
            key, content = self._meta_key(), self._meta.read_bytes()
            self.index.reload()
            if self._meta_key() == key:  # else a commit came between: the searcher might not be what the name says
                break
        self._seen = key
        return State(self.index.searcher(), f"{self.directory.name}.{hashlib.sha256(content).hexdigest()[:16]}")


class Pen:
    """The writer of one generation; the caller serialises its use. A failed commit leaves the committed state as it was."""

    def __init__(self, generation: Generation, chain: AnalysisChain, heap_bytes: int, threads: int) -> None:
        self._generation, self._chain, self._options = generation, chain, (heap_bytes, threads)
        self._writer: tantivy.IndexWriter | None = generation.writer(*self._options)

    def put(self, change: Change) -> None:
        """Replace the document of this id by `change`, at the next commit."""
        made = tantivy_document(change, self._chain.document(change)) if isinstance(change, IndexDocument) else tantivy_tombstone(change)
        with translated(self._generation.directory):
            writer = self._open()
            writer.delete_documents_by_term("id", change.document_id)
            writer.add_document(made)

    def add(self, document: IndexDocument) -> None:
        """Add a document whose id the index does not hold."""
        made = tantivy_document(document, self._chain.document(document))
        with translated(self._generation.directory):
            self._open().add_document(made)

    def commit(self) -> None:
        """Make everything put so far durable and searchable, or nothing of it; raises IndexDiskFull."""
        with translated(self._generation.directory):
            self._open().commit()

    def discard(self) -> None:
        """Forget what was put since the last commit; after a failed write the writer's threads are gone, so a new one is made."""
        self._writer = None

    def close(self) -> None:
        """Let the writer's lock go; merges still running are given up and begun again later."""
        self._writer = None

    def _open(self) -> tantivy.IndexWriter:
        if self._writer is None:
            self._writer = self._generation.writer(*self._options)
        return self._writer


def stored_sequence(state: State, document_id: str) -> int | None:
    """Return the sequence the index holds for an id, document or tombstone; None: never heard of it."""
    found = state.searcher.search(tantivy.Query.term_query(index_schema(), "id", document_id), limit=1, count=False).hits
    if not found:
        return None
    sequence = state.searcher.fast_field_values("sequence", [found[0][1]])[0]
    return int(sequence or 0)


def documents_in(state: State) -> int:
    """Count documents, tombstones not."""
    found = state.searcher.search(tantivy.Query.term_query(index_schema(), "tombstone", False), limit=1)
    return int(found.count)  # type: ignore[attr-defined] # the package's type stubs forget it


def versions_in(state: State) -> Iterator[StoredVersion]:
    """Yield what is stored, a sixteenth at a time, from the dictionary of terms alone."""
    for portion in _PORTIONS:
        for term, _ in state.searcher.terms_with_prefix("entry", portion, filter_query=tantivy.Query.all_query()):
            _, sequence, digest, document_id = term.split("\t", 3)
            yield StoredVersion(document_id, int(sequence), digest)


def _read_stamp(directory: Path) -> Stamp:
    content = json.loads((directory / _STAMP).read_text(encoding="ascii"))
    return Stamp(int(content["schema"]), str(content["analysis"]))
