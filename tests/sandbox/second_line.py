"""A stand-in for the service, written from docs/hq-interface.md alone: hmac of the standard library, hashes by plain json."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import re
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

OUTBOUND = "whsec_" + base64.b64encode(b"o" * 32).decode()
INBOUND = "whsec_" + base64.b64encode(b"i" * 32).decode()
PROVINCE = "whsec_" + base64.b64encode(b"p" * 32).decode()


def canonical_hash(value: dict[str, Any]) -> str:
    """RFC 8785 for what the tests use: strings, integers, null, lists, objects with ASCII keys."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()).hexdigest()


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def content(title: str = "国际漫游资费", **changed: Any) -> dict[str, Any]:
    text = {"title": title, "body": "漫游资费按方向计。\n详询 10086。", "summary": "摘要", "script": "您好，资费如下。"}
    lists: dict[str, Any] = {"keywords": ["漫游", "资费"], "regions": [], "attachments": []}
    return {**text, **lists, "effectiveFrom": None, "effectiveTo": None, **changed}


def text_submission(
    text: dict[str, Any],
    *,
    submission: str | None = None,
    knowledge: str | None = None,
    round_: int = 1,
    base: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """A knowledge.publish or, with a base, knowledge.update."""
    knowledge_id = knowledge or str(uuid.uuid4())
    ordered = text | {"regions": sorted(text["regions"]), "attachments": sorted(text["attachments"])}
    data = {
        "submissionId": submission or str(uuid.uuid4()),
        "round": round_,
        "knowledgeId": knowledge_id,
        "categoryId": "n-roaming",
        "base": base,
        "content": text,
        "contentHash": canonical_hash(ordered),
        "material": True,
        "changeNote": "",
        "urgency": "NORMAL",
        "author": {"id": "u1", "name": "李作者"},
        "reviewer": {"id": "u2", "name": "王审核"},
    }
    return with_submission_hash(data, "UPDATE" if base else "PUBLISH")


def revocation(knowledge: str, base: dict[str, Any], **changed: Any) -> dict[str, Any]:
    data = {
        "submissionId": str(uuid.uuid4()),
        "round": 1,
        "knowledgeId": knowledge,
        "base": base,
        "reason": "SERVICE_RETIRED",
        "reasonText": "业务下线",
        "replacementId": None,
        "effectiveFrom": None,
        "categoryId": "n-roaming",
        "urgency": "NORMAL",
        "author": {"id": "u1", "name": "李作者"},
        "reviewer": {"id": "u2", "name": "王审核"},
        **changed,
    }
    return with_submission_hash(data, "REVOKE")


def announcement_content(title: str = "全网割接通知", organisations: tuple[str, ...] = ("GD",), **changed: Any) -> dict[str, Any]:
    audience = {"organisations": sorted(organisations), "people": []}
    return content(title) | {"audience": audience, "mustRead": False, "needsReply": False, "replyDueAt": None} | changed


def announcement(
    text: dict[str, Any],
    *,
    submission: str | None = None,
    announcement_id: str | None = None,
    round_: int = 1,
    base: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """An announcement.publish or, with a base, announcement.correct."""
    data = text_submission(text, submission=submission, round_=round_, base=base)
    del data["knowledgeId"], data["categoryId"]
    data["announcementId"] = announcement_id or str(uuid.uuid4())
    return with_submission_hash(data, "CORRECT" if base else "PUBLISH")


def announcement_recall(announcement_id: str, base: dict[str, Any], **changed: Any) -> dict[str, Any]:
    data = revocation("x", base, **changed) | {"announcementId": announcement_id}
    del data["knowledgeId"], data["categoryId"], data["replacementId"]
    return with_submission_hash(data, "RECALL")


def reply(announcement_id: str, text: dict[str, Any], *, submission: str | None = None, round_: int = 1, **changed: Any) -> dict[str, Any]:
    data = text_submission(text, submission=submission, round_=round_)
    for name in ("knowledgeId", "categoryId", "base", "material", "changeNote"):
        del data[name]
    return with_submission_hash(
        data | {"replyId": str(uuid.uuid4()), "announcementId": announcement_id, "late": False, **changed}, "PUBLISH"
    )


def with_submission_hash(data: dict[str, Any], kind: str) -> dict[str, Any]:
    revoke = kind in {"REVOKE", "RECALL"}
    base = data.get("base")
    parts = {
        "kind": kind,
        "subject": data.get("replyId") or data.get("knowledgeId") or data["announcementId"],
        "category": data.get("categoryId"),
        "base": base["number"] if base else None,
        "reason": data["reason"] if revoke else None,
        "replacement": data.get("replacementId") if revoke else None,
        "effectiveFrom": data["effectiveFrom"] if revoke else None,
        "content": None if revoke else data["contentHash"],
    }
    return data | {"submissionHash": canonical_hash(parts)}


class SecondLine:
    """Records every verified GraphQL mutation; `failing` statuses are answered first, one a request, `down` refuses them all."""

    def __init__(self) -> None:
        self.url = ""
        self._http = httpx.Client(trust_env=False)
        self.forget()

    def close(self) -> None:
        self._http.close()

    def forget(self) -> None:
        self.calls: list[tuple[str, dict[str, Any], str]] = []
        self.queries: list[str] = []
        self.failing: list[int] = []
        self.refused_ids: list[str] = []
        self.down = False
        self.attempts = 0
        self.forged = 0
        self.receipt: str | None = "APPLIED"
        self.hq_url = ""
        self.files: dict[str, bytes] = {}
        self._sequence = 0

    async def attachment(self, request: Request) -> Response:
        """`GET /attachments/{sha256}`; HQ signs an empty body."""
        message_id, stamp = request.headers["webhook-id"], int(request.headers["webhook-timestamp"])
        if request.headers["webhook-signature"] != signature(INBOUND, message_id, stamp, b""):
            self.forged += 1
            return JSONResponse({}, status_code=401)
        data = self.files.get(request.path_params["sha256"])
        if data is None:
            return JSONResponse({}, status_code=404)
        named = {"content-disposition": "attachment; filename*=UTF-8''%E8%B5%84%E8%B4%B9%20%E8%A1%A8.txt"}
        return Response(data, media_type="text/plain", headers=named)

    def fetch(self, sha256: str, *, secret: str = OUTBOUND, host: str | None = None) -> httpx.Response:
        """Fetch one of HQ's attachments, signed over an empty body."""
        message_id, stamp = f"get_{uuid.uuid4()}", int(time.time())
        signed = signature(secret, message_id, stamp, b"")
        headers = {"webhook-id": message_id, "webhook-timestamp": str(stamp), "webhook-signature": signed}
        headers |= {"host": host} if host else {}
        return self._http.get(f"{self.hq_url}/attachments/{sha256}", headers=headers)

    async def graphql(self, request: Request) -> Response:
        body = await request.body()
        self.attempts += 1
        message_id, stamp = request.headers["webhook-id"], int(request.headers["webhook-timestamp"])
        fresh = abs(time.time() - stamp) <= 300
        if not fresh or request.headers["webhook-signature"] != signature(INBOUND, message_id, stamp, body):
            self.forged += 1
            return JSONResponse({"error": "forged"}, status_code=401)
        if self.down or self.failing:
            self.refused_ids.append(message_id)
            return JSONResponse({}, status_code=503 if self.down else self.failing.pop(0))
        asked = json.loads(body)
        found = re.fullmatch(r"mutation\(\$input: (\w+)!\) \{ (\w+)\(input:\$input\) \{ .* \} \}", asked["query"])
        assert found
        name = found[2]
        assert found[1] == f"{name[0].upper()}{name[1:]}Input"
        again = any(seen == message_id for _, _, seen in self.calls)
        self.queries.append(asked["query"])
        self.calls.append((name, asked["variables"]["input"], message_id))
        if self.receipt is None:
            errors = [{"code": "RULE_VIOLATED", "message": "不行", "field": []}]
            return JSONResponse({"data": {name: {"receipt": None, "userErrors": errors}}})
        receipt = {"result": "DUPLICATE" if again else self.receipt, "reason": None, "inboxId": f"in-{len(self.calls)}"}
        return JSONResponse({"data": {name: {"receipt": receipt, "userErrors": []}}})

    def send(
        self,
        kind: str,
        data: dict[str, Any],
        *,
        message_id: str | None = None,
        secret: str = OUTBOUND,
        seconds_ago: int = 0,
        **envelope: Any,
    ) -> httpx.Response:
        """Post one signed message to HQ's inbox."""
        message_id = message_id or f"msg_{uuid.uuid4()}"
        self._sequence += 1
        issued = datetime(2026, 11, 23, 1, 2, 3, 4, tzinfo=UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        message = {
            "schema": "kbsearch.hq/1",
            "id": message_id,
            "kind": kind,
            "issuedAt": issued,
            "documentId": next((data[name] for name in ("knowledgeId", "announcementId", "subjectId") if data.get(name)), "x"),
        }
        body = json.dumps(message | {"sequence": self._sequence, "data": data} | envelope, ensure_ascii=False).encode()
        stamp = int(time.time()) - seconds_ago
        return self.post(body, message_id, stamp, signature(secret, message_id, stamp, body))

    def post(self, body: bytes, message_id: str, stamp: int, signed: str) -> httpx.Response:
        headers = {
            "content-type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": str(stamp),
            "webhook-signature": signed,
        }
        raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
        return self._http.post(f"{self.hq_url}/inbox", content=body, headers=raw)

    def of(self, name: str, submission: str | None = None) -> list[dict[str, Any]]:
        """Inputs of one mutation, in order of arrival."""
        return [given for seen, given, _ in self.calls if seen == name and submission in {None, given.get("submissionId")}]

    def wait_for(self, name: str, submission: str | None = None, count: int = 1) -> dict[str, Any]:
        """Wait for the count-th call of this name and return its input."""
        wait_until(lambda: len(self.of(name, submission)) >= count, f"{name} × {count}")
        return self.of(name, submission)[count - 1]


def wait_until(seen: Callable[[], bool], what: str, seconds: float = 8.0) -> None:
    end = time.monotonic() + seconds
    while not seen():
        assert time.monotonic() < end, f"{seconds} 秒内没有等到：{what}"
        time.sleep(0.02)


@contextmanager
def second_line() -> Iterator[SecondLine]:
    double = SecondLine()
    routes = [Route("/graphql", double.graphql, methods=["POST"]), Route("/attachments/{sha256}", double.attachment, methods=["GET"])]
    app = Starlette(routes=routes)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, lifespan="off", log_level="warning"))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), daemon=True)
    thread.start()
    wait_until(lambda: server.started, "替身服务启动")
    double.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/graphql"
    try:
        yield double
    finally:
        server.should_exit = True
        double.close()
        thread.join(5)
