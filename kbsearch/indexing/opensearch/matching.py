"""Turns filters and query terms into the server's query language, in the same meaning as the embedded engine; sends nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from kbsearch.indexing.analysis import QueryTerms
from kbsearch.indexing.document import EVERYONE, NATIONWIDE, micros
from kbsearch.indexing.query import ANY_LIFECYCLE, Filters, InstantRange, Lifecycle
from kbsearch.indexing.ranking import EXACT_STEP, Weights

Query = dict[str, Any]
NOTHING: Query = {"match_none": {}}


class Relevance(NamedTuple):
    """`matching` decides what is found and scores it, `raising` scores what was found."""

    matching: Query
    raising: list[Query]


def relevance_query(terms: QueryTerms, weights: Weights) -> Relevance:
    """Return what matches `terms` (equal names a step above everything that shares a word or pair) and what more it is worth.

    Titles and keywords are part of the text fields, so their own fields only add to the score of what matches anyway.
    """
    synonyms = [word for word in terms.synonyms if word not in terms.words]
    matching = [
        *_tokens("text_words", terms.words, weights.text_words),
        *_tokens("text_bigrams", terms.bigrams, weights.text_bigrams),
        *_tokens("attachment_words", terms.words, weights.attachment),
        *_tokens("attachment_bigrams", terms.bigrams, weights.attachment),
    ]
    if synonyms and weights.synonym:  # the best of them counts: many ways to say a thing must not outweigh the thing said
        others = [term("text_words", word) for word in synonyms]
        matching.append({"dis_max": {"queries": others, "boost": weights.synonym}})
    if terms.exact:
        matching.append({"constant_score": {"filter": term("exact", terms.exact), "boost": EXACT_STEP}})
    raising = [
        *_tokens("title_words", terms.words, weights.title_words),
        *_tokens("title_bigrams", terms.bigrams, weights.title_bigrams),
        *_tokens("title_characters", terms.characters, weights.title_characters),
        *_tokens("keyword_words", terms.words, weights.keyword_words),
        *_tokens("keyword_bigrams", terms.bigrams, weights.keyword_bigrams),
    ]
    return Relevance(any_of(matching), raising)


def _tokens(field: str, tokens: Sequence[str], weight: float) -> list[Query]:
    """Return one query over all tokens, each scored by itself; our tokens hold no spaces, so the analyzer gives them back."""
    if not weight or not tokens:
        return []
    return [{"match": {field: {"query": " ".join(tokens), "boost": weight}}}]


def term(field: str, value: str) -> Query:
    """Return what matches one token or value."""
    return {"term": {field: {"value": value}}}


def any_of(queries: Sequence[Query]) -> Query:
    """Return what matches one of them, scores added up."""
    if not queries:
        return NOTHING
    return queries[0] if len(queries) == 1 else {"bool": {"should": list(queries), "minimum_should_match": 1}}


def all_of(queries: Sequence[Query]) -> Query:
    """Return what matches all of them."""
    return queries[0] if len(queries) == 1 else {"bool": {"must": list(queries)}}


def filtered(matching: Query | None, filters: Filters, at: datetime, raising: Sequence[Query] = ()) -> Query:
    """Return `matching` (None: everything) narrowed to `filters` at `at`, which add nothing to the score; `raising` only adds."""
    clauses: Query = {"filter": _filters(filters, at)}
    if matching is not None:
        clauses["must"] = [matching]
    if raising:
        clauses["should"] = list(raising)
        clauses["minimum_should_match"] = 0
    return {"bool": clauses}


def _filters(filters: Filters, at: datetime) -> list[Query]:
    found: list[Query] = [{"term": {"findable": True}}, *_lifecycle(filters.lifecycle, micros(at) or 0)]
    if filters.category_ids is not None:
        found.append(_one_of("category", filters.category_ids))
    if filters.regions:
        found.append(_one_of("region", filters.regions | ({NATIONWIDE} if filters.include_nationwide else set())))
    for field, values in (("kind", filters.kinds), ("owner", filters.owners), ("scope", filters.scopes)):
        if values:
            found.append(_one_of(field, values))
    if filters.still_in_use is not None:
        found.append({"term": {"still_in_use": filters.still_in_use}})
    if filters.audience is not None:
        found.append(_one_of("audience", filters.audience | {EVERYONE}))
    for field, instants in (("updated_at", filters.updated), ("live_from", filters.effective)):
        found.extend(_within(field, instants))
    return found


def _lifecycle(asked: frozenset[Lifecycle], at: int) -> list[Query]:
    if asked >= ANY_LIFECYCLE:
        return []
    alternatives: dict[Lifecycle, list[Query]] = {
        Lifecycle.CURRENT: [_range("live_from", lte=at), _range("live_to", gt=at)],
        Lifecycle.COMING: [_range("live_from", gt=at)],
        Lifecycle.PAST: [_range("live_to", lte=at)],
    }
    if len(asked) == 1:
        return alternatives[next(iter(asked))]
    return [any_of([{"bool": {"filter": alternatives[one]}} for one in sorted(asked)])]


def _one_of(field: str, values: frozenset[str]) -> Query:
    return {"terms": {field: sorted(map(str, values))}} if values else NOTHING


def _within(field: str, instants: InstantRange | None) -> list[Query]:
    if instants is None or (instants.start is None and instants.end is None):
        return []
    return [_range(field, gte=micros(instants.start), lt=micros(instants.end))]


def _range(field: str, **bounds: int | None) -> Query:
    return {"range": {field: {name: value for name, value in bounds.items() if value is not None}}}
