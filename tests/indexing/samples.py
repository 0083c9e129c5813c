"""Documents and clocks for the tests of the search core; no randomness of its own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from kbsearch.indexing.analysis import AnalysisChain, Lexicon
from kbsearch.indexing.document import IndexDocument

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
DAY = timedelta(days=1)

LEXICON = Lexicon(
    words={"畅享套餐": None},
    synonyms={"话费": ("资费",)},
    stop_words=frozenset({"的", "了"}),
    asking_words=frozenset({"什么", "是什么", "怎么"}),
)


def chain() -> AnalysisChain:
    return AnalysisChain(LEXICON)


def document(subject_id: str, number: int = 1, sequence: int = 1, **values: Any) -> IndexDocument:
    """A document in force since yesterday unless `values` say otherwise."""
    given = {"title": "无题", "body": "", "category_id": "c1", "updated_at": NOW, "live_from": NOW - DAY, **values}
    return IndexDocument(subject_id, number, sequence, **given)


class Ticker:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds
