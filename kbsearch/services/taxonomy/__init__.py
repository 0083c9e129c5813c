"""The category tree: headquarters' pushes mirror it, admins keep local branches beside it."""

from __future__ import annotations

from kbsearch.services.taxonomy.local import create_category, retire_category, update_category
from kbsearch.services.taxonomy.pushing import push_taxonomy
from kbsearch.services.taxonomy.tree import HQ_ROOT, LOCAL_ROOT, all_categories, merged_target, resolved_category_id, subtree
from kbsearch.workflow.taxonomy import MAX_DEPTH

__all__ = [
    "HQ_ROOT",
    "LOCAL_ROOT",
    "MAX_DEPTH",
    "all_categories",
    "create_category",
    "merged_target",
    "push_taxonomy",
    "resolved_category_id",
    "retire_category",
    "subtree",
    "update_category",
]
