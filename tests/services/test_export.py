"""What goes out comes back the same: export, import into an empty store, equal hashes and ids; hidden text stays."""

from __future__ import annotations

import csv
import gzip
import json
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import select

from kbsearch.clock import wire_time
from kbsearch.errors import RefusalCode, Refused
from kbsearch.services import knowledge
from kbsearch.services.exporting import ExportOptions, ExportResult, export_knowledge
from kbsearch.services.importing import ImportMode, ImportOptions, run_import
from kbsearch.services.people import CONSOLE
from kbsearch.store.tables import ImportedSource, Subject, SubjectVersion
from kbsearch.workflow.regions import PROVINCES
from kbsearch.workflow.states import Scope

from .import_place import NOW, Place, item, open_place

TAKEN_BACK = ImportOptions(ImportMode.STOCK, "elsewhere", create_categories=True)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with open_place(tmp_path) as opened:
        yield opened


def held(place: Place) -> dict[tuple[str, str, int], tuple[str, str | None]]:
    """(source, sourceId, number) → (content hash, category) of every accepted version."""
    with place.store.read() as session:
        rows = session.exec(
            select(ImportedSource, SubjectVersion, Subject).where(
                ImportedSource.subject_id == SubjectVersion.subject_id, SubjectVersion.subject_id == Subject.id
            )
        )
        return {(s.source, s.source_id, v.number): (v.content_hash, k.category_id) for s, v, k in rows}


def there_and_back(place: Place, name: str, *, all_versions: bool = False) -> tuple[ExportResult, Any]:
    target = place.folder / name
    result = export_knowledge(place.store, CONSOLE, target, ExportOptions(all_versions=all_versions))
    with tempfile.TemporaryDirectory() as other, open_place(Path(other)) as empty:
        taken = run_import(empty.store, CONSOLE, target, TAKEN_BACK)
        assert taken.rejected == 0
        return result, held(empty)


ROWS = [
    item(1, keywords=["a|b", "c\\"], regions=["GD", "BJ"], summary="=1+1", script="“您好”,\r\n第二行", categoryId="HQ-12"),
    item(2, effectiveFrom="2026-01-01", effectiveTo="2027-01-01T08:00:00.000001+08:00", changeNote="注"),
    item(3, source="别处", body="正文\r换行\n再换\t"),
]


@pytest.mark.parametrize("name", ["out.jsonl", "out.jsonl.gz", "out.csv", "out.csv.gz"])
def test_the_wording_in_force_comes_back_the_same(place: Place, name: str) -> None:
    place.stock(ROWS)
    result, found = there_and_back(place, name)
    assert (result.items, result.lines, result.hidden) == (3, 3, 0)
    assert found == held(place)
    assert [p.name for p in place.folder.glob("*.part")] == []


@pytest.mark.parametrize("name", ["out.jsonl", "out.csv"])
def test_all_versions_come_back_with_their_numbers(place: Place, name: str) -> None:
    coming = (NOW + timedelta(days=3)).isoformat()
    place.stock([*ROWS, item(1, version=2, body="二", categoryId="HQ-12"), item(1, version=5, body="五", effectiveFrom=coming)])
    result, found = there_and_back(place, name, all_versions=True)
    assert (result.items, result.lines) == (3, 5)
    assert found == held(place)
    only_current, _ = there_and_back(place, "current.jsonl")
    assert only_current.lines == 3


