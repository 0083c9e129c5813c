"""Starts HQ and the provinces in one process on their ports, and stops them within 5 s of SIGTERM; decides nothing of their business."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import secrets
import signal
import socket
import uuid
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from kbsearch.sandbox.config import SandboxConfig, SandboxPorts
from kbsearch.sandbox.hq.app import build_hq
from kbsearch.sandbox.instants import Clock, wall_clock
from kbsearch.sandbox.province.app import build_province
from kbsearch.sandbox.refusal import RefusalError
from kbsearch.sandbox.system import System

GRACE_SECONDS = 2


def random_id() -> str:
    """A fresh id for knowledge, drafts and webhooks."""
    return str(uuid.uuid4())


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone: several servers share this process, and run_sandbox listens for all of them."""
        yield


class _Connection(H11Protocol):
    """Shows applications the connection they answer on, so that a misbehaving one can cut it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn itself narrows it
        """Put the transport into every request's scope."""
        # asyncio does this for sockets it opened itself; without it every answer waits 40 ms for the caller's acknowledgement
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        super().connection_made(transport)
        app = self.app

        async def with_transport(scope: Scope, receive: Receive, send: Send) -> None:
            scope["transport"] = transport
            await app(scope, receive, send)

        self.app = with_transport


def run_sandbox(config: SandboxConfig, on_ready: Callable[[SandboxPorts], None] | None = None) -> None:
    """Serve until SIGTERM or SIGINT; `on_ready` hears the ports once every system answers."""

    async def until_signalled() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await serve_sandbox(config, stop=stop, on_ready=on_ready)

    asyncio.run(until_signalled())


async def serve_sandbox(
    config: SandboxConfig,
    *,
    stop: asyncio.Event | None = None,
    on_ready: Callable[[SandboxPorts], None] | None = None,
    clock: Clock = wall_clock,
    new_id: Callable[[], str] = random_id,
) -> None:
    """Serve until `stop` is set or the task is cancelled. Raises RefusalError when a port is taken or a file is bad."""
    config.data_dir.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as open_sockets:
        hq_socket = open_sockets.enter_context(_listen(config.host, config.hq_port))
        province_sockets = {p.code: open_sockets.enter_context(_listen(config.host, p.port)) for p in config.provinces}
        taken = {code: sock.getsockname()[1] for code, sock in province_sockets.items()}
        ports = SandboxPorts(config.host, hq_socket.getsockname()[1], taken)
        secret = config.secrets.province or _kept_secret(config.data_dir / "province.key")
        systems = [
            (build_province(config, ports, spec, clock, new_id=new_id, secret=secret), province_sockets[spec.code])
            for spec in config.provinces
        ]
        systems.append((build_hq(config, ports, clock, new_id, secret), hq_socket))
        try:
            await _serve_all(systems, stop or asyncio.Event(), lambda: _announce(config, ports, on_ready))
        finally:
            for system, _ in systems:
                system.db.close()


async def _serve_all(systems: list[tuple[System, socket.socket]], stop: asyncio.Event, announce: Callable[[], None]) -> None:
    servers = [(_server(system), sock) for system, sock in systems]
    serving = [asyncio.create_task(server.serve(sockets=[sock])) for server, sock in servers]
    workers = [asyncio.create_task(worker()) for system, _ in systems for worker in system.workers]
    stopping = asyncio.create_task(stop.wait())
    try:
        # uvicorn tells of its start by a flag only; a server that ended instead is found below
        while not all(server.started for server, _ in servers) and not any(task.done() for task in serving):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        announce()
        done, _ = await asyncio.wait([stopping, *serving, *workers], return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()  # a worker ends only by a bug; it must not end in silence
    finally:
        for task in (*workers, stopping):
            task.cancel()
        for server, _ in servers:
            server.should_exit = True
        await asyncio.gather(*workers, stopping, *serving, return_exceptions=True)


def _server(system: System) -> _Server:
    config = uvicorn.Config(
        system.app,
        http=_Connection,
        lifespan="off",
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        server_header=False,
    )
    return _Server(config)


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise RefusalError.conflict(f"端口 {host}:{port} 已被占用或不可用（{error.strerror}），请换一个端口。") from error


def _announce(config: SandboxConfig, ports: SandboxPorts, on_ready: Callable[[SandboxPorts], None] | None) -> None:
    file = config.data_dir / "ports.json"
    waiting = file.with_suffix(".tmp")
    waiting.write_text(json.dumps(asdict(ports)), encoding="utf-8")
    waiting.replace(file)
    if on_ready:
        on_ready(ports)


def _kept_secret(file: Path) -> str:
    """The key between HQ and provinces: drawn once, readable by the owner alone."""
    if not file.exists():
        text = f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"
        with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:  # noqa: PTH123 - a mode is needed
            out.write(text)
    return file.read_text(encoding="utf-8").strip()
