"""Runs `kbsearch …` as processes of their own: quick ones forked from one that has loaded everything, long ones started as usual."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

OUTBOUND = "whsec_b3V0Ym91bmQtc2VjcmV0LW9mLXRlc3Rz"
INBOUND = "whsec_aW5ib3VuZC1zZWNyZXQtb2YtdGVzdHM="

# One process loads the program once and forks for every command: the same code path, without a second of imports each time.
_FORKING = """
import json, os, sys
import kbsearch.cli.entry, kbsearch.wiring, kbsearch.seed.load, kbsearch.services.exporting, kbsearch.services.importing
import alembic.command, httpx, rich.console, rich.cells
for line in sys.stdin:
    told = json.loads(line)
    child = os.fork()
    if child == 0:
        for number, path in ((0, os.devnull), (1, told["out"]), (2, told["err"])):
            os.dup2(os.open(path, os.O_RDWR | os.O_CREAT), number)
        os.environ.clear()
        os.environ.update(told["environment"])
        os.chdir(told["folder"])
        if told["file_bytes"]:
            import resource, signal
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (told["file_bytes"], told["file_bytes"]))
        sys.argv = ["kbsearch", *told["arguments"]]
        try:
            kbsearch.cli.entry.main()
        except SystemExit as end:
            sys.stdout.flush(); sys.stderr.flush()
            os._exit(end.code or 0)
        except BaseException:
            import traceback
            traceback.print_exc()
            os._exit(99)
    _, status = os.waitpid(child, 0)
    print(os.waitstatus_to_exitcode(status), flush=True)
"""


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    def well(self) -> Done:
        """Exit code 0 and no traceback, or the test ends here with what was said."""
        assert self.code == 0, f"{self.code}\n{self.out}\n{self.err}"
        return self

    def refused(self, code: int = 1) -> str:
        """Ended with this code and a Chinese sentence, no traceback; returns the sentence."""
        assert self.code == code, f"{self.code}\n{self.out}\n{self.err}"
        assert "Traceback" not in self.err
        assert any("\u4e00" <= c <= "\u9fff" for c in self.err), self.err
        return self.err


def environment(**given: str) -> dict[str, str]:
    """The caller's without its own settings, warnings as errors."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("KBSEARCH_")}
    return {**inherited, "PYTHONWARNINGS": "error", "COLUMNS": "100", **given}


class Program:
    """The command line with its data folder."""

    def __init__(self) -> None:
        self._process = subprocess.Popen([sys.executable, "-c", _FORKING], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own

    def run(self, *arguments: str, folder: Path, environment_: Mapping[str, str] | None = None, file_bytes: int = 0) -> Done:
        """Run to the end; `folder` is the data folder, `file_bytes` bounds the size of any file it writes."""
        with tempfile.TemporaryDirectory() as made:
            told = {
                "arguments": arguments,
                "environment": environment(KBSEARCH_DATA_DIR=str(folder), **(environment_ or {})),
                "folder": made,
                "out": f"{made}/out",
                "err": f"{made}/err",
                "file_bytes": file_bytes,
            }
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            self._process.stdin.write(json.dumps(told) + "\n")
            self._process.stdin.flush()
            code = int(self._process.stdout.readline())
            return Done(code, Path(made, "out").read_text("utf-8"), Path(made, "err").read_text("utf-8"))

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(10)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@dataclass
class Server:
    """A running `kbsearch serve` (or worker, or demo)."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def stop(self, number: int = signal.SIGTERM) -> float:
        """Signal and wait; returns how long it took."""
        began = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(15)
        return time.monotonic() - began

    def ask(self, token: str, query: str, **variables: Any) -> dict[str, Any]:
        """One GraphQL request; the data, or an AssertionError with the errors."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        headers = {"content-type": "application/json", "authorization": f"Bearer {token}"}
        request = urllib.request.Request(f"{self.url}/graphql", body, headers)  # noqa: S310 - our own server
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310 - the same
            told: dict[str, Any] = json.load(answer)
        assert "errors" not in told, told
        data: dict[str, Any] = told["data"]
        return data


def until(holds: Any, what: str, seconds: float = 60) -> Any:
    """Look until it holds; returns what was seen."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        seen = holds()
        if seen:
            return seen
        time.sleep(0.05)
    raise AssertionError(f"waited {seconds} s for: {what}")


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own server
            return bool(answer.status == 200)
    except OSError:
        return False


@contextmanager
def serving(folder: Path, *arguments: str, command: str = "serve", **given: str) -> Iterator[Server]:
    """Start it on a free port, wait until it is ready, and make sure it is gone afterwards."""
    port, log = free_port(), folder.parent / f"{command}-{time.monotonic_ns()}.log"
    told = environment(KBSEARCH_DATA_DIR=str(folder), KBSEARCH_PORT=str(port), **given)
    with log.open("wb") as out:
        process = subprocess.Popen(  # noqa: S603 - our own
            [sys.executable, "-m", "kbsearch.cli", command, *arguments], stdin=subprocess.PIPE, stdout=out, stderr=out, env=told
        )
    server = Server(process, port, log)
    try:
        if command == "serve":
            until(lambda: answers(f"{server.url}/readyz") or process.poll() is not None, "ready")
            assert process.poll() is None, log.read_text("utf-8")
        yield server
    finally:
        process.kill()
        process.wait()
        assert process.stdin is not None
        process.stdin.close()
