"""What every engine ranks by: field weights, the step between tiers, the fixed order of equals; builds no query of any engine."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from kbsearch.indexing.query import Tier

EXACT_STEP = 65_536.0
"""Added to the score of an exact match: above any lexical score (at most 64 words and 64 pairs of some 30 × weights each), and
small enough that 32-bit scores still tell hits within the tier apart."""

SCORE_DRIFT = 0.75
"""How far writes elsewhere may have moved a score; more means that the document itself has changed."""


@dataclass(frozen=True, slots=True)
class Weights:
    """What each field's BM25 counts for. Measured on cmrc2018, drcd and telecom_cmcc_products."""

    text_words: float = 1.0
    text_bigrams: float = 1.0
    title_words: float = 0.3
    title_bigrams: float = 0.3
    title_characters: float = 0.15
    keyword_words: float = 0.3
    keyword_bigrams: float = 0.3
    synonym: float = 0.4
    attachment: float = 0.1


def tier_of(value: float) -> Tier:
    """Return the tier a relevance value lies in."""
    return Tier.EXACT if value >= EXACT_STEP else Tier.LEXICAL


def score_of(value: float) -> float:
    """Return the score within its tier."""
    return value - EXACT_STEP if value >= EXACT_STEP else value


def value_now(former: float, found: float | None) -> float:
    """Return what a hit once worth `former` is to be compared by in a newer state, where it is now worth `found`.

    Any write moves all BM25 scores a little, and pages with them. Where the hit is gone (None), or was itself rewritten so
    that it stands elsewhere, its former value has to do.
    """
    if found is None or tier_of(found) != tier_of(former):
        return former
    return found if SCORE_DRIFT * former <= found <= former / SCORE_DRIFT else former


def tie_of(document_id: str) -> int:
    """Return the fixed order of an id among equals: 62 bits of its hash."""
    return int.from_bytes(hashlib.blake2b(document_id.encode(), digest_size=8).digest()) >> 2
