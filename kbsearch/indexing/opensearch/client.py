"""The one connection to the cluster: several hosts, sign-in, patience with what passes by itself; knows no index."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

import orjson
from opensearchpy import JSONSerializer, OpenSearch
from opensearchpy.exceptions import OpenSearchException, TransportError

from kbsearch.indexing.faults import IndexFault
from kbsearch.indexing.opensearch.cluster import Cluster
from kbsearch.indexing.opensearch.signing import signer
from kbsearch.indexing.opensearch.trouble import fault_of, passes

Answer = TypeVar("Answer")

SEARCHING = 4.0
"""Seconds a search keeps trying: less than a reader's deadline."""
WRITING = 20.0
"""Seconds a write keeps trying before its job goes back to the outbox."""
BULK_TIMEOUT = 30
"""Seconds one bulk request may take."""
_FIRST_PAUSE = 0.05
_LONGEST_PAUSE = 2.0
_CONNECTIONS = 16


class _Fast(JSONSerializer):
    """JSON by orjson: bodies of searches and answers are most of a search's Python time."""

    def dumps(self, data: Any) -> str:
        return data if isinstance(data, str) else orjson.dumps(data).decode()

    def loads(self, s: str) -> Any:
        return orjson.loads(s)


class Server:
    """The cluster as one server. Safe for many threads; connects at the first request."""

    def __init__(self, cluster: Cluster, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.cluster = cluster
        self.hosts = "、".join(_without_user(url) for url in cluster.urls)
        self._monotonic = monotonic
        self._closing = threading.Event()
        self._client = _client(cluster)

    def ask(self, request: Callable[[OpenSearch], Answer], patience: float = SEARCHING, also: frozenset[int] = frozenset()) -> Answer:
        """Return what `request` answers, asking again with growing pauses for `patience` seconds while its trouble may pass.

        `also`: statuses besides those of trouble.BUSY that may pass. Raises the faults of the port.
        """
        began, pause = self._monotonic(), _FIRST_PAUSE
        while True:
            try:
                return request(self._client)
            except TransportError as fault:
                if not passes(fault, also) or self._monotonic() - began + pause > patience or self._closing.wait(pause):
                    raise fault_of(fault, self.hosts) from fault
                pause = min(2 * pause, _LONGEST_PAUSE)
            except OpenSearchException as fault:
                raise fault_of(fault, self.hosts) from fault
            except orjson.JSONDecodeError as fault:
                raise IndexFault(f"{self.hosts} 的应答不是 JSON，恐怕不是 OpenSearch；请检查 KBSEARCH_OPENSEARCH_URLS") from fault

    def close(self) -> None:
        """Give the connections back; whoever waits to ask again gives up."""
        self._closing.set()
        self._client.close()


def _client(cluster: Cluster) -> OpenSearch:
    logging.getLogger("opensearch").setLevel(logging.CRITICAL)  # every failed try would be a line; what remains of them is our fault
    given: dict[str, Any] = {}
    if cluster.signing is not None:
        given["http_auth"] = signer(cluster.signing)
    elif cluster.username:
        given["http_auth"] = (cluster.username, cluster.password)
    if cluster.ca is not None:
        given["ca_certs"] = str(cluster.ca)
    return OpenSearch(
        hosts=list(cluster.urls),
        serializer=_Fast(),
        timeout=cluster.timeout,
        max_retries=len(cluster.urls) - 1,  # each host once, at once; `Server.ask` then waits before it asks again
        retry_on_status=(502, 503, 504),
        pool_maxsize=_CONNECTIONS,
        dead_timeout=5,
        http_compress=False,
        **given,
    )


def _without_user(url: str) -> str:
    """A URL as it may be shown."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}"
