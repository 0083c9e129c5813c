"""Which files may be attached: judged by their first bytes and inner parts together with the name, never by what is declared."""

from __future__ import annotations

import unicodedata
import zipfile
from dataclasses import dataclass
from enum import Enum
from typing import BinaryIO

MAX_NAME = 120
_HEAD = 1024
_MEBIBYTE = 1 << 20
MAX_UNPACKED = 200 * _MEBIBYTE
"""What the parts of an office file may unpack to, as its directory tells it."""
MAX_PARTS = 5_000
_ZIP = (b"PK\x03\x04",)
_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MARKUP = (b"<!doctype", b"<html", b"<svg", b"<?xml", b"<script", b"<head", b"<body", b"<?php", b"#!")
_MACROS = ("vbaproject.bin", "activex", "oleobject")


class BadFile(Exception):  # noqa: N818 - a refusal with its Chinese sentence
    """The file may not be attached; `code` is a stable name."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class _Form:
    media_type: str
    extensions: tuple[str, ...]
    magic: tuple[bytes, ...] = ()
    part: str = ""


_OFFICE = "application/vnd.openxmlformats-officedocument."


class Kind(Enum):
    """An allowed kind of file: what it begins with, and which part an office archive holds. Those without magic are plain text."""

    TXT = _Form("text/plain", ("txt",))
    CSV = _Form("text/csv", ("csv",))
    MD = _Form("text/markdown", ("md",))
    PDF = _Form("application/pdf", ("pdf",), (b"%PDF-",))
    DOCX = _Form(f"{_OFFICE}wordprocessingml.document", ("docx",), _ZIP, "word/document.xml")
    XLSX = _Form(f"{_OFFICE}spreadsheetml.sheet", ("xlsx",), _ZIP, "xl/workbook.xml")
    PPTX = _Form(f"{_OFFICE}presentationml.presentation", ("pptx",), _ZIP, "ppt/presentation.xml")
    PNG = _Form("image/png", ("png",), (b"\x89PNG\r\n\x1a\n",))
    JPG = _Form("image/jpeg", ("jpg", "jpeg"), (b"\xff\xd8\xff",))
    GIF = _Form("image/gif", ("gif",), (b"GIF87a", b"GIF89a"))

    @property
    def media_type(self) -> str:
        """What it is served as."""
        return self.value.media_type

    @property
    def extension(self) -> str:
        """The usual one, without the dot."""
        return str(self.value.extensions[0])

    @property
    def is_text(self) -> bool:
        """Whether it is plain text."""
        return not self.value.magic


_BY_EXTENSION = {extension: kind for kind in Kind for extension in kind.value.extensions}
ALLOWED = "、".join(_BY_EXTENSION)


def tidy_name(name: str) -> str:
    """A file name fit to be shown and downloaded. Raises BadFile: empty, too long, with a path or invisible characters in it."""
    tidied = unicodedata.normalize("NFC", name).strip()
    if not tidied:
        raise BadFile("BAD_FILE_NAME", "请给出文件名，如 ?name=资费说明.pdf")
    if len(tidied) > MAX_NAME:
        raise BadFile("BAD_FILE_NAME", f"文件名最长 {MAX_NAME} 个字，请改短")
    # Control and format characters hide what a name is (a right-to-left override turns fdp.exe round).
    if any(c in '/\\:*?"<>|\ufffd' or unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for c in tidied):
        raise BadFile("BAD_FILE_NAME", '文件名里不能有 / \\ : * ? " < > | 和不可见的字符，请改名')
    return tidied


def kind_of_name(name: str) -> Kind:
    """What a tidied name says it is. Raises BadFile when that is not allowed."""
    stem, dot, extension = name.rpartition(".")
    kind = _BY_EXTENSION.get(extension.lower()) if dot and stem else None
    if kind is None:
        raise BadFile("FILE_TYPE_NOT_ALLOWED", f"不接受这种文件；可以带的附件：{ALLOWED}")
    return kind


def recognise(name: str, file: BinaryIO) -> Kind:
    """What a file is, name and bytes agreeing; `name` is tidied, `file` seekable and left at its beginning.

    Raises BadFile for everything not allowed: executables, HTML, SVG, archives, office files of the old kind, with macros or
    unpacking to too much, bytes that are not what the name says.
    """
    kind = kind_of_name(name)
    file.seek(0)
    head = file.read(_HEAD)
    file.seek(0)
    if not head:
        raise BadFile("EMPTY_FILE", "文件是空的，请重新选择")
    if head.startswith(_OLD_OFFICE):
        raise BadFile("FILE_TYPE_NOT_ALLOWED", "这是旧版 Office 文件或有密码的文件；请去掉密码，另存为 docx、xlsx、pptx 或 PDF 后再传")
    if kind.is_text:
        _require_plain(head, file)
    elif not head.startswith(kind.value.magic):
        raise _disagreement(name)
    elif kind.value.part:
        _require_office(kind, file)
    return kind


def kind_of_bytes(file: BinaryIO) -> Kind:
    """What a file without a trustworthy name is. Raises BadFile as `recognise` does."""
    problem = BadFile("FILE_TYPE_NOT_ALLOWED", f"不接受这种文件；可以带的附件：{ALLOWED}")
    for kind in sorted(Kind, key=lambda kind: kind.is_text):  # nearly anything could be taken for text
        try:
            return recognise(f"x.{kind.extension}", file)
        except BadFile as refusal:
            problem = refusal if refusal.code != "FILE_TYPE_MISMATCH" else problem
    raise problem


def decoded(content: bytes) -> str | None:
    """Plain text as UTF-8 or GB18030, None when it is neither or holds a NUL."""
    if b"\0" in content:
        return None
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def _disagreement(name: str) -> BadFile:
    extension = name.rpartition(".")[2].lower()
    return BadFile("FILE_TYPE_MISMATCH", f"文件内容不是 {extension} 格式，与文件名不符；请以原来的格式重新保存后再传")


def _require_plain(head: bytes, file: BinaryIO) -> None:
    content = file.read()
    file.seek(0)
    if decoded(content) is None:
        raise BadFile("FILE_TYPE_MISMATCH", "文件内容不是 UTF-8 或 GB18030 编码的文本；请以 UTF-8 编码另存为文本后再传")
    if head.removeprefix(b"\xef\xbb\xbf").lstrip().lower().startswith(_MARKUP):
        raise BadFile("FILE_TYPE_NOT_ALLOWED", "文本里是网页、图形或脚本代码，不能作为附件；请改存为 PDF 或纯文本")


def _require_office(kind: Kind, file: BinaryIO) -> None:
    """Look at the archive's directory only; nothing is unpacked before its sizes are known to be sane."""
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise BadFile("FILE_TYPE_MISMATCH", "文件已损坏，或内容与文件名不符；请用 Office 打开并重新保存后再传") from error
    finally:
        file.seek(0)
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
        raise BadFile("FILE_UNPACKS_TOO_LARGE", f"文件解压后超过 {MAX_UNPACKED // _MEBIBYTE} MB 或部件过多，不能接受；请拆分后再传")
    names = {part.filename.lower() for part in parts}
    if kind.value.part not in names or "[content_types].xml" not in names:
        raise BadFile("FILE_TYPE_MISMATCH", "文件内容与文件名不符；请用 Office 重新保存后再传")
    if any(mark in name for name in names for mark in _MACROS):
        raise BadFile("FILE_TYPE_NOT_ALLOWED", "文件里有宏或嵌入的对象，不能作为附件；请去掉它们（嵌入的文件可单独作为附件）后再传")
