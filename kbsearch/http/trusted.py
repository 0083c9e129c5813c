"""Trusted documents: queries known by their SHA-256, offered or demanded; holds the list, parses and executes nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from enum import StrEnum

from kbsearch.http.errors import bad_request
from kbsearch.http.params import GraphQLParams


class TrustedMode(StrEnum):
    """`OFF` knows no ids, `ALLOW` takes ids and free text, `ONLY` takes what is on the list and nothing else."""

    OFF = "off"
    ALLOW = "allow"
    ONLY = "only"


class TrustedDocuments:
    """Document texts by lower-case hex SHA-256 of their UTF-8 bytes.

    An id comes as `documentId: "sha256:…"` (GraphQL-over-HTTP, appendix A) or as `extensions.persistedQuery.sha256Hash` (Apollo).
    Raises ValueError at construction if a key is not the hash of its text: a list that lies is a build error.
    """

    def __init__(self, documents: Mapping[str, str] | None = None, mode: TrustedMode = TrustedMode.OFF) -> None:
        self._documents = dict(documents or {})
        self._mode = mode
        for digest, text in self._documents.items():
            if _digest(text) != digest:
                raise ValueError(f"trusted document {digest} does not have this SHA-256")

    def text(self, params: GraphQLParams) -> str:
        """Return the document text to run. Raises `HttpFault` (400) where none is given, known or allowed."""
        digest = _asked_digest(params)
        query = params.query
        if query is not None and query.strip():
            return self._given_text(query, digest)
        if digest is None:
            raise bad_request("MISSING_QUERY", "缺少查询文本；请在 query 里写明要查询的内容")
        if self._mode is TrustedMode.OFF:
            # Clients with automatic persisted queries send the text after this code.
            raise bad_request("PERSISTED_QUERY_NOT_SUPPORTED", "本服务没有启用可信查询清单；请发送完整的查询文本")
        text = self._documents.get(digest)
        if text is None:
            raise bad_request("PERSISTED_QUERY_NOT_FOUND", "可信查询清单里没有这个编号；请核对客户端与服务端的版本")
        return text

    def _given_text(self, query: str, digest: str | None) -> str:
        if self._mode is TrustedMode.OFF:
            return query
        own = _digest(query)
        if digest is not None and digest != own:
            raise bad_request("PERSISTED_QUERY_MISMATCH", "查询文本与它的 SHA-256 编号不符；请重新生成编号")
        if self._mode is TrustedMode.ONLY and own not in self._documents:
            raise bad_request("TRUSTED_DOCUMENT_REQUIRED", "本服务只执行可信查询清单里的查询；请使用清单里的查询", 403)
        return query


def _asked_digest(params: GraphQLParams) -> str | None:
    if params.document_id is not None:
        return params.document_id.removeprefix("sha256:").lower()
    persisted = (params.extensions or {}).get("persistedQuery")
    if isinstance(persisted, dict) and isinstance(persisted.get("sha256Hash"), str):
        return str(persisted["sha256Hash"]).lower()
    return None


def _digest(text: str) -> str:
    # A lone surrogate cannot be hashed as UTF-8; it is refused as BAD_TEXT afterwards, so any digest does.
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
