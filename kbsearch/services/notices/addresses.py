"""Which addresses a notice may go to: a plain mail address, an http(s) URL not within the house; resolves names, sends nothing."""

from __future__ import annotations

import ipaddress
import re
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

_MAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_LONGEST_MAIL = 254
_LONGEST_URL = 1_000
_NOT_PUBLIC = "不能指向本机或内网地址"


class BadAddress(Exception):  # noqa: N818 - the reason in Chinese, for a refusal or a failed attempt
    """Nothing may be sent there."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a webhook goes: the URL as given, and the host and port to connect to."""

    url: str
    scheme: str
    host: str
    port: int
    authority: str


def mail_problem(mail: str) -> str | None:
    """Why this is no mail address, in Chinese."""
    fits = len(mail) <= _LONGEST_MAIL and _MAIL.fullmatch(mail) is not None
    return None if fits else "邮件地址不对，须形如 name@example.com"


def webhook_target(url: str, *, private: bool) -> Target:
    """Take a URL apart; raise BadAddress where nothing may be sent there. Names are judged when they are resolved."""
    if len(url) > _LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url:
        raise BadAddress(f"网址须为 {_LONGEST_URL} 个以内的可见 ASCII 字符")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise BadAddress("网址不对") from error
    if parts.scheme not in ("http", "https") or not host:
        raise BadAddress("网址须以 http:// 或 https:// 开头")
    if parts.username is not None or parts.password is not None:
        raise BadAddress("网址里不能带用户名和密码")
    if not private:
        _require_public_name(host)
    authority = parts.netloc.rpartition("@")[2]
    return Target(url, parts.scheme, host, port or (443 if parts.scheme == "https" else 80), authority)


def _require_public_name(host: str) -> None:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        if host == "localhost" or host.endswith((".localhost", ".local", ".internal")) or "." not in host:
            raise BadAddress(_NOT_PUBLIC) from None
        return
    _require_public(address)


def _require_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    if not (mapped or address).is_global or address.is_multicast:
        raise BadAddress(_NOT_PUBLIC)


def resolve(target: Target, *, private: bool) -> str:
    """The one address to connect to: what a name stands for is judged here, and exactly that is used.

    Raises BadAddress where any of its addresses lies within the house, OSError where the name cannot be resolved.
    """
    found = [str(info[4][0]) for info in socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)]
    if not private:
        for address in found:
            _require_public(ipaddress.ip_address(address.partition("%")[0]))
    return found[0]
