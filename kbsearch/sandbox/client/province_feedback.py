"""A province's client, by noun: feedback (3.1.1.4, steps 1 to 3 and 7)."""

from __future__ import annotations

from typing import Any

from kbsearch.sandbox.client.door import Door


class ProvinceFeedback(Door):
    """Feedback at a province, by the province's own number."""

    def make_feedback(self, knowledge_id: str, text: str, **fields: Any) -> dict[str, Any]:
        """Step 1 on an item published here. Fields: number (the version shown where left out), reporter, urgency."""
        return dict(self.post("/api/feedback", {"knowledgeId": knowledge_id, "text": text, **fields}))

    def review_feedback(self, feedback_id: str, action: str, reason: str = "") -> dict[str, Any]:
        """Steps 2 and 3: approve, which submits it to HQ, or refuse (with a reason)."""
        return dict(self.post(f"/api/feedback/{feedback_id}/decision", {"action": action, "reason": reason}))

    def feedbacks(self, state: str | None = None) -> list[dict[str, Any]]:
        """Every feedback; state PENDING_REVIEW, REFUSED, SUBMITTED, ANSWERED or RESOLVED."""
        return list(self.get("/api/feedback", state=state))

    def feedback(self, feedback_id: str) -> dict[str, Any]:
        """One feedback: state, hqFeedbackId, accepted and answer (step 7), results."""
        return dict(self.get(f"/api/feedback/{feedback_id}"))

    def wait_feedback(self, feedback_id: str, state: str, *, timeout: float = 10.0) -> dict[str, Any]:
        """Wait until the feedback is in this state here."""

        def look() -> dict[str, Any] | None:
            seen = self.feedback(feedback_id)
            return seen if seen["state"] == state else None

        return self.wait(look, f"省公司的反馈 {feedback_id} 到 {state}", timeout)
