"""Takes the bytes of an upload off the wire into a temporary file, never more than allowed; judges no content."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import BinaryIO

import anyio.to_thread
from starlette.requests import Request

from kbsearch.attachments.port import FileStoreFull
from kbsearch.http.errors import HttpFault, bad_request

_PORTION = 1 << 20
_LONGEST_LENGTH = 15  # digits; longer than any real size
_MIB = 1 << 20


def check_headers(request: Request, max_bytes: int) -> None:
    """Raise 415 or 413 from the headers alone, before anything is read."""
    if request.headers.get("content-encoding", "identity").strip().lower() not in {"", "identity"}:
        raise bad_request("UNSUPPORTED_ENCODING", "请求正文不能压缩；请去掉 Content-Encoding，直接以文件字节为正文", 415, _CLOSE)
    if request.headers.get("content-type", "").strip().lower().startswith("multipart/"):
        raise bad_request("UNSUPPORTED_MEDIA_TYPE", "不接受表单；请直接以文件字节为正文，文件名放在网址的 name 参数里", 415, _CLOSE)
    length = request.headers.get("content-length", "")
    if length.isascii() and length.isdigit() and (len(length) > _LONGEST_LENGTH or int(length) > max_bytes):
        raise _too_large(max_bytes)


@asynccontextmanager
async def received(request: Request, max_bytes: int, seconds: float) -> AsyncIterator[BinaryIO]:
    """The body as a temporary file at its beginning, gone afterwards. Raises 413, 408 and FileStoreFull."""
    with tempfile.TemporaryFile() as file:
        try:
            async with asyncio.timeout(seconds):
                await _read(request, file, max_bytes)
        except TimeoutError:
            raise bad_request("BODY_TOO_SLOW", "附件没有在时限内传完；请检查网络后重试", 408, _CLOSE) from None
        except OSError as error:
            raise FileStoreFull("临时目录写不下了，附件没有存下；请清理磁盘后重试") from error
        file.seek(0)
        yield file


async def _read(request: Request, file: BinaryIO, max_bytes: int) -> None:
    size, portion = 0, bytearray()
    async for chunk in request.stream():
        size += len(chunk)
        if size > max_bytes:
            raise _too_large(max_bytes)
        portion += chunk
        if len(portion) >= _PORTION:
            await anyio.to_thread.run_sync(file.write, bytes(portion))
            portion.clear()
    await anyio.to_thread.run_sync(file.write, bytes(portion))


# The rest of a body that was not read stands in the connection, which cannot be used again.
_CLOSE = {"connection": "close"}


def _too_large(max_bytes: int) -> HttpFault:
    limit = f"{max_bytes // _MIB} MB" if max_bytes >= _MIB else f"{max_bytes} 字节"
    return bad_request("FILE_TOO_LARGE", f"附件最大 {limit}；请压缩图片或拆分后再传", 413, _CLOSE)
