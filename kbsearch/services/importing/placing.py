"""Finds the category and scope of a record, making local branches where that was allowed; changes no headquarters' node."""

from __future__ import annotations

from collections import defaultdict

from sqlmodel import Session

from kbsearch.errors import Refused
from kbsearch.services.content_rules import category_problem
from kbsearch.services.importing.fields import Record
from kbsearch.services.importing.options import ImportOptions, RejectedLineError
from kbsearch.services.taxonomy import HQ_ROOT, LOCAL_ROOT, MAX_DEPTH, all_categories, create_category
from kbsearch.store.tables import Category, CategoryOrigin
from kbsearch.store.unit import Unit
from kbsearch.workflow.decide import Actor
from kbsearch.workflow.states import Scope

_ROOTS = {Scope.NATIONAL: (HQ_ROOT,), Scope.LOCAL: (LOCAL_ROOT,), None: (HQ_ROOT, LOCAL_ROOT)}


class Places:
    """The tree as it stood when the run began, plus the branches the run made itself."""

    def __init__(self, categories: dict[str, Category], actor: Actor, options: ImportOptions) -> None:
        self._actor, self._options = actor, options
        live = [c for c in categories.values() if c.retired_at is None]
        self._live = {c.id: c.origin for c in live}
        self._children: defaultdict[str | None, dict[str, str]] = defaultdict(dict)
        for category in sorted(live, key=lambda c: (c.position, c.id)):
            self._children[category.parent_id].setdefault(category.name, category.id)
        self._judged: dict[tuple[Scope, str], str | None] = {}

    @classmethod
    def load(cls, session: Session, actor: Actor, options: ImportOptions) -> Places:
        """Read the whole tree, a few thousand nodes at most."""
        return cls(all_categories(session), actor, options)

    def place(self, unit: Unit, record: Record) -> tuple[Scope, str]:
        """Scope and category id; raise RejectedLineError where there is no lawful one."""
        wanted = record.scope or self._options.scope
        category_id = self._named(unit, record, wanted)
        if category_id is None:
            raise RejectedLineError("缺栏目：请在行中写 categoryId 或 category，或用 --category 指明缺省栏目")
        origin = self._live.get(category_id)
        if origin is None:
            raise RejectedLineError(f"没有这个栏目：{category_id}")
        scope = wanted or (Scope.NATIONAL if origin is CategoryOrigin.HQ else Scope.LOCAL)
        if (scope, category_id) not in self._judged:
            self._judged[scope, category_id] = category_problem(unit.session, scope, category_id)
        problem = self._judged[scope, category_id]
        if problem:
            raise RejectedLineError(problem)
        return scope, category_id

    def _named(self, unit: Unit, record: Record, scope: Scope | None) -> str | None:
        if record.category_id in self._live:
            return record.category_id
        if not record.category_path:
            return record.category_id or self._options.category_id
        if len(record.category_path) == 1 and record.category_path[0] in self._live:
            return record.category_path[0]
        for root in _ROOTS[scope]:
            found = self._walk(root, record.category_path)
            if found is not None:
                return found
        if self._options.create_categories and scope is not Scope.NATIONAL:
            return self._create(unit, record.category_path)
        raise RejectedLineError(f"没有这个栏目：{'/'.join(record.category_path)}")

    def _walk(self, root: str, path: tuple[str, ...]) -> str | None:
        node: str | None = root
        for name in path:
            node = self._children[node].get(name)
            if node is None or node == HQ_ROOT:  # headquarters' tree is walked from its own root only
                return None
        return node

    def _create(self, unit: Unit, path: tuple[str, ...]) -> str:
        if len(path) > MAX_DEPTH:
            raise RejectedLineError(f"栏目最多 {MAX_DEPTH} 层")
        parent = LOCAL_ROOT
        for name in path:
            known = self._children[parent].get(name)
            if known is None or known == HQ_ROOT:
                try:
                    made = create_category(unit, self._actor, name=name, parent_id=parent, position=len(self._children[parent]) + 1)
                except Refused as refused:
                    raise RejectedLineError("；".join(r.message for r in refused.refusals)) from refused
                self._live[made.id] = made.origin
                self._children[parent][made.name] = known = made.id
            parent = known
        return parent
