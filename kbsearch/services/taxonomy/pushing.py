"""知识结构下发: applies headquarters' whole tree at once, or not at all; never touches a local branch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from sqlmodel import Session, col, func, select

from kbsearch.content import canonical_hash
from kbsearch.hq.callbacks import PushTaxonomy, TaxonomyNode
from kbsearch.services.hq_outcome import Outcome, applied, deferred, duplicate, quarantined, rejected
from kbsearch.services.taxonomy.effects import effect_record, held_by_category
from kbsearch.services.taxonomy.tree import HQ_ROOT, LOCAL_ROOT
from kbsearch.store.tables import Category, CategoryOrigin, DocumentType, Subject, TaxonomyVersion
from kbsearch.store.unit import HQ, Unit
from kbsearch.workflow.hq_decisions import Receipt
from kbsearch.workflow.taxonomy import Change, EffectKind, TreeNode, changes, merge_problem, tree_problem

_RESERVED = (LOCAL_ROOT, HQ_ROOT)


def push_taxonomy(unit: Unit, message: PushTaxonomy) -> Outcome:
    """Mirror the tree; nodes no longer in it are retired or merged, never deleted, and those that come back restored.

    Items of a merged node move to its target. They do not move back by themselves when the node is restored:
    headquarters undoes by pushing them under it again.
    """
    problem = tree_problem([_value(n) for n in message.nodes], _RESERVED)
    if problem:
        return rejected(problem)
    content_hash = _hash(message)
    latest = unit.session.exec(select(func.max(TaxonomyVersion.tree_version))).one()
    if latest is not None and message.tree_version <= latest:
        known = unit.session.get(TaxonomyVersion, message.tree_version)
        if known is not None and known.content_hash == content_hash:
            return duplicate(f"结构第 {message.tree_version} 版已挂接")
        return Outcome(Receipt.OUT_OF_DATE, f"我方已挂接到第 {latest} 版")
    if latest is not None and message.tree_version > latest + 1:
        return deferred(f"tree:{message.tree_version - 1}", f"结构第 {message.tree_version - 1} 版未到")
    existing = _mirrored(unit.session)
    pairs = [(m.from_, m.into) for m in message.merges]
    merged = {c.id: c.merged_into for c in existing.values() if c.merged_into is not None}
    problem = merge_problem(pairs, {n.id for n in message.nodes}, merged, _RESERVED)
    if problem:
        return rejected(problem)
    clash = _local_clash(unit.session, [*(n.id for n in message.nodes), *(source for source, _ in pairs)])
    if clash:
        return quarantined(f"节点编号 {clash} 与我方本地栏目相同")
    return applied(_apply(unit, message, existing, dict(pairs), content_hash))


def _value(node: TaxonomyNode) -> TreeNode:
    return TreeNode(node.id, node.parent_id, node.name)


def _hash(message: PushTaxonomy) -> str:
    nodes = [n.model_dump(by_alias=True) for n in sorted(message.nodes, key=lambda n: n.id)]
    merges = sorted([m.from_, m.into] for m in message.merges)
    return canonical_hash({"nodes": nodes, "merges": merges} if merges else nodes)


def _mirrored(session: Session) -> dict[str, Category]:
    mirrored = select(Category).where(Category.origin == CategoryOrigin.HQ, Category.id != HQ_ROOT)
    return {c.id: c for c in session.exec(mirrored.with_for_update())}


def _local_clash(session: Session, ids: Iterable[str]) -> str | None:
    local = set(session.exec(select(Category.id).where(Category.origin == CategoryOrigin.LOCAL)))
    return next((i for i in ids if i in local), None)


def _apply(unit: Unit, message: PushTaxonomy, existing: dict[str, Category], merges: dict[str, str], content_hash: str) -> str:
    """Everything of one push, in this transaction; says in Chinese what changed."""
    before = {c.id: _mirror_value(c) for c in existing.values()}
    before |= {i: TreeNode(i, None, i) for i in merges if i not in before}  # a node from before we listened
    found = changes(before, [_value(n) for n in message.nodes], merges)
    held = held_by_category(unit.session)  # as it was before anything moved
    added, changed = _mirror(unit, message.nodes, existing)
    for change in found:
        _end(unit, change, existing)
    moved = {source: _move_items(unit, source, target, message.tree_version) for source, target in merges.items()}
    effects = [effect_record(c, existing, held, moved) for c in found]
    effect = _summary(added, changed, found)
    unit.session.add(
        TaxonomyVersion(tree_version=message.tree_version, content_hash=content_hash, effect=effect, effects=effects, applied_at=unit.now)
    )
    unit.log(HQ, DocumentType.CATEGORY, HQ_ROOT, "PUSH_TAXONOMY", details={"treeVersion": message.tree_version, "effect": effect})
    return effect


def _mirror_value(category: Category) -> TreeNode:
    parent = None if category.parent_id == HQ_ROOT else category.parent_id
    return TreeNode(category.id, parent, category.name, category.retired_at is not None, category.merged_into)


def _parents_first(nodes: list[TaxonomyNode]) -> list[TaxonomyNode]:
    by_id = {n.id: n for n in nodes}

    def depth(node: TaxonomyNode) -> int:
        steps, parent = 0, node.parent_id
        while parent is not None:
            steps, parent = steps + 1, by_id[parent].parent_id
        return steps

    return sorted(nodes, key=lambda n: (depth(n), n.position, n.id))


def _mirror(unit: Unit, nodes: list[TaxonomyNode], existing: dict[str, Category]) -> tuple[int, int]:
    """Make our mirror's live nodes equal to the tree; how many were added and changed."""
    added = changed = 0
    for node in _parents_first(nodes):
        parent = node.parent_id or HQ_ROOT
        category = existing.get(node.id)
        if category is None:
            category = Category(id=node.id, parent_id=parent, name=node.name, origin=CategoryOrigin.HQ, position=node.position)
            unit.session.add(category)
            unit.session.flush()
            existing[node.id] = category
            added += 1
        elif (category.name, category.parent_id, category.position, category.retired_at) != (node.name, parent, node.position, None):
            category.name, category.parent_id, category.position = node.name, parent, node.position
            category.retired_at, category.merged_into = None, None
            category.lock_version += 1
            changed += 1
    return added, changed


