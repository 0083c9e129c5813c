"""What files and lines the import takes, and what it says of those it does not."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kbsearch.services.importing import ImportFailedError, parse_mapping, run_import
from kbsearch.services.importing.fields import join_escaped, split_escaped
from kbsearch.services.people import CONSOLE
from kbsearch.store.tables import Category, CategoryOrigin, Subject, SubjectVersion

from .import_place import STOCK, Place, item, open_place, rejections


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with open_place(tmp_path) as opened:
        yield opened


BAD_ROWS: list[tuple[Any, str]] = [
    ('{"sourceId": "x", "title": ', "不是合法的 JSON"),
    ("[1]", "不是 JSON 对象"),
    ("null", "不是 JSON 对象"),
    ("[" * 100_000, "嵌套过深"),
    ('{"sourceId": ' + "9" * 5_000 + ', "title": "t", "body": "b"}', "数字过长"),
    ({"sourceId": "x", "body": "b"}, "缺标题"),
    ({"sourceId": "x", "title": " ", "body": "b"}, "缺标题"),
    ({"sourceId": "x", "title": "t"}, "缺正文"),
    ({"title": "t", "body": "b"}, "缺编号"),
    (item(1, sourceId="x" * 201), "编号最长"),
    (item(1, source="x" * 101), "来源最长"),
    (item(1, title="长" * 201), "标题最长 200 个字"),
    (item(1, body="长" * 200_001), "正文最长"),
    (item(1, title=7), "标题须是文字"),
    (item(1, body="a\0b"), "正文含有 NUL"),
    ('{"sourceId": "x", "title": "t\\ud800", "body": "b"}', "标题含有不成对的代理字符"),
    (item(1, keywords=[1]), "关键词须是文字的列表"),
    (item(1, keywords=["k"] * 3 + [str(i) for i in range(60)]), "关键词最多"),
    (item(1, regions=["ZZ"]), "没有这样的省代码：ZZ"),
    (item(1, scope="ALL"), "范围“ALL”不认识"),
    (item(1, effectiveFrom="明天"), "不是日期时间"),
    (item(1, effectiveFrom="2026-02-30"), "不是日期时间"),
    (item(1, effectiveFrom="0001-01-01"), "不是日期时间"),
    (item(1, effectiveFrom="1026-01-01"), "年份"),
    (item(1, effectiveTo="2026-01-01T00:00:00"), "没有时区"),
    (item(1, effectiveFrom="2027-02-01", effectiveTo="2027-01-01"), "失效时间须晚于生效时间"),
    (item(1, version=0), "版本须是正整数"),
    (item(1, version="x"), "版本须是正整数"),
    (item(1, changeNote="注" * 1_001), "修改说明最长"),
    (item(1, categoryId="LC-9"), "没有这个栏目：LC-9"),
    (item(1, category="没有/这条"), "没有这个栏目：没有/这条"),
    (item(1, categoryId="HQ"), "不能直接挂在根栏目下"),
    (item(1, categoryId="HQ-11", scope="LOCAL"), "本地知识须选本地栏目"),
    (item(1, scope="全网"), "全网知识须选总部栏目"),
    ('{"sourceId": "x", "title": "t", "body": "' + "长" * 700_000 + '"}', "超过 2 MB"),
]


@pytest.mark.parametrize(("row", "reason"), BAD_ROWS, ids=[reason[:12] + str(i) for i, (_, reason) in enumerate(BAD_ROWS)])
def test_a_bad_line_is_rejected_with_its_reason_and_the_others_go_in(place: Place, row: Any, reason: str) -> None:
    result = place.stock([item(8), row, item(9)])
    assert (result.read, result.imported, result.rejected) == (3, 2, 1)
    (line, told), *_ = rejections(result)
    assert line == 2
    assert reason in told
    assert {v.title for v in place.rows(SubjectVersion)} == {"标题8", "标题9"}


def test_the_rejected_file_lies_beside_the_input_and_its_lines_can_be_mended_and_imported(place: Place) -> None:
    result = place.stock([item(1, title=""), item(2), item(1, title="同号")])
    assert result.rejected_file == place.folder / "in.jsonl.rejected.jsonl"
    told = json.loads(result.rejected_file.read_text(encoding="utf-8"))
    assert told == {"line": 1, "reason": "缺标题", "raw": json.dumps(item(1, title=""), ensure_ascii=False)}
    again = place.stock([told["raw"].replace('"title": ""', '"title": "补上"')])
    assert again.updated == 1
    assert again.rejected_file is None


def test_a_source_id_twice_in_a_file_counts_once(place: Place) -> None:
    result = place.stock([item(1), item(1, title="另一个"), item(2), item(1, source="别处")])
    assert (result.imported, result.rejected) == (3, 1)
    assert rejections(result) == [(2, "编号 a-1 在本文件中已出现过，只取第一次")]


def test_blank_lines_and_a_byte_order_mark_mean_nothing(place: Place) -> None:
    path = place.file(["", item(1), "   ", item(2)])
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(item(0)).encode() + b"\n" + path.read_bytes())
    result = run_import(place.store, CONSOLE, path, STOCK)
    assert (result.read, result.imported, result.rejected) == (3, 3, 0)


def test_csv_with_chinese_headers_quotes_and_line_breaks(place: Place) -> None:
    text = '编号,标题,正文,关键词,适用省份,栏目\r\n1,"带,逗号","第一行\r\n第二行""引""",彩信|月包,北京|GD,资费套餐/停\\/复机\r\n'
    path = place.folder / "in.csv"
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    result = run_import(place.store, CONSOLE, path, STOCK)
    assert (result.imported, result.rejected) == (1, 0)
    [version] = place.rows(SubjectVersion)
    assert (version.title, version.body) == ("带,逗号", '第一行\r\n第二行"引"')
    assert (version.keywords, version.regions) == (["彩信", "月包"], ["BJ", "GD"])
    [knowledge] = place.rows(Subject)
    assert (knowledge.category_id, knowledge.scope.value) == ("HQ-12", "NATIONAL")


