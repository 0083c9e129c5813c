"""Says which answers of the server pass by themselves, and turns the rest into the faults of the port; retries nothing."""

from __future__ import annotations

from typing import Any

from opensearchpy.exceptions import ConnectionError as NoConnection
from opensearchpy.exceptions import OpenSearchException, SSLError, TransportError

from kbsearch.indexing.faults import IndexAccessDenied, IndexDiskFull, IndexFault, IndexMissing, IndexNeedsRebuild, IndexUnreachable

BUSY = frozenset({429, 502, 503, 504})
"""Too many requests, or a node or shard that is away for the moment."""
MOVED = frozenset({404, 500})
"""What a search gets besides when the node that held its state has gone."""

CONFLICT = 409
NOT_FOUND = 404
_BAD_REQUEST = 400
_DENIED = (401, 403)
_SERVER_ERROR = 500

UNREACHABLE = (
    "检索服务器没有应答（{hosts}）。请检查 OpenSearch 是否在运行、KBSEARCH_OPENSEARCH_URLS 是否正确；"
    "业务照常进行，恢复后索引会自动补上（{cause}）"
)
UNTRUSTED = "检索服务器（{hosts}）的证书不可信，请用 KBSEARCH_OPENSEARCH_CA 指明签发它的 CA 证书文件（{cause}）"
OVERLOADED = "检索服务器（{hosts}）繁忙或部分分片不可用，请稍后重试；长时间如此请查看集群健康状况（{cause}）"
DENIED = "检索服务器（{hosts}）拒绝访问，请检查 KBSEARCH_OPENSEARCH_USERNAME、KBSEARCH_OPENSEARCH_PASSWORD 或签名密钥及其权限（{cause}）"
MISSING = "检索服务器上还没有索引，请先启动 kbsearch worker 或运行 kbsearch reindex（{cause}）"
ANOTHER_SCHEMA = "索引由另一版本的程序建立，结构不同，请运行 kbsearch reindex 重建"
DISK_FULL = "检索服务器磁盘空间不足，已禁止写入，检索仍用原有索引；请清理磁盘或扩容，之后会自动补上"
UNEXPECTED = "检索服务器报错，请查看其日志；若索引已损坏，请运行 kbsearch reindex 重建（{cause}）"

_LONGEST_CAUSE = 300


def passes(fault: TransportError, also: frozenset[int] = frozenset()) -> bool:
    """Whether the same request may succeed a little later; `also`: further statuses for which it may."""
    if isinstance(fault, SSLError) or is_disk_full(str(fault.info)):
        return False
    return isinstance(fault, NoConnection) or fault.status_code in BUSY | also


def is_disk_full(text: str) -> bool:
    """Whether the server has stopped writing because of its disks."""
    return "flood-stage watermark" in text or "disk usage exceeded" in text


def fault_of(fault: OpenSearchException, hosts: str) -> IndexFault:
    """Return the port's fault for what the client raised."""
    cause = str(fault)[:_LONGEST_CAUSE]
    if not isinstance(fault, TransportError):
        return IndexFault(UNEXPECTED.format(cause=cause))
    if isinstance(fault, SSLError):
        return IndexUnreachable(UNTRUSTED.format(hosts=hosts, cause=cause))
    if isinstance(fault, NoConnection):
        return IndexUnreachable(UNREACHABLE.format(hosts=hosts, cause=type(fault.info).__name__))
    return _refusal(fault, hosts, cause)


def _refusal(fault: TransportError, hosts: str, cause: str) -> IndexFault:
    """What a server that did answer means."""
    status = fault.status_code
    if is_disk_full(str(fault.info)):
        return IndexDiskFull(DISK_FULL)
    if status in _DENIED:
        return IndexAccessDenied(DENIED.format(hosts=hosts, cause=cause))
    if status == NOT_FOUND:
        return IndexMissing(MISSING.format(cause=cause))
    if status == _BAD_REQUEST and "strict_dynamic_mapping" in str(fault.info):
        return IndexNeedsRebuild(ANOTHER_SCHEMA)
    if status in BUSY or status == _SERVER_ERROR:
        return IndexUnreachable(OVERLOADED.format(hosts=hosts, cause=cause))
    return IndexFault(UNEXPECTED.format(cause=cause))


def item_fault(item: dict[str, Any]) -> IndexFault:
    """Return the fault for one refused line of a bulk request."""
    cause = str(item.get("error"))[:_LONGEST_CAUSE]
    if is_disk_full(cause):
        return IndexDiskFull(DISK_FULL)
    if "strict_dynamic_mapping" in cause:
        return IndexNeedsRebuild(ANOTHER_SCHEMA)
    return IndexFault(UNEXPECTED.format(cause=f"{item.get('_id')}: {cause}"))


def is_missing_index(item: dict[str, Any]) -> bool:
    """Whether a bulk line was refused because its alias is gone."""
    return item.get("status") == NOT_FOUND and "index_not_found" in str(item.get("error"))
