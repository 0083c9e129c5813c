"""One running system of the sandbox as run.py sees it; knows neither HQ nor provinces."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from kbsearch.sandbox.database import Database
from kbsearch.sandbox.web import LocalOnly


@dataclass(frozen=True, slots=True)
class System:
    """What to serve, what to run beside it, what to close at the end."""

    app: LocalOnly
    workers: tuple[Callable[[], Coroutine[Any, Any, None]], ...]
    db: Database
