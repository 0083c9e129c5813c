r"""The documented mapping from a row to a record of ours; touches no database.

| field | Chinese header | value |
|---|---|---|
| sourceId | 编号 | required; the record's stable id in its source, ≤ 200 characters; a JSON number is taken as text |
| source | 来源 | instead of the source given for the run |
| title, body | 标题, 正文 | required |
| summary, script, changeNote | 摘要, 口径, 修改说明 | |
| keywords, regions | 关键词, 适用省份 | a JSON list, or text parted by "|" (within: `\|`); regions by code or name, 全国 or empty: all |
| categoryId, category | 栏目编号, 栏目 | an id, or a path of names "资费套餐/5G套餐" (within: `\/`) |
| scope | 范围 | NATIONAL or 全网, LOCAL or 本地 |
| effectiveFrom, effectiveTo | 生效时间, 失效时间 | an instant with its offset, or a bare date: midnight in Asia/Shanghai |
| version | 版本 | stock only: the number of this wording; lines of one sourceId in rising order |

Other columns are left alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from kbsearch.clock import start_of_day
from kbsearch.content import Content
from kbsearch.services.content_rules import MAX_CHANGE_NOTE, shape_problems, tidy
from kbsearch.services.importing.options import MAX_SOURCE, OWN_SOURCE, ImportFailedError, ImportOptions, RejectedLineError
from kbsearch.services.importing.rows import Row
from kbsearch.workflow.regions import PROVINCES
from kbsearch.workflow.states import Scope

FIELDS = {
    "sourceId": "编号",
    "source": "来源",
    "title": "标题",
    "body": "正文",
    "summary": "摘要",
    "script": "口径",
    "keywords": "关键词",
    "regions": "适用省份",
    "categoryId": "栏目编号",
    "category": "栏目",
    "scope": "范围",
    "effectiveFrom": "生效时间",
    "effectiveTo": "失效时间",
    "changeNote": "修改说明",
    "version": "版本",
}
MAX_SOURCE_ID = 200
MAX_OWN_ID = 64
MAX_VERSION = 1_000_000
YEARS = range(1900, 3000)
_SCOPES = {"NATIONAL": Scope.NATIONAL, "全网": Scope.NATIONAL, "LOCAL": Scope.LOCAL, "本地": Scope.LOCAL}
_PROVINCE_CODES = {name: code for code, name in PROVINCES.items()}
_EVERYWHERE = {"全国", "全部"}


@dataclass(frozen=True, slots=True)
class Record:
    """One line as ours: content tidied and of lawful shape; category and scope as said, not yet resolved."""

    line: int
    raw: str
    source: str
    source_id: str
    content: Content
    content_hash: str
    category_id: str | None = None
    category_path: tuple[str, ...] = ()
    scope: Scope | None = None
    change_note: str = ""
    version: int | None = None
    subject_id: str | None = None  # asked for; None: a new one is drawn


def parse_mapping(pairs: Iterable[str]) -> dict[str, str]:
    """Read `--map title=标题` arguments; raise ImportFailedError naming the fields there are."""
    mapping: dict[str, str] = {}
    for pair in pairs:
        name, sign, column = pair.partition("=")
        if not sign or name.strip() not in FIELDS or not column.strip():
            raise ImportFailedError(f"看不懂对应关系“{pair}”，请写成 字段=列名，字段可用：{'、'.join(FIELDS)}。")
        mapping[name.strip()] = column.strip()
    return mapping


def split_escaped(text: str, separator: str) -> list[str]:
    """Parts between separators; a backslash before a separator or another backslash takes it literally."""
    parts, part, escaped = [], "", False
    for c in text:
        if escaped:
            part += c if c in (separator, "\\") else "\\" + c
            escaped = False
        elif c == "\\":
            escaped = True
        elif c == separator:
            parts.append(part)
            part = ""
        else:
            part += c
    return [*parts, part + ("\\" if escaped else "")]


def join_escaped(parts: Iterable[str], separator: str) -> str:
    """The inverse of split_escaped."""
    return separator.join(p.replace("\\", "\\\\").replace(separator, "\\" + separator) for p in parts)


def _value(values: Mapping[str, Any], name: str, mapping: Mapping[str, str]) -> Any:
    if name in mapping:
        return values.get(mapping[name])
    return values[name] if name in values else values.get(FIELDS[name])


def _checked(text: str, name: str) -> str:
    if "\x00" in text:
        raise RejectedLineError(f"{FIELDS[name]}含有 NUL 字符，请删去")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise RejectedLineError(f"{FIELDS[name]}含有不成对的代理字符或不是 UTF-8 的字节，请改正编码") from error
    return text


def _text(value: Any, name: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise RejectedLineError(f"{FIELDS[name]}须是文字")
    return _checked(value, name)


def _texts(value: Any, name: str) -> tuple[str, ...]:
    if value is None or isinstance(value, str):
        return tuple(split_escaped(_checked(value, name), "|")) if value else ()
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        raise RejectedLineError(f"{FIELDS[name]}须是文字的列表，或以“|”分隔的文字")
    return tuple(_checked(v, name) for v in value)


def _parsed(text: str) -> datetime | None:
    """The instant; None where an offset is missing; ValueError or OverflowError where it is none at all."""
    try:
        return start_of_day(date.fromisoformat(text))
    except ValueError:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo is not None else None


def _moment(value: Any, name: str) -> datetime | None:
    text = _text(value, name).strip()
    if not text:
        return None
    try:
        moment = _parsed(text)
    except (ValueError, OverflowError) as error:
        raise RejectedLineError(f"{FIELDS[name]}“{text[:40]}”不是日期时间，请写如 2026-01-31 或 2026-01-31T08:00:00+08:00") from error
    if moment is None:
        raise RejectedLineError(f"{FIELDS[name]}“{text[:40]}”没有时区，请写如 2026-01-31T08:00:00+08:00")
    if moment.year not in YEARS:
        raise RejectedLineError(f"{FIELDS[name]}的年份须在 {YEARS.start} 至 {YEARS.stop - 1} 之间")
    return moment


def _regions(value: Any) -> tuple[str, ...]:
    named = [r.strip() for r in _texts(value, "regions")]
    return tuple(_PROVINCE_CODES.get(r, r) for r in named if r not in _EVERYWHERE)


def _source_id(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    text = _text(value, "sourceId").strip()
    if not text:
        raise RejectedLineError("缺编号 sourceId：没有它就认不出重复导入，可用 --map sourceId=列名 指明")
    if len(text) > MAX_SOURCE_ID:
        raise RejectedLineError(f"编号最长 {MAX_SOURCE_ID} 个字")
    return text


def _scope(value: Any) -> Scope | None:
    text = _text(value, "scope").strip()
    if text and text not in _SCOPES:
        raise RejectedLineError(f"范围“{text[:20]}”不认识，请写 NATIONAL（全网）或 LOCAL（本地）")
    return _SCOPES.get(text)


def _version(value: Any) -> int | None:
    if value is None or value == "":
        return None
    number = int(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 8 else value  # noqa: PLR2004 - digits of MAX_VERSION
    if not isinstance(number, int) or isinstance(number, bool) or not 1 <= number <= MAX_VERSION:
        raise RejectedLineError("版本须是正整数")
    return number


def _content(get: dict[str, Any]) -> Content:
    content = tidy(
        Content(
            title=_text(get["title"], "title"),
            body=_text(get["body"], "body"),
            summary=_text(get["summary"], "summary"),
            script=_text(get["script"], "script"),
            keywords=_texts(get["keywords"], "keywords"),
            regions=_regions(get["regions"]),
            effective_from=_moment(get["effectiveFrom"], "effectiveFrom"),
            effective_to=_moment(get["effectiveTo"], "effectiveTo"),
        )
    )
    missing = [FIELDS[n] for n in ("title", "body") if not getattr(content, n)]
    problems = [f"缺{m}" for m in missing] + [p.message.rstrip("。") for p in shape_problems(content)]
    if problems:
        raise RejectedLineError("；".join(problems))
    return content


def read_record(row: Row, options: ImportOptions) -> Record:
    """The record a row stands for; raise RejectedLineError with the reason in Chinese."""
    if row.values is None:
        raise RejectedLineError(row.problem or "读不懂这一行")
    get = {name: _value(row.values, name, options.mapping) for name in FIELDS}
    content = _content(get)
    note = _text(get["changeNote"], "changeNote").strip()
    if len(note) > MAX_CHANGE_NOTE:
        raise RejectedLineError(f"修改说明最长 {MAX_CHANGE_NOTE} 个字")
    source = _text(get["source"], "source").strip() or options.source
    if len(source) > MAX_SOURCE:
        raise RejectedLineError(f"来源最长 {MAX_SOURCE} 个字")
    source_id = _source_id(get["sourceId"])
    path = [p.strip() for p in split_escaped(_text(get["category"], "category"), "/")]
    return Record(
        line=row.number,
        raw=row.raw,
        source=source,
        source_id=source_id,
        content=content,
        content_hash=content.hash,
        category_id=_text(get["categoryId"], "categoryId").strip() or None,
        category_path=tuple(p for p in path if p),
        scope=_scope(get["scope"]),
        change_note=note,
        version=_version(get["version"]),
        subject_id=source_id if source == OWN_SOURCE and len(source_id) <= MAX_OWN_ID else None,
    )
