"""A province's pages: knowledge, announcements, feedback; every form calls an operation of its API."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kbsearch.sandbox.pages.forms import content_fields, ending_fields, texts
from kbsearch.sandbox.province.announcements import (
    RECALL_REASONS,
    announcement_list,
    announcement_page,
    make_announcement,
    make_correction,
    make_recall,
    make_reply,
    own_announcements,
    reply_by_itself,
)
from kbsearch.sandbox.province.copies import item_list, search_copies
from kbsearch.sandbox.province.deliveries import deliveries, review_delivery
from kbsearch.sandbox.province.desk import ProvinceDesk
from kbsearch.sandbox.province.feedback import all_feedback, make_feedback, review_feedback
from kbsearch.sandbox.province.papers import EDITABLE, edit_paper, find_paper, paper_view, papers, review_paper
from kbsearch.sandbox.subjects import ANNOUNCEMENT, KNOWLEDGE
from kbsearch.sandbox.web import Endpoint, back_to, form_endpoint, form_input, page

STATUSES = {
    "PUBLISHED": "已发布",
    "SCHEDULED": "待生效",
    "EXPIRED": "已过期",
    "PENDING_REVIEW": "待审核",
    "REVOKED": "已撤销",
    "RECALLED": "已撤回",
    "OWN": "本省提交",
}
Doors = dict[str, Endpoint]


def province_page_routes(desk: ProvinceDesk) -> list[Route]:
    """`/`, `/announcements`, `/feedback` and their forms."""
    system = _system(desk)
    reading = {**_knowledge_pages(desk), **_announcement_pages(desk), **_feedback_pages(desk)}
    forms = {**_knowledge_forms(desk), **_announcement_forms(desk), **_paper_forms(desk), **_feedback_forms(desk)}
    return [
        *(Route(path, form_endpoint(system, endpoint), methods=["GET"]) for path, endpoint in reading.items()),
        *(Route(path, form_endpoint(system, endpoint), methods=["POST"]) for path, endpoint in forms.items()),
    ]


def _system(desk: ProvinceDesk) -> str:
    return f"{desk.spec.name}公司CRM（沙箱）"


def _show(desk: ProvinceDesk, template: str, **values: Any) -> Response:
    return page(template, system=_system(desk), mode=desk.mode, statuses=STATUSES, **values)


def _waiting(desk: ProvinceDesk, kind: str) -> list[dict[str, Any]]:
    return [row for row in deliveries(desk, "PENDING") if row["subjectKind"] == kind]


def _knowledge_pages(desk: ProvinceDesk) -> Doors:
    async def home(request: Request) -> Response:
        query = request.query_params.get("q", "")
        return _show(
            desk,
            "province.html",
            query=query,
            hits=search_copies(desk, query),
            items=item_list(desk, KNOWLEDGE),
            waiting=_waiting(desk, KNOWLEDGE),
            recent=deliveries(desk)[:50],
        )

    return {"/": home}


def _knowledge_forms(desk: ProvinceDesk) -> Doors:
    async def decision(request: Request) -> Response:
        form = await form_input(request)
        approved = form.get("action") == "approve"
        row = review_delivery(desk, request.path_params["id"], approved=approved, reason=str(form.get("reason") or ""))
        reply_by_itself(desk, row)
        return back_to("/" if row["subject_kind"] == KNOWLEDGE else "/announcements")

    async def mode(request: Request) -> Response:
        desk.set_mode((await form_input(request)).get("mode"))
        return back_to("/")

    return {"/pages/deliveries/{id:int}/decision": decision, "/pages/mode": mode}


def _announcement_pages(desk: ProvinceDesk) -> Doors:
    async def listing(_request: Request) -> Response:
        held = {"items": announcement_list(desk), "waiting": _waiting(desk, ANNOUNCEMENT), "own": own_announcements(desk)}
        return _show(desk, "province_announcements.html", papers=papers(desk), **held)

    async def one(request: Request) -> Response:
        item = announcement_page(desk, request.path_params["id"])
        mine = any(each["id"] == item["id"] for each in own_announcements(desk))
        steps = desk.steps(item["id"])
        return _show(desk, "province_announcement.html", item=item, mine=mine, steps=steps, reasons=RECALL_REASONS)

    async def paper(request: Request) -> Response:
        row = paper_view(find_paper(desk, request.path_params["id"]))
        return _show(desk, "province_paper.html", paper=row, editable=EDITABLE, steps=desk.steps(row["subjectId"]))

    return {"/announcements": listing, "/announcements/{id}": one, "/papers/{id}": paper}


def _announcement_forms(desk: ProvinceDesk) -> Doors:
    async def make(request: Request) -> Response:
        form = await form_input(request)
        row = make_announcement(desk, {"content": content_fields(form), **texts(form, "urgency", "author")})
        return back_to(f"/papers/{row['id']}")

    async def correct(request: Request) -> Response:
        row = make_correction(desk, request.path_params["id"], {"content": content_fields(await form_input(request))})
        return back_to(f"/papers/{row['id']}")

    async def recall(request: Request) -> Response:
        row = make_recall(desk, request.path_params["id"], ending_fields(await form_input(request)))
        return back_to(f"/papers/{row['id']}")

    async def reply(request: Request) -> Response:
        form = await form_input(request)
        row = make_reply(desk, request.path_params["id"], {"content": content_fields(form), **texts(form, "author")})
        return back_to(f"/papers/{row['id']}")

    return {
        "/pages/announcements": make,
        "/pages/announcements/{id}/correct": correct,
        "/pages/announcements/{id}/recall": recall,
        "/pages/announcements/{id}/reply": reply,
    }


def _paper_forms(desk: ProvinceDesk) -> Doors:
    async def decision(request: Request) -> Response:
        form = await form_input(request)
        approved = form.get("action") == "approve"
        review_paper(desk, request.path_params["id"], approved=approved, reason=str(form.get("reason") or ""))
        return back_to(f"/papers/{request.path_params['id']}")

    async def edit(request: Request) -> Response:
        form = await form_input(request)
        edit_paper(desk, request.path_params["id"], content_fields(form) or ending_fields(form))
        return back_to(f"/papers/{request.path_params['id']}")

    return {"/pages/papers/{id}/decision": decision, "/pages/papers/{id}/edit": edit}


def _feedback_pages(desk: ProvinceDesk) -> Doors:
    async def listing(_request: Request) -> Response:
        shown = [item for item in item_list(desk, KNOWLEDGE) if item["status"] == "PUBLISHED"]
        return _show(desk, "province_feedback.html", items=all_feedback(desk), knowledge=shown)

    return {"/feedback": listing}


def _feedback_forms(desk: ProvinceDesk) -> Doors:
    async def make(request: Request) -> Response:
        make_feedback(desk, dict(texts(await form_input(request), "knowledgeId", "text", "reporter", "urgency")))
        return back_to("/feedback")

    async def decision(request: Request) -> Response:
        form = await form_input(request)
        approved = form.get("action") == "approve"
        review_feedback(desk, request.path_params["id"], approved=approved, reason=str(form.get("reason") or ""))
        return back_to("/feedback")

    return {"/pages/feedback": make, "/pages/feedback/{id}/decision": decision}
