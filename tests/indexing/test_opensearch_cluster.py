"""Three nodes with one copy of each shard: the loss of one costs no failed search and no acknowledged write."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

import pytest

from kbsearch.indexing.opensearch import Cluster, OpenSearchEngine, cluster_health
from kbsearch.indexing.query import SearchQuery
from tests.indexing.opensearch_nodes import HOW_TO_START, a_cluster, can_start, three_nodes
from tests.indexing.samples import NOW, chain, document

pytestmark = [pytest.mark.opensearch, pytest.mark.skipif(not can_start(), reason=HOW_TO_START)]

STEADY_SECONDS = 4.0
STOCK = 200


class Traffic:
    """Two readers and a writer that never stop; keeps what went wrong and what was acknowledged."""

    def __init__(self, engine: OpenSearchEngine) -> None:
        self._engine = engine
        self._stop = threading.Event()
        self.wrong: list[object] = []
        self.answered = 0
        self.acknowledged: list[str] = []
        self._threads = [threading.Thread(target=self._steadily, args=(act,)) for act in (self._search, self._search, self._write)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _steadily(self, act: Callable[[], None]) -> None:
        while not self._stop.wait(0.02):
            try:
                act()
            except Exception as fault:  # noqa: BLE001 - whatever a client meets is the finding
                self.wrong.append(fault)

    def _search(self) -> None:
        total = self._engine.search(SearchQuery("漫游", NOW)).total or 0
        self.answered += 1
        if total < STOCK:
            self.wrong.append(total)

    def _write(self) -> None:
        self.acknowledged.extend(self._engine.apply([document(f"w{len(self.acknowledged)}", body="漫游说明")]))


def stocked(cluster: Cluster) -> OpenSearchEngine:
    engine = OpenSearchEngine.open(cluster, chain(), write=True)
    rebuild = engine.begin_rebuild()
    rebuild.add(document(f"k{i}", body="漫游说明") for i in range(STOCK))
    assert rebuild.swap(expected=STOCK) == STOCK
    return engine


@pytest.mark.timeout(400)
def test_a_killed_node_costs_nothing(tmp_path: Path) -> None:
    with three_nodes(tmp_path / "cluster") as (urls, nodes):
        cluster = a_cluster(urls)
        engine = stocked(cluster)
        with Traffic(engine) as traffic:
            time.sleep(STEADY_SECONDS)
            answered, acknowledged = traffic.answered, len(traffic.acknowledged)
            nodes[0].kill()
            deadline = time.monotonic() + 60
            while time.monotonic() < deadline and (traffic.answered < answered + 50 or len(traffic.acknowledged) < acknowledged + 20):
                time.sleep(0.2)
        assert traffic.wrong == []
        assert traffic.answered >= answered + 50
        assert len(traffic.acknowledged) >= acknowledged + 20
        assert {version.document_id for version in engine.iterate()} == {f"k{i}:1" for i in range(STOCK)} | set(traffic.acknowledged)
        assert cluster_health(cluster).nodes == 2
        engine.close()
