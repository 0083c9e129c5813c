"""The index proposes, the store decides: what people find, and what nobody may."""

# ruff: noqa: RUF001 - full-width letters are what is tested
from __future__ import annotations

from datetime import timedelta

import pytest
from sqlmodel import select

from kbsearch.content import Content
from kbsearch.errors import Refused
from kbsearch.indexing.query import Facet, Filters, Lifecycle, Sort
from kbsearch.services.knowledge import resume, suspend
from kbsearch.services.people import CONSOLE
from kbsearch.store.tables import SearchClick, SearchLog
from tests.search_service.conftest import AGENT, Desk


def test_a_new_wording_is_found_and_the_old_one_no_longer(desk: Desk) -> None:
    desk.publish("K1", Content(title="话费查询", body="发送短信查询话费余额"))
    desk.pass_(days=1)
    desk.publish("K1", Content(title="话费查询", body="拨打热线查询套餐剩余流量"))
    assert desk.found("热线") == [("K1", 2)]
    assert ("K1", 1) not in desk.found("发送短信")


def test_as_of_finds_the_wording_of_that_day(desk: Desk) -> None:
    desk.publish("K1", Content(title="国际漫游", body="日租三十元"))
    then = desk.at
    desk.pass_(days=10)
    desk.publish("K1", Content(title="国际漫游", body="日租二十五元"))
    assert desk.found("日租", as_of=then + timedelta(hours=1)) == [("K1", 1)]
    assert desk.found("日租") == [("K1", 2)]
    with pytest.raises(Refused) as refused:
        desk.search("日租", as_of=desk.at + timedelta(days=1))
    assert refused.value.refusals[0].rule == "AS_OF_AHEAD"


def test_coming_text_is_found_only_when_its_day_has_come(desk: Desk) -> None:
    desk.publish("K1", Content(title="寒假流量包", body="寒假专享", effective_from=desk.at + timedelta(days=3)))
    assert desk.found("寒假") == []
    assert desk.found("寒假", filters=Filters(lifecycle=frozenset({Lifecycle.COMING}))) == [("K1", 1)]
    desk.pass_(days=3)
    assert desk.found("寒假") == [("K1", 1)]


def test_expired_text_falls_out_by_itself(desk: Desk) -> None:
    desk.publish("K1", Content(title="暑期促销", body="买一送一", effective_to=desk.at + timedelta(days=2)))
    assert desk.found("促销") == [("K1", 1)]
    desk.pass_(days=2)
    assert desk.found("促销") == []


def test_suspended_text_is_hidden_at_once_even_before_the_index_knows(desk: Desk) -> None:
    desk.publish("K1", Content(title="宽带报障", body="先查光猫指示灯"))
    with desk.store.write() as unit:
        suspend(unit, CONSOLE, "K1", lock_version=1, reason_text="口径有误")
    page = desk.search("光猫")
    assert page.found == ()
    assert page.results_changed
    desk.drain()
    assert desk.search("光猫").total == 0
    with desk.store.write() as unit:
        resume(unit, CONSOLE, "K1", lock_version=2)
    desk.drain()
    assert desk.found("光猫") == [("K1", 1)]


def test_category_filter_covers_the_subtree_and_facets_count(desk: Desk) -> None:
    desk.publish("K1", Content(title="话费查询", body="甲"), category="LC-1")
    desk.publish("K2", Content(title="话费充值", body="乙", regions=("BJ",)), category="LC-2")
    both = desk.search("话费", category_ids=("LC-1",), facets=frozenset(Facet))
    assert both.total == 2
    assert both.facets[Facet.CATEGORY] == {"LC-1": 1, "LC-2": 1}
    assert desk.found("话费", category_ids=("LC-2",)) == [("K2", 1)]
    assert desk.found("话费", category_ids=("NOPE",)) == []
    assert set(desk.found("话费", filters=Filters(regions=frozenset({"GD"})))) == {("K1", 1)}


def test_pages_join_without_gap_or_repeat_and_stay_on_their_snapshot(desk: Desk) -> None:
    for number in range(25):
        desk.publish(f"K{number:02}", Content(title=f"流量包{number}", body="流量叠加包说明"))
    first = desk.search("流量", first=10)
    desk.publish("NEW", Content(title="流量包新", body="流量叠加包说明"))
    second = desk.search("流量", first=10, after=first.end_cursor)
    third = desk.search("流量", first=10, after=second.end_cursor)
    ids = [f.life.subject.id for page in (first, second, third) for f in page.found]
    assert len(ids) == len(set(ids)) == 25
    assert "NEW" not in ids
    assert not third.has_next


def test_foreign_and_forged_cursors_are_refused(desk: Desk) -> None:
    for number in range(3):
        desk.publish(f"K{number}", Content(title=f"流量{number}", body="流量"))
    cursor = desk.search("流量", first=1).end_cursor
    assert cursor is not None
    for text, after in (("话费", cursor), ("流量", cursor[:-2] + "AA"), ("流量", "垃圾"), ("流量", "x" * 3_000), ("流量", "")):
        with pytest.raises(Refused) as refused:
            desk.search(text, after=after)
        assert refused.value.refusals[0].rule == "BAD_CURSOR"


def test_highlights_are_offsets_into_the_original(desk: Desk) -> None:
    desk.publish("K1", Content(title="ＶＯＬＴＥ通話資費", body="開通VoLTE後，通話資費不變。"))
    hit = desk.search("volte 通话资费").found[0]
    marked = {hit.version.title[a:b] for a, b in hit.title_spans}
    assert any("ＶＯＬＴＥ" in m for m in marked)
    assert hit.snippet is not None
    assert {hit.version.body[a:b] for a, b in hit.snippet.spans} >= {"VoLTE"}


def test_newest_first_and_suggest(desk: Desk) -> None:
    desk.publish("K1", Content(title="话费查询", body="甲"))
    desk.pass_(hours=1)
    desk.publish("K2", Content(title="话费充值", body="乙"))
    assert desk.found(sort=Sort.NEWEST) == [("K2", 1), ("K1", 1)]
    with desk.store.read() as session:
        titles = [s.title for s in desk.searcher.suggest(session, AGENT, "话费", 5, desk.at)]
    assert sorted(titles) == ["话费充值", "话费查询"]


def test_searches_clicks_and_reads_are_written_in_one_flush(desk: Desk) -> None:
    desk.publish("K1", Content(title="话费查询", body="甲"))
    page = desk.search("话费")
    desk.search("没有这种东西吧")
    desk.searcher.log.clicked(page.search_id, "K1", 1, 1, desk.at)
    desk.searcher.log.opened("K1")
    desk.searcher.log.flush()
    with desk.store.read() as session:
        logged = {row.query: row.total for row in session.exec(select(SearchLog))}
        assert logged == {"话费": 1, "没有这种东西吧": 0}
        assert session.exec(select(SearchClick)).one().search_id == page.search_id


def test_an_overlong_query_is_refused_with_what_to_do(desk: Desk) -> None:
    with pytest.raises(Refused) as refused:
        desk.search("长" * 201)
    assert refused.value.refusals[0].rule == "QUERY_TOO_LONG"
