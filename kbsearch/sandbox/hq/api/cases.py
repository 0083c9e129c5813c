"""API of submissions and of HQ's own drafts, whatever they are about: list, look, decide, edit at HQ (11.2), withdrawals."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kbsearch.sandbox.hq.cases import Case, case_summary, case_view, find_case, latest_cases
from kbsearch.sandbox.hq.decision import decision_from_json
from kbsearch.sandbox.hq.desk import HqDesk
from kbsearch.sandbox.hq.review import decide, edit_at_hq
from kbsearch.sandbox.hq.withdrawals import answer_withdrawal, withdrawal_view, withdrawals
from kbsearch.sandbox.refusal import RefusalError
from kbsearch.sandbox.routing import get, post
from kbsearch.sandbox.subjects import HQ
from kbsearch.sandbox.web import ChineseJSONResponse, json_input


def case_routes(desk: HqDesk) -> list[Route]:
    """`/api/submissions`, `/api/drafts` and `/api/withdrawals`."""
    return [
        *_routes_of(desk, "/api/submissions", drafts=False),
        *_routes_of(desk, "/api/drafts", drafts=True),
        *_withdrawal_routes(desk),
    ]


def _own_case(desk: HqDesk, case_id: str, *, drafts: bool) -> Case:
    """A submission asked for as such, or a draft; 404 when it is the other kind."""
    case = find_case(desk, case_id)
    if (case.origin == HQ) != drafts:
        raise RefusalError.missing("总部草稿" if drafts else "申请", case_id)
    return case


def _routes_of(desk: HqDesk, root: str, *, drafts: bool) -> list[Route]:
    async def listing(request: Request) -> Response:
        asked = request.query_params
        found = latest_cases(desk, drafts=drafts, state=asked.get("state"), subject_kind=asked.get("subjectKind"))
        return ChineseJSONResponse([case_summary(case) for case in found])

    async def one(request: Request) -> Response:
        return ChineseJSONResponse(case_view(desk, _own_case(desk, request.path_params["id"], drafts=drafts)))

    async def decision(request: Request) -> Response:
        said = decision_from_json(await json_input(request))
        case = _own_case(desk, request.path_params["id"], drafts=drafts)
        return ChineseJSONResponse(case_view(desk, decide(desk, case.id, said)))

    async def own_edit(request: Request) -> Response:
        given = await json_input(request)
        case = _own_case(desk, request.path_params["id"], drafts=drafts)
        return ChineseJSONResponse(case_view(desk, edit_at_hq(desk, case.id, given.get("content", given))))

    return [
        get(root, listing),
        get(f"{root}/{{id}}", one),
        post(f"{root}/{{id}}/decision", decision),
        post(f"{root}/{{id}}/own-edit", own_edit),
    ]


def _withdrawal_routes(desk: HqDesk) -> list[Route]:
    async def listing(_request: Request) -> Response:
        return ChineseJSONResponse(withdrawals(desk))

    async def answer(request: Request) -> Response:
        given = await json_input(request)
        if not isinstance(given.get("granted"), bool):
            raise RefusalError.invalid("请填写 granted：true 同意撤回，false 不同意。")
        text = str(given.get("reasonText") or "")
        row = answer_withdrawal(desk, request.path_params["id"], granted=given["granted"], text=text)
        return ChineseJSONResponse(withdrawal_view(row))

    return [get("/api/withdrawals", listing), post("/api/withdrawals/{id:int}", answer)]