def test_bad_csv_rows_are_rejected_one_by_one(place: Place) -> None:
    text = (
        b'sourceId,title,body\n1,t1,b1\n2,t2\n3,t3,b3,x\n4,"t4"x,b4\n5,t5,\xd6\xd0\n6,"t\n6",b6\n7,'
        + b"x" * 2_000_001
        + b',b\n8,t8,"open\n'
    )
    path = place.folder / "in.csv"
    path.write_bytes(text)
    result = run_import(place.store, CONSOLE, path, STOCK)
    assert result.imported == 2
    told = dict(rejections(result))
    assert told[3] == "有 2 列，表头有 3 列"
    assert told[4] == "有 4 列，表头有 3 列"
    assert "不是合法的 CSV" in told[5]
    assert "不是 UTF-8 的字节" in told[6]
    assert "超过 2 MB" in told[9]
    assert "不是合法的 CSV" in told[10]
    assert sorted(told) == [3, 4, 5, 6, 9, 10]


def test_a_missing_quote_swallows_no_more_than_the_bound(place: Place) -> None:
    rest = "".join(f"{i},t{i},{'b' * 1000}\n" for i in range(3, 4000))
    path = place.folder / "in.csv"
    path.write_text(f'sourceId,title,body\n1,t1,b1\n2,"t2,b2\n{rest}', encoding="utf-8")
    result = run_import(place.store, CONSOLE, path, STOCK)
    assert (2 + 1) in dict(rejections(result))
    assert result.imported > 1_500


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("in.jsonl", "标题".encode("gbk"), "UTF-8"),
        ("in.jsonl", '{"title": 1}'.encode("utf-16"), "UTF-16"),
        ("in.csv", "标题,正文\n".encode("gbk"), "UTF-8"),
        ("in.csv", b"", "空文件"),
        ("in.csv", b"title,title\n", "不止一次"),
        ("in.csv", b'"title\n', "表头行读不懂"),
        ("in.xlsx", b"PK", "不认识"),
        ("in.jsonl.gz", gzip.compress(b'{"sourceId": "1"}\n' * 1000, mtime=0)[:-20], "损坏"),
        ("in.jsonl.gz", gzip.compress(b"{}", mtime=0)[:4] + b"\xff" * 40, "损坏"),
    ],
    # Names of their own: ids made of the bytes must not differ from one collecting process to the next.
    ids=["gbk", "utf-16", "csv in gbk", "empty", "title twice", "broken header", "excel", "gzip cut off", "gzip garbled"],
)
def test_a_file_that_cannot_be_read_fails_clearly(place: Place, name: str, data: bytes, words: str) -> None:
    path = place.folder / name
    path.write_bytes(data)
    with pytest.raises(ImportFailedError, match=words):
        run_import(place.store, CONSOLE, path, STOCK)


def test_a_missing_file_and_a_folder_fail_clearly(place: Place) -> None:
    with pytest.raises(ImportFailedError, match="找不到文件"):
        run_import(place.store, CONSOLE, place.folder / "none.jsonl", STOCK)
    with pytest.raises(ImportFailedError, match="文件夹"):
        run_import(place.store, CONSOLE, place.folder, STOCK)


