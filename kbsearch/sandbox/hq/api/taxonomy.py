"""API of HQ's 知识结构: the pushed tree and its past, editing by hand, push and undo (T1)."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kbsearch.sandbox.hq.desk import HqDesk
from kbsearch.sandbox.hq.taxonomy import push_tree, undo_push
from kbsearch.sandbox.hq.tree import latest_push, past_pushes, pushed_tree
from kbsearch.sandbox.hq.tree_draft import drop_draft, edit_tree, tree_draft
from kbsearch.sandbox.refusal import RefusalError
from kbsearch.sandbox.routing import get, post
from kbsearch.sandbox.web import ChineseJSONResponse, json_input


def taxonomy_routes(desk: HqDesk) -> list[Route]:
    """`/api/taxonomy`."""

    async def latest(request: Request) -> Response:
        version = request.query_params.get("treeVersion")
        if version is not None and not version.isdigit():
            raise RefusalError.invalid("treeVersion 须是整数。")
        return ChineseJSONResponse(latest_push(desk) if version is None else pushed_tree(desk, int(version)))

    async def history(_request: Request) -> Response:
        return ChineseJSONResponse(past_pushes(desk))

    async def draft(_request: Request) -> Response:
        return ChineseJSONResponse(tree_draft(desk))

    async def edit(request: Request) -> Response:
        return ChineseJSONResponse(edit_tree(desk, await json_input(request)))

    async def drop(_request: Request) -> Response:
        drop_draft(desk)
        return ChineseJSONResponse(tree_draft(desk))

    async def push(request: Request) -> Response:
        given = await json_input(request)
        version = push_tree(desk, given.get("nodes"), given.get("merges"), note=str(given.get("note") or ""))
        return ChineseJSONResponse({"treeVersion": version}, status_code=201)

    async def undo(request: Request) -> Response:
        given = await json_input(request)
        if not isinstance(given.get("treeVersion"), int | None):
            raise RefusalError.invalid("treeVersion 须是整数，或不填（撤回最近一次）。")
        version = undo_push(desk, given.get("treeVersion"), refile=bool(given.get("refile")))
        return ChineseJSONResponse({"treeVersion": version}, status_code=201)

    return [
        get("/api/taxonomy", latest),
        get("/api/taxonomy/history", history),
        get("/api/taxonomy/draft", draft),
        post("/api/taxonomy/draft", edit),
        post("/api/taxonomy/draft/drop", drop),
        post("/api/taxonomy/push", push),
        post("/api/taxonomy/undo", undo),
    ]
