"""Addresses as this machine uses them: whether one can be listened on, and how to reach what listens there."""

from __future__ import annotations

import socket

from kbsearch.cli.faults import CommandFailed

LOCAL = "127.0.0.1"
_EVERYWHERE = {"0.0.0.0": LOCAL, "::": LOCAL}  # noqa: S104 - compared, not listened on


def reached_as(host: str) -> str:
    """The host to connect to where a server listens on `host`."""
    return _EVERYWHERE.get(host, host)


def listener(host: str, port: int) -> socket.socket:
    """A socket listening there; OSError where that is impossible."""
    return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)


def require_free_port(host: str, port: int, how: str) -> None:
    """Say which port is taken before anything is started; `how` tells how to choose another."""
    try:
        listener(host, port).close()
    except PermissionError as error:
        raise CommandFailed(f"没有权限监听 {host}:{port}（1024 以下的端口须特权）。请用 {how} 换一个端口。") from error
    except OSError as error:
        raise CommandFailed(f"{host}:{port} 不能监听：端口已被占用，或地址不是本机的。请停下占用它的程序，或用 {how} 换一个。") from error


def free_port() -> int:
    """A port nobody listens on now."""
    with listener(LOCAL, 0) as found:
        port: int = found.getsockname()[1]
        return port
