"""The category tree: headquarters' pushes mirror it, admins keep local branches beside it."""

from __future__ import annotations

from collections import Counter

from sqlmodel import Session, col, func, select

from kbsearch.content import canonical_hash
from kbsearch.hq.callbacks import PushTaxonomy, TaxonomyNode
from kbsearch.services.hq_outcome import Outcome, applied, deferred, duplicate, quarantined, rejected
from kbsearch.services.people import require_role, who
from kbsearch.services.refusals import not_found, stale, violated
from kbsearch.store.tables import Category, CategoryOrigin, DocumentType, Knowledge, Submission, TaxonomyVersion
from kbsearch.store.unit import HQ, Unit
from kbsearch.workflow.actions import Role
from kbsearch.workflow.decide import Actor
from kbsearch.workflow.hq_decisions import Receipt

HQ_ROOT = "HQ"
LOCAL_ROOT = "ROOT"
MAX_DEPTH = 12


def _tree_problem(nodes: list[TaxonomyNode]) -> str | None:
    """Every node once, every parent there, no circle."""
    parents = {n.id: n.parent_id for n in nodes}
    repeated = [i for i, count in Counter(n.id for n in nodes).items() if count > 1]
    if repeated:
        return f"节点 {repeated[0]} 出现了不止一次"
    if {HQ_ROOT, LOCAL_ROOT} & parents.keys():
        return "节点编号 ROOT、HQ 为我方保留"
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


def push_taxonomy(unit: Unit, message: PushTaxonomy) -> Outcome:
    """知识结构下发: apply a whole tree at once; nodes no longer in it are retired, never deleted."""
    problem = _tree_problem(message.nodes)
    if problem:
        return rejected(problem)
    content_hash = canonical_hash([n.model_dump(by_alias=True) for n in sorted(message.nodes, key=lambda n: n.id)])
    latest = unit.session.exec(select(func.max(TaxonomyVersion.tree_version))).one()
    if latest is not None and message.tree_version <= latest:
        known = unit.session.get(TaxonomyVersion, message.tree_version)
        if known is not None and known.content_hash == content_hash:
            return duplicate(f"结构第 {message.tree_version} 版已挂接")
        return Outcome(Receipt.OUT_OF_DATE, f"我方已挂接到第 {latest} 版")
    if latest is not None and message.tree_version > latest + 1:
        return deferred(f"tree:{message.tree_version - 1}", f"结构第 {message.tree_version - 1} 版未到")
    clash = _local_clash(unit.session, message.nodes)
    if clash:
        return quarantined(f"节点编号 {clash} 与我方本地栏目相同")
    effect = _mirror(unit, message.nodes)
    unit.session.add(TaxonomyVersion(tree_version=message.tree_version, content_hash=content_hash, effect=effect, applied_at=unit.now))
    unit.log(HQ, DocumentType.CATEGORY, HQ_ROOT, "PUSH_TAXONOMY", details={"treeVersion": message.tree_version, "effect": effect})
    return applied(effect)


def _local_clash(session: Session, nodes: list[TaxonomyNode]) -> str | None:
    local = set(session.exec(select(Category.id).where(Category.origin == CategoryOrigin.LOCAL)))
    return next((n.id for n in nodes if n.id in local), None)


def _parents_first(nodes: list[TaxonomyNode]) -> list[TaxonomyNode]:
    by_id = {n.id: n for n in nodes}

    def depth(node: TaxonomyNode) -> int:
        steps, parent = 0, node.parent_id
        while parent is not None:
            steps, parent = steps + 1, by_id[parent].parent_id
        return steps

    return sorted(nodes, key=lambda n: (depth(n), n.position, n.id))


def _mirror(unit: Unit, nodes: list[TaxonomyNode]) -> str:
    """Make our mirror equal to the tree; says in Chinese what changed."""
    existing = {c.id: c for c in unit.session.exec(select(Category).where(Category.origin == CategoryOrigin.HQ, Category.id != HQ_ROOT))}
    added = changed = retired = 0
    for node in _parents_first(nodes):
        parent = node.parent_id or HQ_ROOT
        category = existing.get(node.id)
        if category is None:
            unit.session.add(Category(id=node.id, parent_id=parent, name=node.name, origin=CategoryOrigin.HQ, position=node.position))
            unit.session.flush()
            added += 1
        elif (category.name, category.parent_id, category.position, category.retired_at) != (node.name, parent, node.position, None):
            category.name, category.parent_id, category.position, category.retired_at = node.name, parent, node.position, None
            category.lock_version += 1
            changed += 1
    kept = {n.id for n in nodes}
    for category in existing.values():
        if category.id not in kept and category.retired_at is None:
            category.retired_at = unit.now
            category.lock_version += 1
            retired += 1
    return f"新增 {added} 个、变更 {changed} 个、停用 {retired} 个栏目"


