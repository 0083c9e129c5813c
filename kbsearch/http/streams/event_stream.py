"""One subscription as an event stream: GraphQL over SSE, distinct connections; opens nothing itself."""

from __future__ import annotations

import asyncio

from starlette.types import Receive, Send

from kbsearch.http.answers import Answer
from kbsearch.http.streams.limits import StreamLimits
from kbsearch.http.streams.subscriber import End, Subscriber

_COMMENT = b":\n\n"
_COMPLETE = b"event: complete\ndata:\n\n"


async def send_event_stream(subscriber: Subscriber, limits: StreamLimits, request_id: str, receive: Receive, send: Send) -> None:
    """Send every answer as `next` until the subscription ends or the client goes.

    When this process stops, the stream ends without `complete`: the client is to come back with its last cursor.
    """
    gone = asyncio.create_task(_gone(receive))
    try:
        await _start(send, request_id)
        await _body(send, _COMMENT, limits)
        while True:
            item = await _take(subscriber, gone, limits.comment_seconds)
            if item is None:
                if gone.done():
                    return
                await _body(send, _COMMENT, limits)
            elif isinstance(item, Answer):
                await _body(send, _next(item), limits)
            else:
                await _body(send, b"" if item.answer is None else _next(item.answer) + _COMPLETE, limits, last=True)
                return
    except (OSError, TimeoutError):
        pass  # the client went away, or takes nothing
    finally:
        gone.cancel()
        subscriber.leave()


async def send_refusal(answer: Answer, limits: StreamLimits, request_id: str, send: Send) -> None:
    """Tell a client that takes nothing but event streams why there is none: `next` with the errors, then `complete`."""
    await _start(send, request_id)
    await _body(send, _next(answer) + _COMPLETE, limits, last=True)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _take(subscriber: Subscriber, gone: asyncio.Task[None], seconds: float) -> Answer | End | None:
    taking = asyncio.ensure_future(subscriber.take())
    await asyncio.wait({taking, gone}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    if taking.done():
        return taking.result()
    taking.cancel()
    return None


def _next(answer: Answer) -> bytes:
    return b"event: next\ndata: " + answer.body + b"\n\n"  # JSON as written here has no line breaks


async def _start(send: Send, request_id: str) -> None:
    headers = {
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-store",
        "vary": "accept",
        "x-accel-buffering": "no",  # a proxy that collects answers would keep events back
        "x-content-type-options": "nosniff",
        "x-request-id": request_id,
    }
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": 200, "headers": raw})


async def _body(send: Send, content: bytes, limits: StreamLimits, *, last: bool = False) -> None:
    async with asyncio.timeout(limits.send_seconds):
        await send({"type": "http.response.body", "body": content, "more_body": not last})
