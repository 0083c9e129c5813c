"""The domain lexicon as a value: words, synonyms, stop and asking words, read from plain files; segments nothing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kbsearch.indexing.analysis.folding import fold

DICTIONARY = "dictionary.txt"
SYNONYMS = "synonyms.txt"
STOP_WORDS = "stopwords.txt"
ASKING_WORDS = "asking_words.txt"


class LexiconFault(ValueError):  # noqa: N818 - the name says what happened
    """A line of a lexicon file cannot be read; the message names file, line and remedy."""


@dataclass(frozen=True)
class Lexicon:
    """Everything folded. `words`: word → frequency (None: let the segmenter choose; 0: not a word). `synonyms`: word → others.

    `stop_words` and `asking_words` (什么, 哪个, 怎么办) are left out of queries only, as long as something remains.
    """

    words: Mapping[str, int | None] = field(default_factory=dict)
    synonyms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    stop_words: frozenset[str] = frozenset()
    asking_words: frozenset[str] = frozenset()

    @property
    def index_digest(self) -> str:
        """Hash of what shapes tokens in the index (the words, synonyms being words too): another one means re-tokenise."""
        return _digest(sorted((w, f) for w, f in self.segmenter_words().items()))

    @property
    def digest(self) -> str:
        """Hash of all of it, query-time parts included."""
        return _digest(
            [self.index_digest, sorted((w, list(s)) for w, s in self.synonyms.items()), sorted(self.stop_words), sorted(self.asking_words)]
        )

    def segmenter_words(self) -> dict[str, int | None]:
        """Words the segmenter must know: the dictionary and every synonym term, so that a synonym is one token on both sides."""
        known: dict[str, int | None] = {}
        for word, others in self.synonyms.items():
            known.update(dict.fromkeys((word, *others)))
        known.update(self.words)
        return known


def load_lexicon(folder: Path) -> Lexicon:
    """Read the four files of `folder` (UTF-8, one entry a line, `#` comments); a missing file is an empty one.

    Dictionary lines are `词` or `词 频次`; synonym lines `a, b, c` (each for each) or `a, b => c, d` (the left finds the right too).
    Raises LexiconFault.
    """
    return Lexicon(
        words=dict(_dictionary(folder / DICTIONARY)),
        synonyms=_synonyms(folder / SYNONYMS),
        stop_words=frozenset(fold(entry) for _, entry in _entries(folder / STOP_WORDS)),
        asking_words=frozenset(fold(entry) for _, entry in _entries(folder / ASKING_WORDS)),
    )


def _entries(path: Path) -> Iterator[tuple[int, str]]:
    if not path.exists():
        return
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as fault:
        raise LexiconFault(f"词典文件 {path.name} 不是 UTF-8 编码，请转码后重试") from fault
    for number, line in enumerate(lines, 1):
        entry = line.split("#", 1)[0].strip()
        if entry:
            yield number, entry


def _dictionary(path: Path) -> Iterator[tuple[str, int | None]]:
    for number, entry in _entries(path):
        word, *rest = entry.split()
        if len(rest) > 1 or (rest and not rest[0].isdecimal()):
            raise LexiconFault(f"{path.name} 第 {number} 行应为“词”或“词 频次”（频次为非负整数）：{entry}")
        yield fold(word), int(rest[0]) if rest else None


def _synonyms(path: Path) -> dict[str, tuple[str, ...]]:
    groups: dict[str, dict[str, None]] = {}
    for number, entry in _entries(path):
        left, arrow, right = entry.partition("=>")
        sources, targets = _terms(left), _terms(right) if arrow else _terms(left)
        if not sources or not targets or len({*sources, *targets}) == 1:
            raise LexiconFault(f"{path.name} 第 {number} 行应为“a, b, c”或“a => b”，且至少两个不同的词：{entry}")
        for source in sources:
            groups.setdefault(source, {}).update(dict.fromkeys(t for t in targets if t != source))
    return {word: tuple(others) for word, others in groups.items() if others}


def _terms(side: str) -> list[str]:
    return [term for raw in side.replace("，", ",").split(",") if (term := fold(raw).strip())]


def _digest(value: Iterable[object]) -> str:
    return hashlib.sha256(json.dumps(value, ensure_ascii=True).encode()).hexdigest()[:16]
