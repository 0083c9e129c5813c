"""Where a demo lives: data folder, ports, environment of its processes; starts nothing."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from kbsearch.cli.addresses import LOCAL, free_port, reached_as, require_free_port
from kbsearch.cli.faults import USAGE, CommandFailed

DATA_DIR = Path("data/demo")
HQ_PORT, PROVINCE_PORTS = 8001, "8002,8003"
PROVINCES = (("GD", "广东"), ("SC", "四川"))


@dataclass(frozen=True, slots=True)
class Plan:
    """All that is fixed before the first process starts; `provinces` is (code, name, port)."""

    folder: Path
    host: str
    port: int
    hq_port: int
    provinces: tuple[tuple[str, str, int], ...]

    @property
    def service_url(self) -> str:
        """The service as this machine reaches it."""
        return f"http://{reached_as(self.host)}:{self.port}"

    @property
    def hq_url(self) -> str:
        """Headquarters' root."""
        return f"http://{LOCAL}:{self.hq_port}"

    @property
    def marker(self) -> Path:
        """There once the first start has been completed."""
        return self.folder / "demo.json"

    @property
    def logs(self) -> Path:
        """Where the processes log."""
        return self.folder / "logs"

    def environment(self, secrets: dict[str, str]) -> dict[str, str]:
        """What the demo's processes are told beside the caller's environment; the demo never works on another database."""
        return {
            "KBSEARCH_DATA_DIR": str(self.folder),
            "KBSEARCH_DATABASE_URL": "",
            "KBSEARCH_HOST": self.host,
            "KBSEARCH_PORT": str(self.port),
            "KBSEARCH_HQ_URL": f"{self.hq_url}/inbox",
            "KBSEARCH_HQ_OUTBOUND_SECRET": secrets["outbound"],
            "KBSEARCH_HQ_INBOUND_SECRETS": secrets["inbound"],
        }


def make_plan(host: str, port: int, hq_port: int, province_ports: str) -> Plan:
    """Settle folder and ports; CommandFailed names a port that is taken and how to choose another."""
    folder = Path(os.environ.get("KBSEARCH_DATA_DIR") or DATA_DIR)
    wanted = _ports(province_ports)
    for address, number, how in (
        (host, port, "KBSEARCH_PORT（服务的端口）"),
        (LOCAL, hq_port, "KBSEARCH_DEMO_HQ_PORT 或 --hq-port（总部沙箱的端口）"),
        *((LOCAL, p, "KBSEARCH_DEMO_PROVINCE_PORTS 或 --province-ports（省公司沙箱的端口，逗号分开）") for p in wanted),
    ):
        require_free_port(address, number, how)
    chosen = [p or free_port() for p in (port, hq_port, *wanted)]
    if len(set(chosen)) < len(chosen):
        raise CommandFailed(f"服务、总部、两个省公司的端口须各不相同，现在是 {'、'.join(map(str, chosen))}。", USAGE)
    provinces = tuple((code, name, number) for (code, name), number in zip(PROVINCES, chosen[2:], strict=True))
    return Plan(folder.resolve(), host, chosen[0], chosen[1], provinces)


def _ports(text: str) -> list[int]:
    parts = text.split(",")
    if len(parts) != len(PROVINCES) or not all(p.strip().isascii() and p.strip().isdigit() and int(p) < 1 << 16 for p in parts):
        raise CommandFailed(f"省公司的端口须是 {len(PROVINCES)} 个端口号，逗号分开，如 {PROVINCE_PORTS}；0 为随机。", USAGE)
    return [int(p) for p in parts]
