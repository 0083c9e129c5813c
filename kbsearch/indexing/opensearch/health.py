"""How the cluster is, in the few figures an operator acts on; changes nothing."""

from __future__ import annotations

from dataclasses import dataclass

from kbsearch.indexing.opensearch.client import Server
from kbsearch.indexing.opensearch.cluster import Cluster

OLDEST = (2, 4)
"""The first release with points in time, which paging needs."""


@dataclass(frozen=True, slots=True)
class ClusterHealth:
    """`status`: green, all copies there; yellow, some missing; red, data missing. `nodes`: those that hold data."""

    version: str
    status: str
    nodes: int

    @property
    def supported(self) -> bool:
        """Whether the server is an OpenSearch that is new enough."""
        parts = self.version.split(".")
        return all(part.isdecimal() for part in parts[:2]) and tuple(map(int, parts[:2])) >= OLDEST


def cluster_health(cluster: Cluster) -> ClusterHealth:
    """Ask once, without patience; raises the faults of the port."""
    server = Server(cluster)
    try:
        about = server.ask(lambda client: client.info(), patience=0)
        health = server.ask(lambda client: client.cluster.health(), patience=0)
    finally:
        server.close()
    version = about["version"]
    number = version["number"] if version.get("distribution") == "opensearch" else "0"
    return ClusterHealth(number, health["status"], health["number_of_data_nodes"])
