"""A province's client, by noun: what it received and shows."""

from __future__ import annotations

from typing import Any

from kbsearch.sandbox.client.door import Door


class ProvinceKnowledge(Door):
    """Knowledge, deliveries and steps at a province."""

    def search(self, query: str, kind: str = "KNOWLEDGE") -> list[dict[str, Any]]:
        """Current copies that contain the text; kind KNOWLEDGE or ANNOUNCEMENT."""
        return list(self.get("/api/search", q=query, kind=kind)["hits"])

    def knowledge(self, knowledge_id: str) -> dict[str, Any] | None:
        """One item, None when the province never got it; `status` PUBLISHED, SCHEDULED, EXPIRED, PENDING_REVIEW or REVOKED."""
        return self.get_or_none(f"/api/knowledge/{knowledge_id}")

    def wait_knowledge(self, knowledge_id: str, status: str, *, number: int | None = None, timeout: float = 10.0) -> dict[str, Any]:
        """Wait until the item has this status (and number) here."""

        def look() -> dict[str, Any] | None:
            seen = self.knowledge(knowledge_id)
            return seen if seen and seen["status"] == status and number in {None, seen["number"]} else None

        return self.wait(look, f"省公司的知识 {knowledge_id} 到 {status}", timeout)

    def deliveries(self, state: str | None = None) -> list[dict[str, Any]]:
        """What HQ sent to be shown or ended (knowledge and announcements), newest first."""
        return list(self.get("/api/deliveries", state=state))

    def decide(self, delivery_id: int, action: str, reason: str = "") -> dict[str, Any]:
        """Step 9 and 10, or A9, by hand: approve or refuse (with a reason)."""
        return dict(self.post(f"/api/deliveries/{delivery_id}/decision", {"action": action, "reason": reason}))

    def steps(self, about: str | None = None) -> list[dict[str, Any]]:
        """Numbered steps done here, in order: of a knowledge item, announcement, reply or feedback, or all."""
        return list(self.get("/api/steps", about=about))

    def sent(self) -> list[dict[str, Any]]:
        """What the province sent to HQ or waits to send, newest first."""
        return list(self.get("/api/messages")["sent"])
