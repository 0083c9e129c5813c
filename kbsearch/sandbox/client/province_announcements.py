"""A province's client, by noun: announcements, replies and the papers they are submitted by."""

from __future__ import annotations

from typing import Any

from kbsearch.sandbox.client.door import Door


class ProvinceAnnouncements(Door):
    """A paper is one submission of the province's own: an announcement, its correction or recall, or a reply."""

    def announcements(self) -> list[dict[str, Any]]:
        """Every announcement known here, with `status` PUBLISHED, SCHEDULED, EXPIRED, PENDING_REVIEW or RECALLED."""
        return list(self.get("/api/announcements"))

    def announcement(self, announcement_id: str) -> dict[str, Any] | None:
        """One of them with the province's own papers and the replies received; None when unknown, status OWN where only made here."""
        return self.get_or_none(f"/api/announcements/{announcement_id}")

    def wait_announcement(self, announcement_id: str, status: str, *, number: int | None = None, timeout: float = 10.0) -> dict[str, Any]:
        """Wait until the announcement has this status (and number) here."""

        def look() -> dict[str, Any] | None:
            seen = self.announcement(announcement_id)
            return seen if seen and seen["status"] == status and number in {None, seen["number"]} else None

        return self.wait(look, f"省公司的公告 {announcement_id} 到 {status}", timeout)

    def make_announcement(self, content: dict[str, Any], **fields: Any) -> dict[str, Any]:
        """A1; returns the paper. Content with audience, mustRead, needsReply, replyDueAt. Fields: announcementId, urgency, author."""
        return dict(self.post("/api/announcements", {"content": content, **fields}))

    def correct_announcement(self, announcement_id: str, content: dict[str, Any], **fields: Any) -> dict[str, Any]:
        """A1 of a correction of the province's own; returns the paper. Fields: urgency, author."""
        return dict(self.post(f"/api/announcements/{announcement_id}/correct", {"content": content, **fields}))

    def recall_announcement(self, announcement_id: str, reason: str, **fields: Any) -> dict[str, Any]:
        """A1 of a recall of the province's own; returns the paper. Fields: reasonText, urgency, author."""
        return dict(self.post(f"/api/announcements/{announcement_id}/recall", {"reason": reason, **fields}))

    def make_reply(self, announcement_id: str, content: dict[str, Any], **fields: Any) -> dict[str, Any]:
        """R1 to an announcement published here that asks for it; returns the paper. Fields: author, replyId."""
        return dict(self.post(f"/api/announcements/{announcement_id}/reply", {"content": content, **fields}))

    def papers(self, state: str | None = None) -> list[dict[str, Any]]:
        """Own submissions; state PENDING_REVIEW, RETURNED, SUBMITTED, PENDING_HQ, HQ_RETURNED, HQ_REJECTED or ACCEPTED."""
        return list(self.get("/api/papers", state=state))

    def paper(self, paper_id: str) -> dict[str, Any]:
        """One of them; its id is HQ's submission id."""
        return dict(self.get(f"/api/papers/{paper_id}"))

    def wait_paper(self, paper_id: str, state: str, *, round_: int | None = None, timeout: float = 10.0) -> dict[str, Any]:
        """Wait until the paper is in this state (and round)."""

        def look() -> dict[str, Any] | None:
            seen = self.paper(paper_id)
            return seen if seen["state"] == state and round_ in {None, seen["round"]} else None

        return self.wait(look, f"省公司的申请 {paper_id} 到 {state}", timeout)

    def review_paper(self, paper_id: str, action: str, reason: str = "") -> dict[str, Any]:
        """A2 and A3 (R2 and R3): approve, which submits it to HQ, or refuse (with a reason)."""
        return dict(self.post(f"/api/papers/{paper_id}/decision", {"action": action, "reason": reason}))

    def edit_paper(self, paper_id: str, content: dict[str, Any]) -> dict[str, Any]:
        """A6 (R6): change what came back; it waits for review again."""
        return dict(self.post(f"/api/papers/{paper_id}/edit", {"content": content}))

    def replies(self, announcement_id: str | None = None) -> list[dict[str, Any]]:
        """Replies received to the province's own announcements."""
        return list(self.get("/api/replies", announcementId=announcement_id))