def test_what_came_before_the_break_of_a_gzip_stands_and_is_told(place: Place) -> None:
    packed = gzip.compress("".join(json.dumps(item(i, body="x" * (i + 1))) + "\n" for i in range(2_000)).encode())
    path = place.folder / "in.jsonl.gz"
    path.write_bytes(packed[: len(packed) // 2])
    with pytest.raises(ImportFailedError) as failed:
        run_import(place.store, CONSOLE, path, replace(STOCK, batch_lines=50))
    stored = len(place.rows(Subject))
    assert 0 < stored == failed.value.result.imported < 2_000
    path.write_bytes(packed)
    result = run_import(place.store, CONSOLE, path, STOCK)
    assert (result.unchanged, result.imported) == (stored, 2_000 - stored)


def test_a_line_in_another_encoding_amid_the_others_is_rejected_alone(place: Place) -> None:
    path = place.file([item(1), item(2)])
    path.write_bytes(path.read_bytes() + "乱码".encode("gbk") + b"\n" + json.dumps(item(3)).encode())
    result = run_import(place.store, CONSOLE, path, STOCK)
    assert (result.imported, rejections(result)) == (3, [(3, "这一行不是 UTF-8 编码")])


def test_blank_csv_rows_mean_nothing(place: Place) -> None:
    path = place.folder / "in.csv"
    path.write_text("sourceId,title,body\n\n1,t,b\n,,\n", encoding="utf-8")
    result = run_import(place.store, CONSOLE, path, STOCK)
    assert (result.read, result.imported) == (1, 1)


def test_mapping_names_the_columns_to_take(place: Place) -> None:
    mapping = parse_mapping(["title=name", "body = text", "sourceId=id"])
    result = place.stock([{"id": 7, "name": "名", "text": "文", "title": "不取"}], mapping=mapping)
    assert result.imported == 1
    assert place.rows(SubjectVersion)[0].title == "名"
    path = place.folder / "in.csv"
    path.write_text("id,text\n1,b\n", encoding="utf-8")
    with pytest.raises(ImportFailedError, match="表头没有“name”一列"):
        run_import(place.store, CONSOLE, path, replace(STOCK, mapping=mapping))


@pytest.mark.parametrize("pair", ["title", "titel=名", "title="])
def test_a_mapping_that_makes_no_sense_is_refused(pair: str) -> None:
    with pytest.raises(ImportFailedError, match="看不懂对应关系"):
        parse_mapping([pair])


def test_categories_by_id_by_path_by_default_and_made_on_demand(place: Place) -> None:
    rows = [
        item(1, categoryId="HQ-11"),
        item(2, category="资费套餐/5G套餐"),
        item(3),
        item(4, category="HQ-12"),
        item(5, categoryId="别处的", category="资费套餐/5G套餐"),
        item(6, category="本地口径/新枝/新叶"),
        item(7, category="本地口径/新枝/新叶"),
        item(8, category="全新", scope="NATIONAL"),
        item(9, category="/".join("abcdefghijklm")),
    ]
    result = place.stock(rows, create_categories=True)
    assert [line for line, _ in rejections(result)] == [8, 9]
    made = {c.id: c for c in place.rows(Category)}
    places = {k.id: k.category_id or "" for k in place.rows(Subject)}
    found = {v.title: made[places[v.subject_id]] for v in place.rows(SubjectVersion)}
    assert [found[f"标题{i}"].id for i in range(1, 6)] == ["HQ-11", "HQ-11", "LC-1", "HQ-12", "HQ-11"]
    leaf = found["标题6"]
    assert leaf.id == found["标题7"].id
    assert (leaf.name, leaf.origin) == ("新叶", CategoryOrigin.LOCAL)
    assert made[leaf.parent_id or ""].parent_id == "LC-1"


def test_a_line_without_any_category_says_how_to_give_one(place: Place) -> None:
    assert "--category" in rejections(place.stock([item(1)], category_id=None))[0][1]


@pytest.mark.parametrize("parts", [["a"], ["a", "b"], ["停/复机", "x"], ["\\", "/"], ["a\\", "b/"], ["\\/", "/\\"]])
def test_escaped_parts_come_back(parts: list[str]) -> None:
    assert split_escaped(join_escaped(parts, "/"), "/") == parts
    assert split_escaped("C:\\Temp", "/") == ["C:\\Temp"]
