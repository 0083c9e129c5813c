"""API of transport at HQ: what came in, what went out with its receipt, sending again, and the history of steps."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kbsearch.sandbox.hq.desk import HqDesk
from kbsearch.sandbox.hq.inbox import received_messages
from kbsearch.sandbox.hq.steps import steps_about
from kbsearch.sandbox.outbox import sent_view
from kbsearch.sandbox.routing import get, post
from kbsearch.sandbox.web import ChineseJSONResponse


def sent_messages(desk: HqDesk, about: str | None = None, limit: int = 500) -> list[dict[str, Any]]:
    """What HQ sent or waits to send, newest first, with receipts."""
    rows = desk.db.all("SELECT * FROM outbox WHERE ? IS NULL OR about = ? ORDER BY id DESC LIMIT ?", about, about, limit)
    return [sent_view(row) for row in rows]


def message_routes(desk: HqDesk) -> list[Route]:
    """`/api/messages` and `/api/steps`."""

    async def messages(request: Request) -> Response:
        about, direction = request.query_params.get("about"), request.query_params.get("direction")
        answer: dict[str, Any] = {}
        if direction != "sent":
            answer["received"] = received_messages(desk)
        if direction != "received":
            answer["sent"] = sent_messages(desk, about)
        return ChineseJSONResponse(answer)

    async def resend(request: Request) -> Response:
        desk.outbox.send_again(request.path_params["id"])
        return ChineseJSONResponse({"ok": True})

    async def steps(request: Request) -> Response:
        return ChineseJSONResponse(steps_about(desk, request.query_params.get("about")))

    return [get("/api/messages", messages), post("/api/messages/{id:int}/resend", resend), get("/api/steps", steps)]
