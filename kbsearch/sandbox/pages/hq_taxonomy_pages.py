"""HQ's page of its 知识结构: the tree being edited, one form per kind of change, push, undo and the past."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kbsearch.sandbox.hq.desk import HqDesk
from kbsearch.sandbox.hq.taxonomy import push_tree, undo_push
from kbsearch.sandbox.hq.tree import Node, past_pushes
from kbsearch.sandbox.hq.tree_draft import drop_draft, edit_tree, tree_draft
from kbsearch.sandbox.pages.forms import texts
from kbsearch.sandbox.pages.hq_frame import doors, show
from kbsearch.sandbox.web import back_to, form_input

PAGE = "/taxonomy"


def taxonomy_pages(desk: HqDesk) -> list[Route]:
    """`/taxonomy`."""

    async def tree(_request: Request) -> Response:
        draft = tree_draft(desk) or {"nodes": [], "note": "", "merges": []}
        return show(desk, "hq_taxonomy.html", nodes=in_order(draft["nodes"]), draft=draft, history=past_pushes(desk))

    async def edit(request: Request) -> Response:
        form = await form_input(request)
        given: dict[str, Any] = dict(texts(form, "action", "id", "name", "parentId", "into"))
        edit_tree(desk, given)
        return back_to(PAGE)

    async def drop(_request: Request) -> Response:
        drop_draft(desk)
        return back_to(PAGE)

    async def push(_request: Request) -> Response:
        push_tree(desk, None)
        return back_to(PAGE)

    async def undo(request: Request) -> Response:
        form = await form_input(request)
        version = str(form.get("treeVersion") or "")
        undo_push(desk, int(version) if version.isdigit() else None, refile="refile" in form)
        return back_to(PAGE)

    forms = {"/pages/taxonomy/edit": edit, "/pages/taxonomy/drop": drop, "/pages/taxonomy/push": push, "/pages/taxonomy/undo": undo}
    return doors({PAGE: tree}, forms)


def in_order(nodes: list[Node]) -> list[Node]:
    """The nodes as one reads a tree, each with its `depth` from 0; what hangs in a ring is left out."""
    below: dict[str | None, list[Node]] = {}
    for node in nodes:
        below.setdefault(node["parentId"], []).append(node)
    ordered: list[Node] = []
    waiting = [(node, 0) for node in sorted(below.get(None, []), key=_place, reverse=True)]
    while waiting:
        node, depth = waiting.pop()
        ordered.append(node | {"depth": depth})
        waiting += [(child, depth + 1) for child in sorted(below.get(node["id"], []), key=_place, reverse=True)]
    return ordered


def _place(node: Node) -> tuple[int, str]:
    return (node["position"], node["id"])
