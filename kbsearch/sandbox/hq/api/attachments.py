"""API of attachments at HQ, and the signed door by which the second line fetches HQ's own."""

from __future__ import annotations

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kbsearch.sandbox.hq.attachments import all_attachments, ask_again, attachment_view, decoded, find_attachment, upload
from kbsearch.sandbox.hq.desk import HqDesk
from kbsearch.sandbox.routing import get, post
from kbsearch.sandbox.signing import verified_id
from kbsearch.sandbox.web import ChineseJSONResponse, json_input, raw_body


def attachment_routes(desk: HqDesk) -> list[Route]:
    """`/api/attachments`."""

    async def listing(_request: Request) -> Response:
        return ChineseJSONResponse(all_attachments(desk))

    async def add(request: Request) -> Response:
        given = await json_input(request)
        kept = upload(desk, given.get("name"), given.get("mediaType"), decoded(given.get("base64")))
        return ChineseJSONResponse(kept, status_code=201)

    async def one(request: Request) -> Response:
        return ChineseJSONResponse(attachment_view(find_attachment(desk, request.path_params["sha256"])))

    async def content(request: Request) -> Response:
        return _bytes(desk, request.path_params["sha256"])

    async def fetch(request: Request) -> Response:
        ask_again(desk, request.path_params["sha256"])
        return ChineseJSONResponse({"ok": True}, status_code=202)

    return [
        get("/api/attachments", listing),
        post("/api/attachments", add),
        get("/api/attachments/{sha256}", one),
        get("/api/attachments/{sha256}/content", content),
        post("/api/attachments/{sha256}/fetch", fetch),
    ]


def signed_attachment_routes(desk: HqDesk, secret: str) -> list[Route]:
    """`GET /attachments/{sha256}`; 401 without the second line's signature."""

    async def fetched(request: Request) -> Response:
        verified_id(secret, request.headers, await raw_body(request))
        return _bytes(desk, request.path_params["sha256"])

    return [get("/attachments/{sha256}", fetched)]


def _bytes(desk: HqDesk, sha256: str) -> Response:
    row = find_attachment(desk, sha256)
    # Never shown in place: another company's file must not run as a page of ours.
    headers = {"content-disposition": f"attachment; filename*=UTF-8''{quote(row['name'])}", "x-content-type-options": "nosniff"}
    return Response(row["bytes"], media_type=row["media_type"], headers=headers)
