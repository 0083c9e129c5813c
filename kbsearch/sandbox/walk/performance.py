"""One walk from the start of its systems to their end: opens, plays every flow, closes; judges no step itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from time import monotonic

from kbsearch.sandbox.walk.config import StepResult, WalkConfig
from kbsearch.sandbox.walk.own_systems import started_systems
from kbsearch.sandbox.walk.stage import Stage, open_stage
from kbsearch.sandbox.walk.stepping import Flow
from kbsearch.sandbox.walk.words import Words

_START = ("start", "启动或接入服务、总部与省公司")


class Performance:
    """The plain one. Others say what is done before the first flow and after the last (comparing.py)."""

    misled = False

    def __init__(self, flows: Sequence[type[Flow]]) -> None:
        self.flows = flows

    def open(self, stage: Stage) -> None:
        """Whatever is to be done before the first flow."""

    def close(self, stage: Stage) -> Iterator[StepResult]:
        """Whatever is to be looked at after the last flow."""
        del stage
        return iter(())

    def walk(self, config: WalkConfig) -> Iterator[StepResult]:
        """Every step's result as it comes; a start that fails is a result too."""
        began = monotonic()
        flows = [flow for flow in self.flows if flow.tells(config.only)]
        with ExitStack() as opened:
            try:
                running = config.running or opened.enter_context(started_systems(config))
                stage = opened.enter_context(open_stage(running, config.patience, Words(config.words), misled=self.misled))
                self.open(stage)
            except Exception as error:  # noqa: BLE001 - a start that fails, for whatever reason, is the walk's first finding
                yield StepResult(*_START, ok=False, evidence=f"{type(error).__name__}：{error}")
                yield from _not_reached(flows)
                return
            took = monotonic() - began
            provinces = "、".join(f"{code} {url}" for code, url in running.provinces.items())
            yield StepResult(
                *_START, ok=True, evidence=f"服务 {running.service}；总部 {running.hq}；省公司 {provinces}；用时 {took:.1f} 秒"
            )
            for flow in flows:
                yield from flow(stage.playing(flow.__name__)).walk()
            yield from self.close(stage)


def _not_reached(flows: Sequence[type[Flow]]) -> Iterator[StepResult]:
    for flow in flows:
        for each in flow.steps():
            yield StepResult(each.number, each.title, ok=False, evidence="未走到：服务或沙箱没有启动")
