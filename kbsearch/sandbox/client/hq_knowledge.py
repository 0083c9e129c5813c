"""HQ's client, by noun: the knowledge HQ holds and makes."""

from __future__ import annotations

from typing import Any

from kbsearch.sandbox.client.door import Door


class HqKnowledge(Door):
    """Knowledge at HQ."""

    def make_knowledge(self, content: dict[str, Any], category_id: str, **fields: Any) -> dict[str, Any]:
        """Step 12 of 3.1.1.1; returns the draft. Fields: knowledgeId, distribution, effectiveFrom, changeNote, material."""
        return dict(self.post("/api/knowledge", {"content": content, "categoryId": category_id, **fields}))

    def make_update(self, knowledge_id: str, content: dict[str, Any], **fields: Any) -> dict[str, Any]:
        """Step 12 of 3.1.1.2: the content fields to change; returns the draft."""
        return dict(self.post(f"/api/knowledge/{knowledge_id}/update", {"content": content, **fields}))

    def make_revocation(self, knowledge_id: str, reason: str, **fields: Any) -> dict[str, Any]:
        """Step 12 of 3.1.1.3; returns the draft. Fields: reasonText, replacementId, effectiveFrom."""
        return dict(self.post(f"/api/knowledge/{knowledge_id}/revoke", {"reason": reason, **fields}))

    def knowledge(self, knowledge_id: str) -> dict[str, Any]:
        """What HQ holds of an item: status, distribution, versions, steps."""
        return dict(self.get(f"/api/knowledge/{knowledge_id}"))

    def all_knowledge(self) -> list[dict[str, Any]]:
        """Every item HQ holds, at most 500."""
        return list(self.get("/api/knowledge"))

    def refile(self, knowledge_id: str, category_id: str) -> dict[str, Any]:
        """Hang an item under another node; its version is pushed again under it."""
        return dict(self.post(f"/api/knowledge/{knowledge_id}/refile", {"categoryId": category_id}))
