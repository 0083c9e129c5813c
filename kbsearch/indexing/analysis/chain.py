"""Turns documents and queries into tokens, the same way for every engine; scores nothing and stores nothing."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from kbsearch.indexing.analysis.folding import FOLDING_VERSION, fold
from kbsearch.indexing.analysis.lexicon import Lexicon
from kbsearch.indexing.analysis.segmenter import HAN_CHARACTERS, HAN_PAIRS, RUNS, Segmenter, script_words
from kbsearch.indexing.document import IndexDocument

CHAIN_VERSION = 1
"""Raise it when the same document gives other tokens than before."""

LONGEST_QUERY = 256
"""Characters of a query that are looked at; what a person pastes beyond that adds noise, not meaning."""
_NOT_LETTERS = re.compile(r"[\W_]+")  # whatever str.isalnum denies
_MOST_TERMS = 64
_LONGEST_JOIN = 4
"""Pieces of a query that may make up one synonym or one asking phrase."""

BEGINNING = "^"
"""Token before each title and keyword in the suggest stream: a phrase that starts with it is a prefix."""
BOUNDARY = "|"
"""Token before each Latin word in the suggest stream: Latin words match from their beginning."""

LONGEST_BEGINNING = 4


@dataclass(frozen=True, slots=True)
class AnalysedDocument:
    """Token streams, joined by spaces, for a whitespace tokenizer; `exact` are whole values for an untokenised field."""

    title_words: str
    title_bigrams: str
    title_characters: str
    keyword_words: str
    keyword_bigrams: str
    text_words: str
    text_bigrams: str
    attachment_words: str
    attachment_bigrams: str
    suggest: str
    beginnings: str
    exact: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class QueryTerms:
    """What a query asks for. `exact`: the whole query, to be equal to a title or keyword.

    The others are without asking words, `words` without stop words too.
    """

    exact: str
    words: tuple[str, ...]
    bigrams: tuple[str, ...]
    characters: tuple[str, ...]
    synonyms: tuple[str, ...]

    @property
    def empty(self) -> bool:
        """Whether nothing is left to look for (only punctuation was typed)."""
        return not (self.exact or self.words or self.bigrams)


class AnalysisChain:
    """Folding, segmentation and pairs under one lexicon. Immutable and safe to share between threads."""

    def __init__(self, lexicon: Lexicon | None = None) -> None:
        self.lexicon = lexicon or Lexicon()
        self._segmenter = Segmenter(self.lexicon.segmenter_words())
        self._dropped = self.lexicon.stop_words | self.lexicon.asking_words

    @property
    def fingerprint(self) -> str:
        """16 hex digits: two chains with the same one put the same tokens into an index."""
        made_of = f"{CHAIN_VERSION}/{FOLDING_VERSION}/{self._segmenter.name}/{self.lexicon.index_digest}"
        return hashlib.sha256(made_of.encode()).hexdigest()[:16]

    def document(self, document: IndexDocument) -> AnalysedDocument:
        """Return the token streams of a document; the text fields hold everything a page shows, title and keywords included."""
        names = [name.replace("\n", " ") for name in (document.title, *document.keywords)]
        whole = fold("\n".join((*names, document.summary, document.script, document.body)))  # one call: folding keeps line breaks
        title, *keywords, rest = whole.split("\n", len(names))
        title_words, title_pairs = self._words_and_pairs(title)
        keyword_words, keyword_pairs = self._words_and_pairs("\n".join(keywords)) if keywords else ((), ())
        rest_words, rest_pairs = self._words_and_pairs(rest)
        attached = document.attachment_text
        attached_words, attached_pairs = self._words_and_pairs(fold(attached)) if attached else ((), ())
        return AnalysedDocument(
            title_words=" ".join(title_words),
            title_bigrams=" ".join(title_pairs),
            title_characters=" ".join(han_characters(title)),
            keyword_words=" ".join(keyword_words),
            keyword_bigrams=" ".join(keyword_pairs),
            text_words=" ".join((*title_words, *keyword_words, *rest_words)),
            text_bigrams=" ".join((*title_pairs, *keyword_pairs, *rest_pairs)),
            attachment_words=" ".join(attached_words),
            attachment_bigrams=" ".join(attached_pairs),
            suggest=" ".join(token for value in (title, *keywords) for token in (BEGINNING, *suggest_tokens(value))),
            beginnings=" ".join(start for value in (title, *keywords) for start in beginnings(value)),
            exact=tuple(dict.fromkeys(whole for value in (title, *keywords) if (whole := compact(value)))),
        )

    def query(self, text: str) -> QueryTerms:
        """Return what `text` asks for; only the first LONGEST_QUERY characters and 64 terms of a kind count."""
        folded = fold(text[:LONGEST_QUERY])
        pieces = [word for word, _ in self._segmenter.pieces(folded)]
        kept = self._without_asking(folded, pieces)
        words = [word for stretch in kept for word in self._segmenter.words(stretch)]
        return QueryTerms(
            exact=compact(folded),
            words=_distinct(word for word in words if word not in self._dropped) or _distinct(words),
            bigrams=_distinct(pair for stretch in kept for pair in bigrams(stretch)),
            characters=_distinct(character for stretch in kept for character in han_characters(stretch)),
            synonyms=self._synonyms(pieces),
        )

    def _words_and_pairs(self, folded: str) -> tuple[list[str], list[str]]:
        others = script_words(folded)
        return self._segmenter.han_words(folded) + others, HAN_PAIRS.findall(folded) + others

    def _without_asking(self, folded: str, pieces: list[str]) -> list[str]:
        """Return the stretches of the query between asking words; all of it when nothing would remain.

        Stop words (的) only fall away as words: the pairs across them still tell names apart (measured). An asking phrase may
        span several pieces (是什么, 怎么办), the longest first, but is never a part of a piece.
        """
        stretches: list[str] = []
        at = begin = index = 0
        while index < len(pieces):
            joined = next((n for n in range(_LONGEST_JOIN, 0, -1) if "".join(pieces[index : index + n]) in self.lexicon.asking_words), 0)
            start = folded.index(pieces[index], at)
            for piece in pieces[index : index + max(joined, 1)]:
                at = folded.index(piece, at) + len(piece)
            if joined:
                stretches.append(folded[begin:start])
                begin = at
            index += max(joined, 1)
        stretches.append(folded[begin:])
        kept = [stretch for stretch in stretches if RUNS.search(stretch)]
        return kept or [folded]

    def _synonyms(self, pieces: list[str]) -> tuple[str, ...]:
        """Return words of synonyms that the query does not hold itself; a term may span up to four words of the query."""
        known = self.lexicon.synonyms
        spans = ("".join(pieces[i : i + n]) for i in range(len(pieces)) for n in range(1, _LONGEST_JOIN + 1))
        found = [other for span in spans if span in known for other in known[span]]
        return _distinct(word for other in found for word in self._segmenter.words(other) if word not in pieces)


def bigrams(folded: str) -> list[str]:
    """Return the overlapping pairs of each Han run, and words of other scripts as they are; a lone Han character gives none."""
    return [*HAN_PAIRS.findall(folded), *script_words(folded)]


def han_characters(folded: str) -> list[str]:
    """Return the Han characters one by one."""
    return HAN_CHARACTERS.findall(folded)


def suggest_tokens(folded: str) -> list[str]:
    """Return characters, one token each, a BOUNDARY before each Latin word: phrases over them are what typing continues."""
    tokens: list[str] = []
    for run in RUNS.finditer(folded):
        if run.group(1) is None:
            tokens.append(BOUNDARY)
        tokens.extend(run.group())
    return tokens


def beginnings(folded: str) -> list[str]:
    """Return the first one to four characters of a name, each as a token: short prefixes are then single terms."""
    letters = "".join(token for token in suggest_tokens(folded) if token != BOUNDARY)
    return [letters[:size] for size in range(1, min(len(letters), LONGEST_BEGINNING) + 1)]


def compact(folded: str) -> str:
    """Return the letters, digits and Han characters alone: what exact equality of names compares."""
    return _NOT_LETTERS.sub("", folded)


def _distinct(terms: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(terms))[:_MOST_TERMS]
