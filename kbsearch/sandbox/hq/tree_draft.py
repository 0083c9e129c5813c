"""HQ's tree while a person edits it: add, rename, move, merge, retire, gathered until they are pushed together; sends nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kbsearch.sandbox.hq.desk import HqDesk
from kbsearch.sandbox.hq.tree import Node, checked_nodes, latest_push
from kbsearch.sandbox.refusal import RefusalError

_SETTING = "tree_draft"
Draft = dict[str, Any]


def tree_draft(desk: HqDesk) -> Draft | None:
    """The tree being edited (nodes, merges, note), else the present one; None before the first push."""
    stored: Draft | None = desk.db.setting(_SETTING, None)
    if stored is not None:
        return stored
    latest = latest_push(desk)
    return {"nodes": latest["nodes"], "merges": [], "note": ""} if latest else None


def drop_draft(desk: HqDesk) -> None:
    """Forget what was edited and not pushed."""
    desk.db.store_setting(_SETTING, None)


def edit_tree(desk: HqDesk, given: dict[str, Any]) -> Draft:
    """One change: `action` add, rename, move, merge or retire, with `id` and name, parentId, position or into. Returns the draft."""
    change = _CHANGES.get(str(given.get("action")))
    if change is None:
        raise RefusalError.invalid(f"action 可用：{'、'.join(_CHANGES)}。")
    draft = tree_draft(desk) or {"nodes": [], "merges": [], "note": ""}
    said = change(desk, draft, given)
    draft["nodes"] = checked_nodes(draft["nodes"]) if draft["nodes"] else []
    draft["note"] = f"{draft['note']}{said}；"
    desk.db.store_setting(_SETTING, draft)
    return draft


def _add(desk: HqDesk, draft: Draft, given: dict[str, Any]) -> str:
    name, parent = _name(given), given.get("parentId")
    node_id = str(given.get("id") or f"HQ-{desk.new_id()[:8]}")
    if any(node["id"] == node_id for node in draft["nodes"]):
        raise RefusalError.conflict(f"节点 {node_id} 已在树中。")
    if parent is not None:
        _node(draft, parent)
    draft["merges"] = [each for each in draft["merges"] if each["from"] != node_id]
    draft["nodes"].append({"id": node_id, "parentId": parent, "name": name, "position": _position(draft, given, parent)})
    return f"增加 {name}"


def _rename(_desk: HqDesk, draft: Draft, given: dict[str, Any]) -> str:
    node = _node(draft, given.get("id"))
    before = node["name"]
    node["name"] = _name(given)
    return f"{before} 改名为 {node['name']}"


def _move(_desk: HqDesk, draft: Draft, given: dict[str, Any]) -> str:
    node, parent = _node(draft, given.get("id")), given.get("parentId")
    if parent is not None and _node(draft, parent)["id"] in _branch(draft, node["id"]):
        raise RefusalError.invalid("节点不能移到自己或自己的下级之下。")
    node["position"] = _position(draft, given, parent)
    node["parentId"] = parent
    return f"移动 {node['name']}"


def _merge(_desk: HqDesk, draft: Draft, given: dict[str, Any]) -> str:
    node, into = _node(draft, given.get("id")), _node(draft, given.get("into"))
    if into["id"] in _branch(draft, node["id"]):
        raise RefusalError.invalid("节点不能并入自己或自己的下级。")
    for child in draft["nodes"]:
        if child["parentId"] == node["id"]:
            child["parentId"] = into["id"]
    draft["nodes"].remove(node)
    # What was merged into this node a moment ago goes on with it.
    earlier = [each | {"into": into["id"]} if each["into"] == node["id"] else each for each in draft["merges"]]
    draft["merges"] = [*earlier, {"from": node["id"], "into": into["id"]}]
    return f"{node['name']} 并入 {into['name']}"


def _retire(_desk: HqDesk, draft: Draft, given: dict[str, Any]) -> str:
    node = _node(draft, given.get("id"))
    if len(_branch(draft, node["id"])) > 1:
        raise RefusalError.conflict(f"“{node['name']}”还有下级节点，请先移走、合并或停用它们。")
    if any(each["into"] == node["id"] for each in draft["merges"]):
        raise RefusalError.conflict(f"“{node['name']}”刚并入过别的节点，不能停用。")
    draft["nodes"].remove(node)
    return f"停用 {node['name']}"


_CHANGES: dict[str, Callable[[HqDesk, Draft, dict[str, Any]], str]] = {
    "add": _add,
    "rename": _rename,
    "move": _move,
    "merge": _merge,
    "retire": _retire,
}


def _node(draft: Draft, node_id: Any) -> Node:
    for node in draft["nodes"]:
        if node["id"] == node_id:
            found: Node = node
            return found
    raise RefusalError.missing("知识结构节点", node_id)


def _branch(draft: Draft, node_id: str) -> set[str]:
    """The node and everything below it."""
    below: dict[str, list[str]] = {}
    for node in draft["nodes"]:
        below.setdefault(node["parentId"] or "", []).append(node["id"])
    branch, waiting = set(), [node_id]
    while waiting:
        branch.add(each := waiting.pop())
        waiting += [child for child in below.get(each, []) if child not in branch]
    return branch


def _name(given: dict[str, Any]) -> str:
    name = given.get("name")
    if not isinstance(name, str) or not name.strip():
        raise RefusalError.invalid("请填写节点名称（name）。")
    return name.strip()


def _position(draft: Draft, given: dict[str, Any], parent: str | None) -> int:
    """The place asked for, else behind the last of its brothers."""
    if isinstance(given.get("position"), int):
        return int(given["position"])
    return 1 + max((node["position"] for node in draft["nodes"] if node["parentId"] == parent), default=-1)
