"""What the door of files answers when it cannot serve, in the shape of every other error; decides nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from kbsearch.attachments.kinds import BadFile
from kbsearch.attachments.port import FileStoreFault, FileStoreFull
from kbsearch.errors import Refused
from kbsearch.http.answers import Answer, answer_crash, answer_fault, answer_refusal
from kbsearch.http.errors import SERVER_CODES, HttpFault, bad_request
from kbsearch.http.request_id import random_request_id, request_id_of

Serve = Callable[[Request], Awaitable[Response]]
_BAD_FILES = {"BAD_FILE_NAME": 400, "EMPTY_FILE": 400, "FILE_UNPACKS_TOO_LARGE": 413}
_TYPE_REFUSED = 415
_LOG = structlog.get_logger()


def _faulty(error: Exception, request_id: str) -> Answer:
    if isinstance(error, HttpFault):
        return answer_fault(error, request_id)
    if isinstance(error, Refused):
        return answer_refusal(error, request_id)
    if isinstance(error, BadFile):
        return answer_fault(bad_request(error.code, str(error), _BAD_FILES.get(error.code, _TYPE_REFUSED)), request_id)
    if isinstance(error, FileStoreFault):
        _LOG.error("attachments.out_of_order", why=str(error), request_id=request_id)
        full = isinstance(error, FileStoreFull)
        code, status = ("STORAGE_FULL", 507) if full else ("STORAGE_UNAVAILABLE", 503)
        return answer_fault(bad_request(code, f"{error}。", status, {"retry-after": "60"}), request_id)
    return answer_crash(error, request_id)


def guarded(serve: Serve, on_client_error: Callable[[str], None]) -> Serve:
    """`serve` with every fault answered as JSON; what a client did wrong is counted, never logged."""

    async def guarded_serve(request: Request) -> Response:
        request_id = request_id_of(request.scope, random_request_id)
        try:
            response = await serve(request)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody is left to read it
        except Exception as error:  # noqa: BLE001 - the last door: a bug of ours must become a masked, logged answer
            answer = _faulty(error, request_id)
            for code in answer.codes:
                if code not in SERVER_CODES:
                    on_client_error(code)
            response = Response(answer.body, answer.status, answer.headers, "application/json; charset=utf-8")
        response.headers["x-request-id"] = request_id
        response.headers["x-content-type-options"] = "nosniff"
        return response

    return guarded_serve
