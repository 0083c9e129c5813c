"""`kbsearch demo` end to end: first start, use, stop, second start on the same data, and what is left when it is killed."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from tests.cli.program import Server, answers, environment, free_port, until

SEARCH = "query($q: String!) { search(query: $q, first: 3) { totalCount } }"
MINE = "query { me { roles } }"


def start(folder: Path, ports: list[int]) -> tuple[Server, dict[str, Any]]:
    """Start it and read what it says when it is ready."""
    told = environment(
        KBSEARCH_DATA_DIR=str(folder),
        KBSEARCH_PORT=str(ports[0]),
        KBSEARCH_DEMO_HQ_PORT=str(ports[1]),
        KBSEARCH_DEMO_PROVINCE_PORTS=f"{ports[2]},{ports[3]}",
    )
    log = folder.parent / "demo.err"
    with log.open("ab") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "kbsearch.cli", "demo", "--json"], stdout=subprocess.PIPE, stderr=errors, env=told
        )
    assert process.stdout is not None
    server = Server(process, ports[0], log)
    try:
        return server, _read(process.stdout, log)
    except BaseException:
        process.kill()
        raise


def _read(out: IO[bytes], log: Path) -> dict[str, Any]:
    text = b""
    while not text.rstrip().endswith(b"\n}"):
        line = out.readline()
        assert line, log.read_text("utf-8")
        text += line
    told: dict[str, Any] = json.loads(text)
    return told


@contextmanager
def ended(demo: Server) -> Iterator[None]:
    """Whatever happens: no process and no pipe stays."""
    try:
        yield
    finally:
        demo.process.kill()
        demo.process.wait()
        assert demo.process.stdout is not None
        demo.process.stdout.close()


def everything_gone(told: dict[str, Any]) -> bool:
    return not any(answers(f"{url}/healthz") for url in (told["service"], told["hq"], *told["provinces"].values()))


def use_and_stop(demo: Server, told: dict[str, Any], folder: Path) -> None:
    agent = told["tokens"]["AGENT"]["token"]
    assert demo.ask(agent, SEARCH, q="话费")["search"]["totalCount"] > 3
    assert all(demo.ask(t["token"], MINE)["me"]["roles"] == [role] for role, t in told["tokens"].items())
    assert all(answers(f"{url}/healthz") for url in (told["hq"], *told["provinces"].values()))
    assert stat.S_IMODE((folder / "secrets.json").stat().st_mode) == 0o600
    assert demo.stop(signal.SIGINT) < 10
    assert demo.process.returncode == 0, demo.log.read_text("utf-8")
    assert everything_gone(told)


def lose_a_process(demo: Server, told: dict[str, Any]) -> None:
    os.kill(told["processes"]["sandbox"], signal.SIGKILL)
    assert demo.process.wait(15) == 1
    assert "意外退出" in demo.log.read_text("utf-8")
    assert everything_gone(told)


def test_demo_starts_serves_stops_and_goes_on(tmp_path: Path) -> None:
    folder, ports = tmp_path / "demo", [free_port() for _ in range(4)]
    (folder / "loading").mkdir(parents=True)
    (folder / "loading" / "kbsearch.db").write_bytes(b"left by a first start that was cut off")
    demo, first = start(folder, ports)
    with ended(demo):
        assert set(first["tokens"]) == {"AGENT", "AUTHOR", "REVIEWER", "OPERATOR", "ADMIN"}
        use_and_stop(demo, first, folder)
    secrets = (folder / "secrets.json").read_text()

    demo, second = start(folder, ports)
    with ended(demo):
        assert (folder / "secrets.json").read_text() == secrets
        assert second["tokens"]["AGENT"]["token"] != first["tokens"]["AGENT"]["token"]
        assert demo.ask(second["tokens"]["AGENT"]["token"], SEARCH, q="话费")["search"]["totalCount"] > 3
        lose_a_process(demo, second)

    demo, third = start(folder, ports)
    with ended(demo):
        demo.process.kill()  # nobody is left to stop the others: they see their standard input end
        until(lambda: everything_gone(third), "all processes of a killed demo are gone", 15)
    assert "Traceback" not in (folder / "logs" / "service.log").read_text("utf-8")
    assert "Fatal" not in (folder / "logs" / "sandbox.log").read_text("utf-8")
