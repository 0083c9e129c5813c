"""Signs and verifies deliveries as the public Standard Webhooks specification says; knows no HTTP and no store."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

TOLERANCE_SECONDS = 300
_PREFIX = "whsec_"
_MAX_ID = 200


class BadSignature(Exception):  # noqa: N818 - a refusal with its Chinese sentence, answered as 401
    """The delivery is not provably headquarters'; nothing of it is stored."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A verified delivery: its idempotency key and when it was signed."""

    webhook_id: str
    signed_at: int


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("签名密钥须形如 whsec_<base64>") from error


def _signature(secret: str, webhook_id: str, timestamp: str, body: bytes) -> str:
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    return base64.b64encode(hmac.new(_key(secret), signed, hashlib.sha256).digest()).decode()


def sign(secret: str, webhook_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The three headers for one delivery attempt; a retry keeps the id and takes a new timestamp."""
    timestamp = str(int(at.timestamp()))
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{_signature(secret, webhook_id, timestamp, body)}",
    }


def verify(secrets: tuple[str, ...], headers: Mapping[str, str], body: bytes, now: datetime) -> Delivery:
    """Check id, timestamp and any of the signatures against any of the secrets; raise BadSignature with the reason."""
    webhook_id = headers.get("webhook-id", "")
    timestamp = headers.get("webhook-timestamp", "")
    given = headers.get("webhook-signature", "")
    if not webhook_id or not timestamp or not given:
        raise BadSignature("缺少 webhook-id、webhook-timestamp 或 webhook-signature 请求头")
    if len(webhook_id) > _MAX_ID or not webhook_id.isascii() or not webhook_id.isprintable():
        raise BadSignature("webhook-id 须为 200 个以内的可见 ASCII 字符")
    if not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > 12:  # noqa: PLR2004 - seconds until the year 33658
        raise BadSignature("webhook-timestamp 须为 Unix 秒")
    if abs(now.timestamp() - int(timestamp)) > TOLERANCE_SECONDS:
        raise BadSignature("webhook-timestamp 与现在相差超过 300 秒，请校时后以新的签名重发")
    candidates = [part.removeprefix("v1,") for part in given.split(" ") if part.startswith("v1,")]
    for secret in secrets:
        expected = _signature(secret, webhook_id, timestamp, body).encode()
        if any(hmac.compare_digest(expected, c.encode("utf-8", "replace")) for c in candidates):
            return Delivery(webhook_id, int(timestamp))
    raise BadSignature("签名不符，请核对密钥与原始正文")
