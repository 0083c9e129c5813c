"""The worker on OpenSearch: a cluster that is away stops search alone, and is caught up with when it returns."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from kbsearch.indexing.faults import IndexFault, IndexUnreachable
from kbsearch.settings import Settings
from kbsearch.store.migrate import migrate
from kbsearch.wiring import System, open_store, open_system
from kbsearch.worker.schedule import InProcessWorker
from tests.indexing.opensearch_nodes import a_cluster, forget, free_ports
from tests.worker.test_schedule import found, publish, within

pytestmark = pytest.mark.opensearch


class Road:
    """A port that leads to the server once it is opened."""

    def __init__(self, to: str) -> None:
        self._to = int(to.rpartition(":")[2])
        self.port = free_ports(1)[0]
        self._listener: socket.socket | None = None

    def open(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def close(self) -> None:
        if self._listener is not None:
            self._listener.close()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self._to))
            for here, there in ((near, far), (far, near)):
                threading.Thread(target=_carry, args=(here, there), daemon=True).start()


def _carry(here: socket.socket, there: socket.socket) -> None:
    """Pass on until either side ends."""
    with here:
        try:
            while portion := here.recv(65_536):
                there.sendall(portion)
            there.shutdown(socket.SHUT_WR)
        except OSError:
            return


@pytest.fixture
def road(opensearch: tuple[str, ...]) -> Iterator[Road]:
    made = Road(opensearch[0])
    yield made
    made.close()


@pytest.fixture
def system(opensearch: tuple[str, ...], road: Road, tmp_path: Path) -> Iterator[System]:
    cluster = a_cluster(opensearch)
    settings = Settings(
        data_dir=tmp_path,
        search="opensearch",
        opensearch_urls=f"http://127.0.0.1:{road.port}",
        opensearch_index_prefix=cluster.prefix,
    )
    store = open_store(settings)
    migrate(store.engine)
    store.engine.dispose()
    with open_system(settings, write_index=True) as opened:
        yield opened
    forget(cluster)


def test_writes_go_on_without_the_cluster_and_are_found_when_it_is_there(system: System, road: Road) -> None:
    worker = InProcessWorker(system)
    worker.start()
    try:
        publish(system, "话费查询")
        with pytest.raises(IndexUnreachable, match="没有应答"):
            found(system, "话费")
        assert system.store.index_destinations == ("index:opensearch",)
        road.open()

        def is_found() -> bool:
            try:
                return found(system, "话费") == 1
            except IndexFault:  # there again, but the worker has not looked yet
                return False

        assert within(60, is_found)
        assert within(30, lambda: system.engine.freshness().fresh)
    finally:
        worker.stop()
