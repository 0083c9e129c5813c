"""HQ's pages of announcements and replies: what was published, and forms for A1, correction, recall and R1."""

from __future__ import annotations

from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kbsearch.sandbox.hq.cases import DECIDABLE, case_summary, latest_cases
from kbsearch.sandbox.hq.desk import HqDesk
from kbsearch.sandbox.hq.drafts import make_announcement, make_correction, make_recall
from kbsearch.sandbox.hq.items import all_announcements, announcement_view, replies
from kbsearch.sandbox.hq.replying import make_reply
from kbsearch.sandbox.pages.forms import content_fields, ending_fields, texts
from kbsearch.sandbox.pages.hq_frame import doors, show
from kbsearch.sandbox.subjects import HQ, REPLY
from kbsearch.sandbox.web import Endpoint, back_to, form_input


def announcement_pages(desk: HqDesk) -> list[Route]:
    """`/announcements` and `/replies`."""

    async def listing(_request: Request) -> Response:
        return show(desk, "hq_announcements.html", items=all_announcements(desk))

    async def one(request: Request) -> Response:
        return show(desk, "hq_announcement.html", item=announcement_view(desk, request.path_params["id"]))

    async def all_replies(_request: Request) -> Response:
        cases = [case_summary(case) for drafts in (False, True) for case in latest_cases(desk, drafts=drafts, subject_kind=REPLY)]
        return show(desk, "hq_replies.html", cases=cases, accepted=replies(desk), decidable=DECIDABLE)

    return doors({"/announcements": listing, "/announcements/{id}": one, "/replies": all_replies}, _forms(desk))


def _forms(desk: HqDesk) -> dict[str, Endpoint]:
    async def make(request: Request) -> Response:
        form = await form_input(request)
        given = {"content": content_fields(form), **texts(form, "urgency"), **_issuer(form)}
        return back_to(f"/submissions/{make_announcement(desk, given).id}")

    async def correct(request: Request) -> Response:
        form = await form_input(request)
        given = {"content": content_fields(form), "material": "material" in form, **texts(form, "changeNote")}
        return back_to(f"/submissions/{make_correction(desk, request.path_params['id'], given).id}")

    async def recall(request: Request) -> Response:
        given = ending_fields(await form_input(request))
        return back_to(f"/submissions/{make_recall(desk, request.path_params['id'], given).id}")

    async def reply(request: Request) -> Response:
        form = await form_input(request)
        given = {"content": content_fields(form), **_issuer(form)}
        return back_to(f"/submissions/{make_reply(desk, request.path_params['id'], given).id}")

    return {
        "/pages/announcements": make,
        "/pages/announcements/{id}/correct": correct,
        "/pages/announcements/{id}/recall": recall,
        "/pages/announcements/{id}/reply": reply,
    }


def _issuer(form: FormData) -> dict[str, Any]:
    """HQ where nothing was filled in, else the platform in whose name HQ writes."""
    code = str(form.get("issuerCode") or HQ).strip()
    return {"issuer": {"code": code, "name": str(form.get("issuerName") or "").strip()}}
