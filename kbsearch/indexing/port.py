"""The port every search engine implements; its method docs are the adapter's manual. Holds no engine code."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, Protocol

from kbsearch.indexing.document import Change, IndexDocument
from kbsearch.indexing.query import Filters, SearchQuery, SearchResult, Suggestion


class WriteOutcome(StrEnum):
    """What became of one id of a batch."""

    APPLIED = "APPLIED"
    STALE = "STALE"
    """The index holds (or has buried) this id with a higher sequence; nothing was changed. Not an error: the job is done."""


class StoredVersion(NamedTuple):
    """What reconcile compares: which write of which content the index holds."""

    document_id: str
    sequence: int
    digest: str


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an engine can do beyond the contract; a contract test skips, with this as its reason, what is False."""

    name: str
    explain: bool
    """hits can carry an explanation of their score"""
    visible_at_once: bool
    """a change is visible to every later search of this process when `apply` returns, without `refresh`"""
    exact_counts: bool
    """`total` and facets are exact at any size"""
    single_writer: bool
    """only one process at a time may hold the writing role"""
    whole_batches: bool
    """`apply` does all of a batch or nothing; otherwise a fault may leave a part done, and applying all of it again completes it"""


@dataclass(frozen=True, slots=True)
class Freshness:
    """Whether the index was built by this schema and analysis; `reason` is Chinese and empty when it was.

    `reachable` False: the index could not be looked at, so nothing is known of it and building it anew would mend nothing.
    """

    fresh: bool
    searchable: bool
    reason: str = ""
    reachable: bool = True


class Rebuild(Protocol):
    """An index being built beside the served one. Exactly one of `swap` and `abandon` ends it.

    Changes that go through `SearchEngine.apply` of the same engine meanwhile are written to both indexes (dual write), and in
    the new one the higher sequence wins too, in whatever order `add` and `apply` meet. So the caller reads the store in any
    order, once; it must start reading after `begin_rebuild` returned, and every change committed to the store after its
    reading must reach `apply` as it does without a rebuild (before or after the swap). Nothing has to be re-applied.
    """

    def add(self, batch: Iterable[IndexDocument]) -> int:
        """Take documents of the store in; return how many were written (older than a live write: skipped). Memory stays bounded."""
        ...

    def count(self) -> int:
        """How many documents (tombstones not counted) the new index holds now, all that was added included."""
        ...

    def swap(self, expected: int | None = None) -> int:
        """Serve the new index from now on and drop the old one; return its count.

        `expected`: number of documents it must hold at least; fewer raise RebuildIncomplete, and the rebuild stays open.
        Searches running on the old state end undisturbed, pinned snapshots of it live on until they expire.
        """
        ...

    def abandon(self) -> None:
        """Throw the new index away; the served one was never touched. Calling it again, or after `swap`, does nothing."""
        ...


class SearchEngine(Protocol):
    """A search engine. All methods are safe to call from many threads at once; `apply` calls are serialised inside.

    Faults are `kbsearch.indexing.faults`. Writing methods of an engine opened for reading raise IndexReadOnly.
    """

    @property
    def capabilities(self) -> Capabilities:
        """What this engine can do beyond the contract."""
        ...

    def freshness(self) -> Freshness:
        """Compare the stamp of the served index (schema version, segmenter, lexicon hash) with this program's."""
        ...

    def search(self, query: SearchQuery) -> SearchResult:
        """Answer one page: tier first, then score descending, then a fixed order of ids; each id at most once.

        Lexical matches need one word or bigram of the query at least; coverage raises the score. Only what passes all filters
        at `query.at` is returned, counted and faceted; facets count the same matches as `total`. Hidden documents never match.

        First page: `after` and `snapshot` None. If `more`, the state searched stays pinned for 60 s under `snapshot`;
        pages asked with it and `after` continue in that state exactly. Where it is gone the page continues after
        (tier, score, id) in the present state and `snapshot_gone` is True. Asking with other text, filters or `at` than the
        first page's is the caller's mistake and gives an arbitrary page.
        """
        ...

    def suggest(self, text: str, at: datetime, limit: int = 10, filters: Filters | None = None) -> tuple[Suggestion, ...]:
        """Titles that continue `text`: those (or whose keyword) beginning with it first, then those holding it anywhere,
        each by reads. Latin words are continued from their beginning. Empty or blank text: none. Titles are not repeated.
        """  # noqa: D205
        ...

    def apply(self, batch: Sequence[Change]) -> Mapping[str, WriteOutcome]:
        """Write documents and tombstones, durable when it returns (all or nothing by `whole_batches`); one outcome per distinct id.

        A write with a lower sequence than what the index holds for that id, tombstone or document, is STALE; an equal one is
        applied again (redelivery). Of several changes to one id in the batch the highest sequence counts, the last of equals.
        Tombstones are kept until the next rebuild, so a late write never resurrects.
        Visibility: with `visible_at_once` every search of this process that starts after the return sees the batch, and so do
        searches of other processes on the same index; otherwise after `refresh`.
        """
        ...

    def refresh(self) -> None:
        """Make everything applied so far visible to later searches. Cheap where it is visible at once."""
        ...

    def count(self) -> int:
        """How many documents the index holds, hidden, coming and past ones included, tombstones not."""
        ...

    def iterate(self) -> Iterator[StoredVersion]:
        """Yield what the index holds, tombstones not, in no promised order, of one state; in portions, never all in memory."""
        ...

    def begin_rebuild(self) -> Rebuild:
        """Start building an index beside the served one; a second one at a time raises RebuildConflict."""
        ...

    def close(self) -> None:
        """Give lock, files and snapshots back. Idempotent."""
        ...
