"""Small synchronous clients of HQ's and a province's JSON APIs, for tests and the walk; they hold no state of their own."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx

Found = TypeVar("Found")
# The sandbox speaks plain HTTP; reading the certificate store would cost every client more than all its calls.
_NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class SandboxApiError(Exception):
    """The sandbox refused: `status` is the HTTP status, the text its Chinese sentence."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"HTTP {status}：{message}")
        self.status = status
        self.message = message


class _Client:
    def __init__(self, base_url: str, timeout: float = 10.0) -> None:
        self._http = httpx.Client(base_url=base_url, timeout=timeout, trust_env=False, verify=_NO_CERTIFICATES)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _get(self, path: str, **params: str | None) -> Any:
        return self._read(self._http.get(path, params={name: value for name, value in params.items() if value is not None}))

    def _post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        return self._read(self._http.post(path, json=body or {}))

    @staticmethod
    def _read(response: httpx.Response) -> Any:
        if response.is_success:
            return response.json()
        try:
            message = response.json()["error"]["message"]
        except (ValueError, KeyError, TypeError):
            message = response.text[:300]
        raise SandboxApiError(response.status_code, message)

    def healthy(self) -> bool:
        """Whether the system answers."""
        try:
            return self._http.get("/healthz").is_success
        except httpx.HTTPError:
            return False

    def mode(self) -> str:
        """`auto` or `manual`."""
        return str(self._get("/healthz")["mode"])

    def set_mode(self, mode: str) -> None:
        """Switch to `auto` or `manual`."""
        self._post("/api/mode", {"mode": mode})

    @staticmethod
    def wait(look: Callable[[], Found | None], what: str, timeout: float = 10.0) -> Found:
        """Look until something other than None, False or empty is seen; TimeoutError naming `what` otherwise. 404 counts as not yet."""
        end = time.monotonic() + timeout
        while True:
            try:
                found = look()
            except SandboxApiError as error:
                if error.status != httpx.codes.NOT_FOUND:
                    raise
                found = None
            if found:
                return found
            if time.monotonic() >= end:
                raise TimeoutError(f"{timeout:g} 秒内没有等到：{what}")
            time.sleep(0.03)


