"""API of feedback at a province: write (1), review and submit (2, 3), and what HQ said (7)."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kbsearch.sandbox.province.api.decision import decision_of
from kbsearch.sandbox.province.desk import ProvinceDesk
from kbsearch.sandbox.province.feedback import all_feedback, feedback_view, find_feedback, make_feedback, review_feedback
from kbsearch.sandbox.routing import get, post
from kbsearch.sandbox.web import ChineseJSONResponse, json_input


def feedback_routes(desk: ProvinceDesk) -> list[Route]:
    """`/api/feedback`."""

    async def listing(request: Request) -> Response:
        return ChineseJSONResponse(all_feedback(desk, request.query_params.get("state")))

    async def one(request: Request) -> Response:
        return ChineseJSONResponse(feedback_view(find_feedback(desk, request.path_params["id"])))

    async def make(request: Request) -> Response:
        return ChineseJSONResponse(feedback_view(make_feedback(desk, await json_input(request))), status_code=201)

    async def decision(request: Request) -> Response:
        approved, reason = decision_of(await json_input(request))
        return ChineseJSONResponse(feedback_view(review_feedback(desk, request.path_params["id"], approved=approved, reason=reason)))

    return [
        get("/api/feedback", listing),
        post("/api/feedback", make),
        get("/api/feedback/{id}", one),
        post("/api/feedback/{id}/decision", decision),
    ]
