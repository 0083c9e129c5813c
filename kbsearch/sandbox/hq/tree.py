"""HQ's 知识结构 as last pushed and before: reading it and following merges; pushes nothing (taxonomy.py does)."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from kbsearch.sandbox.hq.desk import HqDesk
from kbsearch.sandbox.refusal import RefusalError

Node = dict[str, Any]


def latest_push(desk: HqDesk) -> dict[str, Any] | None:
    """The tree as last pushed: treeVersion, nodes, merges, note, pushedAt."""
    row = desk.db.one("SELECT * FROM taxonomy_push ORDER BY tree_version DESC LIMIT 1")
    return _view(row) if row else None


def pushed_tree(desk: HqDesk, tree_version: int) -> dict[str, Any]:
    """One tree of the past; 404 when there never was such a version."""
    row = desk.db.one("SELECT * FROM taxonomy_push WHERE tree_version = ?", tree_version)
    if row is None:
        raise RefusalError.missing("知识结构版本", tree_version)
    return _view(row)


def past_pushes(desk: HqDesk) -> list[dict[str, Any]]:
    """Every push without its nodes, newest first, at most 200; `items` is how many items it moved."""
    rows = desk.db.all(
        "SELECT p.*, json_array_length(nodes) AS size, (SELECT count(*) FROM item_move AS m WHERE m.tree_version = p.tree_version) AS moved"
        " FROM taxonomy_push AS p ORDER BY tree_version DESC LIMIT 200"
    )
    return [
        {
            "treeVersion": row["tree_version"],
            "size": row["size"],
            "merges": json.loads(row["merges"]),
            "note": row["note"],
            "items": row["moved"],
            "pushedAt": row["pushed_at"],
        }
        for row in rows
    ]


def current_node(desk: HqDesk, node_id: str | None) -> str | None:
    """The node itself where the tree has it, else the one it was merged into."""
    if node_id is None or not desk.db.one("SELECT 1 FROM node_merge WHERE from_id = ?", node_id):
        return node_id
    tree = latest_push(desk)
    present = {node["id"] for node in tree["nodes"]} if tree else set()
    seen: set[str] = set()
    while node_id not in present and node_id not in seen:
        seen.add(node_id)
        row = desk.db.one("SELECT into_id FROM node_merge WHERE from_id = ?", node_id)
        if row is None:
            return node_id
        node_id = str(row["into_id"])
    return node_id


def checked_nodes(nodes: Any) -> list[Node]:
    """Nodes with unique ids and known parents, in the interface's shape; 422 otherwise. Cycles are the receiver's to refuse too."""
    if not isinstance(nodes, list) or not nodes or not all(isinstance(node, dict) for node in nodes):
        raise RefusalError.invalid("nodes 须是节点对象的列表，至少一个。")
    tree = [
        {"id": node.get("id"), "parentId": node.get("parentId"), "name": node.get("name"), "position": node.get("position", at)}
        for at, node in enumerate(nodes)
    ]
    for node in tree:
        if not all(isinstance(node[name], str) and node[name] for name in ("id", "name")) or not isinstance(node["position"], int):
            raise RefusalError.invalid(f"节点 {node['id']!r} 须有文字 id、name 和整数 position。")
    ids = {node["id"] for node in tree}
    if len(ids) != len(tree):
        raise RefusalError.invalid("nodes 中有重复的 id。")
    for node in tree:
        if node["parentId"] is not None and (not isinstance(node["parentId"], str) or node["parentId"] not in ids):
            raise RefusalError.invalid(f"节点 {node['id']} 的上级 {node['parentId']} 不在树中。")
    return tree


def checked_merges(merges: Any, nodes: list[Node]) -> list[dict[str, str]]:
    """Merges in the interface's shape: `from` no longer in the tree and named once, `into` in it; 422 otherwise."""
    if merges is None:
        return []
    if not isinstance(merges, list) or not all(isinstance(each, dict) for each in merges):
        raise RefusalError.invalid("merges 须是 {from, into} 的列表。")
    ids = {node["id"] for node in nodes}
    gone: set[str] = set()
    for each in merges:
        source, target = each.get("from"), each.get("into")
        if not isinstance(source, str) or source in ids or source in gone:
            raise RefusalError.invalid(f"合并的 from {source!r} 须是不再在树中的节点 id，且只出现一次。")
        if not isinstance(target, str) or target not in ids:
            raise RefusalError.invalid(f"合并的 into {target!r} 须在树中。")
        gone.add(source)
    return [{"from": each["from"], "into": each["into"]} for each in merges]


def _view(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "treeVersion": row["tree_version"],
        "nodes": json.loads(row["nodes"]),
        "merges": json.loads(row["merges"]),
        "note": row["note"],
        "pushedAt": row["pushed_at"],
    }
