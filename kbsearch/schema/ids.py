"""Opaque, type-checked global ids of the Relay kind; knows no tables."""

from __future__ import annotations

import base64
import binascii
from typing import NamedTuple

_LONGEST = 300


class GlobalId(NamedTuple):
    """What an opaque id names."""

    type: str
    raw: str


def encode_id(type_name: str, raw: str) -> str:
    """The opaque id of `raw` within a GraphQL type."""
    return base64.b64encode(f"{type_name}:{raw}".encode()).decode()


def decode_id(opaque: str) -> GlobalId | None:
    """What an opaque id names; None for junk, which is never an error."""
    if len(opaque) > _LONGEST:
        return None
    try:
        type_name, colon, raw = base64.b64decode(opaque, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return None
    known = colon and type_name and raw and raw.isprintable()
    # The one spelling we give out is the only one we take: an id compared as text must name one thing.
    return GlobalId(type_name, raw) if known and encode_id(type_name, raw) == opaque else None


def raw_id(opaque: str, type_name: str) -> str | None:
    """The raw id when `opaque` names a `type_name`, else None."""
    decoded = decode_id(opaque)
    return decoded.raw if decoded is not None and decoded.type == type_name else None
