"""API of what a province received and shows: search, knowledge, deliveries and their review, steps, messages, mode."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kbsearch.sandbox.outbox import sent_view
from kbsearch.sandbox.province.announcements import reply_by_itself
from kbsearch.sandbox.province.api.decision import decision_of
from kbsearch.sandbox.province.copies import item_list, item_page, search_copies
from kbsearch.sandbox.province.deliveries import deliveries, delivery_view, find_delivery, review_delivery
from kbsearch.sandbox.province.desk import ProvinceDesk
from kbsearch.sandbox.routing import get, post
from kbsearch.sandbox.subjects import KNOWLEDGE
from kbsearch.sandbox.web import ChineseJSONResponse, json_input


def knowledge_routes(desk: ProvinceDesk) -> list[Route]:
    """`/api/search`, `/api/knowledge`, `/api/deliveries`, `/api/steps`, `/api/messages`, `/api/mode`."""
    return [*_reading(desk), *_writing(desk)]


def _reading(desk: ProvinceDesk) -> list[Route]:
    async def search(request: Request) -> Response:
        asked = request.query_params
        return ChineseJSONResponse({"hits": search_copies(desk, asked.get("q", ""), asked.get("kind", KNOWLEDGE))})

    async def listing(_request: Request) -> Response:
        return ChineseJSONResponse(item_list(desk, KNOWLEDGE))

    async def one(request: Request) -> Response:
        return ChineseJSONResponse(item_page(desk, request.path_params["id"]))

    async def received(request: Request) -> Response:
        return ChineseJSONResponse(deliveries(desk, request.query_params.get("state")))

    async def delivery(request: Request) -> Response:
        return ChineseJSONResponse(delivery_view(find_delivery(desk, request.path_params["id"])))

    async def steps(request: Request) -> Response:
        asked = request.query_params
        return ChineseJSONResponse(desk.steps(asked.get("about") or asked.get("knowledgeId")))

    async def messages(_request: Request) -> Response:
        rows = desk.db.all("SELECT * FROM outbox ORDER BY id DESC LIMIT 500")
        return ChineseJSONResponse({"sent": [sent_view(row) for row in rows]})

    return [
        get("/api/search", search),
        get("/api/knowledge", listing),
        get("/api/knowledge/{id}", one),
        get("/api/deliveries", received),
        get("/api/deliveries/{id:int}", delivery),
        get("/api/steps", steps),
        get("/api/messages", messages),
    ]


def _writing(desk: ProvinceDesk) -> list[Route]:
    async def decision(request: Request) -> Response:
        approved, reason = decision_of(await json_input(request))
        row = review_delivery(desk, request.path_params["id"], approved=approved, reason=reason)
        reply_by_itself(desk, row)
        return ChineseJSONResponse(delivery_view(row))

    async def mode(request: Request) -> Response:
        desk.set_mode((await json_input(request)).get("mode"))
        return ChineseJSONResponse({"mode": desk.mode})

    return [post("/api/deliveries/{id:int}/decision", decision), post("/api/mode", mode)]
