"""API of announcements and replies at HQ: what it holds, and what HQ makes itself or on another platform's behalf."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kbsearch.sandbox.hq.cases import case_view
from kbsearch.sandbox.hq.desk import HqDesk
from kbsearch.sandbox.hq.drafts import make_announcement, make_correction, make_recall
from kbsearch.sandbox.hq.items import all_announcements, announcement_view, replies
from kbsearch.sandbox.hq.replying import make_reply
from kbsearch.sandbox.routing import get, post
from kbsearch.sandbox.web import ChineseJSONResponse, json_input


def announcement_routes(desk: HqDesk) -> list[Route]:
    """`/api/announcements` and `/api/replies`."""

    async def listing(_request: Request) -> Response:
        return ChineseJSONResponse(all_announcements(desk))

    async def one(request: Request) -> Response:
        return ChineseJSONResponse(announcement_view(desk, request.path_params["id"]))

    async def make(request: Request) -> Response:
        return ChineseJSONResponse(case_view(desk, make_announcement(desk, await json_input(request))), status_code=201)

    async def correct(request: Request) -> Response:
        given = await json_input(request)
        return ChineseJSONResponse(case_view(desk, make_correction(desk, request.path_params["id"], given)), status_code=201)

    async def recall(request: Request) -> Response:
        given = await json_input(request)
        return ChineseJSONResponse(case_view(desk, make_recall(desk, request.path_params["id"], given)), status_code=201)

    async def reply(request: Request) -> Response:
        given = await json_input(request)
        return ChineseJSONResponse(case_view(desk, make_reply(desk, request.path_params["id"], given)), status_code=201)

    async def all_replies(request: Request) -> Response:
        return ChineseJSONResponse(replies(desk, request.query_params.get("announcementId")))

    return [
        get("/api/announcements", listing),
        post("/api/announcements", make),
        get("/api/announcements/{id}", one),
        post("/api/announcements/{id}/correct", correct),
        post("/api/announcements/{id}/recall", recall),
        post("/api/announcements/{id}/reply", reply),
        get("/api/replies", all_replies),
    ]
