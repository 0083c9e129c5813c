"""The whole service on OpenSearch by settings alone: GraphQL over HTTP, the worker and the commands beside it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kbsearch.indexing.opensearch import Cluster
from tests.cli.conftest import Run
from tests.cli.program import serving, until
from tests.cli.test_serving import SEARCH, categories, publish, tokens
from tests.indexing.opensearch_nodes import a_cluster, forget

pytestmark = pytest.mark.opensearch


@pytest.fixture
def cluster(opensearch: tuple[str, ...]) -> Iterator[Cluster]:
    made = a_cluster(opensearch)
    yield made
    forget(made)


def settings(cluster: Cluster) -> dict[str, str]:
    return {
        "KBSEARCH_SEARCH": "opensearch",
        "KBSEARCH_OPENSEARCH_URLS": ",".join(cluster.urls),
        "KBSEARCH_OPENSEARCH_INDEX_PREFIX": cluster.prefix,
    }


def test_from_approval_to_search_and_the_commands_beside(kb: Run, home: Path, cluster: Cluster) -> None:
    held, category, environment = tokens(kb), categories(home), settings(cluster)
    with serving(home, **environment) as server:
        publish(server, held, category, "LOCAL", "vaaaa")
        until(lambda: server.ask(held["sunli"], SEARCH, q="vaaaa")["search"]["edges"], "found", 15)
        assert kb("search", "vaaaa", "--json", environment_=environment).well().json["total"] == 1
        assert kb("reindex", "--json", environment_=environment).well().json["documents"] == 1
        assert server.ask(held["sunli"], SEARCH, q="资费")["search"]["edges"]
        publish(server, held, category, "LOCAL", "vbbbb")
        until(lambda: server.ask(held["sunli"], SEARCH, q="vbbbb")["search"]["edges"], "found", 15)
        assert kb("reconcile", "--json", environment_=environment).well().json == {
            "equal": True, "checked": 2, "missing": [], "surplus": [], "different": [], "repaired": 0,
        }  # fmt: skip
        assert "检索集群：OpenSearch" in kb("doctor", environment_=environment).out
