"""Reads a file line by line with bounded memory, gzip or not; knows where it is in the file, not what lines mean."""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from kbsearch.services.importing.options import MAX_LINE_BYTES, ImportFailedError

_BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_KEPT_OF_LONG_LINE = 2_000


@dataclass(frozen=True, slots=True)
class Line:
    """One line with its ending; of a line over the bound only the beginning is kept."""

    number: int
    data: bytes
    too_long: bool = False


class LineReader:
    """Iterates lines; `position` and `size` are bytes of the file as it lies on disk."""

    def __init__(self, raw: IO[bytes], name: str, size: int) -> None:
        self._raw, self.name, self.size = raw, name, size
        packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        self._stream: IO[bytes] = gzip.GzipFile(fileobj=raw) if packed else raw  # type: ignore[assignment]
        self.number = 0

    @property
    def position(self) -> int:
        """How far the file has been read."""
        return min(self._raw.tell(), self.size)

    def __iter__(self) -> Iterator[Line]:
        """All lines; raises ImportFailedError when the file breaks off."""
        while (line := self._next()) is not None:
            yield line

    def _next(self) -> Line | None:
        data = self._readline()
        if not data:
            return None
        self.number += 1
        if self.number == 1:
            data = self._without_mark(data)
        if len(data) <= MAX_LINE_BYTES:
            return Line(self.number, data)
        rest = data
        while rest and not rest.endswith(b"\n"):
            rest = self._readline()
        return Line(self.number, data[:_KEPT_OF_LONG_LINE], too_long=True)

    def _readline(self) -> bytes:
        try:
            return self._stream.readline(MAX_LINE_BYTES + 1)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise ImportFailedError(
                f"{self.name} 的压缩数据在第 {self.number + 1} 行附近损坏或不完整，此前各批已导入。请重新取得文件后原样重跑。"
            ) from error

    def _without_mark(self, data: bytes) -> bytes:
        if data.startswith(_UTF16):
            raise ImportFailedError(f"{self.name} 是 UTF-16 编码，请另存为 UTF-8 后再导入。")
        return data.removeprefix(_BOM)


@contextmanager
def open_lines(path: Path) -> Iterator[LineReader]:
    """Open a file for reading; raise ImportFailedError saying why it cannot be."""
    try:
        raw = path.open("rb")
    except FileNotFoundError as error:
        raise ImportFailedError(f"找不到文件 {path}，请核对路径。") from error
    except IsADirectoryError as error:
        raise ImportFailedError(f"{path} 是文件夹，请指明其中的文件。") from error
    except OSError as error:
        raise ImportFailedError(f"不能读文件 {path}：{error.strerror}。") from error
    with raw:
        yield LineReader(raw, path.name, os.fstat(raw.fileno()).st_size)
