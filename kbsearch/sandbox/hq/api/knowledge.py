"""API of the knowledge HQ holds, and of step 12: made, updated and revoked by HQ's own authors."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kbsearch.sandbox.hq.cases import case_view
from kbsearch.sandbox.hq.desk import HqDesk
from kbsearch.sandbox.hq.drafts import make_knowledge, make_revocation, make_update
from kbsearch.sandbox.hq.items import all_knowledge, knowledge_view
from kbsearch.sandbox.hq.taxonomy import refile_item
from kbsearch.sandbox.routing import get, post
from kbsearch.sandbox.web import ChineseJSONResponse, json_input


def knowledge_routes(desk: HqDesk) -> list[Route]:
    """`/api/knowledge`."""

    async def listing(_request: Request) -> Response:
        return ChineseJSONResponse(all_knowledge(desk))

    async def one(request: Request) -> Response:
        return ChineseJSONResponse(knowledge_view(desk, request.path_params["id"]))

    async def make(request: Request) -> Response:
        return ChineseJSONResponse(case_view(desk, make_knowledge(desk, await json_input(request))), status_code=201)

    async def update(request: Request) -> Response:
        given = await json_input(request)
        return ChineseJSONResponse(case_view(desk, make_update(desk, request.path_params["id"], given)), status_code=201)

    async def revoke(request: Request) -> Response:
        given = await json_input(request)
        return ChineseJSONResponse(case_view(desk, make_revocation(desk, request.path_params["id"], given)), status_code=201)

    async def refile(request: Request) -> Response:
        refile_item(desk, request.path_params["id"], (await json_input(request)).get("categoryId"))
        return ChineseJSONResponse(knowledge_view(desk, request.path_params["id"]))

    return [
        get("/api/knowledge", listing),
        post("/api/knowledge", make),
        get("/api/knowledge/{id}", one),
        post("/api/knowledge/{id}/update", update),
        post("/api/knowledge/{id}/revoke", revoke),
        post("/api/knowledge/{id}/refile", refile),
    ]
