"""The sandbox as a process: ports, SIGTERM, taken ports; and that it imports nothing of the service."""

from __future__ import annotations

import json
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kbsearch.sandbox.background import running_sandbox
from kbsearch.sandbox.client import HqClient
from kbsearch.sandbox.config import ProvinceSpec, SandboxConfig, SandboxSecrets
from kbsearch.sandbox.refusal import RefusalError

from .second_line import INBOUND, OUTBOUND, wait_until

PROGRAM = """
import sys
from pathlib import Path
from kbsearch.sandbox.config import ProvinceSpec, SandboxConfig, SandboxSecrets
from kbsearch.sandbox.run import run_sandbox
folder, outbound, inbound = sys.argv[1:]
provinces = (ProvinceSpec("GD", "广东", 0), ProvinceSpec("SC", "四川", 0))
secrets = SandboxSecrets(outbound, inbound)
strange = sorted(m for m in sys.modules if m.startswith("kbsearch.") and not m.startswith("kbsearch.sandbox"))
Path(folder, "imported").write_text(repr(strange))
run_sandbox(SandboxConfig("http://127.0.0.1:9/graphql", secrets, Path(folder), hq_port=0, provinces=provinces))
"""


def test_sigterm_stops_within_5_seconds_with_a_connection_open(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-W", "error", "-c", PROGRAM, str(tmp_path), OUTBOUND, INBOUND])  # noqa: S603 - our own
    try:
        wait_until((tmp_path / "ports.json").exists, "ports.json", 20)
        ports = json.loads((tmp_path / "ports.json").read_text(encoding="utf-8"))
        assert set(ports["provinces"]) == {"GD", "SC"}
        with HqClient(f"http://127.0.0.1:{ports['hq']}") as hq:
            assert hq.healthy()
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 0
        assert time.monotonic() - began < 5
    finally:
        process.kill()
        process.wait()
    assert (tmp_path / "imported").read_text() == "[]"
    assert (tmp_path / "province.key").stat().st_mode & 0o077 == 0


def test_a_taken_port_is_a_clear_refusal(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        config = SandboxConfig(
            "http://x/", SandboxSecrets(OUTBOUND, INBOUND), tmp_path, hq_port=0, provinces=(ProvinceSpec("GD", "广东", port),)
        )
        with pytest.raises(RefusalError, match=str(port)), running_sandbox(config):
            pytest.fail("不应启动")
    assert not (tmp_path / "ports.json").exists()


def test_a_data_folder_of_an_older_sandbox_is_a_clear_refusal(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "hq.sqlite3") as old:
        old.execute("CREATE TABLE step (seq INTEGER PRIMARY KEY, case_id TEXT, knowledge_id TEXT)")
    old.close()
    config = SandboxConfig("http://x/", SandboxSecrets(OUTBOUND, INBOUND), tmp_path, hq_port=0, provinces=())
    with pytest.raises(RefusalError, match="旧版"), running_sandbox(config):
        pytest.fail("不应启动")


def test_a_bad_taxonomy_file_is_a_clear_refusal(tmp_path: Path) -> None:
    (tmp_path / "tree.json").write_text("[]", encoding="utf-8")
    secrets = SandboxSecrets(OUTBOUND, INBOUND)
    config = SandboxConfig("http://x/", secrets, tmp_path, hq_port=0, provinces=(), taxonomy_file=tmp_path / "tree.json")
    with pytest.raises(RefusalError, match=r"tree\.json"), running_sandbox(config):
        pytest.fail("不应启动")
