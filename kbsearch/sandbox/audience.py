"""Whom an announcement addresses: organisations by code and people by name; reads and checks it, delivers nothing."""

from __future__ import annotations

import re
from typing import Any

from kbsearch.sandbox.hashing import ordered_audience
from kbsearch.sandbox.refusal import RefusalError
from kbsearch.sandbox.subjects import HQ, SECOND_LINE

_CODE = re.compile(r"[A-Z]{2}|SECOND_LINE|P-[A-Z0-9_-]{1,30}")


def organisation_code(code: Any) -> str:
    """A code of the interface: HQ, a province, SECOND_LINE, or another platform `P-…`; 422 otherwise."""
    if not isinstance(code, str) or not _CODE.fullmatch(code):
        raise RefusalError.invalid(f"单位代码 {code!r} 不对：{HQ} 总部、{SECOND_LINE} 二线、两位大写省代码，或 P- 开头的其他平台。")
    return code


def checked_audience(given: Any) -> dict[str, Any]:
    """A caller's audience in the interface's shape and order; at least one organisation or person."""
    if not isinstance(given, dict) or set(given) - {"organisations", "people"}:
        raise RefusalError.invalid("audience 须是对象 {organisations:[…], people:[…]}。")
    organisations, people = given.get("organisations") or [], given.get("people") or []
    if not isinstance(organisations, list) or not isinstance(people, list):
        raise RefusalError.invalid("audience 的 organisations 和 people 须是列表。")
    if not organisations and not people:
        raise RefusalError.invalid("公告须有对象：至少一个单位或一个人。")
    codes = sorted({organisation_code(code) for code in organisations})
    return ordered_audience({"organisations": codes, "people": [_person(person) for person in people]})


def addressed(content: dict[str, Any]) -> list[str]:
    """Codes of every organisation a content speaks to, as such or through its people."""
    audience = content["audience"]
    return sorted({*audience["organisations"], *(person["organisation"] for person in audience["people"])})


def _person(given: Any) -> dict[str, str]:
    if not isinstance(given, dict) or not all(isinstance(given.get(name), str) and given[name] for name in ("id", "name")):
        raise RefusalError.invalid("people 的每一项须有文字 organisation、id 和 name。")
    return {"organisation": organisation_code(given.get("organisation")), "id": given["id"], "name": given["name"]}
