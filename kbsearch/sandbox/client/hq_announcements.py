"""HQ's client, by noun: announcements and replies."""

from __future__ import annotations

from typing import Any

from kbsearch.sandbox.client.door import Door


class HqAnnouncements(Door):
    """Announcements and replies at HQ; what is made here is a draft and goes through decide_draft (platforms': decide)."""

    def announcements(self) -> list[dict[str, Any]]:
        """Every announcement published through HQ: id, title, status PUBLISHED or RECALLED, issuer, distribution, number."""
        return list(self.get("/api/announcements"))

    def announcement(self, announcement_id: str) -> dict[str, Any]:
        """One of them with versions, steps and accepted replies."""
        return dict(self.get(f"/api/announcements/{announcement_id}"))

    def make_announcement(self, content: dict[str, Any], **fields: Any) -> dict[str, Any]:
        """A1 at HQ; returns the case. Content with audience, mustRead, needsReply, replyDueAt.

        Fields: issuer {code: 'P-…', name} for another platform's (the case is then a submission, not a draft), announcementId,
        effectiveFrom, urgency, material.
        """
        return dict(self.post("/api/announcements", {"content": content, **fields}))

    def correct_announcement(self, announcement_id: str, content: dict[str, Any], **fields: Any) -> dict[str, Any]:
        """HQ corrects an announcement, whoever issued it; returns the draft. Fields: effectiveFrom, changeNote, material."""
        return dict(self.post(f"/api/announcements/{announcement_id}/correct", {"content": content, **fields}))

    def recall_announcement(self, announcement_id: str, reason: str, **fields: Any) -> dict[str, Any]:
        """HQ recalls an announcement, whoever issued it; returns the draft. Fields: reasonText, effectiveFrom."""
        return dict(self.post(f"/api/announcements/{announcement_id}/recall", {"reason": reason, **fields}))

    def make_reply(self, announcement_id: str, content: dict[str, Any], **fields: Any) -> dict[str, Any]:
        """R1 at HQ (or with `issuer` at another platform) to an announcement that asks for it; returns the case. Fields: issuer, author."""
        return dict(self.post(f"/api/announcements/{announcement_id}/reply", {"content": content, **fields}))

    def replies(self, announcement_id: str | None = None) -> list[dict[str, Any]]:
        """Accepted replies, with `issuer` and `announcementId`."""
        return list(self.get("/api/replies", announcementId=announcement_id))
