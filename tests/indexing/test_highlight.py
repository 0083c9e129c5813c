"""Highlights and snippets: right in the original text, never outside it."""

# ruff: noqa: RUF001 - full-width characters are what is tested

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kbsearch.indexing.highlight import Highlighter
from tests.indexing.samples import chain

_CHAIN = chain()
_QUERIES = ["电信话费", "5G 套餐", "漫游流量怎么收费", "卡", "vip", "資費", "？"]


def marked(query: str, text: str) -> list[str]:
    return [text[start:end] for start, end in Highlighter(_CHAIN, query).spans(text)]


@pytest.mark.parametrize(
    ("query", "text", "expected"),
    [
        ("5g套餐", "办理５Ｇ套餐", ["５Ｇ套餐"]),
        ("电信", "電信業務與电信", ["電信", "电信"]),
        ("電信", "👨‍👩‍👧👍🏽电信", ["电信"]),
        ("套餐", "㎏①套餐ﬁ", ["套餐"]),
        ("kg", "每㎏收费", ["㎏"]),
        ("café", "cafe\u0301好", ["cafe\u0301"]),
        ("漫游流量", "漫游流量，漫游与流量", ["漫游流量", "漫游", "流量"]),
        ("5g", "15g 5gx 5g", ["5g"]),
        ("vip", "vips与VIP1", ["VIP"]),
        ("畅享套餐", "暢享 套餐", ["暢享 套餐"]),
        ("话费", "查询资费", ["资费"]),
        ("卡", "补卡换卡", ["卡", "卡"]),
        ("漫游的", "漫游的说明", ["漫游"]),
        ("漫游", "宽带", []),
        ("？", "真的？", []),
        ("漫游", "", []),
    ],
)
def test_marks(query: str, text: str, expected: list[str]) -> None:
    assert marked(query, text) == expected


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(_QUERIES),
    st.text(
        alphabet=st.one_of(st.sampled_from("電信话费5gＧ套餐漫游流量卡vipＶ，。 \n㎏👨\u200d👩é\u0301資費"), st.characters()), max_size=300
    ),
    st.integers(1, 150),
)
def test_nothing_lies_outside(query: str, text: str, longest: int) -> None:
    marker = Highlighter(_CHAIN, query)
    spans = marker.spans(text)
    assert all(0 <= a < b <= len(text) for a, b in spans)
    assert all(before[1] < after[0] for before, after in pairwise(spans))
    snippet = marker.snippet(text, longest)
    assert 0 <= snippet.start <= snippet.end <= len(text)
    assert snippet.end - snippet.start <= longest
    assert all(snippet.start <= a < b <= snippet.end for a, b in snippet.spans)
    if text.strip():
        assert text[snippet.start : snippet.end]


def test_the_snippet_is_the_sentence_that_answers() -> None:
    text = "本业务说明如下，内容较长。" * 12 + "国际漫游流量按天计费，每天三十元。" + "其他事项请咨询。" * 12
    snippet = Highlighter(_CHAIN, "漫游流量计费").snippet(text)
    shown = text[snippet.start : snippet.end]
    assert shown.startswith("国际漫游流量按天计费，每天三十元。")
    assert len(shown) <= 120
    assert shown.endswith("。")
    assert next(text[a:b] for a, b in snippet.spans) == "漫游流量"


def test_the_snippet_prefers_different_words_to_one_repeated() -> None:
    text = "漫游漫游漫游。" + "无关内容" * 30 + "。漫游流量说明。"
    snippet = Highlighter(_CHAIN, "漫游流量").snippet(text, 20)
    assert text[snippet.start : snippet.end] == "漫游流量说明。"


def test_a_long_sentence_is_entered_near_the_match() -> None:
    text = "前文" * 100 + "漫游" + "后文" * 100
    snippet = Highlighter(_CHAIN, "漫游").snippet(text)
    assert 0 < snippet.spans[0][0] - snippet.start <= 16
    assert snippet.end - snippet.start == 120


def test_emoji_are_not_cut() -> None:
    text = "字" * 117 + "👨‍👩‍👧" + "漫"
    snippet = Highlighter(_CHAIN, "无").snippet(text)
    assert text[snippet.start : snippet.end] == "字" * 117


def test_without_match_the_beginning_is_shown_and_zero_is_refused() -> None:
    marker = Highlighter(_CHAIN, "无此词")
    assert marker.snippet("短文。").end == 3
    with pytest.raises(ValueError, match="正数"):
        marker.snippet("短文", 0)
