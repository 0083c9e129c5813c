"""HQ's 知识结构: the tree it holds and pushes, one version after the other; never edits the file it was given."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from kbsearch.sandbox.hq.callbacks import send_callback
from kbsearch.sandbox.hq.desk import HqDesk
from kbsearch.sandbox.refusal import RefusalError

LANE = "taxonomy"


def push_file(desk: HqDesk, file: Path | None) -> int | None:
    """At start: push the file's tree when it differs from the last one pushed; the first push takes the file's version."""
    if file is None:
        return None
    try:
        tree = json.loads(file.read_text(encoding="utf-8"))
        nodes, first = tree["nodes"], int(tree.get("treeVersion", 1))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RefusalError.invalid(f"知识结构文件 {file} 读不出来：{error}。须为 {{treeVersion, nodes:[…]}} 的 JSON。") from error
    latest = latest_push(desk)
    if latest and latest["nodes"] == checked_nodes(nodes):
        return None
    return push_tree(desk, nodes, first=first)


def push_tree(desk: HqDesk, nodes: Any, *, first: int = 1) -> int:
    """Record the tree as the next version and send it; None pushes the present tree once more. Returns the tree version."""
    latest = latest_push(desk)
    if nodes is None:
        if latest is None:
            raise RefusalError.conflict("还没有知识结构可下发，请给出 nodes。")
        nodes = latest["nodes"]
    tree = checked_nodes(nodes)
    version = latest["treeVersion"] + 1 if latest else first
    with desk.db.transaction():
        desk.db.insert("taxonomy_push", tree_version=version, nodes=json.dumps(tree, ensure_ascii=False), pushed_at=desk.now())
        send_callback(desk, "hqPushTaxonomy", {"treeVersion": version, "nodes": tree}, lane=LANE, about=LANE, round_=version)
    return version


def latest_push(desk: HqDesk) -> dict[str, Any] | None:
    """The tree as last pushed: treeVersion, nodes, pushedAt."""
    row = desk.db.one("SELECT * FROM taxonomy_push ORDER BY tree_version DESC LIMIT 1")
    if row is None:
        return None
    return {"treeVersion": row["tree_version"], "nodes": json.loads(row["nodes"]), "pushedAt": row["pushed_at"]}


def checked_nodes(nodes: Any) -> list[dict[str, Any]]:
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
