"""HQ's client, by noun: version sync (S1, S2) and the hooks that make both sides differ."""

from __future__ import annotations

from typing import Any

from kbsearch.sandbox.client.door import Door


class HqSync(Door):
    """Version sync at HQ."""

    def digests(self) -> list[dict[str, Any]]:
        """HQ's own digest of every category that holds anything: categoryId, count, digest."""
        return list(self.get("/api/sync/digests"))

    def digest_rows(self, category_id: str | None = None) -> list[dict[str, Any]]:
        """The rows behind them: knowledgeId, number, status, contentHash, categoryId."""
        return list(self.get("/api/sync/rows", categoryId=category_id))

    def sync_runs(self) -> list[dict[str, Any]]:
        """What was compared (kind S1) and repaired (S2), newest first: runId, asked, answered, messages, detail."""
        return list(self.get("/api/sync/runs"))

    def hold_stock(self, items: list[dict[str, Any]]) -> int:
        """Let HQ hold items without telling anybody (at most 8 MB a call); returns how many.

        Each: knowledgeId, categoryId, content (complete), and optionally number, distribution, effectiveFrom, status REVOKED.
        """
        return int(self.post("/api/sync/stock", {"items": items})["held"])

    def hold_past(self, past: dict[str, Any]) -> dict[str, int]:
        """Let HQ hold what it held, announced and dispatched before it first started (at most 8 MB a call); returns how many of each.

        knowledge, announcements, replies, feedback; what HQ holds already stays as it is.
        """
        return dict(self.post("/api/past", past))

    def inject(self, action: str, knowledge_id: str | None = None, **fields: Any) -> str:
        """Change what HQ holds in silence; returns the knowledge id.

        Actions: forget, dropVersion, content (field content), number (field number), revoke, unrevoke, category (field categoryId),
        unknown (without an id; field categoryId, and optionally content).
        """
        given = {"action": action, **({"knowledgeId": knowledge_id} if knowledge_id else {}), **fields}
        return str(self.post("/api/sync/inject", given)["knowledgeId"])
