"""Signing and verifying by the public Standard Webhooks package; shares no code with the service, and stores nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from kbsearch.sandbox.refusal import RefusalError


def signed_headers(secret: str, message_id: str, moment: datetime, body: str) -> dict[str, str]:
    """Headers of one delivery over exactly this body."""
    # The package reads the wall time of whatever it is given as UTC, so it must be given UTC.
    utc = moment.astimezone(UTC)
    return {
        "content-type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(utc.timestamp())),
        "webhook-signature": Webhook(secret).sign(message_id, utc, body),
    }


def verified_id(secret: str, headers: Mapping[str, str], body: bytes) -> str:
    """Return the webhook-id of a delivery whose signature and time (± 300 s) hold; 401 otherwise."""
    try:
        Webhook(secret).verify(body, dict(headers), json_parse=False)
    except WebhookVerificationError as error:
        raise RefusalError.unauthorised(f"签名或时间不符，未受理：{error}") from error
    except ValueError as error:  # the package lets malformed signature headers and non-UTF-8 bodies through as this
        raise RefusalError.unauthorised("签名头格式不对，未受理；请按 Standard Webhooks 规范签名。") from error
    return headers["webhook-id"]
