"""The fields of an index on the cluster, its settings, and how a document fills them; sends nothing."""

from __future__ import annotations

from typing import Any

from kbsearch.indexing.analysis import AnalysedDocument, AnalysisChain
from kbsearch.indexing.document import EVERYONE, NATIONWIDE, Change, IndexDocument, Tombstone, micros
from kbsearch.indexing.opensearch.cluster import Cluster
from kbsearch.indexing.ranking import tie_of

SCHEMA_VERSION = 1
"""Raise it with every change below: an index of another version is rebuilt."""

FOREVER = 2**62
"""live_to of an open end, microseconds."""
REFRESH_INTERVAL = "1s"
LONGEST_EXACT = 8_000
"""Characters of a name that can be equal to a query as a whole; Lucene's terms end at 32,766 bytes."""

TOKEN_FIELDS = (
    "title_words", "title_bigrams", "title_characters", "keyword_words", "keyword_bigrams", "text_words", "text_bigrams",
    "attachment_words", "attachment_bigrams",
)  # fmt: skip
VALUE_FIELDS = ("category", "region", "kind", "owner", "scope", "audience")
_KEPT = ["names", "sequence", "digest"]


def properties() -> dict[str, Any]:
    """Return the mapping of each field. Tokens come joined by spaces, so the server's own whitespace analyzer is all it needs."""
    counted = {"type": "text", "analyzer": "whitespace", "index_options": "freqs"}
    return {
        **dict.fromkeys(TOKEN_FIELDS, counted),
        "suggest": {"type": "text", "analyzer": "whitespace", "index_options": "positions", "norms": False},
        "beginnings": {"type": "text", "analyzer": "whitespace", "index_options": "docs", "norms": False},
        "exact": {"type": "keyword", "doc_values": False, "ignore_above": LONGEST_EXACT},
        **{name: {"type": "keyword"} for name in VALUE_FIELDS},
        **{name: {"type": "boolean"} for name in ("findable", "tombstone", "still_in_use")},
        **{name: {"type": "long"} for name in ("live_from", "live_to", "updated_at", "sequence", "reads", "tie")},
        "names": {"type": "keyword", "index": False, "doc_values": False},
        "digest": {"type": "keyword", "index": False, "doc_values": False},
    }


def index_body(cluster: Cluster, meta: dict[str, Any], aliases: tuple[str, ...], *, loading: bool) -> dict[str, Any]:
    """Return the body that makes an index; `loading`: to be filled at once, without copies and without showing it meanwhile."""
    settings: dict[str, Any] = {"number_of_shards": cluster.shards}
    settings.update(loading_settings() if loading else serving_settings(cluster))
    mapping = {"dynamic": "strict", "_meta": meta, "_source": {"includes": _KEPT}, "properties": properties()}
    return {"settings": {"index": settings}, "mappings": mapping, "aliases": {alias: {} for alias in aliases}}


def loading_settings() -> dict[str, Any]:
    """Settings while an index is being filled."""
    return {"number_of_replicas": 0, "auto_expand_replicas": False, "refresh_interval": -1}


def serving_settings(cluster: Cluster) -> dict[str, Any]:
    """Settings of a served index: as many copies as asked for, as far as there are nodes. A set interval also keeps it awake."""
    copies: dict[str, Any] = {"auto_expand_replicas": f"0-{cluster.replicas}"} if cluster.replicas else {"number_of_replicas": 0}
    return {**copies, "refresh_interval": REFRESH_INTERVAL}


def source_of(change: Change, chain: AnalysisChain) -> dict[str, Any]:
    """Return what is indexed for a change; of a tombstone only that it is one, and its sequence."""
    if isinstance(change, Tombstone):
        return {"tombstone": True, "findable": False, "sequence": change.sequence}
    return _document(change, chain.document(change))


def _document(document: IndexDocument, tokens: AnalysedDocument) -> dict[str, Any]:
    live_to = micros(document.live_to)
    made: dict[str, Any] = {name: stream for name in TOKEN_FIELDS if (stream := getattr(tokens, name))}
    made.update(
        suggest=tokens.suggest,
        beginnings=tokens.beginnings,
        exact=[whole for whole in tokens.exact if whole],
        names=[_storable(name) for name in (document.title, *document.keywords)],
        audience=[EVERYONE] if document.audience is None else list(document.audience),
        region=list(document.regions) or [NATIONWIDE],
        kind=document.kind,
        owner=document.owner,
        scope=document.scope,
        findable=document.ever_live and not document.hidden,
        tombstone=False,
        still_in_use=document.still_in_use,
        live_from=micros(document.live_from) or 0,
        live_to=FOREVER if live_to is None else live_to,
        updated_at=micros(document.updated_at) or 0,
        sequence=document.sequence,
        reads=document.reads,
        tie=tie_of(document.document_id),
        digest=document.digest,
    )
    if document.category_id:  # announcements have none, and none is no facet
        made["category"] = document.category_id
    return made


def _storable(text: str) -> str:
    """Lone surrogates cannot be encoded."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
