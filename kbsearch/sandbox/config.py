"""What a sandbox run is told from outside: addresses, keys, folders, mode; reads no environment itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from kbsearch.sandbox.misbehaviour import Plan

Mode = Literal["auto", "manual"]


@dataclass(frozen=True, slots=True)
class ProvinceSpec:
    """One province: two-letter code, Chinese name, TCP port (0 means any free one)."""

    code: str
    name: str
    port: int


DEFAULT_PROVINCES = (ProvinceSpec("GD", "广东", 8002), ProvinceSpec("SC", "四川", 8003))


@dataclass(frozen=True, slots=True)
class SandboxSecrets:
    """`whsec_…` keys named from the service's side: `outbound` verifies what the service sends, `inbound` signs what HQ sends it.

    `province` signs HQ → provinces; None means one is drawn at the first start and kept in the data folder.
    """

    outbound: str = field(repr=False)
    inbound: str = field(repr=False)
    province: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class SandboxConfig:
    """`service_url` is the service's GraphQL endpoint; `delay` the automatic reviewer's patience in seconds.

    `misbehaviour` is what headquarters does wrong from the start; `POST /api/misbehaviour` changes it.
    """

    service_url: str
    secrets: SandboxSecrets
    data_dir: Path
    host: str = "127.0.0.1"
    hq_port: int = 8001
    provinces: tuple[ProvinceSpec, ...] = DEFAULT_PROVINCES
    schemas_dir: Path | None = None
    taxonomy_file: Path | None = None
    mode: Mode = "auto"
    province_mode: Mode = "auto"
    delay: float = 2.0
    misbehaviour: Plan = field(default_factory=Plan)


@dataclass(frozen=True, slots=True)
class SandboxPorts:
    """Where the systems listen once started; also in `<data_dir>/ports.json`."""

    host: str
    hq: int
    provinces: dict[str, int]

    @property
    def hq_url(self) -> str:
        """HQ's root; the service posts to `<hq_url>/inbox`."""
        return f"http://{self.host}:{self.hq}"

    def province_url(self, code: str) -> str:
        """Root of one province."""
        return f"http://{self.host}:{self.provinces[code]}"
