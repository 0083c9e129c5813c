"""Lints the shipped lexicon files, naming the line at fault; it does not judge what the words do to a search."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

ANALYZERS = Path(__file__).parents[2] / "analyzers"
FILES = ("dictionary.txt", "synonyms.txt", "stopwords.txt", "asking_words.txt")
HAN_WORD = re.compile(r"[\u4e00-\u9fff]{2,}")
TERM = re.compile(r"[0-9A-Za-z\u4e00-\u9fff]+")
MEANINGFUL = set("不未无没停非")


def entries(name: str) -> list[str]:
    lines = (ANALYZERS / name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if not line.startswith("#")]


def dictionary_words() -> set[str]:
    return {line.split(" ")[0] for line in entries("dictionary.txt")}


def synonym_sides(line: str) -> tuple[list[str], list[str]]:
    """Return (left, right) terms; a two-way group has an empty right side."""
    left, arrow, right = line.partition(" => ")
    return left.split(", "), right.split(", ") if arrow else []


@pytest.mark.parametrize("name", FILES)
def test_file_is_clean_sorted_and_unique(name: str) -> None:
    raw = (ANALYZERS / name).read_bytes()
    text = raw.decode("utf-8")
    assert b"\r" not in raw
    assert not text.startswith("\ufeff")
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    header = [line for line in text.splitlines() if line.startswith("#")]
    assert len(header) >= 2, "purpose and format stand at the top"
    assert text.splitlines()[: len(header)] == header, "comments stand only at the top"
    lines = entries(name)
    assert all(line and line == line.strip() for line in lines)
    assert [later for earlier, later in pairwise(lines) if earlier >= later] == [], "not sorted by code point, or twice"


def test_dictionary_lines_are_han_words_with_an_optional_frequency() -> None:
    lines = entries("dictionary.txt")
    assert len(lines) >= 600
    assert [line for line in lines if not re.fullmatch(HAN_WORD.pattern + r"( [1-9]\d*)?", line)] == []
    assert len(dictionary_words()) == len(lines)


def test_synonym_lines_have_the_promised_format() -> None:
    lines = entries("synonyms.txt")
    assert len(lines) >= 80
    for line in lines:
        left, right = synonym_sides(line)
        assert all(TERM.fullmatch(term) for term in left + right), line
        assert len({term.casefold() for term in left + right}) == len(left + right), line
        assert len(left) == 1 if right else len(left) >= 2, line


def test_a_word_stands_in_one_two_way_group_and_one_left_side() -> None:
    sides = [synonym_sides(line) for line in entries("synonyms.txt")]
    two_way = Counter(term.casefold() for left, right in sides if not right for term in left)
    one_way = Counter(left[0].casefold() for left, right in sides if right)
    assert [term for term, count in two_way.items() if count > 1] == []
    assert [term for term, count in one_way.items() if count > 1] == []
    assert sorted(two_way.keys() & one_way.keys()) == []


def test_short_han_synonyms_are_dictionary_words() -> None:
    terms = {term for line in entries("synonyms.txt") for side in synonym_sides(line) for term in side}
    missing = {term for term in terms if HAN_WORD.fullmatch(term) and len(term) <= 6} - dictionary_words()
    assert missing == set()


def test_left_out_words_do_not_carry_meaning() -> None:
    stop, asking = set(entries("stopwords.txt")), set(entries("asking_words.txt"))
    assert min(len(stop), len(asking)) >= 50
    assert stop & asking == set()
    assert (stop | asking) & dictionary_words() == set()
    assert stop & MEANINGFUL == set()
    assert {"什么", "哪个", "怎么办", "多少", "如何", "请问", "吗", "呢"} <= asking