class HqClient(_Client):
    """一级客服系统. A case is one submission of the second line or one draft of HQ's own, as `GET /api/submissions/{id}` shows it."""

    def submissions(self, state: str | None = None) -> list[dict[str, Any]]:
        """Latest round of each submission."""
        return list(self._get("/api/submissions", state=state))

    def submission(self, submission_id: str) -> dict[str, Any]:
        """One submission with rounds, steps, differences."""
        return dict(self._get(f"/api/submissions/{submission_id}"))

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
        return dict(self._post(f"/api/submissions/{submission_id}/decision", {"action": action, **fields}))

    def own_edit(self, submission_id: str, content: dict[str, Any]) -> dict[str, Any]:
        """Step 11.2 on a submission: the fields to change."""
        return dict(self._post(f"/api/submissions/{submission_id}/own-edit", {"content": content}))

    def drafts(self, state: str | None = None) -> list[dict[str, Any]]:
        """HQ's own drafts."""
        return list(self._get("/api/drafts", state=state))

    def draft(self, draft_id: str) -> dict[str, Any]:
        """One draft."""
        return dict(self._get(f"/api/drafts/{draft_id}"))

    def decide_draft(self, draft_id: str, action: str, **fields: Any) -> dict[str, Any]:
        """Decide on a draft of HQ's own: approve, amend, reject, hold, returnToOwnAuthors."""
        return dict(self._post(f"/api/drafts/{draft_id}/decision", {"action": action, **fields}))

    def edit_draft(self, draft_id: str, content: dict[str, Any]) -> dict[str, Any]:
        """Step 11.2 on a draft."""
        return dict(self._post(f"/api/drafts/{draft_id}/own-edit", {"content": content}))

    def make_knowledge(self, content: dict[str, Any], category_id: str, **fields: Any) -> dict[str, Any]:
        """Step 12 of 3.1.1.1; returns the draft. Fields: knowledgeId, distribution, effectiveFrom, changeNote, material."""
        return dict(self._post("/api/knowledge", {"content": content, "categoryId": category_id, **fields}))

    def make_update(self, knowledge_id: str, content: dict[str, Any], **fields: Any) -> dict[str, Any]:
        """Step 12 of 3.1.1.2: the content fields to change; returns the draft."""
        return dict(self._post(f"/api/knowledge/{knowledge_id}/update", {"content": content, **fields}))

    def make_revocation(self, knowledge_id: str, reason: str, **fields: Any) -> dict[str, Any]:
        """Step 12 of 3.1.1.3; returns the draft. Fields: reasonText, replacementId, effectiveFrom."""
        return dict(self._post(f"/api/knowledge/{knowledge_id}/revoke", {"reason": reason, **fields}))

    def knowledge(self, knowledge_id: str) -> dict[str, Any]:
        """What HQ holds of an item: status, distribution, versions, steps."""
        return dict(self._get(f"/api/knowledge/{knowledge_id}"))

    def all_knowledge(self) -> list[dict[str, Any]]:
        """Every item HQ holds."""
        return list(self._get("/api/knowledge"))

    def received(self) -> list[dict[str, Any]]:
        """Messages of the service, newest first."""
        return list(self._get("/api/messages", direction="received")["received"])

    def sent(self, about: str | None = None) -> list[dict[str, Any]]:
        """Outgoing messages with receipts, newest first; `about` is a submission or draft id, or `taxonomy`."""
        return list(self._get("/api/messages", about=about, direction="sent")["sent"])

    def wait_receipt(self, about: str, kind: str, *, round_: int | None = None, timeout: float = 10.0) -> dict[str, Any]:
        """Wait until the latest callback of this kind was answered; return it with its `receipt`."""

        def look() -> dict[str, Any] | None:
            for message in self.sent(about):
                if message["kind"] == kind and round_ in {None, message["round"]}:
                    return message if message["state"] == "DELIVERED" else None
            return None

        return self.wait(look, f"{kind} 的回执（{about}）", timeout)

    def resend(self, message_id: int) -> None:
        """Send one outgoing message again under a new webhook-id."""
        self._post(f"/api/messages/{message_id}/resend")

    def withdrawals(self) -> list[dict[str, Any]]:
        """Withdraw requests, newest first."""
        return list(self._get("/api/withdrawals"))

    def answer_withdrawal(self, withdrawal_id: int, *, granted: bool, text: str = "") -> dict[str, Any]:
        """Answer a waiting withdraw request by hand."""
        return dict(self._post(f"/api/withdrawals/{withdrawal_id}", {"granted": granted, "reasonText": text}))

    def set_rules(self, rules: list[dict[str, Any]]) -> None:
        """Replace the automatic reviewer's rules."""
        self._post("/api/rules", {"rules": rules})

    def settings(self) -> dict[str, Any]:
        """Mode, rules, provinces."""
        return dict(self._get("/api/settings"))

    def push_taxonomy(self, nodes: list[dict[str, Any]] | None = None) -> int:
        """Push a tree (the present one when None) as the next version; returns its number."""
        body = {} if nodes is None else {"nodes": nodes}
        return int(self._post("/api/taxonomy/push", body)["treeVersion"])

    def taxonomy(self) -> dict[str, Any] | None:
        """The tree as last pushed."""
        tree: dict[str, Any] | None = self._get("/api/taxonomy")
        return tree


class ProvinceClient(_Client):
    """省公司CRM."""

    def search(self, query: str) -> list[dict[str, Any]]:
        """Current copies that contain the text."""
        return list(self._get("/api/search", q=query)["hits"])

    def knowledge(self, knowledge_id: str) -> dict[str, Any] | None:
        """One item, None when the province never got it; `status` PUBLISHED, SCHEDULED, EXPIRED, PENDING_REVIEW or REVOKED."""
        try:
            return dict(self._get(f"/api/knowledge/{knowledge_id}"))
        except SandboxApiError as error:
            if error.status == httpx.codes.NOT_FOUND:
                return None
            raise

    def wait_knowledge(self, knowledge_id: str, status: str, *, number: int | None = None, timeout: float = 10.0) -> dict[str, Any]:
        """Wait until the item has this status (and number) here."""

        def look() -> dict[str, Any] | None:
            seen = self.knowledge(knowledge_id)
            return seen if seen and seen["status"] == status and number in {None, seen["number"]} else None

        return self.wait(look, f"省公司的知识 {knowledge_id} 到 {status}", timeout)

    def deliveries(self, state: str | None = None) -> list[dict[str, Any]]:
        """What HQ sent, newest first."""
        return list(self._get("/api/deliveries", state=state))

    def decide(self, delivery_id: int, action: str, reason: str = "") -> dict[str, Any]:
        """Step 9 by hand: approve or refuse (with a reason)."""
        return dict(self._post(f"/api/deliveries/{delivery_id}/decision", {"action": action, "reason": reason}))

    def steps(self, knowledge_id: str | None = None) -> list[dict[str, Any]]:
        """Numbered steps done here, in order."""
        return list(self._get("/api/steps", knowledgeId=knowledge_id))
