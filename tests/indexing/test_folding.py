"""Folding and its way back, by properties over any text and by cases people type."""

# ruff: noqa: RUF001 - full-width characters are what is tested

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kbsearch.indexing.analysis import fold, fold_with_origin

_TEXT = st.text(
    alphabet=st.one_of(
        st.characters(), st.sampled_from("電話費ＶＩＰ５Ｇ㎏①ﬁßİé\u0301ｶﾞ한\u1112\u1161\u11ab👨\u200d👩\ufe0f\u00ad\x00\ud800乾隆皇后於畫")
    ),
    max_size=60,
)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("ＶＩＰ　５Ｇ", "vip 5g"),
        ("電信資費，計畫", "电信资费,计划"),
        ("㎏①½ﬁ", "kg11⁄2fi"),
        ("cafe\u0301 ｶﾞ", "café ガ"),
        ("话\u200b费\ufeff", "话费"),
        ("a\x00b\tc\nd", "a b c\nd"),
        ("\ud800", " "),
        ("", ""),
    ],
)
def test_folds(text: str, folded: str) -> None:
    assert fold(text) == folded
    assert fold_with_origin(text).text == folded


@settings(max_examples=400, deadline=None)
@given(_TEXT)
def test_both_ways_of_folding_agree_and_offsets_lie_inside(text: str) -> None:
    mapped = fold_with_origin(text)
    assert mapped.text == fold(text)
    assert len(mapped.starts) == len(mapped.ends) == len(mapped.text)
    assert all(0 <= start < end <= len(text) for start, end in zip(mapped.starts, mapped.ends, strict=True))
    assert list(mapped.starts) == sorted(mapped.starts)
    assert list(mapped.ends) == sorted(mapped.ends)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="電話費ＶＩＰ５Ｇ套餐，。abc １２", max_size=40), st.text(alphabet="㎏①ﬁ\u200b👩é\u0301", max_size=5))
def test_what_a_span_points_at_folds_to_the_span(plain: str, odd: str) -> None:
    text = odd + plain + odd
    mapped = fold_with_origin(text)
    for at, character in enumerate(mapped.text):
        start, end = mapped.span(at, at + 1)
        assert character in fold(text[start:end])


@settings(max_examples=200, deadline=None)
@given(_TEXT)
def test_width_and_case_fold_once_for_all(text: str) -> None:
    assert fold(fold(text)).casefold() == fold(text).casefold() or not text.isascii()
    assert all(c.isprintable() or c == "\n" for c in fold(text))
