"""HQ's client, by noun: feedback (3.1.1.4, steps 4 to 9 and 12)."""

from __future__ import annotations

from typing import Any

from kbsearch.sandbox.client.door import Door


class HqFeedback(Door):
    """Feedback at HQ, by HQ's number (`FB-…`); `provinceId` is the province's own."""

    def feedbacks(self, state: str | None = None) -> list[dict[str, Any]]:
        """Every feedback; state RECEIVED, HELD, ACCEPTED, REFUSED, DISPATCHED, ANSWERED or CLOSED."""
        return list(self.get("/api/feedback", state=state))

    def feedback(self, feedback_id: str) -> dict[str, Any]:
        """One feedback with results and steps."""
        return dict(self.get(f"/api/feedback/{feedback_id}"))

    def wait_feedback(self, province_id: str, state: str, *, timeout: float = 10.0) -> dict[str, Any]:
        """Wait until HQ has the feedback a province calls this in this state."""

        def look() -> dict[str, Any] | None:
            seen = next((each for each in self.feedbacks() if each["provinceId"] == province_id), None)
            return self.feedback(seen["id"]) if seen and seen["state"] == state else None

        return self.wait(look, f"总部的反馈 {province_id} 到 {state}", timeout)

    def review_feedback(self, feedback_id: str, *, accepted: bool, text: str = "", **fields: Any) -> dict[str, Any]:
        """Steps 5 and 6: the province is answered at once. Fields: updateNeeded (step 8 in the same act), opinion, dueAt, urgency."""
        action = "accept" if accepted else "refuse"
        return dict(self.post(f"/api/feedback/{feedback_id}/decision", {"action": action, "text": text, **fields}))

    def judge_feedback(self, feedback_id: str, *, update_needed: bool, **fields: Any) -> dict[str, Any]:
        """Step 8: True dispatches to the second line (9), False closes (12). Fields: opinion, dueAt, urgency."""
        return dict(self.post(f"/api/feedback/{feedback_id}/judge", {"updateNeeded": update_needed, **fields}))

    def dispatch_feedback(self, feedback_id: str, **fields: Any) -> dict[str, Any]:
        """Step 9 again, under the next dispatch number. Fields: opinion, dueAt, urgency."""
        return dict(self.post(f"/api/feedback/{feedback_id}/dispatch", fields))
