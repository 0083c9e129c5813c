"""Uploads and downloads as a caller makes them: raw bytes over HTTP to the real door on a real folder; asserts only its shortcuts."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette

from kbsearch.attachments.disk import DiskFiles
from kbsearch.attachments.port import FileStore
from kbsearch.files.door import FileDoor
from kbsearch.hq.signing import sign
from kbsearch.http.routes import create_exception_handlers
from kbsearch.schema.context import context_factory
from kbsearch.store.unit import Store
from tests.schema.world import SECRET, World

MAX_BYTES = 100_000
FILES = "attachmentFiles { sha256 name mediaType size available url note }"


@dataclass
class System:
    """What the door needs; tests put another file store in."""

    store: Store
    files: FileStore


class Desk:
    """The door of files of one world."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world = world
        self.system = System(world.store, DiskFiles(folder))
        self.counted: list[str] = []
        self.door = FileDoor(self.system, context_factory(world.system), MAX_BYTES, self.counted.append)
        self.app = Starlette(routes=self.door.routes(), exception_handlers=create_exception_handlers())
        self._runner = asyncio.Runner()

    def close(self) -> None:
        self.door.close()
        self._runner.close()

    def call(self, method: str, path: str, *, who: str | None = None, content: Any = None, headers: Any = None) -> httpx.Response:
        sent = {**({} if who is None else {"authorization": f"Bearer {self.world.tokens[who]}"}), **(headers or {})}

        async def send() -> httpx.Response:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="http://kb") as client:
                return await client.request(method, path, content=content, headers=sent)

        return self._runner.run(send())

    def post(
        self, content: bytes | AsyncIterator[bytes], name: str = "说明.txt", who: str | None = "author", **headers: str
    ) -> httpx.Response:
        query = httpx.QueryParams({"name": name})
        return self.call("POST", f"/attachments?{query}", who=who, content=content, headers=headers)

    def upload(self, content: bytes, name: str = "说明.txt", who: str = "author") -> str:
        """An upload that must succeed; its digest."""
        answer = self.post(content, name, who)
        assert answer.status_code == 201, answer.text
        assert answer.json()["sha256"] == hashlib.sha256(content).hexdigest()
        return str(answer.json()["sha256"])

    def get(self, sha256: str, who: str | None = "agent", **headers: str) -> httpx.Response:
        return self.call("GET", f"/attachments/{sha256}", who=who, headers={k.replace("_", "-"): v for k, v in headers.items()})

    def signed_get(self, sha256: str, secret: str = SECRET) -> httpx.Response:
        return self.call("GET", f"/attachments/{sha256}", headers=sign(secret, "wh-file", self.world.now, b""))
