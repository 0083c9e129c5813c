"""The sizes one request may have, in one frozen value; holds figures only, enforces nothing."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """Limits of one GraphQL request; every count is taken after fragments are expanded, @skip and @include ignored.

    `depth` counts nested objects (a leaf adds nothing). `overlaps` counts the pairs of same-named fields that the validator would
    have to compare with each other. `cost` is the number of field values an answer may have: a list counts as its `first`, `last` or
    number of `ids`; where the query says nothing, as `list_sizes` knows it ({"SearchHit.highlights": 3}), else as `default_list`.
    `introspection_list` is that figure for `__schema`, chosen so that the standard introspection query fits once and not twice.
    """

    body_bytes: int = 2 * MEBIBYTE
    body_read_seconds: float = 20.0
    url_bytes: int = 16 * 1024
    json_depth: int = 64
    document_bytes: int = 64 * 1024
    tokens: int = 2_500
    operations: int = 10
    fragments: int = 80
    depth: int = 14
    fields: int = 2_000
    aliases: int = 30
    root_fields: int = 20
    directives: int = 40
    overlaps: int = 3_000
    cost: int = 20_000
    default_list: int = 20
    introspection_list: int = 6
    list_sizes: Mapping[str, int] = dataclasses.field(default_factory=dict)
    introspection: bool = True
    errors_shown: int = 20
    field_errors_shown: int = 100
    message_chars: int = 500
    document_cache_bytes: int = 32 * MEBIBYTE
    refused_cache_bytes: int = 2 * MEBIBYTE
