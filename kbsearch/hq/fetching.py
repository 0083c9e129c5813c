"""Gets attached files from headquarters, signed and checked against their digest; keeps nothing, touches no store."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from http import HTTPStatus
from typing import BinaryIO, cast

import httpx

from kbsearch.attachments.port import Fetched
from kbsearch.clock import Clock
from kbsearch.hq.signing import sign
from kbsearch.ids import NewId

_IN_MEMORY = 1 << 20
_REFUSED = frozenset({HTTPStatus.FORBIDDEN, HTTPStatus.GONE, HTTPStatus.REQUEST_ENTITY_TOO_LARGE})


@dataclass(frozen=True)
class HqFiles:
    """`inbox_url` is where messages go; files lie beside it, at `attachments/<sha256>`. At most `max_bytes` are taken."""

    inbox_url: str
    secret: str
    client: httpx.Client
    clock: Clock
    new_id: NewId
    max_bytes: int

    def fetch(self, sha256: str) -> Fetched:
        """One attempt; what does not have this digest is not given back."""
        url = httpx.URL(self.inbox_url).join(f"attachments/{sha256}")
        try:
            with self.client.stream("GET", url, headers=sign(self.secret, self.new_id(), self.clock(), b"")) as response:
                if response.status_code != HTTPStatus.OK:
                    return Fetched(error=f"总部答 HTTP {response.status_code}", refused=response.status_code in _REFUSED)
                return self._received(response, sha256)
        except httpx.HTTPError as error:
            return Fetched(error=f"总部连不上（{type(error).__name__}）", unreachable=True)
        except OSError as error:
            return Fetched(error=f"临时文件写不下（{error.strerror or type(error).__name__}），请清理磁盘")

    def _received(self, response: httpx.Response, sha256: str) -> Fetched:
        with _kept_when_returned() as (file, keep):
            digest, size = hashlib.sha256(), 0
            for chunk in response.iter_bytes():
                size += len(chunk)
                if size > self.max_bytes:
                    return Fetched(error=f"总部的附件超过 {self.max_bytes} 字节的上限", refused=True)
                digest.update(chunk)
                file.write(chunk)
            if digest.hexdigest() != sha256:
                return Fetched(error="总部发来的文件与所要的摘要不符")
            file.seek(0)
            keep.append(file)
            return Fetched(file=file, name=_name_in(response.headers.get("content-disposition", "")))


@contextmanager
def _kept_when_returned() -> Iterator[tuple[BinaryIO, list[BinaryIO]]]:
    """A temporary file that is gone at the end unless it was put into the list."""
    file = cast("BinaryIO", tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY))  # noqa: SIM115 - closed here or by who gets it
    kept: list[BinaryIO] = []
    try:
        yield file, kept
    finally:
        if not kept:
            file.close()


def _name_in(disposition: str) -> str:
    """The file name of a Content-Disposition, RFC 5987 form included; empty when it tells none."""
    header = Message()
    header["content-disposition"] = disposition
    return header.get_filename("")
