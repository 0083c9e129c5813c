"""HQ's pages of cases, knowledge and messages, and all the others by noun; every form calls an operation of the API."""

from __future__ import annotations

from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kbsearch.sandbox.hq.api.messages import sent_messages
from kbsearch.sandbox.hq.cases import DECIDABLE, Case, case_summary, case_view, find_case, latest_cases
from kbsearch.sandbox.hq.decision import decision_from_json
from kbsearch.sandbox.hq.desk import HqDesk
from kbsearch.sandbox.hq.drafts import make_knowledge, make_revocation, make_update
from kbsearch.sandbox.hq.inbox import received_messages
from kbsearch.sandbox.hq.items import all_knowledge, knowledge_view
from kbsearch.sandbox.hq.review import decide, edit_at_hq
from kbsearch.sandbox.hq.tree import latest_push
from kbsearch.sandbox.hq.withdrawals import answer_withdrawal, withdrawals
from kbsearch.sandbox.pages.forms import chosen_provinces, content_fields, ending_fields
from kbsearch.sandbox.pages.hq_announcement_pages import announcement_pages
from kbsearch.sandbox.pages.hq_feedback_pages import feedback_pages
from kbsearch.sandbox.pages.hq_frame import SYSTEM, show
from kbsearch.sandbox.pages.hq_sync_pages import sync_pages
from kbsearch.sandbox.pages.hq_taxonomy_pages import taxonomy_pages
from kbsearch.sandbox.web import Endpoint, back_to, form_endpoint, form_input


def hq_page_routes(desk: HqDesk) -> list[Route]:
    """Pages by GET, their forms by POST under `/pages/`."""
    nouns = (announcement_pages, feedback_pages, taxonomy_pages, sync_pages)
    return [*_reading(desk), *_forms(desk), *(route for pages in nouns for route in pages(desk))]


def _reading(desk: HqDesk) -> list[Route]:
    async def submissions(request: Request) -> Response:
        chosen = request.query_params.get("state") or None
        cases = [case_summary(case) for drafts in (False, True) for case in latest_cases(desk, drafts=drafts, state=chosen)]
        waiting = [row for row in withdrawals(desk) if row["state"] == "WAITING"]
        return show(desk, "hq_submissions.html", cases=cases, chosen=chosen, withdrawals=waiting, decidable=DECIDABLE)

    async def submission(request: Request) -> Response:
        case = find_case(desk, request.path_params["id"])
        sent = sent_messages(desk, case.id)
        return show(desk, "hq_submission.html", case=case_view(desk, case), sent=sent, decidable=DECIDABLE)

    async def knowledge(_request: Request) -> Response:
        return show(desk, "hq_knowledge.html", items=all_knowledge(desk), tree=latest_push(desk))

    async def item(request: Request) -> Response:
        return show(desk, "hq_item.html", item=knowledge_view(desk, request.path_params["id"]))

    async def messages(_request: Request) -> Response:
        return show(desk, "hq_messages.html", received=received_messages(desk, 200), sent=sent_messages(desk, limit=200))

    pages = {
        "/": submissions,
        "/submissions/{id}": submission,
        "/knowledge": knowledge,
        "/knowledge/{id}": item,
        "/messages": messages,
    }
    return [Route(path, form_endpoint(SYSTEM, endpoint), methods=["GET"]) for path, endpoint in pages.items()]


def _forms(desk: HqDesk) -> list[Route]:
    forms = {**_case_forms(desk), **_knowledge_forms(desk)}
    return [Route(path, form_endpoint(SYSTEM, endpoint), methods=["POST"]) for path, endpoint in forms.items()]


def _case_forms(desk: HqDesk) -> dict[str, Endpoint]:
    async def decision(request: Request) -> Response:
        form = await form_input(request)
        case = find_case(desk, request.path_params["id"])
        decide(desk, case.id, decision_from_json(_decision_fields(case, form)))
        return back_to(f"/submissions/{case.id}")

    async def own_edit(request: Request) -> Response:
        form = await form_input(request)
        case = find_case(desk, request.path_params["id"])
        edit_at_hq(desk, case.id, ending_fields(form) if case.ends else content_fields(form))
        return back_to(f"/submissions/{case.id}")

    async def withdrawal(request: Request) -> Response:
        form = await form_input(request)
        text = str(form.get("reasonText") or "")
        answer_withdrawal(desk, request.path_params["id"], granted=form.get("granted") == "true", text=text)
        return back_to("/")

    async def mode(request: Request) -> Response:
        desk.set_mode((await form_input(request)).get("mode"))
        return back_to("/")

    return {
        "/pages/submissions/{id}/decision": decision,
        "/pages/submissions/{id}/own-edit": own_edit,
        "/pages/withdrawals/{id:int}": withdrawal,
        "/pages/mode": mode,
    }


def _knowledge_forms(desk: HqDesk) -> dict[str, Endpoint]:
    async def make(request: Request) -> Response:
        form = await form_input(request)
        case = make_knowledge(desk, {"content": content_fields(form), "categoryId": form.get("categoryId"), **chosen_provinces(form)})
        return back_to(f"/submissions/{case.id}")

    async def update(request: Request) -> Response:
        form = await form_input(request)
        case = make_update(desk, request.path_params["id"], {"content": content_fields(form), **chosen_provinces(form)})
        return back_to(f"/submissions/{case.id}")

    async def revoke(request: Request) -> Response:
        case = make_revocation(desk, request.path_params["id"], ending_fields(await form_input(request)))
        return back_to(f"/submissions/{case.id}")

    return {
        "/pages/knowledge": make,
        "/pages/knowledge/{id}/update": update,
        "/pages/knowledge/{id}/revoke": revoke,
    }


def _decision_fields(case: Case, form: FormData) -> dict[str, Any]:
    """The reviewer's form; its text fields count as an amendment only for `amend`."""
    fields: dict[str, Any] = {
        "action": form.get("action"),
        "reasonCodes": form.getlist("reasonCodes"),
        "reasonText": form.get("reasonText"),
        "effectiveFrom": form.get("movedTo"),
        **chosen_provinces(form),
    }
    if form.get("action") == "amend" and not case.ends:
        fields["amendedContent"] = content_fields(form)
    return fields
