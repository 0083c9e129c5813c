"""The reader-visible text of one version as HQ's and a province's own authors may write it; received content is hashed as it came."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import Any

from kbsearch.sandbox.audience import checked_audience
from kbsearch.sandbox.instants import wire_or_none
from kbsearch.sandbox.refusal import RefusalError

TEXT_FIELDS = ("title", "body", "summary", "script")
LIST_FIELDS = ("keywords", "regions", "attachments")
LABELS = {
    "title": "标题",
    "body": "正文",
    "summary": "摘要",
    "script": "口径",
    "keywords": "关键词",
    "regions": "适用省份",
    "effectiveFrom": "生效时间",
    "effectiveTo": "失效时间",
    "attachments": "附件",
}
ANNOUNCEMENT_LABELS = {"audience": "对象", "mustRead": "必读", "needsReply": "须回复", "replyDueAt": "回复期限"}
_CODE = re.compile(r"[A-Z]{2}")


def written_content(given: Any, before: dict[str, Any] | None = None, *, announcement: bool = False) -> dict[str, Any]:
    """Complete and check content written here: fields left out come from `before`, unknown ones are refused (422)."""
    if not isinstance(given, dict):
        raise RefusalError.invalid("content 须是一个对象，含 title、body 等字段。")
    known = {**LABELS, **ANNOUNCEMENT_LABELS} if announcement else LABELS
    if strange := sorted(set(given) - set(known)):
        raise RefusalError.invalid(f"content 含有不认识的字段：{'、'.join(strange)}。")
    merged = (before or {}) | given
    content: dict[str, Any] = {name: _text(merged.get(name), LABELS[name]) for name in TEXT_FIELDS}
    content |= {name: _texts(merged.get(name), LABELS[name]) for name in LIST_FIELDS}
    content["regions"] = province_codes(sorted(set(content["regions"])))
    content["attachments"].sort()
    for name in ("effectiveFrom", "effectiveTo"):
        content[name] = wire_or_none(merged.get(name), LABELS[name])
    for name in ("title", "body"):
        if not content[name].strip():
            raise RefusalError.invalid(f"{LABELS[name]}不能为空。")
    return content | _announcement_part(merged) if announcement else content


def _announcement_part(merged: dict[str, Any]) -> dict[str, Any]:
    flags = {name: merged.get(name, False) for name in ("mustRead", "needsReply")}
    if wrong := [name for name, value in flags.items() if not isinstance(value, bool)]:
        raise RefusalError.invalid(f"{'、'.join(wrong)} 须是 true 或 false。")
    due = wire_or_none(merged.get("replyDueAt"), ANNOUNCEMENT_LABELS["replyDueAt"])
    if due and not flags["needsReply"]:
        raise RefusalError.invalid("没有要求回复（needsReply）的公告不能有回复期限（replyDueAt）。")
    return {"audience": checked_audience(merged.get("audience")), **flags, "replyDueAt": due}


def province_codes(codes: Iterable[Any]) -> list[str]:
    """Check that each is two capital letters."""
    listed = list(codes)
    for code in listed:
        if not isinstance(code, str) or not _CODE.fullmatch(code):
            raise RefusalError.invalid(f"省代码 {code!r} 不对，须是两位大写字母，如 GD。")
    return listed


def house_amended(content: dict[str, Any]) -> dict[str, Any]:
    """The stated amendment of the automatic reviewer: a sentence more in the summary, a line more in the body."""
    return content | {
        "summary": f"{content.get('summary') or ''}（总部审定：以本版本口径为准。）",
        "body": f"{content['body']}\n\n【总部补充】如客户另有疑问，请记录后按流程反馈。",
    }


def difference(before: dict[str, Any] | None, after: dict[str, Any]) -> list[str]:
    """Line differences of every field as plain text, `-` before and `+` after; empty when nothing differs."""
    lines: list[str] = []
    for name, label in (LABELS | ANNOUNCEMENT_LABELS).items():
        old, new = _lines((before or {}).get(name)), _lines(after.get(name))
        if old != new:
            lines.append(f"【{label}】")
            lines += [line for line in difflib.ndiff(old, new) if not line.startswith("?")]
    return lines


def _lines(value: Any) -> list[str]:
    if isinstance(value, bool):
        return ["是" if value else "否"]
    if isinstance(value, dict):
        return _lines([*value.get("organisations", []), *(f"{each['name']}（{each['organisation']}）" for each in value.get("people", []))])
    if isinstance(value, list):
        return ["、".join(map(str, value))] if value else []
    return str(value).splitlines() if value else []


def _text(value: Any, label: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise RefusalError.invalid(f"{label}须是文字。")
    return value


def _texts(value: Any, label: str) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise RefusalError.invalid(f"{label}须是文字的列表。")
    return list(value)
