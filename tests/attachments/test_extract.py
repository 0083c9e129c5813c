"""The text of real files, and what hostile ones come to: a note in bounded time, never an exception."""

from __future__ import annotations

import io
import time

import pytest

from kbsearch.attachments.extract import MAX_CHARACTERS, Extracted, text_of
from kbsearch.attachments.kinds import Kind

from . import samples


def _read(kind: Kind, content: bytes) -> Extracted:
    return text_of(kind, io.BytesIO(content))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("kind", [Kind.TXT, Kind.CSV, Kind.MD])
def test_plain_text_in_either_encoding(kind: Kind, encoding: str) -> None:
    assert _read(kind, "国际漫游，资费说明\n第二行".encode(encoding)) == Extracted("国际漫游，资费说明\n第二行")


def test_pdf() -> None:
    assert _read(Kind.PDF, samples.pdf("国际漫游资费", "5G roaming", "每日三元")) == Extracted("国际漫游资费\n5G roaming\n每日三元")


def test_pdf_lines_are_layout_between_chinese_characters() -> None:
    assert _read(Kind.PDF, samples.pdf("本页说明国际漫", "游资费")).text == "本页说明国际漫游资费"


def test_docx_with_tables() -> None:
    found = _read(Kind.DOCX, samples.docx("国际漫游资费", "第二段", cells=("地区", "每日三元")))
    assert found.note == ""
    assert [line for line in found.text.split("\n") if line] == ["国际漫游资费", "第二段", "地区", "每日三元"]


@pytest.mark.parametrize("kind", [Kind.PNG, Kind.JPG, Kind.GIF, Kind.XLSX, Kind.PPTX])
def test_other_kinds_have_no_text(kind: Kind) -> None:
    assert _read(kind, samples.PNG) == Extracted()


def test_what_a_database_cannot_keep_is_left_out() -> None:
    assert _read(Kind.TXT, "甲\x01乙\x1b丙\uffff".encode()).text == "甲 乙 丙"


def test_text_is_bounded() -> None:
    found = _read(Kind.TXT, ("资" * (MAX_CHARACTERS + 1)).encode())
    assert len(found.text) == MAX_CHARACTERS
    assert "只有前" in found.note


def test_docx_text_is_bounded() -> None:
    found = _read(Kind.DOCX, samples.docx("资费" * MAX_CHARACTERS))
    assert MAX_CHARACTERS - 10 < len(found.text) <= MAX_CHARACTERS
    assert "只有前" in found.note


BROKEN = [
    (Kind.PDF, b"%PDF-1.7\n", "损坏"),
    (Kind.PDF, samples.pdf("资费")[:300], "损坏"),
    (Kind.PDF, b"%PDF-1.7\n" + bytes(range(256)) * 40, "损坏"),
    (Kind.DOCX, samples.office("word/document.xml"), "损坏"),
    (Kind.DOCX, b"PK\x03\x04 nothing", "损坏"),
    (Kind.DOCX, samples.entity_bomb(), "损坏"),
    (Kind.PDF, samples.locked_pdf("资费"), "密码"),
    (Kind.PDF, samples.pdf(), "没有文字"),
    (Kind.TXT, b"\0", "损坏"),
]


@pytest.mark.parametrize(("kind", "content", "note"), BROKEN, ids=range(len(BROKEN)))
def test_broken_files_give_a_note(kind: Kind, content: bytes, note: str) -> None:
    found = _read(kind, content)
    assert found.text == ""
    assert note in found.note


def test_a_pdf_that_unpacks_to_too_much_is_given_up() -> None:
    bomb = samples.pdf_bomb()
    assert len(bomb) < 2_000_000
    began = time.monotonic()
    found = text_of(Kind.PDF, io.BytesIO(bomb), seconds=3)
    assert time.monotonic() - began < 6
    assert found.text == ""
    assert found.note


def test_time_is_bounded() -> None:
    slow = samples.pdf(*["资费说明" * 20] * 60_000)
    began = time.monotonic()
    found = text_of(Kind.PDF, io.BytesIO(slow), seconds=1)
    assert time.monotonic() - began < 4
    assert "过于复杂" in found.note
