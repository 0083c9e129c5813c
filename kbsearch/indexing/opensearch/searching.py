"""Puts one search into a request and reads its answer: page, total and facets; asks nothing itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from kbsearch.indexing.analysis import AnalysisChain
from kbsearch.indexing.opensearch.matching import filtered, relevance_query
from kbsearch.indexing.opensearch.snapshots import KEPT, Pinned
from kbsearch.indexing.query import Facet, Hit, Position, SearchQuery, SearchResult, Sort, Tier
from kbsearch.indexing.ranking import Weights, score_of, tie_of, tier_of

_ORDER = {Sort.NEWEST: "live_from", Sort.MOST_READ: "reads"}
_MOST_VALUES = 10_000
"""Distinct values of a facet that are counted."""


class Request(NamedTuple):
    """A search in the server's words. `order_by` None: by score."""

    query: dict[str, Any]
    order_by: str | None


def request_of(query: SearchQuery, chain: AnalysisChain, weights: Weights) -> Request:
    """Return what is to be found and how it is ordered."""
    if not query.text.strip():
        return Request(filtered(None, query.filters, query.at), _ORDER.get(query.sort, "live_from"))
    relevance = relevance_query(chain.query(query.text), weights)
    order_by = _ORDER.get(query.sort)
    return Request(filtered(relevance.matching, query.filters, query.at, () if order_by else relevance.raising), order_by)


def page_body(request: Request, query: SearchQuery, after: tuple[float, int] | None, pinned: Pinned) -> dict[str, Any]:
    """Return the body of a page: one hit more than asked for tells whether more follow."""
    body: dict[str, Any] = {
        "query": request.query,
        "size": query.limit + 1,
        "sort": [{request.order_by or "_score": "desc"}, {"tie": "asc"}],
        "track_total_hits": query.count,
        "_source": False,
    }
    if pinned.kept:
        body["pit"] = {"id": pinned.name, "keep_alive": KEPT}
    if after is not None:
        body["search_after"] = list(after)
    if query.facets:
        body["aggs"] = {facet.value: {"terms": {"field": facet.value, "size": _MOST_VALUES}} for facet in query.facets}
    if query.explain:
        body["explain"] = True
    return body


def worth_body(request: Request, document_id: str, pinned: Pinned) -> dict[str, Any]:
    """Return the body that asks what one document is worth now."""
    only = {"bool": {"must": [request.query], "filter": [{"ids": {"values": [document_id]}}]}}
    body: dict[str, Any] = {"query": only, "size": 1, "_source": False}
    return {**body, "pit": {"id": pinned.name}} if pinned.kept else body


def after_of(position: Position, value: float) -> tuple[float, int]:
    """Return the sort values a page continues behind."""
    return value, tie_of(position.document_id)


def result_of(answer: dict[str, Any], request: Request, query: SearchQuery, pinned: Pinned, *, gone: bool, took: float) -> SearchResult:
    """Read the server's answer."""
    found = answer["hits"]["hits"]
    return SearchResult(
        hits=tuple(_hit(hit, request.order_by) for hit in found[: query.limit]),
        total=answer["hits"]["total"]["value"] if query.count else None,
        facets=_facets(answer, query.facets),
        snapshot=pinned.name,
        snapshot_gone=gone,
        more=len(found) > query.limit,
        took=took,
    )


def _hit(found: dict[str, Any], order_by: str | None) -> Hit:
    document_id: str = found["_id"]
    subject_id, _, number = document_id.rpartition(":")
    value = found["sort"][0]
    tier = Tier.LEXICAL if order_by else tier_of(value)
    explanation = found.get("_explanation")
    return Hit(
        document_id=document_id,
        subject_id=subject_id,
        number=int(number),
        tier=tier,
        score=None if order_by else score_of(value),
        position=Position(int(tier), value, document_id, 0),
        explain=orjson.dumps(explanation).decode() if explanation else None,
    )


def _facets(answer: dict[str, Any], wanted: frozenset[Facet]) -> Mapping[Facet, Mapping[str, int]]:
    counted = answer.get("aggregations", {})
    return {facet: {bucket["key"]: bucket["doc_count"] for bucket in counted[facet.value]["buckets"]} for facet in sorted(wanted)}
