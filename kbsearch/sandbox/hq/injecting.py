"""Test hooks of version sync: puts stock and differences into HQ's store behind everybody's back; sends nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from kbsearch.sandbox.content import written_content
from kbsearch.sandbox.hq.desk import HqDesk
from kbsearch.sandbox.hq.versions import find_item, held_version, store_item, store_version
from kbsearch.sandbox.instants import wire_or_none
from kbsearch.sandbox.refusal import RefusalError
from kbsearch.sandbox.subjects import KNOWLEDGE

LONG_AGO = "2000-01-01T00:00:00.000000Z"


def hold_stock(desk: HqDesk, items: Any) -> int:
    """Take over items as if HQ had accepted them long ago; returns how many.

    Each: knowledgeId, categoryId, content (complete), and optionally number (1), distribution, effectiveFrom,
    status REVOKED with reason and reasonText; instead of content, number and effectiveFrom also several of them, ascending, in
    `versions`. An item HQ holds already is refused (409), and with it the whole list.
    """
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise RefusalError.invalid("items 须是对象的列表。")
    with desk.db.transaction():
        for item in items:
            hold_item(desk, item)
    return len(items)


def hold_item(desk: HqDesk, item: dict[str, Any]) -> None:
    """One of hold_stock's items, inside a transaction."""
    knowledge_id, versions = item.get("knowledgeId"), item.get("versions") or [item]
    if not isinstance(knowledge_id, str) or not isinstance(item.get("categoryId"), str):
        raise RefusalError.invalid("每项须有文字 knowledgeId 和 categoryId。")
    if desk.db.one("SELECT 1 FROM item WHERE id = ?", knowledge_id):
        raise RefusalError.conflict(f"总部已持有知识 {knowledge_id}。")
    chosen = item.get("distribution")
    provinces = desk.province_codes() if chosen is None else list(chosen)
    for version in versions:
        _hold_version(desk, knowledge_id, version, provinces)
    store_item(desk, knowledge_id, KNOWLEDGE, category_id=item["categoryId"], status="PUBLISHED", distribution=provinces)
    if item.get("status") == "REVOKED":
        end_item(desk, knowledge_id, str(item.get("reason") or "SERVICE_RETIRED"), str(item.get("reasonText") or ""))


def _hold_version(desk: HqDesk, knowledge_id: str, version: dict[str, Any], provinces: list[str]) -> None:
    number, content = version.get("number", 1), version.get("content")
    if not isinstance(number, int) or not isinstance(content, dict) or not content.get("title"):
        raise RefusalError.invalid(f"知识 {knowledge_id} 缺少 content，或 number 不是整数。")
    moved = wire_or_none(version.get("effectiveFrom"), "effectiveFrom")
    store_version(desk, knowledge_id, number, content, distribution=provinces, effective_from=moved, accepted_at=LONG_AGO)


def inject_difference(desk: HqDesk, given: dict[str, Any]) -> dict[str, Any]:
    """Change what HQ holds of one item in silence: `action` forget, dropVersion, content, number, revoke, unrevoke, category or unknown.

    With `knowledgeId` (not for unknown), and for number the new `number`, for content the fields to change in `content` (a line more
    in the body where none are given), for category and unknown a `categoryId`. Returns knowledgeId and action.
    """
    act = _ACTIONS.get(str(given.get("action")))
    if act is None:
        raise RefusalError.invalid(f"action 可用：{'、'.join(_ACTIONS)}。")
    with desk.db.transaction():
        if given["action"] == "unknown":
            given = given | {"knowledgeId": str(given.get("knowledgeId") or desk.new_id())}
        else:
            find_item(desk, str(given.get("knowledgeId")))
        act(desk, str(given["knowledgeId"]), given)
    return {"knowledgeId": given["knowledgeId"], "action": given["action"]}


def _forget(desk: HqDesk, knowledge_id: str, _given: dict[str, Any]) -> None:
    desk.db.run("DELETE FROM version WHERE subject_id = ?", knowledge_id)
    desk.db.run("DELETE FROM ending WHERE subject_id = ?", knowledge_id)
    desk.db.run("DELETE FROM item WHERE id = ?", knowledge_id)


