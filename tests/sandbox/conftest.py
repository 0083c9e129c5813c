"""A running sandbox with two provinces on free ports, and the stand-in service it talks to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from kbsearch.sandbox.background import running_sandbox
from kbsearch.sandbox.client import HqClient, ProvinceClient
from kbsearch.sandbox.config import ProvinceSpec, SandboxConfig, SandboxPorts, SandboxSecrets

from .second_line import INBOUND, OUTBOUND, PROVINCE, SecondLine, second_line


@dataclass
class World:
    """Everything a test drives; `code` in `province` is GD or SC."""

    service: SecondLine
    hq: HqClient
    province: dict[str, ProvinceClient]
    ports: SandboxPorts


Started = Callable[..., AbstractContextManager[World]]


@contextmanager
def _started(service: SecondLine, folder: Path, **changed: Any) -> Iterator[World]:
    given: dict[str, Any] = {
        "service_url": service.url,
        "secrets": SandboxSecrets(OUTBOUND, INBOUND, PROVINCE),
        "data_dir": folder,
        "hq_port": 0,
        "provinces": (ProvinceSpec("GD", "广东", 0), ProvinceSpec("SC", "四川", 0)),
        "delay": 0.0,
        **changed,
    }
    with running_sandbox(SandboxConfig(**given)) as ports, ExitStack() as clients:
        service.hq_url = ports.hq_url
        hq = clients.enter_context(HqClient(ports.hq_url))
        provinces = {code: clients.enter_context(ProvinceClient(ports.province_url(code))) for code in ports.provinces}
        yield World(service, hq, provinces, ports)


@pytest.fixture(scope="session")
def _listening() -> Iterator[SecondLine]:
    with second_line() as double:
        yield double


@pytest.fixture
def service(_listening: SecondLine) -> SecondLine:
    """The stand-in service with nothing recorded; its server is shared because starting one costs more than a test."""
    _listening.forget()
    return _listening


@pytest.fixture
def start(service: SecondLine, tmp_path: Path) -> Started:
    """Start a sandbox on the test's data folder with settings of its own; may be called again to restart it."""
    return lambda **changed: _started(service, tmp_path / "sandbox", **changed)


@pytest.fixture(scope="module")
def refusing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One sandbox for a module's tests of refusals, which must all leave nothing behind."""
    with second_line() as double, _started(double, tmp_path_factory.mktemp("refusing"), mode="manual") as running:
        yield running


@pytest.fixture
def world(start: Started) -> Iterator[World]:
    """Automatic mode, no delay."""
    with start() as running:
        yield running


@pytest.fixture
def by_hand(start: Started) -> Iterator[World]:
    """HQ reviewed by hand, provinces automatic."""
    with start(mode="manual") as running:
        yield running
