"""Cuts folded text into words: Han runs by jieba's algorithm, the rest by script; drops and scores nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from importlib.metadata import version

import rjieba

_HAN = r"\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_OTHER = rf"[^\W_{_HAN}]"
_SCRIPT_WORD = rf"{_OTHER}+(?:[._\-+#&%@/]{_OTHER}+)*[+#%]*"
RUNS = re.compile(rf"([{_HAN}]+)|{_SCRIPT_WORD}")
"""Group 1: a run of Han characters; otherwise a word of another script with its inner punctuation (5g, 139.com, 50%)."""
HAN_RUNS = re.compile(rf"[{_HAN}]+")
HAN_PAIRS = re.compile(rf"(?=([{_HAN}]{{2}}))")
HAN_CHARACTERS = re.compile(rf"[{_HAN}]")
SCRIPT_WORDS = re.compile(_SCRIPT_WORD)

_PARTS = re.compile(r"[0-9]+|[^\W\d_]+")
_SHORTEST_PART = 2


class Segmenter:
    """jieba in Rust with a dictionary of its own, behind a splitter: rjieba and jieba only agree on pure Han runs."""

    def __init__(self, words: Mapping[str, int | None]) -> None:
        """Add `words` (word → frequency, None: high enough to stay whole) to the standard dictionary."""
        self._jieba = rjieba.Jieba()
        for word, frequency in words.items():
            self._jieba.add_word(word, frequency, None)

    @property
    def name(self) -> str:
        """What cuts, for the fingerprint of an index."""
        return f"rjieba-{version('rjieba')}"

    def words(self, folded: str) -> list[str]:
        """Return the words for search, in no order: long words together with those inside them, other scripts whole and in parts."""
        return self.han_words(folded) + script_words(folded)

    def han_words(self, folded: str) -> list[str]:
        """Return the Han words alone, for search."""
        runs = HAN_RUNS.findall(folded)
        found: list[str] = self._jieba.cut_for_search("\n".join(runs)) if runs else []
        if len(runs) > 1:  # one call for all runs: a line break parts them for jieba, and comes back as a token of its own
            return [word for word in found if word != "\n"]
        return found

    def pieces(self, folded: str) -> Iterator[tuple[str, bool]]:
        """Yield the disjoint words in order, with whether each is Han."""
        for run in RUNS.finditer(folded):
            han = run.group(1)
            if han is None:
                yield run.group(), False
            else:
                for word in self._jieba.cut(han):
                    yield word, True


def script_words(folded: str) -> list[str]:
    """Return words of letters and digits whole, and the parts of them that stand on their own (iphone15 → iphone, 15)."""
    found: list[str] = SCRIPT_WORDS.findall(folded)
    for word in tuple(found):
        if not (word.isdigit() or word.isalpha()):
            parts = _PARTS.findall(word)
            found.extend(part for part in parts if len(part) >= _SHORTEST_PART)
    return found
