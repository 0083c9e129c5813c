"""What a pushed tree 知识结构 changes and whether it is one: pure, on nodes as values; moves nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from kbsearch.workflow.labels import Labelled

MAX_DEPTH = 12


class EffectKind(Labelled):
    """What a push did to one node."""

    ADDED = "ADDED", "新增"
    RENAMED = "RENAMED", "改名"
    MOVED = "MOVED", "移动", "连同下级换了上级"
    MERGED = "MERGED", "合并", "其下知识、收藏归入另一栏目"
    RETIRED = "RETIRED", "停用", "不再在树中；其下知识仍可检索"
    RESTORED = "RESTORED", "恢复", "回到树中；此前移走的知识不自行移回"


@dataclass(frozen=True, slots=True)
class TreeNode:
    """One node as pushed, or as mirrored here; `parent_id` None: directly below 全网知识."""

    id: str
    parent_id: str | None
    name: str
    retired: bool = False
    merged_into: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What happens to one node; `before` and `after` are names (RENAMED), parents (MOVED, ADDED) or the target (MERGED)."""

    kind: EffectKind
    id: str
    name: str
    before: str | None = None
    after: str | None = None


def tree_problem(nodes: Collection[TreeNode], reserved: Collection[str]) -> str | None:
    """A Chinese sentence when this is no tree: a node twice, a reserved id, a parent missing, a circle, too deep."""
    parents = {n.id: n.parent_id for n in nodes}
    repeated = [i for i, count in Counter(n.id for n in nodes).items() if count > 1]
    if repeated:
        return f"节点 {repeated[0]} 出现了不止一次"
    if set(reserved) & parents.keys():
        return f"节点编号 {'、'.join(reserved)} 为我方保留"
    for node_id, parent in parents.items():
        seen = {node_id}
        step: str | None = parent
        while step is not None:
            if step in seen or len(seen) >= MAX_DEPTH:
                return f"节点 {node_id} 的上级成环或超过 {MAX_DEPTH} 层"
            if step not in parents:
                return f"节点 {node_id} 的上级 {step} 不在树中"
            seen.add(step)
            step = parents[step]
    return None


def merge_problem(
    merges: Iterable[tuple[str, str]], nodes: Collection[str], merged: Mapping[str, str], reserved: Collection[str]
) -> str | None:
    """A Chinese sentence when a merge cannot be done; `merged` tells what was merged into what before."""
    seen: set[str] = set()
    for source, target in merges:
        if source == target:
            return f"节点 {source} 不能并入它自己"
        if source in seen:
            return f"节点 {source} 被合并了不止一次"
        if {source, target} & set(reserved):
            return f"{'、'.join(reserved)} 不能合并"
        if source in nodes:
            return f"节点 {source} 仍在树中，不能合并；请先把它从 nodes 中去掉"
        if target not in nodes:
            return f"合并的目标 {target} 不在树中"
        if source in merged:
            return f"节点 {source} 早已并入 {merged[source]}"
        seen.add(source)
    return None


def changes(before: Mapping[str, TreeNode], after: Iterable[TreeNode], merges: Mapping[str, str]) -> list[Change]:
    """Every change a push makes, in the order of the pushed nodes, then what is gone by id."""
    found: list[Change] = []
    kept = set()
    for node in after:
        kept.add(node.id)
        found += _changes_of(before.get(node.id), node)
    for node_id in sorted(before.keys() - kept):
        gone = before[node_id]
        if node_id in merges:
            found.append(Change(EffectKind.MERGED, node_id, gone.name, node_id, merges[node_id]))
        elif not gone.retired:
            found.append(Change(EffectKind.RETIRED, node_id, gone.name, gone.parent_id))
    return found


def _changes_of(known: TreeNode | None, node: TreeNode) -> list[Change]:
    if known is None:
        return [Change(EffectKind.ADDED, node.id, node.name, None, node.parent_id)]
    found = []
    if known.retired:
        found.append(Change(EffectKind.RESTORED, node.id, node.name, known.merged_into, node.parent_id))
    if known.name != node.name:
        found.append(Change(EffectKind.RENAMED, node.id, node.name, known.name, node.name))
    if known.parent_id != node.parent_id:
        found.append(Change(EffectKind.MOVED, node.id, node.name, known.parent_id, node.parent_id))
    return found
