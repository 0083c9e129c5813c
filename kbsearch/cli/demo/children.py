"""The demo's processes: started with their logs in files, watched, stopped together within ten seconds; knows nothing of what they do."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Self

from kbsearch.cli.faults import CommandFailed

STOP_SECONDS = 9.5
_LOOK_EVERY = 0.02
_TAIL = 15


@dataclass(frozen=True, slots=True)
class Child:
    """One process; `name` is Chinese."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path


class Children:
    """Starts processes and, at the end of the block, stops them all."""

    def __init__(self, logs: Path, environment: Mapping[str, str]) -> None:
        self._logs, self._environment = logs, {**os.environ, **environment}
        # Compiled modules kept from the first start are what makes the second one quick.
        self._environment.pop("PYTHONDONTWRITEBYTECODE", None)
        self._children: list[Child] = []
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def __enter__(self) -> Self:
        self._logs.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def start(self, name: str, log: str, arguments: Sequence[str], *, nice: int = 0) -> Child:
        """Run `kbsearch …` as a process that also ends when this one is killed (its standard input breaks off).

        `nice` above 0 lets the others start first where processors are few.
        """
        path = self._logs / log
        with path.open("ab") as out:
            # A session of its own: Ctrl-C reaches this process alone, which stops the others in order.
            process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-m", "kbsearch.cli", *arguments, "--with-parent"],
                stdin=subprocess.PIPE, stdout=out, stderr=subprocess.STDOUT, env=self._environment, start_new_session=True,
            )  # fmt: skip
        if nice:
            os.setpriority(os.PRIO_PROCESS, process.pid, nice)
        child = Child(name, process, path)
        self._children.append(child)
        return child

    def wait_for(self, child: Child, url: str, seconds: float) -> None:
        """Until `url` answers 200; CommandFailed with the end of the log when the process ends or stays silent."""
        deadline = time.monotonic() + seconds
        while not self._answers(url):
            if child.process.poll() is not None:
                raise CommandFailed(f"{child.name}没有启动成功：\n{_tail(child.log)}")
            if time.monotonic() > deadline:
                raise CommandFailed(f"{child.name} {seconds:g} 秒内没有就绪（{url}），日志在 {child.log}：\n{_tail(child.log)}")
            time.sleep(_LOOK_EVERY)

    def ids(self) -> dict[str, int]:
        """The process ids, by the command each runs."""
        return {child.log.stem: child.process.pid for child in self._children}

    def watch(self) -> None:
        """Return only by an exception: CommandFailed when a process ends by itself, or whatever a signal raises."""
        while True:
            for child in self._children:
                code = child.process.poll()
                if code is not None:
                    raise CommandFailed(f"{child.name}意外退出（{code}），演示随之停止。日志在 {child.log}：\n{_tail(child.log)}")
            time.sleep(0.2)

    def stop(self) -> None:
        """SIGTERM to all, SIGKILL to what is left after STOP_SECONDS; safe to call again."""
        for child in self._children:
            if child.process.poll() is None:
                child.process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        for child in self._children:
            try:
                child.process.wait(max(deadline - time.monotonic(), 0))
            except subprocess.TimeoutExpired:
                child.process.kill()
                child.process.wait()
            if child.process.stdin is not None:
                child.process.stdin.close()

    def _answers(self, url: str) -> bool:
        try:
            with self._opener.open(url, timeout=2) as answer:
                return bool(answer.status == HTTPStatus.OK)
        except (urllib.error.URLError, OSError):
            return False


def _tail(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(f"    {line[:400]}" for line in lines[-_TAIL:]) or "    （日志是空的）"
