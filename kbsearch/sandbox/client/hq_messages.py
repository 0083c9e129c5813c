"""HQ's client, by noun: transport, steps, rules and settings."""

from __future__ import annotations

from typing import Any

from kbsearch.sandbox.client.door import Door


class HqMessages(Door):
    """What went in and out of HQ."""

    def received(self) -> list[dict[str, Any]]:
        """Messages received, newest first; `source` is `service` or `province:<code>`."""
        return list(self.get("/api/messages", direction="received")["received"])

    def sent(self, about: str | None = None) -> list[dict[str, Any]]:
        """Outgoing messages with receipts, newest first; `about` is a submission, draft, feedback or run id, or `taxonomy`."""
        return list(self.get("/api/messages", about=about, direction="sent")["sent"])

    def wait_receipt(self, about: str, kind: str, *, round_: int | None = None, timeout: float = 10.0) -> dict[str, Any]:
        """Wait until the latest callback of this kind was answered; return it with its `receipt`. A feedback's round is its dispatch."""

        def look() -> dict[str, Any] | None:
            for message in self.sent(about):
                if message["kind"] == kind and round_ in {None, message["round"]}:
                    return message if message["state"] == "DELIVERED" else None
            return None

        return self.wait(look, f"{kind} 的回执（{about}）", timeout)

    def resend(self, message_id: int) -> None:
        """Send one outgoing message again under a new webhook-id."""
        self.post(f"/api/messages/{message_id}/resend")

    def steps(self, about: str | None = None) -> list[dict[str, Any]]:
        """Numbered steps done at HQ, in order: of a submission, draft, feedback, run, item, announcement, reply, `taxonomy`, or all."""
        return list(self.get("/api/steps", about=about))

    def set_rules(self, rules: list[dict[str, Any]]) -> None:
        """Replace the automatic reviewer's rules."""
        self.post("/api/rules", {"rules": rules})

    def settings(self) -> dict[str, Any]:
        """Mode, rules, provinces."""
        return dict(self.get("/api/settings"))
