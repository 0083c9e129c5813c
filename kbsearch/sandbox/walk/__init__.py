"""`kbsearch walk`: every numbered step of requirement 3.1.1.1 to 3.1.1.3, seen through public interfaces only; imports no service code.

For the command line: `run_walk(WalkConfig(…), report)` calls `report(result)` after each step (`result.line()` is its line of text)
and returns all results (`result.document()` is its JSON object); the walk holds when every result is `ok`.
By itself: `WalkConfig()`. On systems that run already: `WalkConfig(running=RunningSystems(service, hq, provinces, admin_token,
inbound_secret))`, root URLs without path. A start that fails is a result too, never an exception.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from time import monotonic

from kbsearch.sandbox.walk.config import RunningSystems, StepResult, WalkConfig
from kbsearch.sandbox.walk.flows import FLOWS
from kbsearch.sandbox.walk.own_systems import started_systems
from kbsearch.sandbox.walk.stage import open_stage

__all__ = ["RunningSystems", "StepResult", "WalkConfig", "all_steps", "run_walk"]

_START = ("start", "启动或接入服务、总部与省公司")


def all_steps() -> list[str]:
    """The number of every step the walk reports after its start, in order; refusals repeat the number they belong to."""
    return [each.number for flow in FLOWS for each in flow.steps()]


def run_walk(config: WalkConfig, report: Callable[[StepResult], None]) -> list[StepResult]:
    """Walk everything; takes under a minute. Nothing is left behind by a walk that started its systems itself."""
    results = []
    for result in _walked(config):
        results.append(result)
        report(result)
    return results


def _walked(config: WalkConfig) -> Iterator[StepResult]:
    began = monotonic()
    with ExitStack() as opened:
        try:
            running = config.running or opened.enter_context(started_systems(config))
            stage = opened.enter_context(open_stage(running, config.patience))
        except Exception as error:  # noqa: BLE001 - a start that fails, for whatever reason, is the walk's first finding
            yield StepResult(*_START, ok=False, evidence=f"{type(error).__name__}：{error}")
            yield from _not_reached()
            return
        took = monotonic() - began
        provinces = "、".join(f"{code} {url}" for code, url in running.provinces.items())
        yield StepResult(*_START, ok=True, evidence=f"服务 {running.service}；总部 {running.hq}；省公司 {provinces}；用时 {took:.1f} 秒")
        for flow in FLOWS:
            yield from flow(stage).walk()


def _not_reached() -> Iterator[StepResult]:
    for flow in FLOWS:
        for each in flow.steps():
            yield StepResult(each.number, each.title, ok=False, evidence="未走到：服务或沙箱没有启动")
