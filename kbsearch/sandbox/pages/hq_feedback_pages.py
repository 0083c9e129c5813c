"""HQ's pages of feedback: the list, and one with forms for steps 5 and 6, 8, and 9."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kbsearch.sandbox.hq.api.feedback import decide_by_json, order_of
from kbsearch.sandbox.hq.desk import HqDesk
from kbsearch.sandbox.hq.feedback import (
    DISPATCHABLE,
    RESOLUTIONS,
    REVIEWABLE,
    STATES,
    all_feedback,
    dispatch_feedback,
    feedback_view,
    judge_feedback,
)
from kbsearch.sandbox.pages.forms import texts
from kbsearch.sandbox.pages.hq_frame import doors, show
from kbsearch.sandbox.web import Endpoint, back_to, form_input


def feedback_pages(desk: HqDesk) -> list[Route]:
    """`/feedback`."""

    async def listing(request: Request) -> Response:
        chosen = request.query_params.get("state") or None
        return show(desk, "hq_feedbacks.html", items=all_feedback(desk, chosen), chosen=chosen, feedback_states=STATES)

    async def one(request: Request) -> Response:
        item = feedback_view(desk, request.path_params["id"])
        words = {"reviewable": REVIEWABLE, "dispatchable": DISPATCHABLE, "resolutions": RESOLUTIONS}
        return show(desk, "hq_feedback.html", item=item, **words)

    return doors({"/feedback": listing, "/feedback/{id}": one}, _forms(desk))


def _forms(desk: HqDesk) -> dict[str, Endpoint]:
    async def decision(request: Request) -> Response:
        decide_by_json(desk, request.path_params["id"], dict(texts(await form_input(request), "action", "text")))
        return back_to(f"/feedback/{request.path_params['id']}")

    async def judge(request: Request) -> Response:
        form = await form_input(request)
        judge_feedback(desk, request.path_params["id"], update_needed=form.get("updateNeeded") == "true", **order_of(dict(form)))
        return back_to(f"/feedback/{request.path_params['id']}")

    async def dispatch(request: Request) -> Response:
        dispatch_feedback(desk, request.path_params["id"], **order_of(dict(await form_input(request))))
        return back_to(f"/feedback/{request.path_params['id']}")

    return {
        "/pages/feedback/{id}/decision": decision,
        "/pages/feedback/{id}/judge": judge,
        "/pages/feedback/{id}/dispatch": dispatch,
    }
