"""What changed between two wordings: the fields, and runs that put together give both texts back."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from kbsearch.content import Content
from kbsearch.services.differences import ChangeKind, Run, differences

SAME, REMOVED, ADDED = ChangeKind.SAME, ChangeKind.REMOVED, ChangeKind.ADDED


def test_equal_wordings_differ_in_nothing() -> None:
    assert differences(Content(title="题", regions=("BJ",)), Content(title="题", regions=("BJ",))) == []


def test_each_field_is_told_in_reading_order_and_in_words() -> None:
    moment = datetime(2026, 11, 2, 1, tzinfo=UTC)
    after = Content("题", "文", "摘", "口径", ("甲", "乙"), ("BJ", "GD"), moment, moment, ("f",))
    found = differences(Content(), after)
    assert [(d.field, d.label, d.after) for d in found] == [
        ("title", "标题", "题"),
        ("summary", "摘要", "摘"),
        ("script", "口径", "口径"),
        ("body", "正文", "文"),
        ("keywords", "关键词", "甲、乙"),
        ("regions", "适用省份", "北京、广东"),
        ("effectiveFrom", "生效时间", "2026-11-02 09:00"),
        ("effectiveTo", "失效时间", "2026-11-02 09:00"),
        ("attachments", "附件", "f"),
    ]
    assert found[5].before == "全国"


def test_a_changed_figure_is_shown_within_its_sentence() -> None:
    (body,) = differences(Content(body="每月三十元。不限速。"), Content(body="每月五十元。不限速。"))
    assert body.runs == (Run(SAME, "每月"), Run(REMOVED, "三"), Run(ADDED, "五"), Run(SAME, "十元。不限速。"))


def test_sentences_that_go_or_come_are_whole() -> None:
    (gone,) = differences(Content(body="一。二。三。"), Content(body="一。三。"))
    assert gone.runs == (Run(SAME, "一。"), Run(REMOVED, "二。"), Run(SAME, "三。"))
    (long,) = differences(Content(body="甲" * 1_500), Content(body="乙" * 1_500))
    assert long.runs == (Run(REMOVED, "甲" * 1_500), Run(ADDED, "乙" * 1_500))


TEXTS = st.text(alphabet="每月三十元。！\n", max_size=30)


@given(TEXTS, TEXTS)
def test_runs_give_both_texts_back(before: str, after: str) -> None:
    for found in differences(Content(body=before), Content(body=after)):
        assert "".join(r.text for r in found.runs if r.kind is not ADDED) == before
        assert "".join(r.text for r in found.runs if r.kind is not REMOVED) == after
        assert all(r.text for r in found.runs)
        assert all(one.kind is not other.kind for one, other in zip(found.runs, found.runs[1:], strict=False))
