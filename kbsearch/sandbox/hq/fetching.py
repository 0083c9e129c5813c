"""Fetches the second line's attachments by signed GET, one after the other; what comes is proven by attachments.py."""

from __future__ import annotations

import asyncio
from email.message import Message
from urllib.parse import urlsplit

import httpx

from kbsearch.sandbox.hq.attachments import LARGEST, next_wanted, note_failure, note_fetched
from kbsearch.sandbox.hq.desk import HqDesk
from kbsearch.sandbox.signing import signed_headers

IDLE = 1.0
SHORT = 0.1


async def fetch_attachments(desk: HqDesk, service_url: str, secret: str) -> None:
    """Work until cancelled. `service_url` is the GraphQL endpoint; attachments lie under the root of the same host."""
    parts = urlsplit(service_url)
    root = f"{parts.scheme}://{parts.netloc}/attachments"
    async with httpx.AsyncClient(timeout=httpx.Timeout(10.0), trust_env=False) as http:
        while True:
            desk.fetch_bell.clear()
            row = next_wanted(desk)
            if row is not None:
                await _fetch(desk, http, f"{root}/{row['sha256']}", row["sha256"], secret)
                continue
            waiting = desk.db.one("SELECT 1 FROM attachment_wanted WHERE state = 'WANTED'")
            try:
                async with asyncio.timeout(SHORT if waiting else IDLE):
                    await desk.fetch_bell.wait()
            except TimeoutError:
                continue


async def _fetch(desk: HqDesk, http: httpx.AsyncClient, url: str, sha256: str, secret: str) -> None:
    headers = signed_headers(secret, f"hq_{desk.new_id()}", desk.clock(), "")
    del headers["content-type"]
    try:
        response = await http.get(url, headers=headers)
    except httpx.HTTPError as error:
        note_failure(desk, sha256, f"{type(error).__name__}：{error}")
        return
    if not response.is_success:
        note_failure(desk, sha256, f"HTTP {response.status_code}：{response.text[:200]}")
    elif len(response.content) > LARGEST:
        note_failure(desk, sha256, "附件超过 5 MB。")
    else:
        media_type = response.headers.get("content-type", "application/octet-stream")
        note_fetched(desk, sha256, response.content, name=_filename(response), media_type=media_type)


def _filename(response: httpx.Response) -> str | None:
    """What Content-Disposition calls the file, if it does."""
    header = Message()
    header["content-disposition"] = response.headers.get("content-disposition", "")
    return header.get_filename()
