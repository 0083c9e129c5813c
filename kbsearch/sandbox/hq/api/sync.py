"""API of version sync at HQ: its digests, what was compared and repaired, the hooks that make it differ or give HQ a past."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kbsearch.sandbox.hq.desk import HqDesk
from kbsearch.sandbox.hq.injecting import hold_stock, inject_difference
from kbsearch.sandbox.hq.past import hold_past
from kbsearch.sandbox.hq.sync import digest_rows, digests, sync_runs
from kbsearch.sandbox.routing import get, post
from kbsearch.sandbox.web import ChineseJSONResponse, json_input


def sync_routes(desk: HqDesk) -> list[Route]:
    """`/api/sync` and `/api/past`."""

    async def runs(_request: Request) -> Response:
        return ChineseJSONResponse(sync_runs(desk))

    async def own_digests(_request: Request) -> Response:
        return ChineseJSONResponse(digests(desk))

    async def rows(request: Request) -> Response:
        return ChineseJSONResponse(digest_rows(desk, request.query_params.get("categoryId")))

    async def inject(request: Request) -> Response:
        return ChineseJSONResponse(inject_difference(desk, await json_input(request)), status_code=201)

    async def stock(request: Request) -> Response:
        return ChineseJSONResponse({"held": hold_stock(desk, (await json_input(request)).get("items"))}, status_code=201)

    async def past(request: Request) -> Response:
        return ChineseJSONResponse(hold_past(desk, await json_input(request)), status_code=201)

    return [
        post("/api/past", past),
        get("/api/sync/runs", runs),
        get("/api/sync/digests", own_digests),
        get("/api/sync/rows", rows),
        post("/api/sync/inject", inject),
        post("/api/sync/stock", stock),
    ]
