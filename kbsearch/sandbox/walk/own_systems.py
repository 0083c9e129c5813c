"""Starts a service and a sandbox for one walk on free ports and a throw-away folder, and stops them; drives nothing."""

from __future__ import annotations

import base64
import json
import os
import secrets
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import httpx

from kbsearch.sandbox.background import running_sandbox
from kbsearch.sandbox.config import DEFAULT_PROVINCES, SandboxConfig, SandboxSecrets
from kbsearch.sandbox.walk.config import RunningSystems, WalkConfig

HOST = "127.0.0.1"
ADMIN = "gaofeng"  # of seed/data/people.json
START_SECONDS = 60.0
STOP_SECONDS = 12.0
_PACKAGE = Path(__file__).resolve().parents[2]
_TAXONOMY = _PACKAGE / "seed" / "data" / "taxonomy.json"
_SCHEMAS = _PACKAGE.parent / "docs" / "hq"


class StartFailedError(Exception):
    """The service could not be started; the message carries what it said last."""


@contextmanager
def started_systems(config: WalkConfig) -> Iterator[RunningSystems]:
    """Both systems while the block runs. Raises StartFailedError."""
    with tempfile.TemporaryDirectory(prefix="kbsearch-walk-") as made:
        folder = Path(made)
        keys = SandboxSecrets(outbound=_fresh_secret(), inbound=_fresh_secret())
        service_port, hq_port = _free_ports(2)
        service = f"http://{HOST}:{service_port}"
        environment = _environment(config, folder, keys, hq_url=f"http://{HOST}:{hq_port}/inbox")
        _run(config, environment, "seed", "--basics")
        admin_token = json.loads(_run(config, environment, "token", "issue", ADMIN, "--days", "1", "--json"))["token"]
        sandbox = SandboxConfig(
            service_url=f"{service}/graphql",
            secrets=keys,
            data_dir=folder / "sandbox",
            hq_port=hq_port,
            provinces=tuple(replace(province, port=0) for province in DEFAULT_PROVINCES),
            schemas_dir=_SCHEMAS if _SCHEMAS.is_dir() else None,
            taxonomy_file=_TAXONOMY,
            mode="manual",
            province_mode="manual",
        )
        with _serving(config, environment, service_port, folder / "service.log"), running_sandbox(sandbox) as ports:
            provinces = {code: ports.province_url(code) for code in ports.provinces}
            yield RunningSystems(service, ports.hq_url, provinces, admin_token, keys.inbound)


def _fresh_secret() -> str:
    return f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"


def _free_ports(count: int) -> list[int]:
    """Ports nobody listens on now; all are held until the last is known, so that they differ."""
    held = [socket.create_server((HOST, 0)) for _ in range(count)]
    try:
        return [one.getsockname()[1] for one in held]
    finally:
        for one in held:
            one.close()


def _environment(config: WalkConfig, folder: Path, keys: SandboxSecrets, *, hq_url: str) -> dict[str, str]:
    """The caller's environment without its KBSEARCH_… (they may name a database that is no toy), and the walk's own."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("KBSEARCH_")}
    own = {
        "KBSEARCH_DATA_DIR": str(folder / "data"),
        "KBSEARCH_HOST": HOST,
        "KBSEARCH_HQ_URL": hq_url,
        "KBSEARCH_HQ_OUTBOUND_SECRET": keys.outbound,
        "KBSEARCH_HQ_INBOUND_SECRETS": keys.inbound,
        "KBSEARCH_LOG_LEVEL": "warning",
    }
    if config.database_url:
        own["KBSEARCH_DATABASE_URL"] = config.database_url
    return inherited | own | dict(config.environment)


def _run(config: WalkConfig, environment: Mapping[str, str], *arguments: str) -> str:
    """Run one command to its end and return what it printed."""
    done = subprocess.run(  # noqa: S603 - the project's own command line
        [*config.command, *arguments], env=environment, capture_output=True, text=True, timeout=START_SECONDS, check=False
    )
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip())[-500:]
        raise StartFailedError(f"{' '.join(arguments[:2])} 没有成功（退出码 {done.returncode}）：{said}")
    return done.stdout


@contextmanager
def _serving(config: WalkConfig, environment: Mapping[str, str], port: int, log: Path) -> Iterator[None]:
    """The service while the block runs; it also ends by itself when this process is gone (--with-parent)."""
    with (
        log.open("wb") as out,
        subprocess.Popen(  # noqa: S603 - the project's own command line
            [*config.command, "serve", "--port", str(port), "--with-parent"],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=out,
            stderr=subprocess.STDOUT,
        ) as service,
    ):
        try:
            _wait_ready(service, f"http://{HOST}:{port}/readyz", log)
            yield
        finally:
            _stop(service)


def _wait_ready(service: subprocess.Popen[bytes], url: str, log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    with httpx.Client(trust_env=False, timeout=2.0) as http:
        while time.monotonic() < end and service.poll() is None:
            try:
                if http.get(url).is_success:
                    return
            except httpx.TransportError:  # not listening yet
                pass
            time.sleep(0.05)
    raise StartFailedError(f"服务没有在 {START_SECONDS:g} 秒内就绪：{log.read_text(encoding='utf-8', errors='replace')[-500:]}")


def _stop(service: subprocess.Popen[bytes]) -> None:
    service.terminate()
    try:
        service.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        service.kill()