def _end(unit: Unit, change: Change, existing: dict[str, Category]) -> None:
    """Retire what is gone, with the node it was merged into."""
    if change.kind not in (EffectKind.RETIRED, EffectKind.MERGED):
        return
    category = existing.get(change.id)
    if category is None:
        category = Category(id=change.id, parent_id=HQ_ROOT, name=change.name, origin=CategoryOrigin.HQ)
        unit.session.add(category)
        existing[change.id] = category
    category.retired_at = category.retired_at or unit.now
    category.merged_into = change.after if change.kind is EffectKind.MERGED else None
    category.lock_version += 1
    unit.session.flush()


def _move_items(unit: Unit, source: str, target: str, tree_version: int) -> int:
    """Hang the items of a merged node under its target; the index follows, submissions stay as they were frozen."""
    items = unit.session.exec(select(Subject).where(col(Subject.category_id) == source).with_for_update()).all()
    details = {"from": source, "to": target, "treeVersion": tree_version}
    for item in items:
        item.category_id = target
        unit.touch(item.id)
        unit.log(HQ, DocumentType.KNOWLEDGE, item.id, "CATEGORY_MERGED", lock_version=item.lock_version, details=details)
    unit.session.flush()
    return len(items)


def _summary(added: int, changed: int, found: list[Change]) -> str:
    counts = Counter(c.kind for c in found)
    joined = f"、合并 {counts[EffectKind.MERGED]} 个" if counts[EffectKind.MERGED] else ""
    return f"新增 {added} 个、变更 {changed} 个{joined}、停用 {counts[EffectKind.RETIRED]} 个栏目"
