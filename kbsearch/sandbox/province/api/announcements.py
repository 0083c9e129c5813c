"""API of announcements at a province: what it shows, what it makes, corrects, recalls and replies, and the review of these papers."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kbsearch.sandbox.province.announcements import (
    announcement_list,
    announcement_page,
    make_announcement,
    make_correction,
    make_recall,
    make_reply,
    replies_to_own,
)
from kbsearch.sandbox.province.api.decision import decision_of
from kbsearch.sandbox.province.desk import ProvinceDesk
from kbsearch.sandbox.province.papers import edit_paper, find_paper, paper_view, papers, review_paper
from kbsearch.sandbox.routing import get, post
from kbsearch.sandbox.web import ChineseJSONResponse, json_input


def announcement_routes(desk: ProvinceDesk) -> list[Route]:
    """`/api/announcements`, `/api/replies` and `/api/papers`."""
    return [*_reading(desk), *_making(desk), *_reviewing(desk)]


def _reading(desk: ProvinceDesk) -> list[Route]:
    async def listing(_request: Request) -> Response:
        return ChineseJSONResponse(announcement_list(desk))

    async def one(request: Request) -> Response:
        return ChineseJSONResponse(announcement_page(desk, request.path_params["id"]))

    async def replies(request: Request) -> Response:
        return ChineseJSONResponse(replies_to_own(desk, request.query_params.get("announcementId")))

    async def own(request: Request) -> Response:
        return ChineseJSONResponse(papers(desk, request.query_params.get("state")))

    async def paper(request: Request) -> Response:
        return ChineseJSONResponse(paper_view(find_paper(desk, request.path_params["id"])))

    return [
        get("/api/announcements", listing),
        get("/api/announcements/{id}", one),
        get("/api/replies", replies),
        get("/api/papers", own),
        get("/api/papers/{id}", paper),
    ]


def _making(desk: ProvinceDesk) -> list[Route]:
    async def make(request: Request) -> Response:
        return ChineseJSONResponse(paper_view(make_announcement(desk, await json_input(request))), status_code=201)

    async def correct(request: Request) -> Response:
        given = await json_input(request)
        return ChineseJSONResponse(paper_view(make_correction(desk, request.path_params["id"], given)), status_code=201)

    async def recall(request: Request) -> Response:
        given = await json_input(request)
        return ChineseJSONResponse(paper_view(make_recall(desk, request.path_params["id"], given)), status_code=201)

    async def reply(request: Request) -> Response:
        given = await json_input(request)
        return ChineseJSONResponse(paper_view(make_reply(desk, request.path_params["id"], given)), status_code=201)

    return [
        post("/api/announcements", make),
        post("/api/announcements/{id}/correct", correct),
        post("/api/announcements/{id}/recall", recall),
        post("/api/announcements/{id}/reply", reply),
    ]


def _reviewing(desk: ProvinceDesk) -> list[Route]:
    async def decision(request: Request) -> Response:
        approved, reason = decision_of(await json_input(request))
        return ChineseJSONResponse(paper_view(review_paper(desk, request.path_params["id"], approved=approved, reason=reason)))

    async def edit(request: Request) -> Response:
        given = await json_input(request)
        return ChineseJSONResponse(paper_view(edit_paper(desk, request.path_params["id"], given.get("content", given))))

    return [post("/api/papers/{id}/decision", decision), post("/api/papers/{id}/edit", edit)]
