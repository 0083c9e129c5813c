"""The OpenSearch engine under the contract, and what is its own: aliases, leases, several processes, faults."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from opensearchpy import OpenSearch

from kbsearch.indexing.analysis import AnalysisChain, Lexicon
from kbsearch.indexing.document import Tombstone
from kbsearch.indexing.faults import (
    IndexMissing,
    IndexNeedsRebuild,
    IndexReadOnly,
    IndexUnreachable,
    RebuildConflict,
)
from kbsearch.indexing.opensearch import Cluster, OpenSearchEngine
from kbsearch.indexing.port import WriteOutcome
from kbsearch.indexing.query import SearchQuery
from tests.indexing.contract import EngineContract
from tests.indexing.opensearch_nodes import a_cluster, forget, free_ports
from tests.indexing.samples import NOW, chain, document

pytestmark = pytest.mark.opensearch
_OPENED: list[OpenSearchEngine] = []


@pytest.fixture
def cluster(opensearch: tuple[str, ...]) -> Iterator[Cluster]:
    """A corner of the shared server, emptied afterwards."""
    made = a_cluster(opensearch)
    yield made
    while _OPENED:
        _OPENED.pop().close()
    forget(made)


class Hands:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def opened(cluster: Cluster, hands: Hands | None = None, **given: Any) -> OpenSearchEngine:
    engine = OpenSearchEngine.open(cluster, given.pop("chain", None) or chain(), clock=hands or Hands(), **{"write": True, **given})
    _OPENED.append(engine)
    return engine


def found(engine: OpenSearchEngine, text: str = "") -> set[str]:
    return {hit.document_id for hit in engine.search(SearchQuery(text, NOW, limit=100)).hits}


def indices(cluster: Cluster) -> set[str]:
    with OpenSearch(hosts=list(cluster.urls)) as client:
        return set(client.indices.get(index=cluster.every_index))


class TestOpenSearch(EngineContract):
    @pytest.fixture
    def engine(self, cluster: Cluster) -> Iterator[OpenSearchEngine]:
        self.snapshots: set[str] = set()
        self.cluster = cluster
        return opened(cluster)

    def ask(self, engine: Any, text: str = "", **asked: Any) -> Any:
        result = super().ask(engine, text, **asked)
        self.snapshots.add(result.snapshot)
        return result

    def expire_snapshots(self) -> None:
        with OpenSearch(hosts=list(self.cluster.urls)) as client:
            client.delete_pit(body={"pit_id": sorted(self.snapshots)})


def test_a_cluster_that_is_away_is_named_and_found_again(cluster: Cluster) -> None:
    nowhere = Cluster((f"http://127.0.0.1:{free_ports(1)[0]}",), timeout=1)
    ticks = iter(range(0, 10**9, 10))
    engine = opened(nowhere, monotonic=lambda: float(next(ticks)))
    freshness = engine.freshness()
    assert not freshness.searchable
    assert "KBSEARCH_OPENSEARCH_URLS" in freshness.reason
    with pytest.raises(IndexUnreachable, match="没有应答"):
        found(engine)
    with pytest.raises(IndexUnreachable):
        engine.apply([document("a")])
    with pytest.raises(IndexUnreachable):
        engine.begin_rebuild()
    engine.close()
    assert found(opened(cluster)) == set()


def test_nothing_is_found_before_anything_was_built_and_then_it_is(cluster: Cluster) -> None:
    reader = opened(cluster, write=False)
    assert not reader.freshness().searchable
    with pytest.raises(IndexMissing, match="reindex"):
        found(reader)
    with pytest.raises(IndexReadOnly):
        reader.apply([document("a")])
    writer = opened(cluster)
    assert (writer.freshness().fresh, writer.freshness().searchable) == (False, True)  # empty is not yet built from the store
    writer.begin_rebuild().swap()
    assert writer.freshness().fresh
    writer.apply([document("a")])
    assert found(writer) == {"a:1"}
    reader.refresh()
    assert found(reader) == {"a:1"}


def test_an_index_that_vanished_is_made_again_never_guessed_by_the_server(cluster: Cluster) -> None:
    engine = opened(cluster)
    with OpenSearch(hosts=list(cluster.urls)) as client:
        client.indices.delete(index=cluster.index_name(1))
    assert engine.apply([document("a", body="漫游")]) == {"a:1": WriteOutcome.APPLIED}
    with OpenSearch(hosts=list(cluster.urls)) as client:
        mapping = client.indices.get_mapping(index=cluster.read_alias)
    assert next(iter(mapping.values()))["mappings"]["dynamic"] == "strict"
    assert not engine.freshness().fresh


def test_another_lexicon_is_noticed_and_a_rebuild_mends_it(cluster: Cluster) -> None:
    opened(cluster).begin_rebuild().swap()
    engine = opened(cluster, chain=AnalysisChain(Lexicon(words={"新词条": None})))
    assert (engine.freshness().fresh, engine.freshness().searchable) == (False, True)
    engine.begin_rebuild().swap()
    assert engine.freshness().fresh


@pytest.mark.parametrize("schema", [0, 99])
def test_another_schema_is_refused_and_a_newer_one_is_not_built_over(cluster: Cluster, schema: int) -> None:
    engine = opened(cluster)
    with OpenSearch(hosts=list(cluster.urls)) as client:
        client.indices.put_mapping(index=cluster.index_name(1), body={"_meta": {"schema": schema, "analysis": "", "filled": True}})
    assert not engine.freshness().searchable
    for act in (lambda: found(engine), lambda: engine.apply([document("a")])):
        with pytest.raises(IndexNeedsRebuild, match="reindex"):
            act()
    if schema > 1:
        with pytest.raises(IndexNeedsRebuild, match="升级"):
            engine.begin_rebuild()
        return
    rebuild = engine.begin_rebuild()
    rebuild.add([document("a")])
    rebuild.swap(expected=1)
    assert found(engine) == {"a:1"}


def test_a_tombstone_outlives_what_the_server_remembers_of_deletes(cluster: Cluster) -> None:
    """OpenSearch forgets a deleted version after index.gc_deletes: here at once; our tombstone is a document and stays."""
    engine = opened(cluster)
    with OpenSearch(hosts=list(cluster.urls)) as client:
        client.indices.put_settings(index=cluster.index_name(1), body={"index": {"gc_deletes": "0s"}})
        engine.apply([document("k", sequence=5)])
        engine.apply([Tombstone("k:1", 7)])
        client.indices.refresh(index=cluster.read_alias)
        client.indices.flush(index=cluster.read_alias)
    assert engine.apply([document("k", sequence=6)]) == {"k:1": WriteOutcome.STALE}
    assert engine.count() == 0


def test_a_rebuild_belongs_to_one_process_and_dies_with_it(cluster: Cluster) -> None:
    hands = Hands()
    first, second = opened(cluster, hands), opened(cluster, hands)
    dying = first.begin_rebuild()
    dying.add([document("half")])
    with pytest.raises(RebuildConflict, match="正在进行"):
        second.begin_rebuild()
    second.apply([document("live", sequence=3)])  # another process's change goes to both
    assert dying.count() == 2
    dying._ended.set()  # type: ignore[attr-defined] # its process is killed: the lease is not renewed any more
    hands.now += timedelta(seconds=31)
    second.apply([document("later", sequence=4)])
    assert indices(cluster) == {cluster.index_name(1)}
    third = opened(cluster, hands)
    rebuild = third.begin_rebuild()
    rebuild.add([document("whole"), document("later", sequence=4)])
    assert rebuild.swap(expected=2) == 2
    assert found(second) == {"whole:1", "later:1"}


def test_a_lease_is_renewed_while_the_builder_lives(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kbsearch.indexing.opensearch.rebuilding.LEASE", timedelta(seconds=0.6))
    hands = Hands()
    builder, other = opened(cluster, hands), opened(cluster, hands)
    rebuild = builder.begin_rebuild()
    hands.now += timedelta(days=1)
    with OpenSearch(hosts=list(cluster.urls)) as client:
        for _ in range(100):
            mapping = client.indices.get_mapping(index=cluster.building_alias)
            if next(iter(mapping.values()))["mappings"]["_meta"]["keep_until"] > hands.now.timestamp():
                break
            threading.Event().wait(0.1)
    with pytest.raises(RebuildConflict):
        other.begin_rebuild()
    rebuild.abandon()
    other.begin_rebuild().abandon()


def test_a_rebuild_whose_index_was_taken_away_says_so(cluster: Cluster) -> None:
    engine = opened(cluster)
    rebuild = engine.begin_rebuild()
    with OpenSearch(hosts=list(cluster.urls)) as client:
        client.indices.delete(index=cluster.index_name(2))
    with pytest.raises(RebuildConflict, match="重新发起"):
        rebuild.add([document("a")])
    rebuild.abandon()
    assert engine.apply([document("b")]) == {"b:1": WriteOutcome.APPLIED}


def test_a_pinned_snapshot_survives_a_swap_and_the_old_index_goes_later(cluster: Cluster) -> None:
    hands = Hands()
    engine = opened(cluster, hands)
    engine.apply([document(f"k{i}") for i in range(9)])
    first = engine.search(SearchQuery("", NOW, limit=5))
    engine.begin_rebuild().swap()
    rest = engine.search(SearchQuery("", NOW, limit=5, after=first.hits[-1].position, snapshot=first.snapshot))
    assert not rest.snapshot_gone
    assert {hit.document_id for hit in (*first.hits, *rest.hits)} == {f"k{i}:1" for i in range(9)}
    assert len(indices(cluster)) == 2
    hands.now += timedelta(seconds=66)
    assert engine.freshness().fresh
    assert indices(cluster) == {cluster.index_name(2)}


@pytest.mark.parametrize("foreign", ["-", "g-000001.0123456789abcdef", "bm90IGEgcGl0"])
def test_a_snapshot_of_elsewhere_is_gone_not_an_error(cluster: Cluster, foreign: str) -> None:
    engine = opened(cluster)
    engine.apply([document(f"k{i}") for i in range(3)])
    first = engine.search(SearchQuery("", NOW, limit=1))
    rest = engine.search(SearchQuery("", NOW, limit=5, after=first.hits[-1].position, snapshot=foreign))
    assert rest.snapshot_gone
    assert len(rest.hits) == 2


def test_searches_of_one_moment_share_a_state(cluster: Cluster) -> None:
    """The server keeps some 300 states a node; a state for each search would use them up within seconds."""
    engine = opened(cluster, monotonic=lambda: 5.0)
    engine.apply([document("a")])
    assert len({engine.search(SearchQuery("", NOW)).snapshot for _ in range(20)}) == 1


def test_a_batch_larger_than_a_request_and_a_document_that_is_refused(cluster: Cluster) -> None:
    engine = opened(cluster)
    outcomes = engine.apply([document(f"k{i}", body="漫游资费说明" * 200) for i in range(1500)])
    assert set(outcomes.values()) == {WriteOutcome.APPLIED}
    assert (len(outcomes), engine.count()) == (1500, 1500)
    assert engine.search(SearchQuery("漫游", NOW)).total == 1500
    assert len(list(engine.iterate())) == 1500


def test_searches_and_writes_of_two_processes_go_on_during_rebuilds(cluster: Cluster) -> None:
    builder, other = opened(cluster), opened(cluster)
    builder.apply([document(f"k{i}", body="漫游说明") for i in range(50)])
    wrong: list[object] = []
    stop = threading.Event()

    def search() -> None:
        while not stop.is_set():
            try:
                total = other.search(SearchQuery("漫游", NOW)).total or 0
                if total < 50:
                    wrong.append(total)
            except Exception as fault:  # noqa: BLE001 - whatever a reader meets is the finding
                wrong.append(fault)

    def write() -> None:
        try:
            for i in range(30):
                other.apply([document(f"w{i}", sequence=100, body="漫游说明")])
        except Exception as fault:  # noqa: BLE001 - the same
            wrong.append(fault)

    threads = [threading.Thread(target=search), threading.Thread(target=write)]
    for thread in threads:
        thread.start()
    for _ in range(3):
        rebuild = builder.begin_rebuild()
        rebuild.add(document(f"k{i}", body="漫游说明") for i in range(50))
        rebuild.add([document(v.document_id.split(":")[0], sequence=v.sequence, body="漫游说明") for v in builder.iterate()])
        rebuild.swap(expected=50)
    threads[1].join()
    stop.set()
    threads[0].join()
    assert wrong == []
    builder.refresh()
    assert found(builder) == {f"k{i}:1" for i in range(50)} | {f"w{i}:1" for i in range(30)}
