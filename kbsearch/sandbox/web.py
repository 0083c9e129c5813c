"""What both systems' HTTP doors share: reading bodies, answering refusals, keeping strange pages out; knows no business."""

from __future__ import annotations

import functools
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.datastructures import FormData, Headers
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from kbsearch.sandbox.refusal import RefusalError

LARGEST_BODY = 8 * 1024 * 1024
SIGNED_DOORS = ("/inbox", "/province-inbox/", "/attachments/")
Endpoint = Callable[[Request], Awaitable[Response]]


class ChineseJSONResponse(JSONResponse):
    """JSON that a person can read in the browser: Chinese unescaped, indented."""

    def render(self, content: Any) -> bytes:
        """Encode; lone surrogates fall back to escapes."""
        text = json.dumps(content, ensure_ascii=False, indent=1)
        try:
            return text.encode()
        except UnicodeEncodeError:
            return json.dumps(content).encode()


async def refusal_answer(_request: Request, error: Exception) -> Response:
    """Answer a refusal as JSON: `{"error": {"code", "message"}}`."""
    if not isinstance(error, RefusalError):
        raise error
    return ChineseJSONResponse({"error": {"code": error.code, "message": error.message}}, status_code=error.status)


async def raw_body(request: Request) -> bytes:
    """Read at most 8 MB."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            raise RefusalError(413, "TOO_LARGE", "正文超过 8 MB，请拆小后再发。")
    return body


def parsed_object(body: bytes) -> dict[str, Any]:
    """Parse a JSON object; 400 when it is anything else."""
    try:
        value = json.loads(body)
        json.dumps(value, ensure_ascii=False).encode()  # a lone surrogate would fail much later, in the store
    except (ValueError, RecursionError) as error:
        raise RefusalError.malformed("正文不是合法的 JSON（或含有不成对的代理字符）。") from error
    if not isinstance(value, dict):
        raise RefusalError.malformed("正文须是一个 JSON 对象。")
    return value


async def json_input(request: Request) -> dict[str, Any]:
    """Body of an API call; an empty one is `{}`. Only application/json, so that a foreign page's form cannot call it."""
    body = await raw_body(request)
    if not body:
        return {}
    if request.headers.get("content-type", "").split(";")[0].strip() != "application/json":
        raise RefusalError(415, "MEDIA_TYPE", "请以 content-type: application/json 提交。")
    return parsed_object(body)


async def form_input(request: Request) -> FormData:
    """Fields of a page's form."""
    return await request.form(max_fields=200, max_part_size=LARGEST_BODY)


class LocalOnly:
    """ASGI guard of pages and API: the Host must be ours (no DNS rebinding), a writing browser must come from our own pages.

    Doors that trust signatures, not origins, are exempt.
    """

    def __init__(self, app: ASGIApp, hosts: frozenset[str]) -> None:
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on or answer 403."""
        if scope["type"] == "http" and not scope["path"].startswith(SIGNED_DOORS) and (message := self._objection(scope)):
            answer = ChineseJSONResponse({"error": {"code": "FORBIDDEN", "message": message}}, status_code=403)
            await answer(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _objection(self, scope: Scope) -> str | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if urlsplit(f"//{host}").hostname not in self._hosts:
            return f"不认得的主机名 {host}，请用 127.0.0.1 访问沙箱。"
        if scope["method"] in {"GET", "HEAD"}:
            return None
        source = headers.get("origin") or headers.get("referer")
        if source is not None and urlsplit(source).netloc != host:
            return "请求来自别的网站，未受理；请在沙箱自己的页面上操作。"
        if scope["path"].startswith("/pages/") and source is None:
            return "表单缺少 Origin，未受理；请在沙箱自己的页面上操作。"
        return None


_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "pages" / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def page(template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """Render one page."""
    html = _TEMPLATES.get_template(template).render(**values)
    policy = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'"
    return HTMLResponse(html, status_code=status, headers={"content-security-policy": policy, "cache-control": "no-store"})


def back_to(path: str) -> Response:
    """Redirect after a form."""
    return RedirectResponse(path, status_code=303)


def form_endpoint(system: str, act: Endpoint) -> Endpoint:
    """Wrap a form handler so that a refusal becomes a page with its sentence instead of JSON."""

    @functools.wraps(act)
    async def endpoint(request: Request) -> Response:
        try:
            return await act(request)
        except RefusalError as error:
            return page("refused.html", status=error.status, system=system, message=error.message)

    return endpoint


def local_hosts(host: str) -> frozenset[str]:
    """Host names under which the sandbox answers: loopback, and what it was told to bind to."""
    return frozenset({"127.0.0.1", "localhost", "::1", host})
