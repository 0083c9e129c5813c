"""An admin's operations on local branches, beside headquarters' tree and never in it."""

from __future__ import annotations

from sqlmodel import Session, col, select

from kbsearch.services.people import require_role, who
from kbsearch.services.refusals import not_found, stale, violated
from kbsearch.services.taxonomy.tree import LOCAL_ROOT, path_ids
from kbsearch.store.tables import Category, CategoryOrigin, DocumentType, Subject, Submission
from kbsearch.store.unit import Unit
from kbsearch.workflow.actions import Role
from kbsearch.workflow.decide import Actor


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
        if category.id in path_ids(unit.session, parent):
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
    items = select(Subject.id).where(Subject.category_id == category.id, col(Subject.archived_at).is_(None))
    drafts = select(Submission.id).where(Submission.category_id == category.id)
    if any(unit.session.exec(q.limit(1)).first() for q in (children, items, drafts)):
        raise violated("NOT_EMPTY", "栏目下还有下级、知识或申请，请先移走再停用。", "categoryId")
    category.retired_at = unit.now
    category.lock_version += 1
    unit.log(who(actor), DocumentType.CATEGORY, category.id, "RETIRE", lock_version=category.lock_version)
    return category
