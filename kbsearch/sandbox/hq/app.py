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
from kbsearch.sandbox.database import opened
from kbsearch.sandbox.hq.api import api_routes
from kbsearch.sandbox.hq.api.attachments import signed_attachment_routes
from kbsearch.sandbox.hq.autopilot import review_by_rules
from kbsearch.sandbox.hq.callbacks import SERVICE, read_answer
from kbsearch.sandbox.hq.cases import case_of, record_step
from kbsearch.sandbox.hq.desk import HqDesk
from kbsearch.sandbox.hq.distribution import CARRYING, PROVINCE, note_delivery, read_province_answer
from kbsearch.sandbox.hq.fetching import fetch_attachments
from kbsearch.sandbox.hq.inbox import receive_from_province, receive_message
from kbsearch.sandbox.hq.tables import HQ_TABLES
from kbsearch.sandbox.hq.taxonomy import push_file
from kbsearch.sandbox.instants import Clock
from kbsearch.sandbox.misbehaviour import Misbehaviour
from kbsearch.sandbox.misbehaviour_door import MisbehavingDoor
from kbsearch.sandbox.misbehaviour_outgoing import MisbehavingConduct
from kbsearch.sandbox.outbox import OUTBOX_TABLE, Outbox
from kbsearch.sandbox.pages.hq_pages import hq_page_routes
from kbsearch.sandbox.refusal import RefusalError
from kbsearch.sandbox.schemas import SchemaSet
from kbsearch.sandbox.signing import verified_id
from kbsearch.sandbox.subjects import Step
from kbsearch.sandbox.system import System
from kbsearch.sandbox.web import ChineseJSONResponse, LocalOnly, local_hosts, parsed_object, raw_body, refusal_answer

# Callbacks that carry a version or an ending to the second line; their receipt is the end of step 7, A7 or R7.
_PUBLISHING = frozenset(
    {"hqPushVersion", "hqPushRevocation", "hqPublishAnnouncement", "hqCorrectAnnouncement", "hqRecallAnnouncement", "hqDeliverReply"}
)


def build_hq(config: SandboxConfig, ports: SandboxPorts, clock: Clock, new_id: Callable[[], str], province_secret: str) -> System:
    """Open the store, take over what was left unsent, push the tree if it is new."""
    db = opened(config.data_dir / "hq.sqlite3", HQ_TABLES, OUTBOX_TABLE)
    bell = asyncio.Event()
    desk = HqDesk(
        db=db,
        clock=clock,
        new_id=new_id,
        outbox=Outbox(db, clock, new_id, bell),
        provinces=config.provinces,
        delay=config.delay,
        review_bell=asyncio.Event(),
        fetch_bell=asyncio.Event(),
    )
    desk.set_mode(config.mode)
    push_file(desk, config.taxonomy_file)
    destinations = {SERVICE: Destination(config.service_url, config.secrets.inbound, read_answer)}
    for province in config.provinces:
        url = f"{ports.province_url(province.code)}/inbox"
        destinations[PROVINCE + province.code] = Destination(url, province_secret, read_province_answer)
    misbehaviour = Misbehaviour(config.misbehaviour)
    courier = Courier(
        db,
        desk.outbox,
        clock,
        bell=bell,
        destinations=destinations,
        on_delivered=lambda row, receipt: _after_delivery(desk, row, receipt),
        conduct=MisbehavingConduct(misbehaviour, desk.outbox, clock, new_id),
    )
    door = MisbehavingDoor(_application(desk, config, province_secret), misbehaviour)
    workers = (
        courier.run,
        lambda: review_by_rules(desk),
        lambda: fetch_attachments(desk, config.service_url, config.secrets.inbound),
    )
    return System(LocalOnly(door, local_hosts(config.host)), workers, db)


def _application(desk: HqDesk, config: SandboxConfig, province_secret: str) -> Starlette:
    schemas = SchemaSet(config.schemas_dir)

    async def inbox(request: Request) -> Response:
        body = await raw_body(request)
        webhook_id = verified_id(config.secrets.outbound, request.headers, body)
        outcome = receive_message(desk, schemas, webhook_id, parsed_object(body), body.decode())
        return ChineseJSONResponse({"result": outcome})

    async def province_inbox(request: Request) -> Response:
        body, code = await raw_body(request), request.path_params["code"]
        webhook_id = verified_id(province_secret, request.headers, body)
        if code not in desk.province_codes():
            raise RefusalError.missing("省公司", code)
        return ChineseJSONResponse({"result": receive_from_province(desk, code, webhook_id, parsed_object(body), body.decode())})

    async def healthz(_request: Request) -> Response:
        desk.db.one("SELECT 1")
        return ChineseJSONResponse({"status": "ok", "mode": desk.mode, "schemas": schemas.kinds})

    own = [
        Route("/inbox", inbox, methods=["POST"]),
        Route("/province-inbox/{code}", province_inbox, methods=["POST"]),
        Route("/healthz", healthz, methods=["GET"]),
    ]
    routes = [*own, *signed_attachment_routes(desk, config.secrets.outbound), *api_routes(desk), *hq_page_routes(desk)]
    return Starlette(routes=routes, exception_handlers={RefusalError: refusal_answer})


def _after_delivery(desk: HqDesk, row: sqlite3.Row, _receipt: dict[str, Any]) -> None:
    """What has arrived is noted with the case it belongs to; versions sent again to repair belong to none."""
    found = desk.db.one("SELECT * FROM review_case WHERE id = ? AND round = ?", row["about"], row["round"])
    if found is None:
        return
    if row["destination"].startswith(PROVINCE) and row["kind"] in CARRYING:
        note_delivery(desk, case_of(found), row)
    elif row["kind"] in _PUBLISHING:
        record_step(desk, case_of(found), Step.PUBLISHED, "总部知识管理员", "已下发二线客服系统")