def _drop_version(desk: HqDesk, knowledge_id: str, given: dict[str, Any]) -> None:
    """The highest version goes; the only one takes the item with it."""
    top = held_version(desk, knowledge_id)
    desk.db.run("DELETE FROM version WHERE subject_id = ? AND number = ?", knowledge_id, top["number"])
    desk.db.run("DELETE FROM ending WHERE subject_id = ? AND number >= ?", knowledge_id, top["number"])
    if not desk.db.one("SELECT 1 FROM version WHERE subject_id = ?", knowledge_id):
        _forget(desk, knowledge_id, given)


def _content(desk: HqDesk, knowledge_id: str, given: dict[str, Any]) -> None:
    top = held_version(desk, knowledge_id)
    before = json.loads(top["content"])
    changed = given.get("content") or {"body": f"{before['body']}\n（总部留存的另一文本）"}
    content = written_content(changed, before)
    desk.db.run("DELETE FROM version WHERE subject_id = ? AND number = ?", knowledge_id, top["number"])
    _restore(desk, dict(top), content, top["number"])


def _number(desk: HqDesk, knowledge_id: str, given: dict[str, Any]) -> None:
    top = held_version(desk, knowledge_id)
    number = given.get("number", top["number"] + 1)
    if not isinstance(number, int) or number < 1 or number == top["number"]:
        raise RefusalError.invalid(f"number 须是不同于 {top['number']} 的正整数。")
    desk.db.run("DELETE FROM version WHERE subject_id = ? AND number = ?", knowledge_id, top["number"])
    _restore(desk, dict(top), json.loads(top["content"]), number)


def _restore(desk: HqDesk, top: dict[str, Any], content: dict[str, Any], number: int) -> None:
    if desk.db.one("SELECT 1 FROM version WHERE subject_id = ? AND number = ?", top["subject_id"], number):
        raise RefusalError.conflict(f"总部已有版本 {number}。")
    store_version(
        desk,
        top["subject_id"],
        number,
        content,
        base_number=top["base_number"],
        distribution=json.loads(top["distribution"]),
        effective_from=top["effective_from"],
        case=(top["case_id"], top["round"]),
        accepted_at=top["accepted_at"],
    )


def _revoke(desk: HqDesk, knowledge_id: str, given: dict[str, Any]) -> None:
    end_item(desk, knowledge_id, str(given.get("reason") or "SERVICE_RETIRED"), "总部已撤销，二线未收到。")


def _unrevoke(desk: HqDesk, knowledge_id: str, _given: dict[str, Any]) -> None:
    if not desk.db.run("DELETE FROM ending WHERE subject_id = ?", knowledge_id):
        raise RefusalError.conflict(f"知识 {knowledge_id} 没有撤销。")
    desk.db.run("UPDATE item SET status = 'PUBLISHED' WHERE id = ?", knowledge_id)


def _category(desk: HqDesk, knowledge_id: str, given: dict[str, Any]) -> None:
    if not isinstance(given.get("categoryId"), str):
        raise RefusalError.invalid("请填写 categoryId。")
    desk.db.run("UPDATE item SET category_id = ? WHERE id = ?", given["categoryId"], knowledge_id)


def _unknown(desk: HqDesk, knowledge_id: str, given: dict[str, Any]) -> None:
    text = {"title": f"总部独有的知识 {knowledge_id[:8]}", "body": "总部持有、二线没有收到的知识。"}
    content = written_content(given.get("content") or text)
    hold_item(desk, {"knowledgeId": knowledge_id, "categoryId": given.get("categoryId"), "content": content})


def end_item(desk: HqDesk, knowledge_id: str, reason: str, text: str) -> None:
    """End the highest version held, inside a transaction."""
    top = held_version(desk, knowledge_id)
    values = (knowledge_id, top["number"], top["content_hash"], reason, text, None, None, desk.now())
    desk.db.run("INSERT OR REPLACE INTO ending VALUES (?, ?, ?, ?, ?, ?, ?, ?)", *values)
    desk.db.run("UPDATE item SET status = 'REVOKED', distribution = '[]' WHERE id = ?", knowledge_id)


_ACTIONS: dict[str, Callable[[HqDesk, str, dict[str, Any]], None]] = {
    "forget": _forget,
    "dropVersion": _drop_version,
    "content": _content,
    "number": _number,
    "revoke": _revoke,
    "unrevoke": _unrevoke,
    "category": _category,
    "unknown": _unknown,
}
