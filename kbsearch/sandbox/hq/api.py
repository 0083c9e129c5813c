"""HQ's JSON API for people, tests and the walk; every function reads its input and calls one operation."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kbsearch.sandbox.hq.cases import HQ, SECOND_LINE, Case, case_summary, case_view, find_case, latest_cases
from kbsearch.sandbox.hq.decision import decision_from_json
from kbsearch.sandbox.hq.desk import HqDesk
from kbsearch.sandbox.hq.drafts import make_knowledge, make_revocation, make_update
from kbsearch.sandbox.hq.inbox import received_messages
from kbsearch.sandbox.hq.review import decide, edit_at_hq
from kbsearch.sandbox.hq.rules import rules_to_json
from kbsearch.sandbox.hq.taxonomy import latest_push, push_tree
from kbsearch.sandbox.hq.versions import all_knowledge, knowledge_view
from kbsearch.sandbox.hq.withdrawals import answer_withdrawal, withdrawal_view, withdrawals
from kbsearch.sandbox.outbox import sent_view
from kbsearch.sandbox.refusal import RefusalError
from kbsearch.sandbox.web import ChineseJSONResponse, Endpoint, json_input


def sent_messages(desk: HqDesk, about: str | None = None, limit: int = 500) -> list[dict[str, Any]]:
    """What HQ sent or waits to send, newest first, with receipts."""
    rows = desk.db.all("SELECT * FROM outbox WHERE ? IS NULL OR about = ? ORDER BY id DESC LIMIT ?", about, about, limit)
    return [sent_view(row) for row in rows]


def own_case(desk: HqDesk, case_id: str, origin: str) -> Case:
    """A submission asked for as such, or a draft; 404 when it is the other kind."""
    case = find_case(desk, case_id)
    if case.origin != origin:
        raise RefusalError.missing("申请" if origin == SECOND_LINE else "总部草稿", case_id)
    return case


def api_routes(desk: HqDesk) -> list[Route]:
    """All of `/api`."""
    return [*_case_routes(desk), *_knowledge_routes(desk), *_message_routes(desk), *_setting_routes(desk)]


def _get(path: str, endpoint: Endpoint) -> Route:
    return Route(path, endpoint, methods=["GET"])


def _post(path: str, endpoint: Endpoint) -> Route:
    return Route(path, endpoint, methods=["POST"])


def _case_routes(desk: HqDesk) -> list[Route]:
    routes: list[Route] = []
    for place, origin in (("submissions", SECOND_LINE), ("drafts", HQ)):
        routes += _routes_of_origin(desk, f"/api/{place}", origin)
    return routes


def _routes_of_origin(desk: HqDesk, root: str, origin: str) -> list[Route]:
    async def listing(request: Request) -> Response:
        return ChineseJSONResponse([case_summary(case) for case in latest_cases(desk, origin, request.query_params.get("state"))])

    async def one(request: Request) -> Response:
        return ChineseJSONResponse(case_view(desk, own_case(desk, request.path_params["id"], origin)))

    async def decision(request: Request) -> Response:
        said = decision_from_json(await json_input(request))
        case = own_case(desk, request.path_params["id"], origin)
        return ChineseJSONResponse(case_view(desk, decide(desk, case.id, said)))

    async def own_edit(request: Request) -> Response:
        given = await json_input(request)
        case = own_case(desk, request.path_params["id"], origin)
        return ChineseJSONResponse(case_view(desk, edit_at_hq(desk, case.id, given.get("content", given))))

    return [
        _get(root, listing),
        _get(f"{root}/{{id}}", one),
        _post(f"{root}/{{id}}/decision", decision),
        _post(f"{root}/{{id}}/own-edit", own_edit),
    ]


def _knowledge_routes(desk: HqDesk) -> list[Route]:
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

    return [
        _get("/api/knowledge", listing),
        _post("/api/knowledge", make),
        _get("/api/knowledge/{id}", one),
        _post("/api/knowledge/{id}/update", update),
        _post("/api/knowledge/{id}/revoke", revoke),
    ]


def _message_routes(desk: HqDesk) -> list[Route]:
    async def messages(request: Request) -> Response:
        about, direction = request.query_params.get("about"), request.query_params.get("direction")
        answer: dict[str, Any] = {}
        if direction != "sent":
            answer["received"] = received_messages(desk)
        if direction != "received":
            answer["sent"] = sent_messages(desk, about)
        return ChineseJSONResponse(answer)

    async def resend(request: Request) -> Response:
        desk.outbox.send_again(request.path_params["id"])
        return ChineseJSONResponse({"ok": True})

    async def all_withdrawals(_request: Request) -> Response:
        return ChineseJSONResponse(withdrawals(desk))

    async def withdrawal(request: Request) -> Response:
        given = await json_input(request)
        if not isinstance(given.get("granted"), bool):
            raise RefusalError.invalid("请填写 granted：true 同意撤回，false 不同意。")
        text = str(given.get("reasonText") or "")
        row = answer_withdrawal(desk, request.path_params["id"], granted=given["granted"], text=text)
        return ChineseJSONResponse(withdrawal_view(row))

    return [
        _get("/api/messages", messages),
        _post("/api/messages/{id:int}/resend", resend),
        _get("/api/withdrawals", all_withdrawals),
        _post("/api/withdrawals/{id:int}", withdrawal),
    ]


def _setting_routes(desk: HqDesk) -> list[Route]:
    async def settings(_request: Request) -> Response:
        return ChineseJSONResponse({"mode": desk.mode, "rules": rules_to_json(desk.rules), "provinces": desk.province_codes()})

    async def mode(request: Request) -> Response:
        desk.set_mode((await json_input(request)).get("mode"))
        return ChineseJSONResponse({"mode": desk.mode})

    async def rules(request: Request) -> Response:
        desk.set_rules((await json_input(request)).get("rules"))
        return ChineseJSONResponse({"rules": rules_to_json(desk.rules)})

    async def taxonomy(_request: Request) -> Response:
        return ChineseJSONResponse(latest_push(desk))

    async def push(request: Request) -> Response:
        return ChineseJSONResponse({"treeVersion": push_tree(desk, (await json_input(request)).get("nodes"))}, status_code=201)

    return [
        _get("/api/settings", settings),
        _post("/api/mode", mode),
        _post("/api/rules", rules),
        _get("/api/taxonomy", taxonomy),
        _post("/api/taxonomy/push", push),
    ]
