"""The searchable text of an attachment, bounded in size and time; a broken file gives no text and a note, never an exception."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from dataclasses import dataclass
from typing import BinaryIO

from kbsearch.attachments.kinds import Kind, decoded

MAX_CHARACTERS = 200_000
SECONDS = 20.0
_READ_APART = {Kind.PDF: "pdf", Kind.DOCX: "docx"}
_AT_ONCE = threading.BoundedSemaphore(2)
_UNSTORABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_HAN = "\u3400-\u9fff\uf900-\ufaff"
_LAYOUT_BREAK = re.compile(rf"(?<=[{_HAN}])[ \t]*\n[ \t]*(?=[{_HAN}])")
_SHORTENED = f"只有前 {MAX_CHARACTERS} 个字可以检索到"
_BROKEN = "文件已损坏或结构异常，其中的文字检索不到"
_TOO_SLOW = "文件过于复杂，其中的文字检索不到"
_NO_TEXT = "文件中没有文字（可能是扫描件），检索不到"


@dataclass(frozen=True, slots=True)
class Extracted:
    """`text` is at most MAX_CHARACTERS long and storable; `note` is a Chinese sentence for people, empty when all is well."""

    text: str = ""
    note: str = ""


def text_of(kind: Kind, file: BinaryIO, *, seconds: float = SECONDS) -> Extracted:
    """What can be searched of a file; only text, PDF and DOCX are read. `file` is read from its beginning."""
    file.seek(0)
    if kind.is_text:
        text = decoded(file.read())
        return Extracted(note=_BROKEN) if text is None else _bounded(text)
    if kind not in _READ_APART:
        return Extracted()
    with _AT_ONCE:
        return _read_apart(_READ_APART[kind], file.read(), seconds)


def _read_apart(form: str, content: bytes, seconds: float) -> Extracted:
    """Let a process of its own read it: the libraries meet hostile input, and only a process can be stopped and its memory capped."""
    command = [sys.executable, "-m", "kbsearch.attachments.reading_process", form, str(MAX_CHARACTERS), str(int(seconds))]
    try:
        done = subprocess.run(command, input=content, capture_output=True, timeout=seconds, check=False)  # noqa: S603 - ourselves
    except subprocess.TimeoutExpired:
        return Extracted(note=_TOO_SLOW)
    except OSError:
        return Extracted(note="现在无法读取文件中的文字，检索不到")
    try:
        answer = json.loads(done.stdout)
    except ValueError:  # it crashed, or ran into its limits of time or memory
        return Extracted(note=_TOO_SLOW if done.returncode < 0 else _BROKEN)
    if answer["locked"]:
        return Extracted(note="文件有密码，其中的文字检索不到")
    text = _joined_lines(answer["text"]) if form == "pdf" else answer["text"]
    found = _bounded(text, cut=answer["cut"])
    return found if found.text or found.note else Extracted(note=_BROKEN if answer["broken"] else _NO_TEXT)


def _bounded(text: str, *, cut: bool = False) -> Extracted:
    clean = _UNSTORABLE.sub(" ", text).strip()
    longer = cut or len(clean) > MAX_CHARACTERS
    return Extracted(clean[:MAX_CHARACTERS], _SHORTENED if longer else "")


def _joined_lines(text: str) -> str:
    """A page's lines with the words joined again: a line break between two Han characters is only layout."""
    return _LAYOUT_BREAK.sub("", text)
