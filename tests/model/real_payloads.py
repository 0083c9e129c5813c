"""The model's messages as the camelCase JSON headquarters really sends, hashes included; knows nothing of answers."""

from __future__ import annotations

from typing import Any

from kbsearch import content as real
from kbsearch.clock import wire_time
from tests.services.house import House

from .messages import Acknowledge, Approve, Message, PushRevocation, PushVersion, Reject, Return, WithdrawResult
from .things import Content

NO_HASH = "0" * 64


class Wire:
    """Writes messages; `ids` maps the test's labels to our ids and grows while the test runs."""

    def __init__(self, house: House, ids: dict[str, str]) -> None:
        self.house, self.ids = house, ids

    @staticmethod
    def content(content: Content) -> real.Content:
        """The same text with title and body."""
        return real.Content(
            title=content.text, body=f"{content.text}的正文", effective_from=content.effective_from, effective_to=content.effective_to
        )

    def _text(self, content: Content, *, hash_ok: bool) -> dict[str, Any]:
        text = self.content(content)
        return {"content": text.document(), "contentHash": text.hash if hash_ok else NO_HASH}

    def payload(self, message: Message) -> tuple[str, dict[str, Any]]:
        """(mutation, input)."""
        if isinstance(message, PushVersion):
            return "hqPushVersion", self._push(message)
        if isinstance(message, PushRevocation):
            return "hqPushRevocation", self._revocation(message)
        about: dict[str, Any] = {"submissionId": self.ids.get(message.submission, message.submission), "round": message.round}
        match message:
            case Acknowledge():
                return "hqAcknowledge", about | {"hqReference": message.reference}
            case Approve():
                return "hqApprove", about | self._approval(message, about["submissionId"])
            case Return() | Reject():
                kind = "hqReturn" if isinstance(message, Return) else "hqReject"
                return kind, about | {"reasonCodes": list(message.codes), "reasonText": message.text}
            case WithdrawResult():
                return "hqWithdrawResult", about | {"granted": message.granted, "reasonText": ""}

    def _approval(self, message: Approve, submission_id: str) -> dict[str, Any]:
        known = submission_id in self.ids.values()
        echoed = self.house.sent_hash(submission_id, message.round) if message.echoes and known else NO_HASH
        payload: dict[str, Any] = {"submissionHash": echoed, "distribution": sorted(message.distribution)}
        if message.number is not None:
            payload["number"] = message.number
        if message.content is not None:
            payload |= self._text(message.content, hash_ok=message.content_hash_ok)
        if message.effective_from is not None:
            payload["effectiveFrom"] = wire_time(message.effective_from)
        return payload

    def _push(self, message: PushVersion) -> dict[str, Any]:
        payload: dict[str, Any] = {
            "knowledgeId": self.ids.get(message.knowledge, message.knowledge),
            "number": message.number,
            "categoryId": message.category,
            "distribution": sorted(message.distribution),
            **self._text(message.content, hash_ok=message.content_hash_ok),
        }
        if message.base is not None:
            payload["base"] = message.base
        if message.origin is not None:
            submission, round_ = message.origin
            payload |= {"originSubmissionId": self.ids.get(submission, submission), "originRound": round_}
        return payload

    def _revocation(self, message: PushRevocation) -> dict[str, Any]:
        payload: dict[str, Any] = {
            "knowledgeId": self.ids.get(message.knowledge, message.knowledge),
            "number": message.number,
            "reason": message.reason,
            "replacementId": message.replacement,
        }
        if message.effective_from is not None:
            payload["effectiveFrom"] = wire_time(message.effective_from)
        return payload
