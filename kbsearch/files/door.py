"""`POST /attachments` and `GET /attachments/{sha256}`: who is calling, then one operation each; decides nothing."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import BinaryIO, Protocol
from urllib.parse import quote

import anyio.to_thread
import orjson
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from kbsearch.attachments.kinds import BadFile
from kbsearch.attachments.port import DIGEST, FileStore
from kbsearch.errors import Refusal, RefusalCode, Refused
from kbsearch.files.faults import guarded
from kbsearch.files.receiving import check_headers, received
from kbsearch.http.errors import HttpFault, Overloaded, Unauthenticated, bad_request
from kbsearch.http.facts import HttpRequestFacts
from kbsearch.http.pool import BoundedPool
from kbsearch.http.request_id import random_request_id, request_id_of
from kbsearch.schema.context import ContextOpener, RequestContext
from kbsearch.services.attachment_intake import require_uploader, upload
from kbsearch.services.attachment_reading import readable_by, readable_by_headquarters
from kbsearch.store.tables import Attachment
from kbsearch.store.unit import Store
from kbsearch.workflow.decide import Actor

PATH = "/attachments"
_SECONDS = 60.0
_CHUNK = 256 * 1024
_AT_ONCE = 32
_STRANGER = "请先登录：在 authorization 请求头里带上 Bearer 令牌。"


class System(Protocol):
    """What the door needs of the running installation."""

    @property
    def store(self) -> Store:
        """The database."""

    @property
    def files(self) -> FileStore:
        """Where the bytes lie."""


@dataclass
class FileDoor:
    """Serves files to whom `open_context` identifies, by token or headquarters' signature (over the empty body of a GET)."""

    system: System
    open_context: ContextOpener
    max_bytes: int
    on_client_error: Callable[[str], None] = lambda _code: None
    threads: int = 4
    queue: int = 64
    read_seconds: float = 120.0

    def __post_init__(self) -> None:
        self.pool = BoundedPool(self.threads, self.queue, "files")
        self._receiving = 0

    def routes(self) -> list[BaseRoute]:
        """Both routes, for `Starlette(routes=[…])`."""
        return [
            Route(PATH, guarded(self.take, self.on_client_error), methods=["POST"]),
            Route(PATH + "/{sha256}", guarded(self.give, self.on_client_error), methods=["GET"]),
        ]

    def close(self) -> None:
        """Wait for running calls and end the threads."""
        self.pool.close()

    async def take(self, request: Request) -> Response:
        """Keep an uploaded file: 201 with its digest, also when the same bytes were here before."""
        names = request.query_params.getlist("name")
        if len(names) != 1:
            raise BadFile("BAD_FILE_NAME", "请在网址里给出一个文件名，如 /attachments?name=资费说明.pdf")
        check_headers(request, self.max_bytes)
        facts = _facts(request)
        actor = await self.pool.run(lambda: self._uploader(facts))
        if self._receiving >= _AT_ONCE:
            raise Overloaded
        self._receiving += 1
        try:
            async with received(request, self.max_bytes, self.read_seconds) as file:
                row = await self.pool.run(lambda: upload(self.system.store, self.system.files, actor, name=names[0], file=file))
        finally:
            self._receiving -= 1
        answer = {"sha256": row.sha256, "name": row.name, "mediaType": row.media_type, "size": row.size, "note": row.note}
        place = f"{PATH}/{row.sha256}"
        return Response(orjson.dumps(answer), 201, {"location": place, "cache-control": "no-store"}, "application/json; charset=utf-8")

    def _uploader(self, facts: HttpRequestFacts) -> Actor:
        with self.open_context(facts) as context:
            if context.delivery is not None:
                raise Refused(Refusal(RefusalCode.PERMISSION_DENIED, "总部不上传附件：消息里写明摘要，我方会来取。"))
            if context.actor is None:
                raise Unauthenticated(_STRANGER)
            require_uploader(context.actor)
            return context.actor

    async def give(self, request: Request) -> Response:
        """Give a file to whoever may read it; to everybody else there is no such file."""
        sha256 = request.path_params["sha256"]
        facts = _facts(request)
        row, file = await self.pool.run(lambda: self._opened(facts, sha256))
        headers, sized = _headers(row), {"content-length": str(row.size)}
        if file is not None:
            return StreamingResponse(_chunks(file), 200, {**headers, **sized}, row.media_type)
        if request.method == "HEAD":
            return Response(b"", 200, {**headers, **sized}, row.media_type)
        return Response(status_code=304, headers=headers)

    def _opened(self, facts: HttpRequestFacts, sha256: str) -> tuple[Attachment, BinaryIO | None]:
        with self.open_context(facts) as context:
            row = _readable(context, sha256)
        if facts.method == "HEAD" or _has_it(facts.headers.get("if-none-match", ""), sha256):
            return row, None
        return row, self.system.files.open(sha256)


def _facts(request: Request) -> HttpRequestFacts:
    client = request.client
    return HttpRequestFacts(
        method=request.method,
        headers=request.headers,
        body=b"",
        request_id=request_id_of(request.scope, random_request_id),
        client=client.host if client else None,
        deadline=time.monotonic() + _SECONDS,
        seconds=_SECONDS,
        monotonic=time.monotonic,
        state=request.scope.setdefault("state", {}),
    )


def _readable(context: RequestContext, sha256: str) -> Attachment:
    if context.actor is None and context.delivery is None:
        raise Unauthenticated(_STRANGER)
    row = None
    if DIGEST.fullmatch(sha256):
        if context.actor is not None:
            row = readable_by(context.session, context.actor, sha256, context.now)
        else:
            row = readable_by_headquarters(context.session, sha256)
    if row is None:
        raise _not_found()
    return row


def _not_found() -> HttpFault:
    return bad_request("ATTACHMENT_NOT_FOUND", "没有这个附件，或您无权查看带它的文档", 404)


def _has_it(if_none_match: str, sha256: str) -> bool:
    return any(tag.strip().removeprefix("W/") in {"*", f'"{sha256}"'} for tag in if_none_match.split(","))


def _headers(row: Attachment) -> dict[str, str]:
    """A download, never a page: a browser must neither show nor sniff it, and asks again whether it may have it."""
    extension = row.name.rpartition(".")[2]
    plain = f"attachment.{extension}" if extension.isascii() and extension.isalnum() else "attachment"
    return {
        "content-disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(row.name, safe='')}",
        "etag": f'"{row.sha256}"',
        "cache-control": "private, no-cache",
        "content-security-policy": "default-src 'none'; sandbox",
        "accept-ranges": "none",
    }


async def _chunks(file: BinaryIO) -> AsyncIterator[bytes]:
    with file:
        while chunk := await anyio.to_thread.run_sync(file.read, _CHUNK):
            yield chunk