texts = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=30)
lines = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), min_size=1, max_size=30).filter(str.strip)
moments = st.datetimes(datetime(1950, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds are naive by contract
rows = st.fixed_dictionaries(
    {"sourceId": lines, "title": lines, "body": lines},
    optional={
        "summary": texts,
        "script": texts,
        "changeNote": texts,
        "keywords": st.lists(texts, max_size=4),
        "regions": st.lists(st.sampled_from(sorted(PROVINCES)), max_size=4),
        "effectiveFrom": moments.map(wire_time),
        "category": st.sampled_from(["资费套餐/5G套餐", "资费套餐/停\\/复机", "本地口径"]),
    },
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(given_rows=st.lists(rows, min_size=1, max_size=6), name=st.sampled_from(["o.csv", "o.jsonl"]), all_versions=st.booleans())
def test_whatever_was_taken_comes_back_the_same(given_rows: list[dict[str, Any]], name: str, all_versions: bool) -> None:
    with tempfile.TemporaryDirectory() as folder, open_place(Path(folder), now=datetime(2100, 1, 1, tzinfo=UTC)) as place:
        taken = place.stock(given_rows)
        assert taken.imported == len({r["sourceId"].strip() for r in given_rows})
        result, found = there_and_back(place, name, all_versions=all_versions)
        assert result.lines == taken.imported
        assert found == held(place)


def test_an_export_taken_back_into_its_own_store_changes_nothing(place: Place) -> None:
    place.stock(ROWS)
    with place.store.write() as unit:  # as if made here: no source is known
        for row in unit.session.exec(select(ImportedSource)):
            unit.session.delete(row)
    target = place.folder / "own.jsonl"
    export_knowledge(place.store, CONSOLE, target, ExportOptions())
    told = [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()]
    assert {t["source"] for t in told} == {"kbsearch"}
    assert {t["sourceId"] for t in told} == {k.id for k in place.rows(Subject)}
    result = run_import(place.store, CONSOLE, target, TAKEN_BACK)
    assert (result.unchanged, result.imported, result.updated) == (3, 0, 0)
    assert run_import(place.store, CONSOLE, target, TAKEN_BACK).unchanged == 3


def test_category_subtree_and_scope_choose(place: Place) -> None:
    place.stock([item(1, categoryId="HQ-11"), item(2, categoryId="HQ-12"), item(3)])
    target = place.folder / "o.jsonl"

    def titles(options: ExportOptions) -> set[str]:
        export_knowledge(place.store, CONSOLE, target, options)
        return {json.loads(line)["title"] for line in target.read_text(encoding="utf-8").splitlines()}

    assert titles(ExportOptions(category_id="HQ-1")) == {"标题1", "标题2"}
    assert titles(ExportOptions(category_id="HQ-11")) == {"标题1"}
    assert titles(ExportOptions(scope=Scope.LOCAL)) == {"标题3"}
    with pytest.raises(Refused):
        titles(ExportOptions(category_id="LC-9"))


def test_more_items_than_a_page_all_go_out_once(place: Place) -> None:
    place.stock([item(i) for i in range(450)])
    target = place.folder / "o.jsonl.gz"
    assert export_knowledge(place.store, CONSOLE, target, ExportOptions()).lines == 450
    with gzip.open(target, "rt", encoding="utf-8") as packed:
        ids = [json.loads(line)["sourceId"] for line in packed]
    assert len(ids) == len(set(ids)) == 450


def test_suspended_text_does_not_leave_and_is_counted(place: Place) -> None:
    place.stock([item(1, body="秘密"), item(2)])
    hidden = next(v.subject_id for v in place.rows(SubjectVersion) if v.body == "秘密")
    with place.store.write() as unit:
        knowledge.suspend(unit, place.reviewer, hidden, lock_version=1, reason_text="待核实")
    for all_versions in (False, True):
        target = place.folder / "o.jsonl"
        result = export_knowledge(place.store, CONSOLE, target, ExportOptions(all_versions=all_versions))
        assert (result.lines, result.hidden) == (1, 1)
        assert "秘密" not in target.read_text(encoding="utf-8")


def test_cells_are_the_text_as_it_is(place: Place) -> None:
    place.stock([item(1, title="=cmd()", body="-1", keywords=["+", "@x"])])
    target = place.folder / "o.csv"
    export_knowledge(place.store, CONSOLE, target, ExportOptions())
    with target.open(encoding="utf-8-sig", newline="") as stream:
        [row] = csv.DictReader(stream)
    assert (row["title"], row["body"], row["keywords"], row["category"]) == ("=cmd()", "-1", "+|@x", "本地口径")
    assert "version" not in row


def test_only_an_admin_may_and_a_strange_format_or_place_is_refused(place: Place) -> None:
    with pytest.raises(Refused) as refused:
        export_knowledge(place.store, place.reviewer, place.folder / "o.csv", ExportOptions())
    assert refused.value.refusals[0].code is RefusalCode.PERMISSION_DENIED
    with pytest.raises(Refused) as refused:
        export_knowledge(place.store, CONSOLE, place.folder / "o.xlsx", ExportOptions())
    assert refused.value.refusals[0].rule == "BAD_FORMAT"
    with pytest.raises(FileNotFoundError):
        export_knowledge(place.store, CONSOLE, place.folder / "none" / "o.csv", ExportOptions())


def test_a_broken_export_leaves_the_earlier_file(place: Place) -> None:
    place.stock([item(1)])
    target = place.folder / "o.jsonl"
    export_knowledge(place.store, CONSOLE, target, ExportOptions())
    before = target.read_bytes()
    place.stock([item(2)])
    broken = replace(place.store, clock=lambda: (_ for _ in ()).throw(RuntimeError("clock")))
    with pytest.raises(RuntimeError):
        export_knowledge(broken, CONSOLE, target, ExportOptions())
    assert target.read_bytes() == before
    assert list(place.folder.glob(".o.jsonl*")) == []
