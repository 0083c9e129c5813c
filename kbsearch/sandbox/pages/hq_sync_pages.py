"""HQ's page of version sync and attachments: digests, what was compared and repaired, differences put in by hand, uploads."""

from __future__ import annotations

from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kbsearch.sandbox.hq.attachments import LARGEST, all_attachments, upload
from kbsearch.sandbox.hq.desk import HqDesk
from kbsearch.sandbox.hq.injecting import inject_difference
from kbsearch.sandbox.hq.sync import digest_rows, digests, sync_runs
from kbsearch.sandbox.pages.forms import texts
from kbsearch.sandbox.pages.hq_frame import doors, show
from kbsearch.sandbox.refusal import RefusalError
from kbsearch.sandbox.web import back_to, form_input

PAGE = "/sync"
SHOWN_ROWS = 200
ACTIONS = {
    "content": "改内容",
    "number": "改版本号",
    "revoke": "改为已撤销",
    "unrevoke": "改回未撤销",
    "category": "改栏目",
    "dropVersion": "去掉最高版本",
    "forget": "去掉整项知识",
    "unknown": "增加一项二线没有的知识",
}


def sync_pages(desk: HqDesk) -> list[Route]:
    """`/sync` and `/attachments`."""

    async def sync(request: Request) -> Response:
        category = request.query_params.get("categoryId")
        rows = digest_rows(desk, category)[:SHOWN_ROWS] if category is not None else []
        held = {"digests": digests(desk), "runs": sync_runs(desk), "rows": rows, "category": category}
        return show(desk, "hq_sync.html", actions=ACTIONS, **held)

    async def attachments(_request: Request) -> Response:
        return show(desk, "hq_attachments.html", items=all_attachments(desk))

    async def inject(request: Request) -> Response:
        given: dict[str, Any] = dict(texts(await form_input(request), "action", "knowledgeId", "categoryId", "number"))
        if "number" in given:
            given["number"] = int(given["number"]) if given["number"].isdigit() else given["number"]
        inject_difference(desk, given)
        return back_to(PAGE)

    async def add(request: Request) -> Response:
        form = await form_input(request)
        try:
            file = form.get("file")
            if not isinstance(file, UploadFile):
                raise RefusalError.invalid("请选择要上传的文件。")
            upload(desk, file.filename, file.content_type, await file.read(LARGEST + 1))
        finally:
            await form.close()
        return back_to("/attachments")

    return doors({PAGE: sync, "/attachments": attachments}, {"/pages/sync/inject": inject, "/pages/attachments": add})
