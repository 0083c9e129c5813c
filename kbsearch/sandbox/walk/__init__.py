"""`kbsearch walk`: every numbered step of the requirement's flows, seen through public interfaces only; imports no service code.

For the command line: `run_walk(WalkConfig(…), report)` calls `report(result)` after each step (`result.line()` is its line of text)
and returns all results (`result.document()` is its JSON object); the walk holds when every result is `ok`.
By itself: `WalkConfig()`. On systems that run already: `WalkConfig(running=RunningSystems(service, hq, provinces, admin_token,
inbound_secret))`, root URLs without path. A start that fails is a result too, never an exception.
`run_misbehaving(WalkConfig(), seeds, report)` walks with and without headquarters' faults and compares the ends (comparing.py).
"""

from __future__ import annotations

from collections.abc import Callable

from kbsearch.sandbox.walk.comparing import WalkRun, run_misbehaving
from kbsearch.sandbox.walk.config import RunningSystems, StepResult, WalkConfig
from kbsearch.sandbox.walk.flows import FLOWS
from kbsearch.sandbox.walk.performance import Performance

__all__ = ["RunningSystems", "StepResult", "WalkConfig", "WalkRun", "all_steps", "run_misbehaving", "run_walk"]


def all_steps() -> list[str]:
    """The number of every step the walk reports after its start, in order; refusals repeat the number they belong to."""
    return [each.number for flow in FLOWS for each in flow.steps()]


def run_walk(config: WalkConfig, report: Callable[[StepResult], None]) -> list[StepResult]:
    """Walk everything; takes about a minute. Nothing is left behind by a walk that started its systems itself."""
    results = []
    for result in Performance(FLOWS).walk(config):
        results.append(result)
        report(result)
    return results
