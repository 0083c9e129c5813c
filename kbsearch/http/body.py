"""Take the bytes of a POST off the wire: media type, encoding and size are checked before anything is kept; parses no JSON."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from email.message import Message as HeaderParser

from starlette.types import Receive

from kbsearch.http.errors import HttpFault, bad_request
from kbsearch.http.limits import HttpLimits

WANTED = "请求正文须为 UTF-8 编码的 JSON，并注明 Content-Type: application/json"


class ClientGoneError(Exception):
    """The client closed the connection before its request was complete; nobody is left to answer."""


def check_content_headers(headers: Mapping[str, str], limits: HttpLimits) -> None:
    """Raise 415 or 413 from the headers alone, so that a body we shall not use is never read."""
    encoding = headers.get("content-encoding", "identity").strip().lower()
    if encoding not in {"", "identity"}:
        raise bad_request("UNSUPPORTED_ENCODING", "请求正文不能压缩；请去掉 Content-Encoding 后重发", 415)
    parsed = HeaderParser()
    parsed["content-type"] = headers.get("content-type", "")
    if "content-type" not in headers or parsed.get_content_type() != "application/json":
        raise bad_request("UNSUPPORTED_MEDIA_TYPE", f"不支持这种正文类型（不接受表单和文件上传）；{WANTED}", 415)
    charset = parsed.get_param("charset", "utf-8")
    if not isinstance(charset, str) or charset.lower() not in {"utf-8", "utf8"}:
        raise bad_request("UNSUPPORTED_CHARSET", f"不支持这种字符编码；{WANTED}", 415)
    length = headers.get("content-length", "")
    if length.isascii() and length.isdigit() and (len(length) > 15 or int(length) > limits.body_bytes):  # noqa: PLR2004 - longer than any real size
        raise _too_large(limits)


async def read_body(receive: Receive, limits: HttpLimits) -> bytes:
    """Read the whole body, at most `limits.body_bytes` of it within `limits.body_read_seconds`.

    Raises 413 as soon as the limit is passed (also for chunked bodies), 408 when the client is too slow,
    `ClientGoneError` when it went away.
    """
    try:
        async with asyncio.timeout(limits.body_read_seconds):
            return await _read(receive, limits)
    except TimeoutError:
        raise bad_request("BODY_TOO_SLOW", "请求正文没有在时限内传完；请检查网络后重试", 408, {"connection": "close"}) from None


async def _read(receive: Receive, limits: HttpLimits) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGoneError
        body += message.get("body", b"")
        if len(body) > limits.body_bytes:
            raise _too_large(limits)
        if not message.get("more_body", False):
            return bytes(body)


def _too_large(limits: HttpLimits) -> HttpFault:
    message = f"请求正文超过 {limits.body_bytes} 字节的上限；请分批提交，附件请只传其摘要"
    # The rest of the body stays unread, so the connection cannot be used again.
    return bad_request("BODY_TOO_LARGE", message, 413, {"connection": "close"})
