"""The messages of the graphql-transport-ws protocol as text frames: read strictly, written plainly; acts on none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from kbsearch.http.answers import Answer
from kbsearch.http.errors import HttpFault
from kbsearch.http.limits import HttpLimits
from kbsearch.http.params import GraphQLParams, parse_json, typed_params

SUBPROTOCOL = "graphql-transport-ws"
_LONGEST_ID = 128
_REASON_BYTES = 123  # what a close frame can carry


class Closing(Exception):  # noqa: N818 - the protocol's way of refusing, not an error of ours
    """The connection must be closed with this code; the reason says why, at most 123 bytes of it."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason.encode()[:_REASON_BYTES].decode(errors="ignore")


@dataclass(frozen=True, slots=True)
class ClientMessage:
    """One message: its type, the id of the operation it is about, and its payload."""

    type: str
    id: str
    payload: Mapping[str, Any] | None


_TYPES = {"connection_init", "ping", "pong", "subscribe", "complete"}
_WITH_ID = {"subscribe", "complete"}


def read_message(text: str, limits: HttpLimits) -> ClientMessage:
    """Parse one frame. Raises `Closing` 4400 for anything the protocol does not know."""
    try:
        value = parse_json(text.encode(), "消息", limits)
    except HttpFault as fault:
        raise Closing(4400, fault.items[0].message) from None
    if not isinstance(value, dict):
        raise Closing(4400, "消息须为 JSON 对象")
    kind, identity, payload = value.get("type"), value.get("id", ""), value.get("payload")
    if not isinstance(kind, str) or kind not in _TYPES:
        raise Closing(4400, "消息的 type 须为 graphql-transport-ws 协议所定")
    if not isinstance(identity, str) or len(identity) > _LONGEST_ID or (kind in _WITH_ID and not identity):
        raise Closing(4400, f"消息的 id 须为 1 至 {_LONGEST_ID} 个字的字符串")
    if payload is not None and not isinstance(payload, dict):
        raise Closing(4400, "消息的 payload 须为 JSON 对象")
    return ClientMessage(kind, identity, payload)


def subscribe_params(message: ClientMessage) -> GraphQLParams:
    """The operation a `subscribe` asks for. Raises `Closing` 4400 where it has the wrong form."""
    if message.payload is None:
        raise Closing(4400, "subscribe 消息缺少 payload")
    try:
        params = typed_params(message.payload)
    except HttpFault as fault:
        raise Closing(4400, fault.items[0].message) from None
    if params.query is None and params.document_id is None and params.extensions is None:
        raise Closing(4400, "subscribe 消息的 payload 缺少 query")
    return params


def given_authorization(message: ClientMessage, header: str | None) -> str | None:
    """The credentials of a `connection_init`, whatever the case of their name; else those of the upgrade's header."""
    for name, value in (message.payload or {}).items():
        if name.lower() == "authorization":
            if not isinstance(value, str):
                raise Closing(4400, "connection_init 的 authorization 须为字符串：Bearer 加令牌")
            return value
    return header


def plain(kind: str) -> str:
    """A message that is nothing but its type."""
    return f'{{"type":"{kind}"}}'


def next_message(identity: str, answer: Answer) -> str:
    """An event's execution result."""
    return f'{{"id":{orjson.dumps(identity).decode()},"type":"next","payload":{answer.body.decode()}}}'


def error_message(identity: str, answer: Answer) -> str:
    """The errors that ended (or never began) an operation."""
    errors = orjson.loads(answer.body)["errors"]
    return orjson.dumps({"id": identity, "type": "error", "payload": errors}).decode()
