"""The search engine on an OpenSearch cluster; nothing outside this package imports opensearchpy."""

from kbsearch.indexing.opensearch.cluster import Cluster, Signing
from kbsearch.indexing.opensearch.engine import OpenSearchEngine
from kbsearch.indexing.opensearch.health import ClusterHealth, cluster_health

__all__ = ["Cluster", "ClusterHealth", "OpenSearchEngine", "Signing", "cluster_health"]
