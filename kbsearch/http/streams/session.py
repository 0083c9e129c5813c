"""One WebSocket connection's conversation: who it is, what it follows, how it ends; the only one that writes to its socket."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from starlette.types import Receive, Send

from kbsearch.http.answers import Answer, answer_crash, answer_fault
from kbsearch.http.errors import HttpFault, Overloaded, bad_request
from kbsearch.http.facts import HttpRequestFacts
from kbsearch.http.limits import HttpLimits
from kbsearch.http.params import GraphQLParams
from kbsearch.http.streams.evaluation import NotASubscription, caller_facts
from kbsearch.http.streams.hub import Streams
from kbsearch.http.streams.messages import (
    ClientMessage,
    Closing,
    error_message,
    given_authorization,
    next_message,
    plain,
    read_message,
    subscribe_params,
)
from kbsearch.http.streams.subscriber import End, Subscriber

_GOING_AWAY = 1001


class Session:
    """From the accepted upgrade to the close. `notes` says afterwards how it went, for the access log."""

    def __init__(self, streams: Streams, limits: HttpLimits, facts: HttpRequestFacts, receive: Receive, send: Send) -> None:
        self._streams, self._limits, self._facts = streams, limits, facts
        self._receive, self._send = receive, send
        self._caller: HttpRequestFacts | None = None
        self._asked = False
        self._over = False
        self._ended = asyncio.Event()
        self._operations: dict[str, asyncio.Task[None]] = {}
        self.notes: dict[str, Any] = {"code": None, "subscriptions": 0}

    async def serve(self) -> None:
        """Talk until either side closes."""
        steady = [asyncio.create_task(work, name="websocket") for work in (self._read(), self._beat(), self._expect())]
        try:
            await self._ended.wait()
        finally:
            self._over = True
            tasks = [*steady, *self._operations.values()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _read(self) -> None:
        try:
            while (text := await self._frame()) is not None:
                await self._answer(read_message(text, self._limits))
        except Closing as closing:
            await self._close(closing.code, closing.reason)
        except OSError:
            pass  # the client went away
        except Exception as error:  # noqa: BLE001 - a bug of ours: logged once, the client comes back
            answer_crash(error, self._facts.request_id)
            await self._close(1011, f"系统内部错误，请求编号 {self._facts.request_id}")
        finally:
            self._ended.set()

    async def _frame(self) -> str | None:
        frame = await self._receive()
        if frame["type"] == "websocket.disconnect":
            self.notes["code"] = self.notes["code"] or frame.get("code")
            return None
        text: str | None = frame.get("text")
        if text is None:
            raise Closing(4400, "只接受文本帧，不接受二进制帧")
        if len(text) > self._streams.limits.message_bytes:
            raise Closing(4400, f"消息超过 {self._streams.limits.message_bytes} 字节的上限")
        return text

    async def _expect(self) -> None:
        """Close who does not introduce himself in time."""
        await asyncio.sleep(self._streams.limits.init_seconds)
        if self._caller is None:
            await self._close(4408, "Connection initialisation timeout")

    async def _beat(self) -> None:
        """Ping so that what stands between keeps the connection, and close it when the process stops."""
        while not self._streams.stopping.is_set():
            try:
                async with asyncio.timeout(self._streams.limits.ping_seconds):
                    await self._streams.stopping.wait()
            except TimeoutError:
                await self._text(plain("ping"))
        await self._close(_GOING_AWAY, "服务正在停止，请以最后的 cursor 重新订阅")

    async def _answer(self, message: ClientMessage) -> None:
        if message.type == "ping":
            await self._text(plain("pong"))
        elif message.type == "connection_init":
            await self._introduce(message)
        elif message.type == "subscribe":
            await self._subscribe(message)
        elif message.type == "complete":
            task = self._operations.pop(message.id, None)
            if task is not None:
                task.cancel()

    async def _introduce(self, message: ClientMessage) -> None:
        if self._asked:
            raise Closing(4429, "Too many initialisation requests")
        self._asked = True
        caller = caller_facts(self._facts, given_authorization(message, self._facts.headers.get("authorization")))
        try:
            known = await self._streams.identify(caller)
        except Overloaded as busy:
            raise Closing(1013, busy.items[0].message) from None
        except HttpFault as fault:
            raise Closing(4403, fault.items[0].message) from None
        if not known:
            raise Closing(4403, "请先登录：在 connection_init 的 payload 里给出 authorization")
        self.notes["principal"] = caller.state.get("principal")
        if not self._over:
            self._caller = caller
            await self._text(plain("connection_ack"))

    async def _subscribe(self, message: ClientMessage) -> None:
        if self._caller is None:
            raise Closing(4401, "Unauthorized")
        if message.id in self._operations:
            raise Closing(4409, f"Subscriber for {message.id} already exists")
        params = subscribe_params(message)
        if len(self._operations) >= self._streams.limits.per_connection:
            most = self._streams.limits.per_connection
            fault = bad_request("TOO_MANY_SUBSCRIPTIONS", f"一个连接最多 {most} 个订阅；请先结束别的订阅，或另开连接")
            await self._text(error_message(message.id, answer_fault(fault, self._facts.request_id)))
            return
        self.notes["subscriptions"] += 1
        task = asyncio.create_task(self._follow(message.id, self._caller, params), name="websocket subscription")
        self._operations[message.id] = task

    async def _follow(self, identity: str, caller: HttpRequestFacts, params: GraphQLParams) -> None:
        subscriber: Subscriber | None = None
        try:
            opened = await self._streams.subscribe(caller, params)
            if isinstance(opened, Answer):
                await self._fail(identity, opened)
                return
            subscriber = opened
            while not isinstance(item := await subscriber.take(), End):
                await self._text(next_message(identity, item))
            if item.answer is not None:
                await self._fail(identity, item.answer)
        except NotASubscription as fault:
            await self._fail(identity, answer_fault(fault, caller.request_id))
        except OSError:
            self._ended.set()  # the client went away
        except Exception as error:  # noqa: BLE001 - a bug of ours must end the subscription, not leave it silent
            await self._fail(identity, answer_crash(error, caller.request_id))
        finally:
            if subscriber is not None:
                subscriber.leave()
            if self._operations.get(identity) is asyncio.current_task():
                del self._operations[identity]

    async def _fail(self, identity: str, answer: Answer) -> None:
        self._streams.count(answer)
        self._operations.pop(identity, None)  # the id is free again before the client knows
        await self._text(error_message(identity, answer))

    async def _text(self, text: str) -> None:
        await self._out({"type": "websocket.send", "text": text})

    async def _close(self, code: int, reason: str) -> None:
        if not self._over:
            self.notes["code"] = code
            await self._out({"type": "websocket.close", "code": code, "reason": reason})
            self._over = True

    async def _out(self, event: Mapping[str, Any]) -> None:
        """Write, unless all is over; a client that takes nothing for long is not waited for."""
        if self._over:
            return
        try:
            async with asyncio.timeout(self._streams.limits.send_seconds):
                await self._send(dict(event))
        except TimeoutError:
            self._over = True
            self._ended.set()
            raise OSError("the client does not read") from None
