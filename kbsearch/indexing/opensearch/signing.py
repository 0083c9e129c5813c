"""Signs requests for a managed service by AWS Signature Version 4, from its published description; keeps no credentials."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote, urlsplit

from kbsearch.clock import Clock, system_clock
from kbsearch.indexing.opensearch.cluster import Signing

_ALGORITHM = "AWS4-HMAC-SHA256"
_DEFAULT_PORTS = {"http": 80, "https": 443}


def signer(keys: Signing, clock: Clock = system_clock) -> Callable[[str, str, bytes | None], dict[str, str]]:
    """Return what gives each request's headers, as the client wants it: (method, whole URL, body) → headers."""

    def sign(method: str, url: str, body: bytes | None) -> dict[str, str]:
        payload = hashlib.sha256(body or b"").hexdigest()
        headers = {"host": _host(url), "x-amz-content-sha256": payload}
        if keys.session_token:
            headers["x-amz-security-token"] = keys.session_token
        return signed(keys, method, url, headers=headers, payload=payload, at=clock())

    return sign


def signed(keys: Signing, method: str, url: str, *, headers: Mapping[str, str], payload: str, at: datetime) -> dict[str, str]:
    """Return `headers` (lower-case names, host among them) with date and signature; `payload` is the body's SHA-256 in hex."""
    stamp = at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    covered = {**headers, "x-amz-date": stamp}
    names = ";".join(sorted(covered))
    parts = urlsplit(url)
    lines = [f"{name}:{' '.join(covered[name].split())}\n" for name in sorted(covered)]
    path = quote(parts.path or "/", safe="/-_.~")  # for these services the path is encoded once more than it came
    request = "\n".join((method.upper(), path, _query(parts.query), "".join(lines), names, payload))
    scope = f"{stamp[:8]}/{keys.region}/{keys.service}/aws4_request"
    to_sign = "\n".join((_ALGORITHM, stamp, scope, hashlib.sha256(request.encode()).hexdigest()))
    key = f"AWS4{keys.secret_key}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
    return {**covered, "authorization": f"{_ALGORITHM} Credential={keys.access_key}/{scope}, SignedHeaders={names}, Signature={signature}"}


def _query(query: str) -> str:
    pairs = [(quote(name, safe="-_.~"), quote(value, safe="-_.~")) for name, value in parse_qsl(query, keep_blank_values=True)]
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


def _host(url: str) -> str:
    """The Host header as the HTTP client sends it: without the scheme's own port."""
    parts = urlsplit(url)
    if parts.port is None or parts.port == _DEFAULT_PORTS.get(parts.scheme):
        return parts.hostname or ""
    return f"{parts.hostname}:{parts.port}"
