"""Serve the query console: one page with a strict content policy and its files under a name that changes with their content."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

HERE = Path(__file__).parent
_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".txt": "text/plain; charset=utf-8"}
# GraphiQL's dialogs add <style> elements while they are open, hence inline styles; scripts come from our own files only.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_SAFE = {"x-content-type-options": "nosniff", "referrer-policy": "no-referrer"}


@dataclass(frozen=True, slots=True)
class ConsoleExample:
    """A query offered as a button: `title` in Chinese, `query` the document, `variables` its values."""

    title: str
    query: str
    variables: Mapping[str, Any] | None = None


class Console:
    """ASGI applications of the console: `page` for GET /graphql, `asset` for /graphql/assets/{version}/{name}.

    Needs no network beyond this server. All files are read once, at construction.
    """

    def __init__(self, examples: Sequence[ConsoleExample] = ()) -> None:
        self._files = {
            path.name: (path.read_bytes(), _TYPES[path.suffix])
            for folder in (HERE, HERE / "vendor")
            for path in sorted(folder.iterdir())
            if path.suffix in _TYPES
        }
        listed = [{"title": each.title, "query": each.query, "variables": each.variables} for each in examples]
        self._files["examples.json"] = (orjson.dumps(listed), "application/json; charset=utf-8")
        digest = hashlib.sha256()
        for name, (content, _) in sorted(self._files.items()):
            digest.update(name.encode() + b"\0" + content)
        self.version = digest.hexdigest()[:16]
        self._page = (HERE / "page.html").read_text(encoding="utf-8")

    async def page(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the page; its links follow the path it was asked under."""
        own_path = str(scope["path"]).rstrip("/")
        headers = {**_SAFE, "content-security-policy": _POLICY, "cache-control": "no-cache", "vary": "accept"}
        content = self._page.replace("{assets}", f"{own_path}/assets/{self.version}")
        await Response(content, media_type="text/html", headers=headers)(scope, receive, send)

    async def asset(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one file; 404 for any other name or an outdated version."""
        asked = scope["path_params"]
        found = self._files.get(asked["name"]) if asked["version"] == self.version else None
        if found is None:
            await Response("没有这个文件", 404, media_type="text/plain")(scope, receive, send)
            return
        content, media_type = found
        headers = {**_SAFE, "content-type": media_type, "cache-control": "public, max-age=31536000, immutable"}
        await Response(content, headers=headers)(scope, receive, send)
