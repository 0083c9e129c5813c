"""Runs one search on one state: page, total and facets; holds no state of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import tantivy
from tantivy import Occur

from kbsearch.indexing.analysis import AnalysisChain
from kbsearch.indexing.embedded.generation import State
from kbsearch.indexing.embedded.matching import filtered, relevance_query
from kbsearch.indexing.embedded.paging import Ranked, Ranking
from kbsearch.indexing.embedded.schema import index_schema
from kbsearch.indexing.query import Facet, Hit, Position, SearchQuery, SearchResult, Sort, Tier
from kbsearch.indexing.ranking import Weights, score_of, tie_of, tier_of, value_now

_ORDER = {Sort.NEWEST: "newest", Sort.MOST_READ: "most_read"}
_MOST_VALUES = 10_000
"""Distinct values of a facet that are counted."""


def searched(state: State, query: SearchQuery, chain: AnalysisChain, weights: Weights, monotonic: Callable[[], float]) -> SearchResult:
    """Answer `query` on `state`, which is the snapshot asked for or stands in for it."""
    began = monotonic()
    terms = chain.query(query.text)
    browsing = not query.text.strip()
    order_by = _ORDER.get(query.sort) or ("newest" if browsing else None)
    relevance = None if browsing else relevance_query(terms, weights)
    matching = filtered(relevance.matching if relevance else None, query.filters, query.at)
    ranked = matching
    if relevance and not order_by:
        ranked = filtered(relevance.matching, query.filters, query.at, relevance.raising)
    ranking = Ranking(state.searcher, ranked, order_by, count=query.count)
    gone = query.snapshot is not None and query.snapshot != state.name
    after, start = None, 0
    if query.after is not None:
        value = query.after.score
        if gone and not order_by:
            value = _value_now(state.searcher, ranked, query.after)
        after = (value, tie_of(query.after.document_id))
        start = 0 if gone else query.after.before
    page = ranking.page(query.limit, after, start)
    hits = tuple(_hit(state.searcher, ranked, hit, before, order_by, explain=query.explain) for hit, before in page.hits)
    return SearchResult(
        hits=hits,
        total=page.total,
        facets=_facets(state.searcher, matching, query.facets),
        snapshot=state.name,
        snapshot_gone=gone,
        more=page.more,
        took=monotonic() - began,
    )


def _value_now(searcher: tantivy.Searcher, ranked: tantivy.Query, after: Position) -> float:
    """Return what the last hit shown is worth in this state."""
    only = tantivy.Query.const_score_query(tantivy.Query.term_query(index_schema(), "id", after.document_id), 0.0)
    found = searcher.search(tantivy.Query.boolean_query([(Occur.Must, ranked), (Occur.Must, only)]), limit=1, count=False).hits
    return value_now(after.score, float(found[0][0]) if found else None)


def _hit(searcher: tantivy.Searcher, query: tantivy.Query, ranked: Ranked, before: int, order_by: str | None, *, explain: bool) -> Hit:
    document_id: str = searcher.doc(ranked.address)["id"][0]
    subject_id, _, number = document_id.rpartition(":")
    tier = Tier.LEXICAL if order_by else tier_of(ranked.value)
    return Hit(
        document_id=document_id,
        subject_id=subject_id,
        number=int(number),
        tier=tier,
        score=None if order_by else score_of(ranked.value),
        position=Position(int(tier), ranked.value, document_id, before),
        explain=query.explain(searcher, ranked.address).to_json() if explain else None,
    )


def _facets(searcher: tantivy.Searcher, matching: tantivy.Query, wanted: frozenset[Facet]) -> Mapping[Facet, Mapping[str, int]]:
    if not wanted:
        return {}
    counted = searcher.aggregate(matching, {facet.value: {"terms": {"field": facet.value, "size": _MOST_VALUES}} for facet in wanted})
    return {facet: {bucket["key"]: int(bucket["doc_count"]) for bucket in counted[facet.value]["buckets"]} for facet in sorted(wanted)}
