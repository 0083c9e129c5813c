"""A province's one page: search box, what waits for review, what it publishes; forms call the operations of its API."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kbsearch.sandbox.province.copies import knowledge_list, search_copies
from kbsearch.sandbox.province.deliveries import deliveries, review_delivery
from kbsearch.sandbox.province.desk import ProvinceDesk
from kbsearch.sandbox.web import back_to, form_endpoint, form_input, page


def province_page_routes(desk: ProvinceDesk) -> list[Route]:
    """`/` and its two forms."""
    system = f"{desk.spec.name}公司CRM（沙箱）"

    async def home(request: Request) -> Response:
        query = request.query_params.get("q", "")
        return page(
            "province.html",
            system=system,
            mode=desk.mode,
            query=query,
            hits=search_copies(desk, query),
            items=knowledge_list(desk),
            waiting=deliveries(desk, "PENDING"),
            recent=deliveries(desk)[:50],
        )

    async def decision(request: Request) -> Response:
        form = await form_input(request)
        approved = form.get("action") == "approve"
        review_delivery(desk, request.path_params["id"], approved=approved, reason=str(form.get("reason") or ""))
        return back_to("/")

    async def mode(request: Request) -> Response:
        desk.set_mode((await form_input(request)).get("mode"))
        return back_to("/")

    return [
        Route("/", form_endpoint(system, home), methods=["GET"]),
        Route("/pages/deliveries/{id:int}/decision", form_endpoint(system, decision), methods=["POST"]),
        Route("/pages/mode", form_endpoint(system, mode), methods=["POST"]),
    ]
