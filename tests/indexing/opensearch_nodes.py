"""Real OpenSearch nodes for tests: one shared by the whole session (all its processes), and clusters of three; asserts nothing.

KBSEARCH_TEST_OPENSEARCH names one that runs already. Otherwise nodes are started from the jars of infra/opensearch, if those are
here (or on CI, where they are fetched). Nodes end with the tests that use them, also when these are killed: a node's standard
input is a named pipe that every test process holds open.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock

if TYPE_CHECKING:
    from kbsearch.indexing.opensearch import Cluster

VARIABLE = "KBSEARCH_TEST_OPENSEARCH"
HOW_TO_START = (
    "needs an OpenSearch: run `make opensearch-jars` once (a JDK of 21 or later and Maven), then tests start their own nodes; "
    f"or export {VARIABLE}=http://127.0.0.1:9200 of one that runs (`make opensearch`)"
)
NODES = Path(__file__).parents[2] / "infra/opensearch/nodes.py"
_START_SECONDS = 120
_NUMBERS = count(1)


def can_start() -> bool:
    """Whether nodes can be started here: the jars have been fetched, or are to be."""
    return os.environ.get("KBSEARCH_REQUIRE_SERVICES") == "1" or any((NODES.parent / ".node").glob("jars-*/OneNode.class"))


def given_urls() -> tuple[str, ...]:
    """The nodes that run already by KBSEARCH_TEST_OPENSEARCH."""
    return tuple(url.strip() for url in os.environ.get(VARIABLE, "").split(",") if url.strip())


def a_cluster(urls: tuple[str, ...], **given: int) -> Cluster:
    """A corner of the cluster for one test: names nobody else uses."""
    from kbsearch.indexing.opensearch import Cluster  # noqa: PLC0415 - every test process imports this module, few need that one

    return Cluster(urls, prefix=f"kbtest-{os.getpid()}-{next(_NUMBERS)}", **given)


def forget(cluster: Cluster) -> None:
    """Remove all that a test left in its corner."""
    from opensearchpy import OpenSearch  # noqa: PLC0415 - the same

    with OpenSearch(hosts=list(cluster.urls)) as client:
        for index in client.indices.get(index=cluster.every_index):
            client.indices.delete(index=index)


@pytest.fixture(scope="session")
def opensearch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, ...]]:
    """The URLs of a running OpenSearch; skips with the reason where there is none."""
    urls = given_urls()
    if urls:
        yield urls
        return
    if not can_start():
        pytest.skip(HOW_TO_START)
    base = tmp_path_factory.getbasetemp()
    place = (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "opensearch"
    place.mkdir(exist_ok=True)
    with FileLock(place / "lock"):
        address = place / "url"
        pipe = _held_open(place / "stdin")
        if not address.exists():
            http, transport = free_ports(2)
            _detached(_command(place / "node", http, transport, []), place)
            wait_for(http, 1, [])
            address.write_text(f"http://127.0.0.1:{http}")
    try:
        yield (address.read_text(),)
    finally:
        os.close(pipe)


@contextmanager
def three_nodes(folder: Path) -> Iterator[tuple[tuple[str, ...], list[subprocess.Popen[bytes]]]]:
    """Three processes that form a cluster: their URLs, and the processes, of which any may be killed."""
    ports = free_ports(6)
    https, transports = ports[:3], ports[3:]
    nodes = [_node(folder / f"node-{http}", http, transport, transports) for http, transport in zip(https, transports, strict=True)]
    try:
        wait_for(https[0], 3, nodes)
        yield tuple(f"http://127.0.0.1:{http}" for http in https), nodes
    finally:
        for node in nodes:
            node.kill()
            node.wait()
            if node.stdin is not None:
                node.stdin.close()
        shutil.rmtree(folder, ignore_errors=True)


def _held_open(pipe: Path) -> int:
    """Make the named pipe if need be and hold it open; opening it both ways never waits."""
    if not pipe.exists():
        os.mkfifo(pipe)
    descriptor = os.open(pipe, os.O_RDWR)
    os.set_inheritable(descriptor, False)
    return descriptor


def _command(folder: Path, http: int, transport: int, peers: list[int]) -> list[str]:
    """One node that ends with its standard input."""
    command = [sys.executable, str(NODES), "foreground", "--port", str(http), "--transport", str(transport), "--folder", str(folder)]
    return [*command, "--peers", ",".join(map(str, peers)), "--stop-with-stdin"]


def _node(folder: Path, http: int, transport: int, peers: list[int]) -> subprocess.Popen[bytes]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "node.log").open("wb") as log:
        command = _command(folder, http, transport, peers)
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True)  # noqa: S603 - our script


def _detached(command: list[str], place: Path) -> None:
    """Start what several test processes share: nobody's child, ended by the pipe alone."""
    script = 'out="$1"; pipe="$2"; shift 2; "$@" <"$pipe" >"$out" 2>&1 &'
    subprocess.run(["/bin/sh", "-c", script, "sh", place / "node.log", place / "stdin", *command], check=True, start_new_session=True)  # noqa: S603


def wait_for(port: int, size: int, nodes: list[subprocess.Popen[bytes]]) -> None:
    """Return when `size` nodes have found each other."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        ended = [node.args for node in nodes if node.poll() is not None]
        assert not ended, f"ended by itself, see its node.log: {ended}"
        with suppress(OSError, ValueError), urllib.request.urlopen(f"http://127.0.0.1:{port}/_cluster/health", timeout=2) as answer:
            if json.load(answer)["number_of_nodes"] >= size:
                return
        time.sleep(0.3)
    raise AssertionError(f"no OpenSearch within {_START_SECONDS} s")


def free_ports(number: int) -> list[int]:
    """Ports nobody listens on at the moment."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [int(one.getsockname()[1]) for one in sockets]
    for one in sockets:
        one.close()
    return ports
