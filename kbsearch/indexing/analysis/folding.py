"""Brings text to the one form that is compared (width, case, compatibility forms, 繁→简), with the way back; segments nothing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import opencc

FOLDING_VERSION = 1
"""Raise it when the same text folds otherwise than before: it is part of the analysis fingerprint."""

_TO_SIMPLIFIED = opencc.OpenCC("t2s")

# A character with the marks that compose with it (é as two code points, ｶﾞ, conjoining jamo) folds as one unit.
_MARKS = r"\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\u3099\u309a\ufe20-\ufe2f\uff9e\uff9f"
_CLUSTER = re.compile(rf"[^\W_]?[{_MARKS}]+|[\u1100-\u11ff]{{2,}}")
_MAY_CLUSTER = re.compile(rf"[{_MARKS}\u1100-\u11ff]")
_IGNORED = frozenset("\u00ad\u061c\u180e\ufeff") | {
    chr(c) for low, high in ((0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0xFE00, 0xFE0F)) for c in range(low, high + 1)
}
_SURROGATES = range(0xD800, 0xE000)


_UNEVEN: set[str] = set()
"""Characters met so far that do not fold to exactly one: a text without them keeps its offsets."""


class _CharacterTable(dict[int, str]):
    """Single characters → their folded form, filled as they turn up; at most one entry per code point."""

    def __missing__(self, code: int) -> str:
        folded = _fold_unit(chr(code)) if code not in _SURROGATES else " "
        self[code] = folded
        if len(folded) != 1:
            _UNEVEN.add(chr(code))
        return folded


_TABLE = _CharacterTable()


@dataclass(frozen=True, slots=True)
class Folded:
    """Folded text and, per folded character, where its original begins and ends (code points of the original)."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the original [start, end) that the folded, non-empty [start, end) came from."""
        return self.starts[start], self.ends[end - 1]  # neither ever goes back


def fold(text: str) -> str:
    """Return `text` in NFKC, case folded, simplified; control characters become spaces, invisible ones vanish. Any str will do."""
    if text.isascii() and text.isprintable():
        return text.lower()
    plain = "".join(unit for unit, _, _ in _units(text)) if _MAY_CLUSTER.search(text) else text.translate(_TABLE)
    return _simplified(plain)


def fold_with_origin(text: str) -> Folded:
    """Return what `fold` returns, with the offsets back into `text`."""
    if not _MAY_CLUSTER.search(text):
        folded = fold(text)
        if _UNEVEN.isdisjoint(text):
            return Folded(folded, range(len(text)), range(1, len(text) + 1))
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for unit, start, end in _units(text):
        pieces.append(unit)
        starts.extend([start] * len(unit))
        ends.extend([end] * len(unit))
    return Folded(_simplified("".join(pieces)), starts, ends)


def _units(text: str) -> list[tuple[str, int, int]]:
    """Cut into folding units: (folded form, start, end)."""
    units: list[tuple[str, int, int]] = []
    at = 0
    for cluster in _CLUSTER.finditer(text):
        units.extend((_TABLE[ord(text[i])], i, i + 1) for i in range(at, cluster.start()))
        units.append((_fold_unit(cluster.group()), cluster.start(), cluster.end()))
        at = cluster.end()
    units.extend((_TABLE[ord(text[i])], i, i + 1) for i in range(at, len(text)))
    return units


def _fold_unit(unit: str) -> str:
    if unit in _IGNORED:
        return ""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", unit).casefold())
    return "".join(c if c.isprintable() or c == "\n" else " " for c in folded if c not in _IGNORED)


def _simplified(text: str) -> str:
    """Simplify phrase by phrase; where that would move offsets, character by character."""
    converted: str = _TO_SIMPLIFIED.convert(text)
    if len(converted) == len(text):
        return converted
    return "".join(_simplified_character(c) for c in text)


@lru_cache(maxsize=1 << 16)
def _simplified_character(character: str) -> str:
    converted: str = _TO_SIMPLIFIED.convert(character)
    return converted if len(converted) == 1 else character
