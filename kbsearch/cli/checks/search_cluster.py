"""The doctor on the OpenSearch cluster: reachable, new enough, all copies there; says nothing where the index is embedded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kbsearch.cli.checks.finding import Finding, fail, failed, ok, warn

if TYPE_CHECKING:
    from kbsearch.settings import Settings

_NAME = "检索集群"


def search_cluster(settings: Settings) -> list[Finding]:
    """One finding where KBSEARCH_SEARCH is opensearch, none otherwise."""
    from kbsearch.wiring import search_cluster_health

    if settings.search != "opensearch":
        return []
    try:
        health = search_cluster_health(settings)
    except Exception as error:  # noqa: BLE001 - a cluster may be in trouble in any way, the doctor goes on
        return [failed(_NAME, error)]
    if not health.supported:
        return [fail(_NAME, "地址上的服务不是 OpenSearch 2.4 以上，请改正 KBSEARCH_OPENSEARCH_URLS 或升级服务器。")]
    counts = f"OpenSearch {health.version}，{health.nodes} 个数据节点"
    if health.status == "red":
        return [fail(_NAME, f"{counts}，有主分片不可用（red）。请恢复掉线的节点；若数据已失，恢复后运行 kbsearch reindex。")]
    if health.status == "yellow":
        return [warn(_NAME, f"{counts}，部分副本不可用（yellow），再失一个节点可能中断检索。请恢复掉线的节点。")]
    if settings.opensearch_replicas and health.nodes == 1:
        return [warn(_NAME, f"{counts}：只有一个节点，没有副本，它停了检索就停。")]
    return [ok(_NAME, counts)]
