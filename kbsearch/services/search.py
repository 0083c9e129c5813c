"""Search as people use it: the index proposes, the store re-checks, highlights point into the original text."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from sqlmodel import Session

from kbsearch.clock import wire_time
from kbsearch.content import canonical_hash
from kbsearch.indexing.analysis.chain import AnalysisChain
from kbsearch.indexing.highlight import Highlighter, Snippet
from kbsearch.indexing.port import SearchEngine
from kbsearch.indexing.query import Facet, Filters, Hit, Lifecycle, Position, SearchQuery, Sort, Suggestion
from kbsearch.services.announcements.finding import searcher_tokens
from kbsearch.services.cursors import decode_cursor, encode_cursor
from kbsearch.services.refusals import violated
from kbsearch.services.search_log import SearchLogger
from kbsearch.services.taxonomy import all_categories, subtree
from kbsearch.store.lives import Life, load_lives
from kbsearch.store.tables import SubjectVersion
from kbsearch.store.visibility import readable
from kbsearch.workflow.decide import Actor

MAX_QUERY = 200
_CURSOR = "search"


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """What a person asks. `category_ids` mean whole subtrees; `as_of` None is now; `after` a cursor we gave."""

    text: str = ""
    category_ids: tuple[str, ...] = ()
    filters: Filters = field(default_factory=Filters)
    sort: Sort = Sort.RELEVANCE
    first: int = 20
    after: str | None = None
    as_of: datetime | None = None
    facets: frozenset[Facet] = frozenset()
    explain: bool = False


@dataclass(frozen=True, slots=True)
class FoundVersion:
    """One hit, checked against the store: `life` and `version` are its truth, offsets are code points of the original."""

    life: Life
    version: SubjectVersion
    hit: Hit
    cursor: str
    highlighter: Highlighter | None

    @property
    def title_spans(self) -> tuple[tuple[int, int], ...]:
        """Where the title matches; found when asked for, as the snippet is: not every reader shows them."""
        return () if self.highlighter is None else self.highlighter.spans(self.version.title)

    @property
    def snippet(self) -> Snippet | None:
        """The stretch of the body that matches best; None when nothing was searched for."""
        return None if self.highlighter is None else self.highlighter.snippet(self.version.body)


@dataclass(frozen=True, slots=True)
class SearchPage:
    """A page of hits. `results_changed`: the pinned snapshot was gone, or the store refused a hit the index still had."""

    search_id: str
    found: tuple[FoundVersion, ...]
    total: int
    facets: Mapping[Facet, Mapping[str, int]]
    has_next: bool
    end_cursor: str | None
    results_changed: bool
    took_ms: float


@dataclass(frozen=True)
class Searcher:
    """Searches one index beside one store; holds no request state."""

    engine: SearchEngine
    chain: AnalysisChain
    cursor_secret: bytes
    log: SearchLogger

    def search(self, session: Session, actor: Actor, request: SearchRequest, now: datetime) -> SearchPage:
        """Answer one page for a signed-in person, at `now` or as of an instant before it."""
        started = time.perf_counter()
        query = self._query(session, actor, request, now)
        result = self.engine.search(query)
        lives = load_lives(session, {h.subject_id for h in result.hits})
        kept = [h for h in result.hits if _still_true(actor, lives.get(h.subject_id), h, query, now)]
        dropped = len(result.hits) - len(kept)
        cursor = partial(self._cursor, snapshot=result.snapshot, fingerprint=_fingerprint(request), at=query.at)
        highlighter = Highlighter(self.chain, request.text) if request.text.strip() else None
        found = tuple(self._found(highlighter, lives[h.subject_id], h, cursor(h.position)) for h in kept)
        took = (time.perf_counter() - started) * 1000
        total = max((result.total or 0) - dropped, len(found))
        end = cursor(result.hits[-1].position) if result.hits else None
        search_id = self.log.searched(actor.id, request.text, total, took, now) if request.after is None else ""
        return SearchPage(search_id, found, total, result.facets, result.more, end, result.snapshot_gone or dropped > 0, took)

    def suggest(self, session: Session, actor: Actor, text: str, limit: int, now: datetime) -> list[Suggestion]:
        """Titles that continue what was typed, each re-checked by the store."""
        _require_text(text)
        proposed = self.engine.suggest(text, now, limit, Filters(audience=searcher_tokens(actor)))
        lives = load_lives(session, {s.subject_id for s in proposed})
        kept = [s for s in proposed if _current(actor, lives.get(s.subject_id), s.number, now)]
        return [replace(s, kind=lives[s.subject_id].subject.kind.value) for s in kept]

    def _query(self, session: Session, actor: Actor, request: SearchRequest, now: datetime) -> SearchQuery:
        _require_text(request.text)
        if request.as_of is not None and request.as_of > now:
            raise violated("AS_OF_AHEAD", "asOf 不能晚于现在。", "asOf")
        filters = replace(request.filters, audience=searcher_tokens(actor))
        if request.category_ids:
            filters = replace(filters, category_ids=subtree(all_categories(session), list(request.category_ids)))
        query = SearchQuery(
            text=request.text,
            at=request.as_of or now,
            filters=filters,
            sort=request.sort,
            limit=request.first,
            facets=request.facets,
            explain=request.explain,
        )
        return self._continued(query, request) if request.after is not None else query

    def _continued(self, query: SearchQuery, request: SearchRequest) -> SearchQuery:
        """Go on where the cursor says, at the instant of the first page, so that a page never mixes two moments."""
        told = decode_cursor(self.cursor_secret, _CURSOR, request.after or "")
        if told["f"] != _fingerprint(request):
            raise violated("BAD_CURSOR", "翻页标记（after）属于另一次检索，请从第一页重新开始。", "after")
        at = datetime.fromisoformat(told["at"])
        return replace(query, after=Position(*told["p"]), snapshot=told["s"], at=at)

    def _cursor(self, position: Position, snapshot: str, fingerprint: str, at: datetime) -> str:
        return encode_cursor(self.cursor_secret, _CURSOR, {"p": list(position), "s": snapshot, "f": fingerprint, "at": at.isoformat()})

    def _found(self, highlighter: Highlighter | None, life: Life, hit: Hit, cursor: str) -> FoundVersion:
        return FoundVersion(life, life.versions[hit.number], hit, cursor, highlighter)


def _require_text(text: str) -> None:
    if len(text) > MAX_QUERY:
        raise violated("QUERY_TOO_LONG", f"检索词最长 {MAX_QUERY} 个字，请缩短。", "query")


def _fingerprint(request: SearchRequest) -> str:
    """What must stay the same from page to page."""
    f = request.filters
    chosen = [sorted(s) for s in (f.category_ids or (), request.category_ids, f.regions, f.kinds, f.owners, f.scopes, f.lifecycle)]
    instants = [r and [wire_time(r.start), wire_time(r.end)] for r in (f.updated, f.effective)]
    return canonical_hash(
        [request.text, chosen, instants, f.include_nationwide, f.still_in_use, request.sort.value, wire_time(request.as_of)]
    )[:16]


def _current(actor: Actor, life: Life | None, number: int, now: datetime) -> bool:
    """In force, for this person, and not hidden from readers."""
    return life is not None and life.timeline.current(now) == number and not life.text_hidden(now) and readable(actor, life, number, now)


def _still_true(actor: Actor, life: Life | None, hit: Hit, query: SearchQuery, now: datetime) -> bool:
    """The store's last word on a proposed hit."""
    if life is None or hit.number not in life.versions or life.text_hidden(now) or not readable(actor, life, hit.number, now):
        return False
    if query.filters.still_in_use not in (None, life.subject.still_in_use):
        return False
    interval = life.timeline.interval(hit.number)
    if interval is None:
        return False
    if interval.holds(query.at):
        return Lifecycle.CURRENT in query.filters.lifecycle
    if query.at < interval.live_from:
        return Lifecycle.COMING in query.filters.lifecycle
    return Lifecycle.PAST in query.filters.lifecycle
