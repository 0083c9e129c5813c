"""HQ's client, by noun: 知识结构 (T1)."""

from __future__ import annotations

from typing import Any

from kbsearch.sandbox.client.door import Door


class HqTaxonomy(Door):
    """HQ's tree. Edits gather in a draft until push_taxonomy sends them as one version; each returns the draft."""

    def taxonomy(self, tree_version: int | None = None) -> dict[str, Any] | None:
        """The tree as last pushed, or of an earlier version: treeVersion, nodes, merges, note, pushedAt."""
        tree: dict[str, Any] | None = self.get("/api/taxonomy", treeVersion=None if tree_version is None else str(tree_version))
        return tree

    def taxonomy_history(self) -> list[dict[str, Any]]:
        """Every push, newest first, with how many of HQ's items it moved."""
        return list(self.get("/api/taxonomy/history"))

    def taxonomy_draft(self) -> dict[str, Any] | None:
        """The tree being edited, else the present one."""
        draft: dict[str, Any] | None = self.get("/api/taxonomy/draft")
        return draft

    def drop_taxonomy_draft(self) -> None:
        """Forget edits that were not pushed."""
        self.post("/api/taxonomy/draft/drop")

    def add_node(self, name: str, parent_id: str | None, *, node_id: str | None = None, position: int | None = None) -> dict[str, Any]:
        """Add a node."""
        return self._edit("add", id=node_id, name=name, parentId=parent_id, position=position)

    def rename_node(self, node_id: str, name: str) -> dict[str, Any]:
        """Rename a node."""
        return self._edit("rename", id=node_id, name=name)

    def move_node(self, node_id: str, parent_id: str | None, *, position: int | None = None) -> dict[str, Any]:
        """Hang a node, with everything below it, under another."""
        return self._edit("move", id=node_id, parentId=parent_id, position=position)

    def merge_node(self, node_id: str, into: str) -> dict[str, Any]:
        """Merge a node into another: its children and items go there."""
        return self._edit("merge", id=node_id, into=into)

    def retire_node(self, node_id: str) -> dict[str, Any]:
        """Retire a node that has none below it."""
        return self._edit("retire", id=node_id)

    def push_taxonomy(self, nodes: list[dict[str, Any]] | None = None, merges: list[dict[str, str]] | None = None) -> int:
        """Push a tree as the next version: these nodes, or what was edited, or the present tree again; returns its number."""
        body: dict[str, Any] = {} if nodes is None else {"nodes": nodes, "merges": merges or []}
        return int(self.post("/api/taxonomy/push", body)["treeVersion"])

    def undo_taxonomy(self, tree_version: int | None = None, *, refile: bool = False) -> int:
        """Push an earlier tree (the one before the last) as a new version; `refile` puts items moved since back."""
        return int(self.post("/api/taxonomy/undo", {"treeVersion": tree_version, "refile": refile})["treeVersion"])

    def _edit(self, action: str, **fields: Any) -> dict[str, Any]:
        return dict(self.post("/api/taxonomy/draft", {"action": action, **fields}))
