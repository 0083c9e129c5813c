"""Finds where typed text lies in the names of a document, in offsets of the original; the same for every engine."""

from __future__ import annotations

from collections.abc import Sequence

from kbsearch.indexing.analysis.chain import BOUNDARY, suggest_tokens
from kbsearch.indexing.analysis.folding import fold_with_origin


def continuation(names: Sequence[str], tokens: Sequence[str]) -> tuple[str, tuple[tuple[int, int], ...]]:
    """Return the name (title first, then keywords) that holds the typed `tokens`, and the span of it; a name beginning so wins.

    Spans are code points of the original name. When none holds them (it should not happen): the title without spans.
    """
    best: tuple[int, str, tuple[tuple[int, int], ...]] | None = None
    for name in names:
        place = _place(name, list(tokens))
        if place is not None and (best is None or (place[0] == 0 and best[0] != 0)):
            best = (place[0], name, (place[1],))
    return (best[1], best[2]) if best else (names[0], ())


def _place(name: str, tokens: list[str]) -> tuple[int, tuple[int, int]] | None:
    """Return at which token of `name` the typed ones begin, and their original span."""
    folded = fold_with_origin(name)
    stream = suggest_tokens(folded.text)
    for begin in range(len(stream) - len(tokens) + 1):
        if stream[begin : begin + len(tokens)] == tokens:
            offsets = _offsets(folded.text, stream)
            inside = [offset for offset in offsets[begin : begin + len(tokens)] if offset >= 0]
            return begin, folded.span(inside[0], inside[-1] + 1)
    return None


def _offsets(folded: str, stream: Sequence[str]) -> list[int]:
    """Return where each token of the stream stands in the folded text; a BOUNDARY stands nowhere (-1)."""
    offsets, at = [], 0
    for token in stream:
        if token == BOUNDARY:
            offsets.append(-1)
        else:
            at = folded.index(token, at)
            offsets.append(at)
            at += 1
    return offsets
