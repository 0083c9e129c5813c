"""HQ as one ASGI application with its two background workers, assembled from the configuration; listens nowhere itself (run.py)."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kbsearch.sandbox.config import SandboxConfig, SandboxPorts
from kbsearch.sandbox.courier import Courier, Destination
from kbsearch.sandbox.database import Database
from kbsearch.sandbox.hq.api import api_routes
from kbsearch.sandbox.hq.autopilot import review_by_rules
from kbsearch.sandbox.hq.callbacks import SERVICE, read_answer
from kbsearch.sandbox.hq.cases import Case, find_case, record_step
from kbsearch.sandbox.hq.desk import HqDesk
from kbsearch.sandbox.hq.distribution import PROVINCE, note_delivery, read_province_answer
from kbsearch.sandbox.hq.inbox import receive_message
from kbsearch.sandbox.hq.tables import HQ_TABLES
from kbsearch.sandbox.hq.taxonomy import push_file
from kbsearch.sandbox.instants import Clock
from kbsearch.sandbox.outbox import OUTBOX_TABLE, Outbox
from kbsearch.sandbox.pages.hq_pages import hq_page_routes
from kbsearch.sandbox.refusal import RefusalError
from kbsearch.sandbox.schemas import SchemaSet
from kbsearch.sandbox.signing import verified_id
from kbsearch.sandbox.system import System
from kbsearch.sandbox.web import ChineseJSONResponse, LocalOnly, local_hosts, parsed_object, raw_body, refusal_answer


def build_hq(config: SandboxConfig, ports: SandboxPorts, clock: Clock, new_id: Callable[[], str], province_secret: str) -> System:
    """Open the store, take over what was left unsent, push the tree if it is new."""
    db = Database(config.data_dir / "hq.sqlite3", HQ_TABLES, OUTBOX_TABLE)
    bell = asyncio.Event()
    desk = HqDesk(
        db=db,
        clock=clock,
        new_id=new_id,
        outbox=Outbox(db, clock, new_id, bell),
        provinces=config.provinces,
        delay=config.delay,
        review_bell=asyncio.Event(),
    )
    desk.set_mode(config.mode)
    push_file(desk, config.taxonomy_file)
    destinations = {SERVICE: Destination(config.service_url, config.secrets.inbound, read_answer)}
    for province in config.provinces:
        url = f"{ports.province_url(province.code)}/inbox"
        destinations[PROVINCE + province.code] = Destination(url, province_secret, read_province_answer)
    courier = Courier(
        db,
        desk.outbox,
        clock,
        bell=bell,
        destinations=destinations,
        on_delivered=lambda row, receipt: _after_delivery(desk, row, receipt),
    )
    return System(LocalOnly(_application(desk, config), local_hosts(config.host)), (courier.run, lambda: review_by_rules(desk)), db)


def _application(desk: HqDesk, config: SandboxConfig) -> Starlette:
    schemas = SchemaSet(config.schemas_dir)

    async def inbox(request: Request) -> Response:
        body = await raw_body(request)
        webhook_id = verified_id(config.secrets.outbound, request.headers, body)
        outcome = receive_message(desk, schemas, webhook_id, parsed_object(body), body.decode())
        return ChineseJSONResponse({"result": outcome})

    async def healthz(_request: Request) -> Response:
        desk.db.one("SELECT 1")
        return ChineseJSONResponse({"status": "ok", "mode": desk.mode, "schemas": schemas.kinds})

    own = [Route("/inbox", inbox, methods=["POST"]), Route("/healthz", healthz, methods=["GET"])]
    routes = [*own, *api_routes(desk), *hq_page_routes(desk)]
    return Starlette(routes=routes, exception_handlers={RefusalError: refusal_answer})


def _after_delivery(desk: HqDesk, row: sqlite3.Row, _receipt: dict[str, Any]) -> None:
    if row["destination"].startswith(PROVINCE):
        note_delivery(desk, find_case(desk, row["about"], row["round"]), row)
    elif row["kind"] in {"hqPushVersion", "hqPushRevocation"}:
        _note_push(desk, find_case(desk, row["about"], row["round"]))


def _note_push(desk: HqDesk, case: Case) -> None:
    record_step(desk, case, "7", "总部知识管理员", "已下发二线客服系统")
