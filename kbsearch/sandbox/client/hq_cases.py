"""HQ's client, by noun: submissions and drafts of any kind, and withdraw requests."""

from __future__ import annotations

from typing import Any

from kbsearch.sandbox.client.door import Door


class HqCases(Door):
    """Cases: whatever HQ's reviewer decides on."""

    def submissions(self, state: str | None = None, subject_kind: str | None = None) -> list[dict[str, Any]]:
        """Latest round of each submission, of the second line, provinces and other platforms alike."""
        return list(self.get("/api/submissions", state=state, subjectKind=subject_kind))

    def submission(self, submission_id: str) -> dict[str, Any]:
        """One submission with rounds, steps, differences."""
        return dict(self.get(f"/api/submissions/{submission_id}"))

    def wait_submission(self, submission_id: str, state: str, *, round_: int | None = None, timeout: float = 10.0) -> dict[str, Any]:
        """Wait until HQ has the submission in this state (and round)."""

        def look() -> dict[str, Any] | None:
            seen = self.submission(submission_id)
            return seen if seen["state"] == state and round_ in {None, seen["round"]} else None

        return self.wait(look, f"总部的申请 {submission_id} 到 {state}", timeout)

    def decide(self, submission_id: str, action: str, **fields: Any) -> dict[str, Any]:
        """Decide: approve, amend, return, reject, hold, returnToOwnAuthors.

        Fields: reasonCodes, reasonText, distribution, amendedContent, effectiveFrom, approver, force.
        """
        return dict(self.post(f"/api/submissions/{submission_id}/decision", {"action": action, **fields}))

    def own_edit(self, submission_id: str, content: dict[str, Any]) -> dict[str, Any]:
        """Step 11.2 (A6, R6) on a submission: the fields to change."""
        return dict(self.post(f"/api/submissions/{submission_id}/own-edit", {"content": content}))

    def drafts(self, state: str | None = None, subject_kind: str | None = None) -> list[dict[str, Any]]:
        """HQ's own drafts."""
        return list(self.get("/api/drafts", state=state, subjectKind=subject_kind))

    def draft(self, draft_id: str) -> dict[str, Any]:
        """One draft."""
        return dict(self.get(f"/api/drafts/{draft_id}"))

    def decide_draft(self, draft_id: str, action: str, **fields: Any) -> dict[str, Any]:
        """Decide on a draft of HQ's own: approve, amend, reject, hold, returnToOwnAuthors."""
        return dict(self.post(f"/api/drafts/{draft_id}/decision", {"action": action, **fields}))

    def edit_draft(self, draft_id: str, content: dict[str, Any]) -> dict[str, Any]:
        """Step 11.2 (A6, R6) on a draft."""
        return dict(self.post(f"/api/drafts/{draft_id}/own-edit", {"content": content}))

    def withdrawals(self) -> list[dict[str, Any]]:
        """Withdraw requests, newest first."""
        return list(self.get("/api/withdrawals"))

    def answer_withdrawal(self, withdrawal_id: int, *, granted: bool, text: str = "") -> dict[str, Any]:
        """Answer a waiting withdraw request by hand."""
        return dict(self.post(f"/api/withdrawals/{withdrawal_id}", {"granted": granted, "reasonText": text}))
