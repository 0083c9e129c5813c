"""Suggest as you type over titles and keywords: the request and how its answer is read; asks nothing itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

from kbsearch.indexing.analysis import fold
from kbsearch.indexing.analysis.chain import BEGINNING, BOUNDARY, LONGEST_BEGINNING, suggest_tokens
from kbsearch.indexing.opensearch.matching import Query, all_of, any_of, filtered, term
from kbsearch.indexing.query import Filters, Suggestion
from kbsearch.indexing.suggestion import continuation

_LONGEST = 40
"""Characters of typing that are looked at."""


def typed_tokens(text: str) -> list[str]:
    """Return what was typed, as tokens of the suggest stream."""
    return suggest_tokens(fold(text[:_LONGEST]))


def suggest_body(tokens: Sequence[str], at: datetime, limit: int, filters: Filters) -> dict[str, Any]:
    """Return the request: titles that begin so before those that hold it, each most read first."""
    steps = [
        {"constant_score": {"filter": _beginning(tokens), "boost": 2.0}},
        {"constant_score": {"filter": _anywhere(tokens), "boost": 1.0}},
    ]
    return {
        "query": filtered({"dis_max": {"queries": steps}}, filters, at),
        "size": 4 * limit,  # versions of one knowledge and equal titles collapse
        "sort": [{"_score": "desc"}, {"reads": "desc"}, {"tie": "asc"}],
        "track_total_hits": False,
        "_source": ["names"],
    }


def suggestions_of(answer: dict[str, Any], tokens: list[str], limit: int) -> tuple[Suggestion, ...]:
    """Read the server's answer; titles are not repeated."""
    found: dict[str, Suggestion] = {}
    for hit in answer["hits"]["hits"]:
        suggestion = _suggestion(hit["_id"], hit["_source"]["names"], tokens)
        if suggestion.spans:
            found.setdefault(suggestion.title, suggestion)
        if len(found) >= limit:
            break
    return tuple(found.values())


def _beginning(tokens: Sequence[str]) -> Query:
    letters = "".join(token for token in tokens if token != BOUNDARY)
    short = term("beginnings", letters[:LONGEST_BEGINNING])
    return short if len(letters) <= LONGEST_BEGINNING else all_of([short, _phrase([BEGINNING, *tokens])])


def _anywhere(tokens: Sequence[str]) -> Query:
    """Pairs are far cheaper to join than phrases; what holds all pairs but not the text itself has no spans and is dropped."""
    if len(tokens) == 1:
        return term("suggest", tokens[0])
    if BOUNDARY in tokens:
        return _phrase(tokens)
    pairs = [first + second for first, second in pairwise(tokens)]
    return any_of([all_of([term(field, pair) for pair in pairs]) for field in ("title_bigrams", "keyword_bigrams")])


def _phrase(tokens: Sequence[str]) -> Query:
    return {"match_phrase": {"suggest": {"query": " ".join(tokens)}}}


def _suggestion(document_id: str, names: list[str], tokens: list[str]) -> Suggestion:
    subject_id, _, number = document_id.rpartition(":")
    matched, spans = continuation(names, tokens)
    return Suggestion(names[0], matched, document_id, subject_id, int(number), spans)
