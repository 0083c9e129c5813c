"""Turns filters and query terms into tantivy queries; ranks by the weights below and runs nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import tantivy
from tantivy import FieldType, Occur, Query

from kbsearch.indexing.analysis import QueryTerms
from kbsearch.indexing.document import EVERYONE, NATIONWIDE, micros
from kbsearch.indexing.embedded.schema import index_schema
from kbsearch.indexing.query import ANY_LIFECYCLE, Filters, InstantRange, Lifecycle
from kbsearch.indexing.ranking import EXACT_STEP, Weights


class Relevance(NamedTuple):
    """`matching` decides what is found and scores it, `raising` scores what was found."""

    matching: Query
    raising: Query | None


def relevance_query(terms: QueryTerms, weights: Weights) -> Relevance:
    """Return what matches `terms` (equal names a step above everything that shares a word or pair) and what more it is worth.

    Titles and keywords are part of the text fields, so their own fields only add to the score of what matches anyway.
    """
    synonyms = [word for word in terms.synonyms if word not in terms.words]
    matching = [
        *_terms("text_words", terms.words, weights.text_words),
        *_terms("text_bigrams", terms.bigrams, weights.text_bigrams),
        *_terms("attachment_words", terms.words, weights.attachment),
        *_terms("attachment_bigrams", terms.bigrams, weights.attachment),
    ]
    if synonyms and weights.synonym:  # the best of them counts: many ways to say a thing must not outweigh the thing said
        others = [Query.term_query(index_schema(), "text_words", word, index_option="freq") for word in synonyms]
        matching.append(Query.boost_query(Query.disjunction_max_query(others), weights.synonym))
    if terms.exact:
        matching.append(Query.const_score_query(Query.term_query(index_schema(), "exact", terms.exact), EXACT_STEP))
    raising = [
        *_terms("title_words", terms.words, weights.title_words),
        *_terms("title_bigrams", terms.bigrams, weights.title_bigrams),
        *_terms("title_characters", terms.characters, weights.title_characters),
        *_terms("keyword_words", terms.words, weights.keyword_words),
        *_terms("keyword_bigrams", terms.bigrams, weights.keyword_bigrams),
    ]
    return Relevance(_any_of(matching), _any_of(raising) if raising else None)


def _terms(field: str, tokens: Sequence[str], weight: float) -> list[Query]:
    """Return term queries; unweighted ones stay bare, since the engine sums bare terms faster."""
    if not weight or not tokens:
        return []
    bare = [Query.term_query(index_schema(), field, token, index_option="freq") for token in tokens]
    return bare if weight == 1 else [Query.boost_query(_any_of(bare), weight)]


def _any_of(queries: Sequence[Query]) -> Query:
    if not queries:
        return Query.empty_query()
    return queries[0] if len(queries) == 1 else Query.boolean_query([(Occur.Should, one) for one in queries])


def filtered(matching: Query | None, filters: Filters, at: datetime, raising: Query | None = None) -> Query:
    """Return `matching` (None: everything) narrowed to `filters` at `at`, which add nothing to the score; `raising` only adds."""
    clauses = [(Occur.Must, Query.const_score_query(one, 0.0)) for one in _filters(filters, at)]
    if matching is not None:
        clauses.insert(0, (Occur.Must, matching))
    if raising is not None:
        clauses.append((Occur.Should, raising))
    return Query.boolean_query(clauses)


def _filters(filters: Filters, at: datetime) -> list[Query]:
    schema = index_schema()
    found = [Query.term_query(schema, "findable", True)]
    found.extend(_lifecycle(filters.lifecycle, micros(at) or 0))
    if filters.category_ids is not None:
        found.append(_one_of("category", filters.category_ids))
    if filters.regions:
        found.append(_one_of("region", filters.regions | ({NATIONWIDE} if filters.include_nationwide else set())))
    for field, values in (("kind", filters.kinds), ("owner", filters.owners), ("scope", filters.scopes)):
        if values:
            found.append(_one_of(field, values))
    if filters.still_in_use is not None:
        found.append(Query.term_query(schema, "still_in_use", filters.still_in_use))
    if filters.audience is not None:
        found.append(_one_of("audience", filters.audience | {EVERYONE}))
    for field, instants in (("updated_at", filters.updated), ("live_from", filters.effective)):
        found.extend(_within(field, instants))
    return found


def _lifecycle(asked: frozenset[Lifecycle], at: int) -> list[Query]:
    """Every findable version is in exactly one of the three, so two of them are 'not the third'."""
    if asked >= ANY_LIFECYCLE:
        return []
    started, unfinished = _integers("live_from", None, at), _integers("live_to", at + 1, None)
    coming, ended = _integers("live_from", at + 1, None), _integers("live_to", None, at)
    alternatives = {
        Lifecycle.CURRENT: [started, unfinished],
        Lifecycle.COMING: [coming],
        Lifecycle.PAST: [ended],
    }
    if len(asked) == 1:
        return alternatives[next(iter(asked))]
    whole = [Query.boolean_query([(Occur.Must, part) for part in alternatives[one]]) for one in sorted(asked)]
    return [Query.boolean_query([(Occur.Should, one) for one in whole])] if whole else [Query.empty_query()]


def _one_of(field: str, values: frozenset[str]) -> Query:
    if not values:
        return Query.empty_query()
    return Query.term_set_query(index_schema(), field, sorted(map(str, values)))


def _within(field: str, instants: InstantRange | None) -> list[Query]:
    if instants is None or (instants.start is None and instants.end is None):
        return []
    end = micros(instants.end)
    return [_integers(field, micros(instants.start), None if end is None else end - 1)]


def _integers(field: str, low: int | None, high: int | None) -> tantivy.Query:
    return Query.range_query(index_schema(), field, FieldType.Integer, low, high)
