"""Turns lines into rows of named values, JSONL or CSV; a row it cannot make is a problem in Chinese, not an exception."""

from __future__ import annotations

import csv
import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kbsearch.services.importing.lines import Line, LineReader
from kbsearch.services.importing.options import MAX_LINE_BYTES, ImportFailedError

_TOO_LONG = f"这一行超过 {MAX_LINE_BYTES // 1_000_000} MB，请拆分或删减"


@dataclass(frozen=True, slots=True)
class Row:
    """What one line says, or what is wrong with it; `raw` is the line as it stands in the file."""

    number: int
    raw: str
    values: dict[str, Any] | None = None
    problem: str | None = None


def rows_of(reader: LineReader, path: Path, needed: Collection[str] = ()) -> Iterator[Row]:
    """Rows by what the file name says: .jsonl, .ndjson or .csv, each also with .gz; `needed` are columns a CSV must have."""
    name = path.name.lower().removesuffix(".gz")
    if name.endswith((".jsonl", ".ndjson")):
        return _json_rows(reader)
    if name.endswith(".csv"):
        return _csv_rows(reader, needed)
    raise ImportFailedError(f"不认识 {path.name} 的格式，请用 .jsonl、.jsonl.gz 或 .csv 文件。")


def _shown(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace").rstrip("\r\n")


def _not_utf8(reader: LineReader, line: Line) -> ImportFailedError:
    return ImportFailedError(f"{reader.name} 第 {line.number} 行就不是 UTF-8 编码（可能是 GBK），请另存为 UTF-8 后再导入。")


def _json_rows(reader: LineReader) -> Iterator[Row]:
    decoded = False
    for line in reader:
        if line.too_long:
            yield Row(line.number, _shown(line.data), problem=_TOO_LONG)
            continue
        try:
            text = line.data.decode()
        except UnicodeDecodeError as error:
            if not decoded:
                raise _not_utf8(reader, line) from error
            yield Row(line.number, _shown(line.data), problem="这一行不是 UTF-8 编码")
            continue
        decoded = True
        if text.strip():
            yield _json_row(line.number, text.rstrip("\r\n"))


def _json_row(number: int, text: str) -> Row:
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        why = f"第 {error.colno} 列" if isinstance(error, json.JSONDecodeError) else "数字过长或嵌套过深"
        return Row(number, text, problem=f"不是合法的 JSON（{why}）")
    if not isinstance(values, dict):
        return Row(number, text, problem="这一行不是 JSON 对象")
    return Row(number, text, values)


class _RowTooLongError(Exception):
    """A quoted field runs on beyond the bound: most likely its closing quote is missing."""


class _CsvLines:
    """Feeds the csv reader and remembers which lines the present row is made of."""

    def __init__(self, reader: LineReader) -> None:
        self.reader, self._lines = reader, iter(reader)
        self.begin()

    def begin(self) -> None:
        self.first, self.bytes, self.taken = self.reader.number + 1, 0, []

    taken: list[bytes]

    def __iter__(self) -> _CsvLines:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.taken.append(line.data)
        self.bytes += len(line.data)
        if line.too_long or self.bytes > MAX_LINE_BYTES:
            self.taken = [b"".join(self.taken)[:2_000]]
            raise _RowTooLongError
        # Bytes that are no UTF-8 become lone surrogates, which the field check then refuses row by row.
        return line.data.decode("utf-8", "surrogateescape")

    @property
    def raw(self) -> str:
        return _shown(b"".join(self.taken))


def _header(lines: _CsvLines, rows: Iterator[list[str]], needed: Collection[str]) -> list[str]:
    name = lines.reader.name
    try:
        header = [h.strip() for h in next(rows)]
    except StopIteration as error:
        raise ImportFailedError(f"{name} 是空文件，CSV 须有表头行。") from error
    except (csv.Error, _RowTooLongError) as error:
        raise ImportFailedError(f"{name} 的表头行读不懂，请核对引号与逗号。") from error
    if any("\udc80" <= c <= "\udcff" for h in header for c in h):
        raise _not_utf8(lines.reader, Line(1, b""))
    repeated = sorted({h for h in header if header.count(h) > 1})
    if repeated:
        raise ImportFailedError(f"{name} 的表头中“{repeated[0]}”出现了不止一次，请改名。")
    missing = [n for n in needed if n not in header]
    if missing:
        raise ImportFailedError(f"{name} 的表头没有“{missing[0]}”一列，请核对 --map。表头为：{'、'.join(header)}。")
    return header


def _csv_rows(reader: LineReader, needed: Collection[str]) -> Iterator[Row]:
    csv.field_size_limit(MAX_LINE_BYTES)  # the library's default is below our longest body
    lines = _CsvLines(reader)
    parsed = csv.reader(lines, strict=True)
    header = _header(lines, parsed, needed)
    while True:
        lines.begin()
        try:
            cells = next(parsed)
        except StopIteration:
            return
        except _RowTooLongError:
            yield Row(lines.first, lines.raw, problem=_TOO_LONG + "；若不该有这么长，多半是少了一个引号")
            continue
        except csv.Error:
            yield Row(lines.first, lines.raw, problem="不是合法的 CSV，请核对引号")
            continue
        if not any(c.strip() for c in cells):
            continue
        if len(cells) != len(header):
            yield Row(lines.first, lines.raw, problem=f"有 {len(cells)} 列，表头有 {len(header)} 列")
            continue
        yield Row(lines.first, lines.raw, dict(zip(header, cells, strict=True)))
