"""A province as one ASGI application with its courier to HQ, assembled from the configuration; listens nowhere itself (run.py)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kbsearch.sandbox.config import ProvinceSpec, SandboxConfig, SandboxPorts
from kbsearch.sandbox.courier import Courier, Delivered, Destination, Verdict, judge_status
from kbsearch.sandbox.database import opened
from kbsearch.sandbox.instants import Clock
from kbsearch.sandbox.outbox import OUTBOX_TABLE, Outbox
from kbsearch.sandbox.pages.province_pages import province_page_routes
from kbsearch.sandbox.province.api import api_routes
from kbsearch.sandbox.province.desk import HEADQUARTERS, ProvinceDesk
from kbsearch.sandbox.province.inbox import receive
from kbsearch.sandbox.province.tables import PROVINCE_TABLES
from kbsearch.sandbox.refusal import RefusalError
from kbsearch.sandbox.signing import verified_id
from kbsearch.sandbox.system import System
from kbsearch.sandbox.web import ChineseJSONResponse, LocalOnly, local_hosts, parsed_object, raw_body, refusal_answer


def build_province(
    config: SandboxConfig, ports: SandboxPorts, spec: ProvinceSpec, clock: Clock, *, new_id: Callable[[], str], secret: str
) -> System:
    """Open the province's own store and assemble its doors."""
    db = opened(config.data_dir / f"province-{spec.code}.sqlite3", PROVINCE_TABLES, OUTBOX_TABLE)
    bell = asyncio.Event()
    desk = ProvinceDesk(spec, db, clock, new_id, Outbox(db, clock, new_id, bell))
    desk.set_mode(config.province_mode)
    destination = Destination(f"{ports.hq_url}/province-inbox/{spec.code}", secret, _read_answer)
    courier = Courier(db, desk.outbox, clock, bell=bell, destinations={HEADQUARTERS: destination}, on_delivered=lambda _row, _receipt: None)
    routes = [*_own_doors(desk, secret), *api_routes(desk), *province_page_routes(desk)]
    app = Starlette(routes=routes, exception_handlers={RefusalError: refusal_answer})
    return System(LocalOnly(app, local_hosts(config.host)), (courier.run,), db)


def _read_answer(_row: object, response: httpx.Response) -> Verdict:
    """HQ answers 2xx once it has stored the message."""
    if bad := judge_status(response):
        return bad
    return Delivered({"result": "RECEIVED", "reason": response.text[:200], "inboxId": None})


def _own_doors(desk: ProvinceDesk, secret: str) -> list[Route]:
    async def inbox(request: Request) -> Response:
        body = await raw_body(request)
        webhook_id = verified_id(secret, request.headers, body)
        return ChineseJSONResponse({"result": receive(desk, webhook_id, parsed_object(body))})

    async def healthz(_request: Request) -> Response:
        desk.db.one("SELECT 1")
        return ChineseJSONResponse({"status": "ok", "province": desk.spec.code, "mode": desk.mode})

    return [Route("/inbox", inbox, methods=["POST"]), Route("/healthz", healthz, methods=["GET"])]
