"""docs/settings.md: every environment variable, from the fields of Settings; reads no environment."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from kbsearch.settings import Settings

_WORDS = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}
_REPOSITORY = Path(__file__).resolve().parents[2]


def page() -> str:
    """The whole page as Markdown."""
    lines = [
        "# 设置",
        "",
        "由 `make docs` 从 `kbsearch/settings.py` 生成，请勿手改。全部来自环境变量；写错的，启动时逐项说明。",
        "时长写 ISO 8601（`PT30M` 半小时、`P2D` 两天）或秒数；密钥不写入日志。",
        "",
        "| 环境变量 | 缺省 | 取值 | 说明 |",
        "|---|---|---|---|",
    ]
    for name, info in Settings.model_fields.items():
        lines.append(f"| `KBSEARCH_{name.upper()}` | {_default(info)} | {_range(info)} | {_description(info)} |")
    return "\n".join(lines) + "\n"


def _description(info: FieldInfo) -> str:
    """As written in Settings, with what Markdown would take for a tag escaped."""
    return (info.description or "").replace("<", "&lt;").replace(">", "&gt;")


def _default(info: FieldInfo) -> str:
    value = info.default
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if isinstance(value, Path) and value.is_absolute():
        value = value.relative_to(_REPOSITORY)
    if isinstance(value, timedelta):
        return f"`{_iso(value)}`"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{value}`" if str(value) else "空"


def _iso(value: timedelta) -> str:
    """The shortest exact ISO 8601 form in days, hours, minutes or seconds."""
    seconds = int(value.total_seconds())
    for unit, pattern in ((86_400, "P{}D"), (3_600, "PT{}H"), (60, "PT{}M"), (1, "PT{}S")):
        if seconds % unit == 0:
            return pattern.format(seconds // unit)
    raise AssertionError("whole seconds only")


def _shown(bound: float | timedelta) -> str:
    return _iso(bound) if isinstance(bound, timedelta) else f"{bound:g}"


def _range(info: FieldInfo) -> str:
    annotation: Any = info.annotation
    if get_origin(annotation) is Literal:
        return "、".join(f"`{choice}`" for choice in get_args(annotation))
    named = ((word, getattr(m, kind, None)) for kind, word in _WORDS.items() for m in info.metadata)
    bounds = [f"{word} {_shown(bound)}" for word, bound in named if bound is not None]
    if bounds:
        return "，".join(bounds)
    names = {Path: "路径", timedelta: "时长", bool: "`true`、`false`", SecretStr: "密钥", str: "文本"}
    return names.get(annotation, "")