def _local_parent(session: Session, parent_id: str | None) -> Category:
    parent = session.get(Category, parent_id or LOCAL_ROOT)
    if parent is None or parent.retired_at is not None:
        raise not_found("上级栏目", "parentId")
    if parent.origin is not CategoryOrigin.LOCAL:
        raise violated("HQ_TREE_READ_ONLY", "总部栏目只读，本地栏目只能挂在本地栏目下。", "parentId")
    return parent


def _clean_name(name: str) -> str:
    cleaned = name.strip()
    if not 1 <= len(cleaned) <= 100:  # noqa: PLR2004 - as headquarters' nodes
        raise violated("BAD_NAME", "栏目名须 1 至 100 个字。", "name")
    return cleaned


def create_category(
    unit: Unit, actor: Actor, *, name: str, parent_id: str | None, position: int = 0, category_id: str | None = None
) -> Category:
    """Add a local branch; `category_id` is for seeds and imports that bring stable ids."""
    require_role(actor, Role.ADMIN)
    parent = _local_parent(unit.session, parent_id)
    category = Category(
        id=category_id or unit.new_id(), parent_id=parent.id, name=_clean_name(name), origin=CategoryOrigin.LOCAL, position=position
    )
    unit.session.add(category)
    unit.session.flush()
    unit.log(who(actor), DocumentType.CATEGORY, category.id, "CREATE", details={"name": category.name, "parent": parent.id})
    return category


def _local_category(unit: Unit, category_id: str, lock_version: int) -> Category:
    category = unit.session.get(Category, category_id, with_for_update=True, populate_existing=True)
    if category is None:
        raise not_found("栏目", "categoryId")
    if category.origin is not CategoryOrigin.LOCAL or category.parent_id is None:
        raise violated("HQ_TREE_READ_ONLY", "总部栏目与根栏目只读，不能在本系统改。", "categoryId")
    if category.lock_version != lock_version:
        raise stale("栏目", category.lock_version)
    return category


def update_category(
    unit: Unit, actor: Actor, category_id: str, *, lock_version: int, name: str | None, parent_id: str | None, position: int | None
) -> Category:
    """Rename, move or reorder a local branch."""
    require_role(actor, Role.ADMIN)
    category = _local_category(unit, category_id, lock_version)
    if name is not None:
        category.name = _clean_name(name)
    if parent_id is not None:
        parent = _local_parent(unit.session, parent_id)
        if category.id in _path_ids(unit.session, parent):
            raise violated("CIRCLE", "不能把栏目挂到它自己或它的下级之下。", "parentId")
        category.parent_id = parent.id
    if position is not None:
        category.position = position
    category.lock_version += 1
    unit.log(who(actor), DocumentType.CATEGORY, category.id, "UPDATE", lock_version=category.lock_version, details={"name": category.name})
    return category


def retire_category(unit: Unit, actor: Actor, category_id: str, *, lock_version: int) -> Category:
    """Retire an empty local branch: nothing may be lost with it."""
    require_role(actor, Role.ADMIN)
    category = _local_category(unit, category_id, lock_version)
    children = select(Category.id).where(Category.parent_id == category.id, col(Category.retired_at).is_(None))
    items = select(Knowledge.id).where(Knowledge.category_id == category.id, col(Knowledge.archived_at).is_(None))
    drafts = select(Submission.id).where(Submission.category_id == category.id)
    if any(unit.session.exec(q.limit(1)).first() for q in (children, items, drafts)):
        raise violated("NOT_EMPTY", "栏目下还有下级、知识或申请，请先移走再停用。", "categoryId")
    category.retired_at = unit.now
    category.lock_version += 1
    unit.log(who(actor), DocumentType.CATEGORY, category.id, "RETIRE", lock_version=category.lock_version)
    return category


def _path_ids(session: Session, category: Category) -> list[str]:
    path = [category.id]
    while category.parent_id is not None:
        parent = session.get(Category, category.parent_id)
        if parent is None or parent.id in path:
            break
        path.append(parent.id)
        category = parent
    return path


def all_categories(session: Session) -> dict[str, Category]:
    """Every node by id; a few thousand at most."""
    return {c.id: c for c in session.exec(select(Category))}


def subtree(categories: dict[str, Category], root_ids: list[str]) -> frozenset[str]:
    """The ids of these nodes and everything below them, retired nodes included (their items stay findable)."""
    children: dict[str | None, list[str]] = {}
    for category in categories.values():
        children.setdefault(category.parent_id, []).append(category.id)
    found, queue = set(), [i for i in root_ids if i in categories]
    while queue:
        node = queue.pop()
        if node not in found:
            found.add(node)
            queue += children.get(node, [])
    return frozenset(found)
