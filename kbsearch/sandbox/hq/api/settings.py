"""API of HQ's mode and of its automatic reviewer's rules."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kbsearch.sandbox.hq.desk import HqDesk
from kbsearch.sandbox.hq.rules import rules_to_json
from kbsearch.sandbox.routing import get, post
from kbsearch.sandbox.web import ChineseJSONResponse, json_input


def setting_routes(desk: HqDesk) -> list[Route]:
    """`/api/settings`, `/api/mode`, `/api/rules`."""

    async def settings(_request: Request) -> Response:
        return ChineseJSONResponse({"mode": desk.mode, "rules": rules_to_json(desk.rules), "provinces": desk.province_codes()})

    async def mode(request: Request) -> Response:
        desk.set_mode((await json_input(request)).get("mode"))
        return ChineseJSONResponse({"mode": desk.mode})

    async def rules(request: Request) -> Response:
        desk.set_rules((await json_input(request)).get("rules"))
        return ChineseJSONResponse({"rules": rules_to_json(desk.rules)})

    return [get("/api/settings", settings), post("/api/mode", mode), post("/api/rules", rules)]
