"""A search and its answer as data, the same for every engine and every door; decides nothing and touches no index."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import NamedTuple


class Lifecycle(StrEnum):
    """Where a version stands at the instant asked about. Hidden documents are in none of these."""

    CURRENT = "CURRENT"
    """live_from <= at < live_to"""
    COMING = "COMING"
    """at < live_from"""
    PAST = "PAST"
    """live_to <= at: replaced, expired or revoked"""


CURRENT_ONLY = frozenset({Lifecycle.CURRENT})
ANY_LIFECYCLE = frozenset(Lifecycle)


class Sort(StrEnum):
    """The order of hits. A browse (no text) by RELEVANCE is answered as NEWEST."""

    RELEVANCE = "RELEVANCE"
    NEWEST = "NEWEST"
    """by live_from, latest first"""
    MOST_READ = "MOST_READ"


class Facet(StrEnum):
    """What can be counted beside the hits. A region facet counts nationwide documents under `document.NATIONWIDE`."""

    CATEGORY = "category"
    REGION = "region"
    KIND = "kind"
    OWNER = "owner"


class Tier(IntEnum):
    """Why a document was found; a smaller number always comes first. Further tiers (pinyin, repair) follow with higher numbers."""

    EXACT = 1
    LEXICAL = 2


@dataclass(frozen=True, slots=True)
class InstantRange:
    """[start, end), aware instants; None leaves a side open."""

    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Filters:
    """What a hit must satisfy; an empty set (None for `category_ids`) filters nothing.

    `category_ids` are leaves, subtrees already expanded; an empty frozenset there matches nothing. `regions` lets nationwide
    documents through as well unless `include_nationwide` is False. `effective` filters live_from, `updated` updated_at.
    `audience` are the tokens of whoever asks: only what is for one of them, or for everybody, matches; None: whatever it is for.
    `still_in_use` None: whether or not (停售在用).
    With `lifecycle` CURRENT alone at most one version per knowledge matches, since live intervals do not overlap.
    """

    category_ids: frozenset[str] | None = None
    regions: frozenset[str] = frozenset()
    include_nationwide: bool = True
    kinds: frozenset[str] = frozenset()
    owners: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    audience: frozenset[str] | None = None
    still_in_use: bool | None = None
    lifecycle: frozenset[Lifecycle] = CURRENT_ONLY
    updated: InstantRange | None = None
    effective: InstantRange | None = None


class Position(NamedTuple):
    """Where a page ended: put it, unchanged, into `SearchQuery.after`. Numbers and a string only, so that a cursor can carry it.

    `score` is the engine's sort value (relevance: tier and score in one; else the sort key), `before` how many hits of the
    pinned snapshot come strictly before that value: a hint that makes paging within a snapshot exact and cheap.
    """

    tier: int
    score: float
    document_id: str
    before: int


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """One page of one search. `at` is aware: now, or the instant of an as-of search. 1 ≤ `limit` ≤ 100.

    `text` empty: browse. `after`: continue behind that position; `snapshot`: the id the first page gave.
    """

    text: str
    at: datetime
    filters: Filters = Filters()
    sort: Sort = Sort.RELEVANCE
    limit: int = 20
    after: Position | None = None
    snapshot: str | None = None
    facets: frozenset[Facet] = frozenset()
    count: bool = True
    explain: bool = False

    def __post_init__(self) -> None:
        """Refuse naive instants and page sizes out of range."""
        if self.at.tzinfo is None:
            raise ValueError("检索时刻必须带时区")
        if not 1 <= self.limit <= 100:  # noqa: PLR2004 - the bound the interface states
            raise ValueError("每页条数须在 1 到 100 之间")


@dataclass(frozen=True, slots=True)
class Hit:
    """One found version. `score` is comparable within a tier of one result only (None when sorted otherwise)."""

    document_id: str
    subject_id: str
    number: int
    tier: Tier
    score: float | None
    position: Position
    explain: str | None = None


@dataclass(frozen=True, slots=True)
class SearchResult:
    """A page. `total` counts all matches (None when `count` was False), `took` is seconds inside the engine.

    `snapshot` names the state that was searched. `snapshot_gone`: the one asked for is no longer held; the page continues after
    (tier, score, id) in the present state, and the reader must be told that results changed. `more`: a further page exists.
    """

    hits: tuple[Hit, ...]
    total: int | None
    facets: Mapping[Facet, Mapping[str, int]]
    snapshot: str
    snapshot_gone: bool
    more: bool
    took: float


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A title that continues what was typed. `matched` is the title or the keyword that holds it; `spans` lie in `matched`.

    `kind` is the document's, filled in by whoever checks it against the store.
    """

    title: str
    matched: str
    document_id: str
    subject_id: str
    number: int
    spans: tuple[tuple[int, int], ...] = field(default=())
    kind: str = ""
