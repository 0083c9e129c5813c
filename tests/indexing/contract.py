"""What every search engine must do: subclass EngineContract, give it an engine; a skip's reason is the capability that lacks."""

# ruff: noqa: RUF001 - full-width characters are what is tested

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from kbsearch.indexing.document import NATIONWIDE, IndexDocument, Tombstone
from kbsearch.indexing.faults import RebuildConflict, RebuildIncomplete
from kbsearch.indexing.port import SearchEngine, WriteOutcome
from kbsearch.indexing.query import ANY_LIFECYCLE, Facet, Filters, InstantRange, Lifecycle, SearchQuery, SearchResult, Sort, Tier
from tests.indexing.samples import DAY, NOW, document


class EngineContract:
    """The subclass gives the fixture `engine` (empty, writing) and `expire_snapshots`."""

    def expire_snapshots(self) -> None:
        raise NotImplementedError

    def put(self, engine: SearchEngine, *documents: IndexDocument) -> None:
        outcomes = engine.apply(documents)
        assert set(outcomes.values()) <= {WriteOutcome.APPLIED}
        engine.refresh()

    def ids(self, engine: SearchEngine, text: str = "", **asked: Any) -> list[str]:
        return [hit.document_id for hit in self.ask(engine, text, **asked).hits]

    def ask(self, engine: SearchEngine, text: str = "", **asked: Any) -> SearchResult:
        return engine.search(SearchQuery(**{"text": text, "at": NOW, **asked}))

    # finding

    def test_finds_words_of_every_field(self, engine: SearchEngine) -> None:
        texts: dict[str, Any] = {
            "title": "国际漫游",
            "body": "国际漫游",
            "summary": "国际漫游",
            "script": "国际漫游",
            "keywords": ("国际漫游",),
        }
        self.put(engine, *(document(name, **{name: value}) for name, value in texts.items()), document("other", body="宽带安装"))
        assert {i.split(":")[0] for i in self.ids(engine, "国际漫游怎么收费")} == set(texts)

    def test_text_of_attachments_finds_and_weighs_little(self, engine: SearchEngine) -> None:
        attached = document("attached", title="甲", attachment_text="國際漫游資費與流量" * 50)
        self.put(engine, attached, document("text", body="说明：国际漫游"), document("none", body="宽带"))
        assert self.ids(engine, "国际漫游") == ["text:1", "attached:1"]
        assert self.ids(engine, "国际漫游资费流量") == ["text:1", "attached:1"]
        assert engine.suggest("国际漫游", NOW) == ()

    def test_text_of_attachments_is_part_of_the_digest(self, engine: SearchEngine) -> None:
        bare, attached = document("k"), document("k", sequence=2, attachment_text="漫游")
        self.put(engine, bare)
        self.put(engine, attached)
        assert [stored.digest for stored in engine.iterate()] == [attached.digest]
        assert bare.digest != attached.digest

    @pytest.mark.parametrize("typed", ["電信資費", "电信资费", "电信　资费", "電信资費說明"])
    def test_traditional_and_simplified_find_each_other(self, engine: SearchEngine, typed: str) -> None:
        self.put(engine, document("s", body="电信资费说明"), document("t", body="電信資費說明"), document("x", body="宽带"))
        assert set(self.ids(engine, typed)) == {"s:1", "t:1"}

    def test_width_and_case_do_not_matter(self, engine: SearchEngine) -> None:
        self.put(engine, document("k", body="办理ＶＩＰ５Ｇ业务"))
        assert self.ids(engine, "vip 5g") == ["k:1"]

    def test_partial_coverage_is_found_and_full_coverage_comes_first(self, engine: SearchEngine) -> None:
        self.put(engine, document("part", body="漫游说明文字"), document("full", body="漫游流量说明"), document("none", body="宽带"))
        assert self.ids(engine, "漫游流量") == ["full:1", "part:1"]

    def test_synonyms_find_but_weigh_less(self, engine: SearchEngine) -> None:
        self.put(engine, document("same", body="查询话费方法"), document("synonym", body="查询资费方法"))
        assert self.ids(engine, "话费") == ["same:1", "synonym:1"]

    def test_exact_title_or_keyword_is_a_tier_of_its_own(self, engine: SearchEngine) -> None:
        crowd = [document(f"n{i}", title=f"畅享套餐资费畅享套餐{i}", body="畅享套餐" * 30) for i in range(5)]
        named = document("title", title="暢享 套餐"), document("alias", title="别的", keywords=("畅享套餐",))
        self.put(engine, *crowd, *named)
        hits = self.ask(engine, "畅享套餐").hits
        assert {hit.document_id for hit in hits[:2]} == {"title:1", "alias:1"}
        assert [hit.tier for hit in hits] == [Tier.EXACT] * 2 + [Tier.LEXICAL] * 5
        assert all(hit.score is not None and hit.score < 1000 for hit in hits)

    @pytest.mark.parametrize("typed", ["？！…", "\x00", "\ud800", "🙂", "a" * 5000, "[](){}^|:*\"'\\ AND OR NOT"])
    def test_odd_queries_are_answered(self, engine: SearchEngine, typed: str) -> None:
        self.put(engine, document("k", body="正文"))
        assert self.ids(engine, typed) == []

    def test_odd_texts_are_kept(self, engine: SearchEngine) -> None:
        self.put(
            engine,
            document("k", title="坏\x00字\ud800符", body="\u200d👨‍👩‍👧 漫游" + "x" * 70_000, keywords=("",)),
            document("e", title=""),
        )
        assert self.ids(engine, "漫游") == ["k:1"]
        assert engine.count() == 2

    def test_explain(self, engine: SearchEngine) -> None:
        if not engine.capabilities.explain:
            pytest.skip("capability: explain")
        self.put(engine, document("k", body="漫游"))
        assert self.ask(engine, "漫游", explain=True).hits[0].explain

    # time

    def test_lifecycle_at_an_instant(self, engine: SearchEngine) -> None:
        self.put(
            engine,
            document("k", 1, live_from=NOW - 9 * DAY, live_to=NOW - 2 * DAY),
            document("k", 2, live_from=NOW - 2 * DAY, live_to=NOW + DAY),
            document("k", 3, live_from=NOW + DAY),
            document("k", 4, live_from=None),
            document("k", 5, live_from=NOW, live_to=NOW),
        )
        assert self.ids(engine) == ["k:2"]
        assert self.ids(engine, at=NOW - 2 * DAY) == ["k:2"]
        assert self.ids(engine, at=NOW + DAY) == ["k:3"]
        assert self.ids(engine, at=NOW - 10 * DAY) == []
        for asked, found in (
            ({Lifecycle.PAST}, {1}),
            ({Lifecycle.COMING}, {3}),
            ({Lifecycle.PAST, Lifecycle.COMING}, {1, 3}),
            (ANY_LIFECYCLE, {1, 2, 3}),
        ):
            hits = self.ask(engine, filters=Filters(lifecycle=frozenset(asked))).hits
            assert {hit.number for hit in hits} == found

    def test_hidden_is_found_by_nothing(self, engine: SearchEngine) -> None:
        self.put(engine, document("k", title="秘密", body="秘密", hidden=True))
        result = self.ask(engine, "秘密", filters=Filters(lifecycle=ANY_LIFECYCLE), facets=frozenset(Facet))
        assert (result.hits, result.total, engine.suggest("秘", NOW)) == ((), 0, ())
        assert all(not counts for counts in result.facets.values())
        assert engine.count() == 1

    # filters, facets, order

    def test_filters(self, engine: SearchEngine) -> None:
        self.put(
            engine,
            document("a", category_id="c1", regions=("GD", "BJ"), owner="HQ", scope="全网", updated_at=NOW - DAY),
            document("b", category_id="c2", regions=("BJ",), owner="LOCAL", scope="本地", kind="ANNOUNCEMENT", live_from=NOW - 5 * DAY),
            document("c", category_id="c3", owner="HQ"),
        )
        cases = {
            Filters(category_ids=frozenset({"c1", "c3"})): "ac",
            Filters(category_ids=frozenset()): "",
            Filters(regions=frozenset({"GD"})): "ac",
            Filters(regions=frozenset({"GD"}), include_nationwide=False): "a",
            Filters(kinds=frozenset({"ANNOUNCEMENT"})): "b",
            Filters(owners=frozenset({"HQ"}), scopes=frozenset({"全网"})): "a",
            Filters(updated=InstantRange(NOW, None)): "bc",
            Filters(updated=InstantRange(NOW - DAY, NOW)): "a",
            Filters(effective=InstantRange(None, NOW - DAY)): "b",
        }
        for filters, expected in cases.items():
            assert sorted(i[0] for i in self.ids(engine, filters=filters)) == list(expected), filters

    def test_only_those_it_is_for_find_it(self, engine: SearchEngine) -> None:
        audiences: dict[str, Any] = {
            "everybody": {},
            "nobody": {"audience": ()},
            "here": {"audience": ("org:SECOND_LINE",)},
            "wang": {"audience": ("person:wang", "person:li")},
        }
        self.put(engine, *(document(name, title="割接公告", kind="ANNOUNCEMENT", **given) for name, given in audiences.items()))

        def found(*tokens: str) -> set[str]:
            return {i.split(":")[0] for i in self.ids(engine, "割接", filters=Filters(audience=frozenset(tokens)))}

        assert found() == {"everybody"}
        assert found("person:wang") == {"everybody", "wang"}
        assert found("org:SECOND_LINE", "person:zhao") == {"everybody", "here"}
        assert len(self.ids(engine, "割接")) == len(audiences)
        asked = self.ask(
            engine, "割接", filters=Filters(audience=frozenset({"person:wang"})), facets=frozenset({Facet.KIND, Facet.CATEGORY})
        )
        assert (asked.total, asked.facets[Facet.KIND]) == (2, {"ANNOUNCEMENT": 2})
        assert engine.suggest("割接", NOW, 10, Filters(audience=frozenset({"person:nobody"})))[0].subject_id == "everybody"

    def test_what_hangs_nowhere_is_in_no_category(self, engine: SearchEngine) -> None:
        self.put(engine, document("a", category_id=""), document("b", category_id="C1"))
        asked = self.ask(engine, "", facets=frozenset({Facet.CATEGORY}))
        assert (asked.total, asked.facets[Facet.CATEGORY]) == (2, {"C1": 1})

    def test_facets_count_what_matches(self, engine: SearchEngine) -> None:
        self.put(
            engine,
            document("a", body="漫游", category_id="c1", regions=("GD", "BJ")),
            document("b", body="漫游", category_id="c2", regions=("GD",), owner="HQ"),
            document("c", body="漫游", category_id="c1"),
            document("d", body="宽带", category_id="c1"),
        )
        result = self.ask(engine, "漫游", facets=frozenset(Facet), limit=1)
        assert result.total == 3
        assert result.facets[Facet.CATEGORY] == {"c1": 2, "c2": 1}
        assert result.facets[Facet.REGION] == {"GD": 2, "BJ": 1, NATIONWIDE: 1}
        assert result.facets[Facet.OWNER] == {"LOCAL": 2, "HQ": 1}
        assert result.facets[Facet.KIND] == {"KNOWLEDGE": 3}

    def test_sorts(self, engine: SearchEngine) -> None:
        self.put(engine, *(document(f"k{i}", body="漫游", live_from=NOW - i * DAY, reads=i % 3 * 10 + i) for i in range(1, 6)))
        assert self.ids(engine, "漫游", sort=Sort.NEWEST) == [f"k{i}:1" for i in (1, 2, 3, 4, 5)]
        assert self.ids(engine, sort=Sort.RELEVANCE) == [f"k{i}:1" for i in (1, 2, 3, 4, 5)]
        assert self.ids(engine, "漫游", sort=Sort.MOST_READ) == [f"k{i}:1" for i in (5, 2, 4, 1, 3)]

    # paging

    @pytest.mark.parametrize("sort", list(Sort))
    @pytest.mark.parametrize("text", ["", "漫游"])
    def test_pages_hold_each_hit_once_among_many_ties(self, engine: SearchEngine, sort: Sort, text: str) -> None:
        self.put(engine, *(document(f"k{i}", body="漫游" * (i % 3 + 1)) for i in range(90)))
        seen = self.pages(engine, text, sort)
        assert len(seen) == 90
        assert len(set(seen)) == 90

    def test_a_snapshot_outlives_changes_and_then_says_it_is_gone(self, engine: SearchEngine) -> None:
        self.put(engine, *(document(f"k{i:02}", body="漫游", live_from=NOW - i * DAY - DAY) for i in range(30)))
        asked: dict[str, Any] = {"sort": Sort.NEWEST, "limit": 10}
        first = self.ask(engine, **asked)
        self.put(engine, document("new", body="漫游", live_from=NOW - 12.5 * DAY), document("k15", 1, 2, live_from=NOW + DAY))
        following = {**asked, "after": first.hits[-1].position, "snapshot": first.snapshot}
        pinned = self.ask(engine, **following)
        assert [hit.document_id for hit in pinned.hits] == [f"k{i:02}:1" for i in range(10, 20)]
        assert not pinned.snapshot_gone
        self.expire_snapshots()
        moved = self.ask(engine, **following)
        assert moved.snapshot_gone
        assert [hit.document_id for hit in moved.hits] == ["k10:1", "k11:1", "new:1", *(f"k{i:02}:1" for i in (12, 13, 14, 16, 17, 18, 19))]

    def test_relevance_paging_goes_on_after_score_and_id_when_the_snapshot_is_gone(self, engine: SearchEngine) -> None:
        self.put(engine, *(document(f"k{i}", body="漫游" * (i % 4 + 1)) for i in range(40)))
        self.put(engine, *(document(f"n{i}", body="宽带") for i in range(200)))
        first = self.ask(engine, "漫游", limit=15)
        self.put(engine, document("far", body="宽带"))
        self.expire_snapshots()
        rest = self.ask(engine, "漫游", limit=100, after=first.hits[-1].position, snapshot=first.snapshot)
        assert rest.snapshot_gone
        found = [hit.document_id for hit in (*first.hits, *rest.hits)]
        assert len(found) == 40
        assert set(found) == {f"k{i}:1" for i in range(40)}

    def pages(self, engine: SearchEngine, text: str, sort: Sort) -> list[str]:
        result = self.ask(engine, text, sort=sort, limit=7)
        seen = [hit.document_id for hit in result.hits]
        while result.more:
            result = self.ask(engine, text, sort=sort, limit=7, after=result.hits[-1].position, snapshot=result.snapshot)
            seen += [hit.document_id for hit in result.hits]
        return seen

    # writing

    def test_a_lower_sequence_never_wins(self, engine: SearchEngine) -> None:
        self.put(engine, document("k", sequence=5, body="新文"))
        assert engine.apply([document("k", sequence=4, body="旧文")]) == {"k:1": WriteOutcome.STALE}
        assert engine.apply([document("k", sequence=5, body="新文")]) == {"k:1": WriteOutcome.APPLIED}
        assert engine.apply([Tombstone("k:1", 4)]) == {"k:1": WriteOutcome.STALE}
        engine.refresh()
        assert (self.ids(engine, "新文"), self.ids(engine, "旧")) == (["k:1"], [])

    def test_a_late_write_does_not_resurrect(self, engine: SearchEngine) -> None:
        self.put(engine, document("k", sequence=5))
        engine.apply([Tombstone("k:1", 7), Tombstone("never:1", 3)])
        assert engine.apply([document("k", sequence=6), document("never", sequence=2)]) == {
            "k:1": WriteOutcome.STALE,
            "never:1": WriteOutcome.STALE,
        }
        engine.refresh()
        assert (self.ids(engine), engine.count(), list(engine.iterate())) == ([], 0, [])
        self.put(engine, document("k", sequence=8))
        assert self.ids(engine) == ["k:1"]

    def test_within_a_batch_the_highest_sequence_counts(self, engine: SearchEngine) -> None:
        self.put(
            engine, document("k", sequence=1, body="甲文"), document("k", sequence=3, body="丙文"), document("k", sequence=2, body="乙文")
        )
        assert [v.sequence for v in engine.iterate()] == [3]
        assert self.ids(engine, "丙文") == ["k:1"]

    def test_iterate_gives_id_sequence_and_digest(self, engine: SearchEngine) -> None:
        documents = [document(f"k{i}", sequence=i + 1, body=f"第{i}") for i in range(40)]
        self.put(engine, *documents)
        self.put(engine, replace(documents[0], sequence=99, hidden=True))
        expected = {(d.document_id, d.sequence, d.digest) for d in (*documents[1:], replace(documents[0], sequence=99, hidden=True))}
        assert {tuple(version) for version in engine.iterate()} == expected
        assert len({d.digest for d in documents}) == 40

    def test_empty_batch(self, engine: SearchEngine) -> None:
        assert engine.apply([]) == {}

    # rebuild

    def test_rebuild_replaces_and_keeps_writes_made_meanwhile(self, engine: SearchEngine) -> None:
        self.put(engine, *(document(f"k{i}", sequence=10, body="旧文") for i in range(10)))
        rebuild = engine.begin_rebuild()
        rebuild.add(document(f"k{i}", sequence=10, body="新文") for i in range(5))
        self.put(
            engine,
            document("k1", sequence=20, body="编辑"),
            document("k7", sequence=20, body="编辑"),
            document("fresh", sequence=21, body="编辑"),
        )
        engine.apply([Tombstone("k2:1", 22), Tombstone("k8:1", 22)])
        assert self.ids(engine, "新") == []
        assert rebuild.add(document(f"k{i}", sequence=10, body="新文") for i in range(5, 10)) == 3
        assert rebuild.count() == 9
        assert rebuild.swap(expected=9) == 9
        engine.refresh()
        assert set(self.ids(engine, "编辑")) == {"k1:1", "k7:1", "fresh:1"}
        assert set(self.ids(engine, "新文")) == {f"k{i}:1" for i in (0, 3, 4, 5, 6, 9)}
        assert engine.apply([document("k2", sequence=21)]) == {"k2:1": WriteOutcome.STALE}
        assert engine.freshness().fresh

    def test_rebuild_refuses_to_swap_when_short(self, engine: SearchEngine) -> None:
        self.put(engine, document("old"))
        rebuild = engine.begin_rebuild()
        rebuild.add([document("a")])
        with pytest.raises(RebuildIncomplete, match="未切换"):
            rebuild.swap(expected=2)
        assert self.ids(engine) == ["old:1"]
        rebuild.add([document("b")])
        assert rebuild.swap(expected=2) == 2
        with pytest.raises(RebuildConflict):
            rebuild.add([document("c")])
        rebuild.abandon()
        engine.refresh()
        assert set(self.ids(engine)) == {"a:1", "b:1"}

    def test_an_abandoned_rebuild_leaves_no_trace(self, engine: SearchEngine) -> None:
        self.put(engine, document("old"))
        rebuild = engine.begin_rebuild()
        with pytest.raises(RebuildConflict, match="正在进行"):
            engine.begin_rebuild()
        rebuild.add([document("new")])
        rebuild.abandon()
        rebuild.abandon()
        self.put(engine, document("later"))
        assert set(self.ids(engine)) == {"old:1", "later:1"}
        engine.begin_rebuild().abandon()

    # suggest

    def test_suggest(self, engine: SearchEngine) -> None:
        self.put(
            engine,
            document("a", title="国际漫游资费", reads=5),
            document("b", title="取消国际漫游", reads=90),
            document("c", title="国际长途", reads=9),
            document("d", title="ＶＩＰ專席5G畅享", keywords=("大客户",)),
            document("e", title="国际漫游资费", reads=1),
            document("f", title="国际未来", live_from=NOW + DAY),
        )

        def titles(text: str, limit: int = 10, filters: Filters | None = None) -> list[str]:
            return [suggestion.title for suggestion in engine.suggest(text, NOW, limit, filters)]

        assert titles("国际") == ["国际长途", "国际漫游资费", "取消国际漫游"]
        assert titles("國際漫") == ["国际漫游资费", "取消国际漫游"]
        assert titles("国际漫游资") == ["国际漫游资费"]
        assert titles("国际", limit=1) == ["国际长途"]
        assert titles("vi") == titles("专席") == titles("5g畅") == titles("5") == ["ＶＩＰ專席5G畅享"]
        assert titles("ip") == titles("g") == titles("") == titles("  ，") == titles("\ud800") == []
        assert titles("国际", filters=Filters(category_ids=frozenset({"zz"}))) == []
        alias = engine.suggest("大客", NOW)[0]
        assert (alias.title, alias.matched, alias.spans) == ("ＶＩＰ專席5G畅享", "大客户", ((0, 2),))
        assert engine.suggest("专席5g", NOW)[0].spans == ((3, 7),)
