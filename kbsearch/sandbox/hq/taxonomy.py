"""Step T1: HQ pushes its tree as the next version, moves its own items along, and undoes by pushing; never edits the file it was given."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from kbsearch.sandbox.hq.callbacks import send_callback
from kbsearch.sandbox.hq.desk import HqDesk
from kbsearch.sandbox.hq.pushes import push_held_version
from kbsearch.sandbox.hq.steps import record
from kbsearch.sandbox.hq.tree import checked_merges, checked_nodes, latest_push, pushed_tree
from kbsearch.sandbox.hq.tree_draft import drop_draft, tree_draft
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
    return push_tree(desk, nodes, first=first, note="启动时下发")


def push_tree(desk: HqDesk, nodes: Any, merges: Any = None, *, first: int = 1, note: str = "") -> int:
    """Record a tree as the next version and send it; returns the tree version.

    `nodes` None pushes what was edited by hand, and where nothing was, the present tree once more.
    """
    latest = latest_push(desk)
    if nodes is None:
        draft = tree_draft(desk)
        if draft is None:
            raise RefusalError.conflict("还没有知识结构可下发，请给出 nodes。")
        nodes, merges, note = draft["nodes"], draft["merges"], note or draft["note"]
    tree = checked_nodes(nodes)
    joined = checked_merges(merges, tree)
    version = latest["treeVersion"] + 1 if latest else first
    with desk.db.transaction():
        desk.db.insert(
            "taxonomy_push",
            tree_version=version,
            nodes=json.dumps(tree, ensure_ascii=False),
            merges=json.dumps(joined),
            note=note,
            pushed_at=desk.now(),
        )
        _move_items(desk, version, joined)
        drop_draft(desk)
        values = {"treeVersion": version, "nodes": tree, "merges": joined or None}
        send_callback(desk, "hqPushTaxonomy", values, lane=LANE, about=LANE, round_=version)
        detail = f"第 {version} 版，{len(tree)} 个节点，合并 {len(joined)} 处。{note}"
        record(desk, ("T1", "结构下发"), case_id=LANE, round_=version, subject_id=f"tree-{version}", actor="总部知识管理员", detail=detail)
    return version


def undo_push(desk: HqDesk, tree_version: int | None = None, *, refile: bool = False) -> int:
    """Push an earlier tree (the one before the last) as a new version; `refile` puts items moved since back where they were."""
    latest = latest_push(desk)
    if latest is None:
        raise RefusalError.conflict("还没有下发过知识结构，无可撤回。")
    wanted = latest["treeVersion"] - 1 if tree_version is None else tree_version
    earlier = pushed_tree(desk, wanted)
    if wanted >= latest["treeVersion"]:
        raise RefusalError.conflict(f"第 {wanted} 版就是现行版本，无可撤回。")
    with desk.db.transaction():
        version = push_tree(desk, earlier["nodes"], note=f"撤回到第 {wanted} 版")
        if refile:
            _move_back(desk, wanted, {node["id"] for node in earlier["nodes"]})
    return version


def _move_items(desk: HqDesk, version: int, merges: list[dict[str, str]]) -> None:
    for each in merges:
        key = (each["from"], each["into"])
        desk.db.run("INSERT INTO item_move SELECT ?3, id, ?1, ?2 FROM item WHERE category_id = ?1", *key, version)
        desk.db.run("UPDATE item SET category_id = ?2 WHERE category_id = ?1", *key)
        desk.db.run(
            "INSERT INTO node_merge VALUES (?1, ?2, ?3) ON CONFLICT (from_id) DO UPDATE SET into_id = ?2, tree_version = ?3", *key, version
        )


def _move_back(desk: HqDesk, since: int, present: set[str]) -> None:
    rows = desk.db.all(
        "SELECT subject_id, from_id FROM item_move AS m WHERE tree_version > ?1 AND tree_version ="
        " (SELECT min(tree_version) FROM item_move WHERE subject_id = m.subject_id AND tree_version > ?1)",
        since,
    )
    for row in rows:
        if row["from_id"] in present:
            refile_item(desk, row["subject_id"], row["from_id"])


def refile_item(desk: HqDesk, knowledge_id: str, category_id: Any) -> None:
    """Hang one knowledge item under another node, and tell the second line by pushing its version again under it."""
    tree = latest_push(desk)
    if tree and category_id not in {node["id"] for node in tree["nodes"]}:
        raise RefusalError.invalid(f"栏目 {category_id!r} 不在现行知识结构中。")
    with desk.db.transaction():
        if not desk.db.run("UPDATE item SET category_id = ? WHERE id = ? AND kind = 'KNOWLEDGE'", category_id, knowledge_id):
            raise RefusalError.missing("知识", knowledge_id)
        push_held_version(desk, knowledge_id, about=LANE)
