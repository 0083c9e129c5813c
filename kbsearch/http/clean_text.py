"""Find text that no store can hold (NUL, lone surrogates) and JSON nested without end; changes nothing."""

from __future__ import annotations

import re
from typing import Any

from kbsearch.http.errors import HttpFault, bad_request

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
# In valid UTF-8 both can arrive only as JSON escapes; without one of these in the raw bytes no string needs a look.
_SUSPICIOUS = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")


def is_unstorable(text: str) -> bool:
    """Tell whether `text` holds a NUL or a lone surrogate, which SQLite and PostgreSQL text both refuse."""
    return _UNSTORABLE.search(text) is not None


def may_hide_bad_text(raw: bytes) -> bool:
    """Tell whether the strings of this JSON must be looked at one by one."""
    return _SUSPICIOUS.search(raw) is not None


def bad_text(where: str) -> HttpFault:
    """Build the fault for unstorable text in `where`, a Chinese name of the place."""
    return bad_request("BAD_TEXT", f"{where}含有空字符（NUL）或不成对的 UTF-16 代理字符，无法保存；请去掉后重发")


def check_json_value(value: Any, where: str, max_depth: int, *, check_text: bool) -> None:
    """Raise for a value nested deeper than `max_depth`, or with `check_text` for unstorable text in any string or key."""
    level = [value]
    for _ in range(max_depth):
        if not level:
            return
        deeper: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                if check_text and any(is_unstorable(key) for key in item):
                    raise bad_text(where)
                deeper.extend(item.values())
            elif isinstance(item, list):
                deeper.extend(item)
            elif check_text and isinstance(item, str) and is_unstorable(item):
                raise bad_text(where)
        level = deeper
    if level:
        raise bad_request("JSON_TOO_DEEP", f"请求正文嵌套超过 {max_depth} 层；请减少嵌套")
