"""Suggest as you type over titles and keywords, by phrases of characters; filters as the search does."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

import orjson
import tantivy
from tantivy import Occur, Query

from kbsearch.indexing.analysis import fold
from kbsearch.indexing.analysis.chain import BEGINNING, BOUNDARY, LONGEST_BEGINNING, suggest_tokens
from kbsearch.indexing.embedded.matching import filtered
from kbsearch.indexing.embedded.schema import index_schema
from kbsearch.indexing.query import Filters, Suggestion
from kbsearch.indexing.suggestion import continuation

_LONGEST = 40
"""Characters of typing that are looked at."""


def suggestions(searcher: tantivy.Searcher, text: str, at: datetime, limit: int, filters: Filters) -> tuple[Suggestion, ...]:
    """Return at most `limit` titles: those that begin with `text`, then those that hold it, each most read first."""
    tokens = suggest_tokens(fold(text[:_LONGEST]))
    if not tokens:
        return ()
    found: dict[str, Suggestion] = {}
    for matching in (_beginning(tokens), _anywhere(tokens)):
        query = filtered(matching, filters, at)
        window = 2 * limit  # versions of one knowledge and equal titles collapse
        for _, address in searcher.search(query, limit=window, count=False, order_by_field="most_read").hits:
            suggestion = _suggestion(searcher.doc(address), tokens)
            if suggestion.spans:
                found.setdefault(suggestion.title, suggestion)
            if len(found) >= limit:
                return tuple(found.values())
    return tuple(found.values())


def _beginning(tokens: Sequence[str]) -> Query:
    letters = "".join(token for token in tokens if token != BOUNDARY)
    short = _term("beginnings", letters[:LONGEST_BEGINNING])
    return short if len(letters) <= LONGEST_BEGINNING else _all_of([short, _phrase([BEGINNING, *tokens])])


def _anywhere(tokens: Sequence[str]) -> Query:
    """Pairs are far cheaper to join than phrases; what holds all pairs but not the text itself has no spans and is dropped."""
    if len(tokens) == 1:
        return _term("suggest", tokens[0])
    if BOUNDARY in tokens:
        return _phrase(tokens)
    pairs = [first + second for first, second in pairwise(tokens)]
    within = [_all_of([_term(field, pair) for pair in pairs]) for field in ("title_bigrams", "keyword_bigrams")]
    return Query.boolean_query([(Occur.Should, one) for one in within])


def _term(field: str, token: str) -> Query:
    return Query.term_query(index_schema(), field, token, index_option="basic")


def _all_of(queries: Sequence[Query]) -> Query:
    return queries[0] if len(queries) == 1 else Query.boolean_query([(Occur.Must, one) for one in queries])


def _phrase(tokens: Sequence[str]) -> Query:
    return Query.phrase_query(index_schema(), "suggest", list(tokens))


def _suggestion(stored: tantivy.Document, tokens: list[str]) -> Suggestion:
    names: list[str] = orjson.loads(bytes(stored["names"][0]))
    document_id: str = stored["id"][0]
    subject_id, _, number = document_id.rpartition(":")
    matched, spans = continuation(names, tokens)
    return Suggestion(names[0], matched, document_id, subject_id, int(number), spans)
