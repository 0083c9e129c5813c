"""A province as one ASGI application: signed inbox, JSON API, page; listens nowhere itself (run.py)."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kbsearch.sandbox.config import ProvinceSpec, SandboxConfig
from kbsearch.sandbox.database import Database
from kbsearch.sandbox.instants import Clock
from kbsearch.sandbox.pages.province_pages import province_page_routes
from kbsearch.sandbox.province.copies import knowledge_list, knowledge_page, search_copies
from kbsearch.sandbox.province.deliveries import deliveries, delivery_view, find_delivery, receive_delivery, review_delivery
from kbsearch.sandbox.province.desk import ProvinceDesk
from kbsearch.sandbox.province.tables import PROVINCE_TABLES
from kbsearch.sandbox.refusal import RefusalError
from kbsearch.sandbox.signing import verified_id
from kbsearch.sandbox.system import System
from kbsearch.sandbox.web import ChineseJSONResponse, LocalOnly, json_input, local_hosts, parsed_object, raw_body, refusal_answer


def build_province(config: SandboxConfig, spec: ProvinceSpec, clock: Clock, secret: str) -> System:
    """Open the province's own store and assemble its doors."""
    db = Database(config.data_dir / f"province-{spec.code}.sqlite3", PROVINCE_TABLES)
    desk = ProvinceDesk(spec, db, clock)
    desk.set_mode(config.province_mode)
    routes = [_inbox(desk, secret), *_reading(desk), *_writing(desk), *province_page_routes(desk)]
    app = Starlette(routes=routes, exception_handlers={RefusalError: refusal_answer})
    return System(LocalOnly(app, local_hosts(config.host)), (), db)


def _inbox(desk: ProvinceDesk, secret: str) -> Route:
    async def inbox(request: Request) -> Response:
        body = await raw_body(request)
        webhook_id = verified_id(secret, request.headers, body)
        return ChineseJSONResponse({"result": receive_delivery(desk, webhook_id, parsed_object(body))})

    return Route("/inbox", inbox, methods=["POST"])


def _reading(desk: ProvinceDesk) -> list[Route]:
    async def healthz(_request: Request) -> Response:
        desk.db.one("SELECT 1")
        return ChineseJSONResponse({"status": "ok", "province": desk.spec.code, "mode": desk.mode})

    async def search(request: Request) -> Response:
        return ChineseJSONResponse({"hits": search_copies(desk, request.query_params.get("q", ""))})

    async def listing(_request: Request) -> Response:
        return ChineseJSONResponse(knowledge_list(desk))

    async def one(request: Request) -> Response:
        return ChineseJSONResponse(knowledge_page(desk, request.path_params["id"]))

    async def received(request: Request) -> Response:
        return ChineseJSONResponse(deliveries(desk, request.query_params.get("state")))

    async def delivery(request: Request) -> Response:
        return ChineseJSONResponse(delivery_view(find_delivery(desk, request.path_params["id"])))

    async def steps(request: Request) -> Response:
        return ChineseJSONResponse(desk.steps(request.query_params.get("knowledgeId")))

    doors = {
        "/healthz": healthz,
        "/api/search": search,
        "/api/knowledge": listing,
        "/api/knowledge/{id}": one,
        "/api/deliveries": received,
        "/api/deliveries/{id:int}": delivery,
        "/api/steps": steps,
    }
    return [Route(path, endpoint, methods=["GET"]) for path, endpoint in doors.items()]


def _writing(desk: ProvinceDesk) -> list[Route]:
    async def decision(request: Request) -> Response:
        given = await json_input(request)
        if given.get("action") not in {"approve", "refuse"}:
            raise RefusalError.invalid("action 须是 approve（通过）或 refuse（不采用）。")
        reason = str(given.get("reason") or "")
        row = review_delivery(desk, request.path_params["id"], approved=given["action"] == "approve", reason=reason)
        return ChineseJSONResponse(delivery_view(row))

    async def mode(request: Request) -> Response:
        desk.set_mode((await json_input(request)).get("mode"))
        return ChineseJSONResponse({"mode": desk.mode})

    return [
        Route("/api/deliveries/{id:int}/decision", decision, methods=["POST"]),
        Route("/api/mode", mode, methods=["POST"]),
    ]
