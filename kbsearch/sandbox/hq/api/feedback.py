"""API of feedback at HQ: list, look, review (5, 6), judge (8), dispatch (9)."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kbsearch.sandbox.hq.desk import HqDesk
from kbsearch.sandbox.hq.feedback import all_feedback, dispatch_feedback, feedback_view, judge_feedback, review_feedback
from kbsearch.sandbox.refusal import RefusalError
from kbsearch.sandbox.routing import get, post
from kbsearch.sandbox.web import ChineseJSONResponse, json_input


def feedback_routes(desk: HqDesk) -> list[Route]:
    """`/api/feedback`."""

    async def listing(request: Request) -> Response:
        return ChineseJSONResponse(all_feedback(desk, request.query_params.get("state")))

    async def one(request: Request) -> Response:
        return ChineseJSONResponse(feedback_view(desk, request.path_params["id"]))

    async def decision(request: Request) -> Response:
        decide_by_json(desk, request.path_params["id"], await json_input(request))
        return ChineseJSONResponse(feedback_view(desk, request.path_params["id"]))

    async def judge(request: Request) -> Response:
        given = await json_input(request)
        if not isinstance(given.get("updateNeeded"), bool):
            raise RefusalError.invalid("请填写 updateNeeded：true 需二线更新，false 不需要。")
        judge_feedback(desk, request.path_params["id"], update_needed=given["updateNeeded"], **order_of(given))
        return ChineseJSONResponse(feedback_view(desk, request.path_params["id"]))

    async def dispatch(request: Request) -> Response:
        dispatch_feedback(desk, request.path_params["id"], **order_of(await json_input(request)))
        return ChineseJSONResponse(feedback_view(desk, request.path_params["id"]))

    return [
        get("/api/feedback", listing),
        get("/api/feedback/{id}", one),
        post("/api/feedback/{id}/decision", decision),
        post("/api/feedback/{id}/judge", judge),
        post("/api/feedback/{id}/dispatch", dispatch),
    ]


def decide_by_json(desk: HqDesk, feedback_id: str, given: dict[str, Any]) -> None:
    """A reviewer's answer: `action` accept or refuse, text, and with updateNeeded step 8 at once."""
    needed = given.get("updateNeeded")
    if given.get("action") not in {"accept", "refuse"} or not isinstance(needed, bool | None):
        raise RefusalError.invalid("action 须是 accept（通过）或 refuse（不通过）；updateNeeded 须是 true 或 false，或不填。")
    accepted, text = given["action"] == "accept", str(given.get("text") or "")
    review_feedback(desk, feedback_id, accepted=accepted, text=text, update_needed=needed, **order_of(given))


def order_of(given: dict[str, Any]) -> dict[str, Any]:
    """What goes with a dispatch: HQ's opinion, due date, urgency."""
    return {"opinion": given.get("opinion"), "due_at": given.get("dueAt"), "urgency": given.get("urgency") or None}
