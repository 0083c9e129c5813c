"""Cursors that are signed and ours: junk, forged or foreign ones are refused, never trusted."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import secrets
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from kbsearch.services.refusals import violated
from kbsearch.store.tables import AppSecret
from kbsearch.store.unit import Store

_MAC = 12
_SECRET_NAME = "cursor"  # noqa: S105 - the name of a secret, not one
_MAX_LENGTH = 2_000
_COMPACT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))  # a page has a cursor for each row


def cursor_secret(store: Store) -> bytes:
    """The installation's signing secret, made on first use and shared by all processes through the store."""
    with store.read() as session:
        known = _secret(session)
    if known is not None:
        return known
    try:
        with store.write() as unit:
            unit.session.add(AppSecret(name=_SECRET_NAME, value=secrets.token_hex(32)))
    except IntegrityError:  # another process made it at the same moment; theirs counts
        pass
    with store.read() as session:
        made = _secret(session)
    if made is None:
        raise RuntimeError("the cursor secret could not be stored")
    return made


def _secret(session: Session) -> bytes | None:
    row = session.get(AppSecret, _SECRET_NAME)
    return None if row is None else bytes.fromhex(row.value)


def _mac(secret: bytes, purpose: str, body: bytes) -> bytes:
    return hmac.digest(secret, purpose.encode() + b"\0" + body, "sha256")[:_MAC]


def encode_cursor(secret: bytes, purpose: str, position: Any) -> str:
    """Sign a JSON-able position; `purpose` names the list it continues."""
    body = _COMPACT.encode(position).encode()
    return base64.urlsafe_b64encode(_mac(secret, purpose, body) + body).decode().rstrip("=")


def decode_cursor(secret: bytes, purpose: str, cursor: str) -> Any:
    """The position, or a refusal: unreadable, forged, or made for another list."""
    bad = violated("BAD_CURSOR", "翻页标记（after）无效或不属于这个列表，请从第一页重新开始。", "after")
    if len(cursor) > _MAX_LENGTH:
        raise bad
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise bad from None
    mac, body = raw[:_MAC], raw[_MAC:]
    if not hmac.compare_digest(mac, _mac(secret, purpose, body)):
        raise bad
    return json.loads(body)
