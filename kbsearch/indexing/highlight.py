"""Finds where a query's words lie in the text a reader sees, as offsets; writes no markup and asks no engine."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from kbsearch.indexing.analysis import AnalysisChain, Folded, fold_with_origin
from kbsearch.indexing.analysis.chain import compact
from kbsearch.indexing.analysis.segmenter import HAN_RUNS

Span = tuple[int, int]
"""[start, end) in code points of the original text."""

LONGEST_SNIPPET = 120
_LEAD = 16
"""Characters shown before the first match when its sentence is longer than a snippet."""
_SENTENCE_END = re.compile(r"[。！？!?；;…]+[”’」』）)]*|\n+|\.(?=\s)")
_CLAUSE_END = re.compile(r"[，,、：:]")
_MOST_CANDIDATES = 64
_JOINER = "\u200d"
_LETTER = re.compile(r"[^\W_]")  # what str.isalnum says


@dataclass(frozen=True, slots=True)
class Snippet:
    """The stretch [start, end) of the text to show, and the spans within it; all are offsets into the whole original text."""

    start: int
    end: int
    spans: tuple[Span, ...]


class Highlighter:
    """The highlights of one query: make it once per page, use it for every field of every hit. Safe for many threads."""

    def __init__(self, chain: AnalysisChain, query: str) -> None:
        terms = chain.query(query)
        whole = [word for word in (*terms.words, *terms.synonyms) if len(word) > 1 or not _han(word)]
        single = () if whole else terms.words
        self._exact = terms.exact
        self._stages = [tuple((word, _han(word)) for word in set(stage)) for stage in (whole, terms.bigrams, single) if stage]

    def spans(self, text: str) -> tuple[Span, ...]:
        """Return the disjoint, ordered spans that match: whole words where the text has any, else pairs.

        Single characters are shown only for a query that has nothing longer.

        Touching and overlapping matches are one span. A text that equals the query as a whole is one span.
        """
        folded = fold_with_origin(text)
        if self._equals_query(folded.text):
            letters = [i for i, character in enumerate(folded.text) if character.isalnum()]
            return (folded.span(letters[0], letters[-1] + 1),)
        for stage in self._stages:
            found = _merged(_matches(stage, folded))
            if found:
                return found
        return ()

    def _equals_query(self, folded: str) -> bool:
        """Whether the text is the query but for spaces and signs; most texts differ from it in their first letter."""
        first = _LETTER.search(folded) if self._exact else None
        return first is not None and first.group() == self._exact[0] and compact(folded) == self._exact

    def snippet(self, text: str, longest: int = LONGEST_SNIPPET) -> Snippet:
        """Return the stretch of at most `longest` characters that holds most matches, whole sentences where they fit.

        Without a match: the beginning of the text. `longest` must be positive.
        """
        if longest <= 0:
            raise ValueError("片段长度必须为正数")
        spans = self.spans(text)
        start = _best_start(text, spans, longest)
        end = _end(text, start, longest)
        clipped = tuple((max(a, start), min(b, end)) for a, b in spans if a < end and b > start)
        return Snippet(start, end, clipped)


def _matches(words: Sequence[tuple[str, bool]], folded: Folded) -> Iterator[Span]:
    """Yield every occurrence, overlapping ones too; each word comes with whether it is Han."""
    text = folded.text
    for word, han in words:
        at = text.find(word)
        while at >= 0:
            end = at + len(word)
            if han or not (_goes_on(text, at) or _goes_on(text, end)):
                yield folded.span(at, end)
            at = text.find(word, at + 1)


def _goes_on(text: str, at: int) -> bool:
    """Whether a word of letters, or a number, continues across `at`: 5g is neither in 15g nor in 5gx."""
    if not 0 < at < len(text):
        return False
    left, right = text[at - 1], text[at]
    if left.isdigit() or right.isdigit():
        return left.isdigit() and right.isdigit()
    return left.isalpha() and right.isalpha() and not _han(left) and not _han(right)


def _han(word: str) -> bool:
    return HAN_RUNS.match(word) is not None


def _merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


def _best_start(text: str, spans: Sequence[Span], longest: int) -> int:
    """Return the sentence beginning after which most different matched characters fit, then most at all."""
    if not spans or len(text) <= longest:
        return 0
    begins = [0, *(end.end() for end in _SENTENCE_END.finditer(text))]
    best, best_value = 0, (-1, -1)
    at = 0
    for span in spans[:_MOST_CANDIDATES]:
        while at + 1 < len(begins) and begins[at + 1] <= span[0]:
            at += 1
        start = _near(text, begins[at], span, longest)
        inside = [text[a:b] for a, b in spans if a >= start and b <= start + longest]
        value = (len(set("".join(inside))), sum(map(len, inside)))
        if value > best_value:
            best, best_value = start, value
    while best < len(text) and text[best].isspace():
        best += 1
    return best


def _near(text: str, sentence: int, span: Span, longest: int) -> int:
    """Return the sentence's beginning, or a clause or a few characters before the match where the sentence is too long."""
    if span[1] - sentence <= longest:
        return sentence
    clauses = [end.end() for end in _CLAUSE_END.finditer(text, max(sentence, span[1] - longest), span[0])]
    start = clauses[-1] if clauses else max(sentence, span[0] - _LEAD)
    return _whole(text, start)


def _end(text: str, start: int, longest: int) -> int:
    limit = start + longest
    if limit >= len(text):
        return len(text)
    ends = [end.end() for end in _SENTENCE_END.finditer(text, start, limit)]
    if ends and ends[-1] - start >= longest // 2:
        return ends[-1]
    end = _whole(text, limit)
    return end if end > start else limit


def _whole(text: str, at: int) -> int:
    """Move back from the middle of a joined sequence (emoji, combining marks) to its beginning."""
    while 0 < at < len(text) and (_continues(text[at]) or text[at - 1] == _JOINER):
        at -= 1
    return at


def _continues(character: str) -> bool:
    is_skin_tone = "\U0001f3fb" <= character <= "\U0001f3ff"
    return character == _JOINER or is_skin_tone or unicodedata.category(character) in ("Mn", "Me", "Mc")
