"""Filters, lifecycle, facets and order of 2,000 random documents against a naive reference that shares no code with the engine."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from kbsearch.indexing.document import IndexDocument
from kbsearch.indexing.embedded import EmbeddedEngine, Role
from kbsearch.indexing.opensearch import OpenSearchEngine
from kbsearch.indexing.port import SearchEngine
from kbsearch.indexing.query import Facet, Filters, InstantRange, Lifecycle, SearchQuery, Sort
from tests.indexing.opensearch_nodes import a_cluster, forget
from tests.indexing.samples import NOW, chain, document

_WORDS = ["漫游", "宽带", "资费", "套餐", "销户", "补卡"]
_REGIONS = ["GD", "BJ", "SH", "JS"]


def documents(pick: random.Random) -> list[IndexDocument]:
    made = []
    for knowledge in range(700):
        at = NOW - timedelta(seconds=pick.randint(0, 10**6))
        last = pick.randint(1, 5)
        for number in range(1, last + 1):
            end = at + timedelta(microseconds=pick.choice([1, 10**9, 10**11, 10**12]))
            made.append(
                document(
                    f"k{knowledge}",
                    number,
                    number,
                    title=f"标题{knowledge}",
                    body="，".join(pick.sample(_WORDS, pick.randint(0, 3))),
                    category_id=f"c{pick.randint(0, 5)}",
                    regions=tuple(pick.sample(_REGIONS, pick.choice([0, 0, 1, 2]))),
                    owner=pick.choice(["HQ", "LOCAL"]),
                    kind=pick.choice(["KNOWLEDGE", "KNOWLEDGE", "ANNOUNCEMENT"]),
                    live_from=pick.choice([at, at, at, None]),
                    live_to=pick.choice([end, end, None]) if number == last else end,
                    hidden=pick.random() < 0.1,
                    reads=pick.randint(0, 5),
                    updated_at=NOW - timedelta(seconds=pick.randint(0, 1000)),
                )
            )
            at = end
    return made[:2000]


@dataclass
class Asked:
    """A random question; the reference answers it by reading every document."""

    text: str
    at: datetime
    filters: Filters

    def holds(self, one: IndexDocument) -> bool:
        wanted = self.filters
        stage = self.stage(one)
        return (
            stage in wanted.lifecycle
            and not one.hidden
            and (not self.text or self.text in one.body)
            and (wanted.category_ids is None or one.category_id in wanted.category_ids)
            and (not wanted.regions or bool(wanted.regions & set(one.regions)) or (wanted.include_nationwide and not one.regions))
            and (not wanted.kinds or one.kind in wanted.kinds)
            and (not wanted.owners or one.owner in wanted.owners)
            and within(wanted.updated, one.updated_at)
            and within(wanted.effective, one.live_from)
        )

    def stage(self, one: IndexDocument) -> Lifecycle | None:
        if one.live_from is None or (one.live_to is not None and one.live_to <= one.live_from):
            return None
        if self.at < one.live_from:
            return Lifecycle.COMING
        return Lifecycle.PAST if one.live_to is not None and one.live_to <= self.at else Lifecycle.CURRENT


def within(instants: InstantRange | None, value: datetime | None) -> bool:
    if instants is None:
        return True
    assert value is not None
    return (instants.start is None or instants.start <= value) and (instants.end is None or value < instants.end)


def question(pick: random.Random, corpus: list[IndexDocument]) -> Asked:
    edges = [e for one in pick.sample(corpus, 3) for e in (one.live_from, one.live_to) if e] or [NOW]

    def some(values: list[Any], most: int) -> frozenset[Any]:
        return frozenset(pick.sample(values, pick.randint(0, most)))

    def instants() -> InstantRange | None:
        return pick.choice([None, InstantRange(NOW - timedelta(seconds=pick.randint(0, 900)), pick.choice([None, NOW]))])

    return Asked(
        text=pick.choice(["", *_WORDS]),
        at=pick.choice(edges) + timedelta(microseconds=pick.randint(-1, 1)),
        filters=Filters(
            category_ids=pick.choice([None, some([f"c{i}" for i in range(6)], 6)]),
            regions=some(_REGIONS, 2),
            include_nationwide=pick.random() < 0.7,
            kinds=some(["KNOWLEDGE", "ANNOUNCEMENT"], 1),
            owners=some(["HQ", "LOCAL"], 1),
            lifecycle=pick.choice([frozenset({Lifecycle.CURRENT}), some(list(Lifecycle), 3), frozenset(Lifecycle)]),
            updated=instants(),
            effective=instants() if pick.random() < 0.3 else None,
        ),
    )


@pytest.fixture(scope="module")
def corpus() -> list[IndexDocument]:
    return documents(random.Random(20261123))  # noqa: S311 - a fixed sample


@contextmanager
def opened(name: str, request: pytest.FixtureRequest) -> Iterator[SearchEngine]:
    if name == "embedded":
        place: pytest.TempPathFactory = request.getfixturevalue("tmp_path_factory")
        embedded = EmbeddedEngine.open(place.mktemp("reference"), chain(), Role.WRITER)
        yield embedded
        embedded.close()
        return
    cluster = a_cluster(request.getfixturevalue("opensearch"))
    engine = OpenSearchEngine.open(cluster, chain(), write=True)
    yield engine
    engine.close()
    forget(cluster)


@pytest.fixture(scope="module", params=["embedded", pytest.param("opensearch", marks=pytest.mark.opensearch)])
def engine(request: pytest.FixtureRequest, corpus: list[IndexDocument]) -> Iterator[SearchEngine]:
    with opened(request.param, request) as engine:
        for at in range(0, len(corpus), 400):
            engine.apply(corpus[at : at + 400])
        engine.refresh()
        yield engine


def test_every_answer_is_the_reference(engine: SearchEngine, corpus: list[IndexDocument]) -> None:
    pick = random.Random(4)  # noqa: S311 - a fixed sample
    nonempty = 0
    for _ in range(400):
        asked = question(pick, corpus)
        expected = {one.document_id: one for one in corpus if asked.holds(one)}
        result = engine.search(
            SearchQuery(asked.text, asked.at, asked.filters, facets=frozenset(Facet), limit=100, sort=pick.choice(list(Sort)))
        )
        shown = [hit.document_id for hit in result.hits]
        assert result.total == len(expected), asked
        assert len(shown) == len(set(shown)) == min(100, len(expected))
        assert set(shown) <= set(expected)
        assert dict(result.facets[Facet.CATEGORY]) == Counter(one.category_id for one in expected.values())
        assert dict(result.facets[Facet.REGION]) == Counter(r for one in expected.values() for r in one.regions or ("*",))
        nonempty += bool(expected)
    assert nonempty > 150


@pytest.mark.parametrize(("sort", "key"), [(Sort.NEWEST, "live_from"), (Sort.MOST_READ, "reads")])
def test_whole_listing_in_order(engine: SearchEngine, corpus: list[IndexDocument], sort: Sort, key: str) -> None:
    everything = Filters(lifecycle=frozenset(Lifecycle))
    by_id = {one.document_id: one for one in corpus}
    result = engine.search(SearchQuery("", NOW, everything, sort=sort, limit=100))
    seen = list(result.hits)
    while result.more:
        result = engine.search(SearchQuery("", NOW, everything, sort=sort, limit=100, after=seen[-1].position, snapshot=result.snapshot))
        seen.extend(result.hits)
    values = [getattr(by_id[hit.document_id], key) for hit in seen]
    if sort is Sort.NEWEST:  # sorted by milliseconds; within one the order is merely fixed
        values = [value.replace(microsecond=value.microsecond // 1000 * 1000) for value in values]
    assert values == sorted(values, reverse=True)
    asked = Asked("", NOW, everything)
    assert {hit.document_id for hit in seen} == {one.document_id for one in corpus if asked.holds(one)}
    assert len(seen) == len({hit.document_id for hit in seen})


def test_at_most_one_version_is_current(engine: SearchEngine) -> None:
    result = engine.search(SearchQuery("", NOW, limit=100))
    seen = [hit.subject_id for hit in result.hits]
    while result.more:
        result = engine.search(SearchQuery("", NOW, limit=100, after=result.hits[-1].position, snapshot=result.snapshot))
        seen += [hit.subject_id for hit in result.hits]
    assert len(seen) == len(set(seen)) > 0
