"""What may be attached: bytes and name must agree; what could run or unpack endlessly is refused, whatever it calls itself."""

from __future__ import annotations

import io

import pytest

from kbsearch.attachments.kinds import MAX_NAME, BadFile, Kind, recognise, tidy_name

from . import samples

GOOD = {
    "说明.txt": ("资费".encode(), Kind.TXT),
    "旧.txt": ("资费说明".encode("gb18030"), Kind.TXT),
    "bom.csv": ("\ufeff名称,资费".encode(), Kind.CSV),
    "读我.md": ("# 标题 <b>".encode(), Kind.MD),
    "a.pdf": (samples.pdf("资费"), Kind.PDF),
    "A.PDF": (samples.pdf("资费"), Kind.PDF),
    "b.docx": (samples.docx("资费"), Kind.DOCX),
    "c.xlsx": (samples.office("xl/workbook.xml"), Kind.XLSX),
    "d.pptx": (samples.office("ppt/presentation.xml"), Kind.PPTX),
    "e.png": (samples.PNG, Kind.PNG),
    "f.jpg": (samples.JPG, Kind.JPG),
    "f.jpeg": (samples.JPG, Kind.JPG),
    "g.gif": (samples.GIF, Kind.GIF),
}


@pytest.mark.parametrize("name", GOOD)
def test_allowed_kinds(name: str) -> None:
    content, kind = GOOD[name]
    file = io.BytesIO(content)
    assert recognise(name, file) is kind
    assert file.tell() == 0


TYPE, MISMATCH = "FILE_TYPE_NOT_ALLOWED", "FILE_TYPE_MISMATCH"
EXECUTABLE = b"MZ\x90\0" + b"\0" * 60
BAD = [
    ("program.exe", EXECUTABLE, TYPE),
    ("program.pdf", EXECUTABLE, MISMATCH),
    ("program.txt", EXECUTABLE, MISMATCH),
    ("elf.docx", b"\x7fELF" + b"\0" * 60, MISMATCH),
    ("page.html", b"<html></html>", TYPE),
    ("page.txt", b"<!DOCTYPE html><script>1</script>", TYPE),
    ("page.md", b"\xef\xbb\xbf  \n<HTML>", TYPE),
    ("picture.svg", b"<svg/>", TYPE),
    ("picture.csv", b'<?xml version="1.0"?><svg/>', TYPE),
    ("picture.png", b"<svg/>", MISMATCH),
    ("run.sh", b"#!/bin/sh", TYPE),
    ("run.txt", b"#!/bin/sh", TYPE),
    ("archive.zip", samples.archive({"a": "b"}), TYPE),
    ("archive.docx", samples.archive({"a": "b"}), MISMATCH),
    ("half.docx", samples.docx("资费")[:200], MISMATCH),
    ("sheet.docx", samples.office("xl/workbook.xml"), MISMATCH),
    ("image.jpg", samples.PNG, MISMATCH),
    ("text.pdf", b"not a PDF", MISMATCH),
    ("late.pdf", b"\n%PDF-1.7", MISMATCH),
    ("old.doc", samples.OLD_OFFICE, TYPE),
    ("locked.docx", samples.OLD_OFFICE, TYPE),
    ("macro.docx", samples.office("word/document.xml", **{"word/vbaProject.bin": b"x"}), TYPE),
    ("control.xlsx", samples.office("xl/workbook.xml", **{"xl/activeX/activeX1.xml": b"x"}), TYPE),
    ("wrapped.docx", EXECUTABLE + samples.docx("资费"), MISMATCH),
    ("binary.txt", b"\xff\xfe\xff\xff", MISMATCH),
    ("nul.txt", b"text\0", MISMATCH),
    ("many.docx", samples.office("word/document.xml", **{f"p{n}": b"" for n in range(5_001)}), "FILE_UNPACKS_TOO_LARGE"),
    ("empty.txt", b"", "EMPTY_FILE"),
    ("noextension", b"x", TYPE),
    (".pdf", b"%PDF-", TYPE),
    ("double.pdf.exe", b"%PDF-", TYPE),
]


@pytest.mark.parametrize(("name", "content", "code"), BAD, ids=[name for name, _, _ in BAD])
def test_refused_kinds(name: str, content: bytes, code: str) -> None:
    with pytest.raises(BadFile, match=r"请|接受") as refusal:
        recognise(name, io.BytesIO(content))
    assert refusal.value.code == code


def test_an_archive_that_unpacks_to_too_much_is_refused_unopened() -> None:
    bomb = samples.docx_bomb()
    assert len(bomb) < 1 << 20
    with pytest.raises(BadFile) as refusal:
        recognise("bomb.docx", io.BytesIO(bomb))
    assert refusal.value.code == "FILE_UNPACKS_TOO_LARGE"


@pytest.mark.parametrize(
    "name", ["", "   ", "a/b.pdf", "..\\b.pdf", "a\0.pdf", "a\n.pdf", "a\u202efdp.exe", "a\ud800.pdf", "a:b.pdf", "x" * MAX_NAME + ".pdf"]
)
def test_refused_names(name: str) -> None:
    with pytest.raises(BadFile) as refusal:
        tidy_name(name)
    assert refusal.value.code == "BAD_FILE_NAME"


def test_names_are_tidied() -> None:
    assert tidy_name("  资费 (1).pdf ") == "资费 (1).pdf"
    assert tidy_name("e\u0301.txt") == "é.txt"
