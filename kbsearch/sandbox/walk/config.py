"""What a walk is told from outside, and what it says of each step; reads no environment itself."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class RunningSystems:
    """A service and a sandbox that run already.

    `service` and `hq` are root URLs, `provinces` root URLs by two-letter code (two at least). `admin_token` is an admin's bearer
    token: with it the walk issues itself a token for each part it plays, and ends them afterwards. `inbound_secret` signs what
    headquarters sends the service.
    """

    service: str
    hq: str
    provinces: Mapping[str, str]
    admin_token: str = field(repr=False)
    inbound_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class WalkConfig:
    """`running` None: the walk starts service and sandbox by itself on free ports and a throw-away data folder.

    `command` starts the service's command line; `database_url` is for a throw-away PostgreSQL, empty means SQLite.
    `environment` is put over the service's own (the caller's `KBSEARCH_…` never reach it). `patience` in seconds is how long
    the walk waits for one thing to become visible. `words` names the supply of words: walks of the same name use the same ones.
    `only` names steps (`M5`) or sections (`3.1.1.4`): flows that tell none of them are left out; empty means all.
    """

    running: RunningSystems | None = None
    command: tuple[str, ...] = (sys.executable, "-m", "kbsearch.cli")
    database_url: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    patience: float = 10.0
    words: str = field(default_factory=lambda: secrets.token_hex(8))
    only: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StepResult:
    """One step: its number such as 3.1.1.1-4, Chinese title, whether it holds, and what was seen through public interfaces."""

    step: str
    title: str
    ok: bool
    evidence: str

    def document(self) -> dict[str, object]:
        """The step as `--json` gives it."""
        return {"step": self.step, "title": self.title, "ok": self.ok, "evidence": self.evidence}

    def line(self) -> str:
        """The step as one line of text."""
        return f"{'通过' if self.ok else '未通过'}  {self.step:<22} {self.title}：{self.evidence}"
