"""`kbsearch walk --misbehave`: one walk without faults, one for each seed with faults, and whether both end in the same public state."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from kbsearch.sandbox.misbehaviour import LABELS, Fault, even_plan
from kbsearch.sandbox.walk.config import StepResult, WalkConfig
from kbsearch.sandbox.walk.flows import FLOWS
from kbsearch.sandbox.walk.flows.crowd import CROWDS, LEAST
from kbsearch.sandbox.walk.performance import Performance
from kbsearch.sandbox.walk.settling import unsettled
from kbsearch.sandbox.walk.stage import Stage
from kbsearch.sandbox.walk.state import differences, public_state

PATIENCE = 60.0
# About half of headquarters' messages meet a fault on their way; at its door each fault costs seconds, so few do.
OUTGOING, INCOMING = 0.12, 0.08
# The same words in every walk of one invocation: titles are what the states are compared by.
_WORDS = "the same words in every walk that is compared"
# A time-out at headquarters' door is waited for; ten seconds each would be most of the walk.
_ENVIRONMENT = {"KBSEARCH_HQ_TIMEOUT_SECONDS": "2", "KBSEARCH_HQ_PROBE": "PT1S"}


class _Recorded(Performance):
    """Waits at the end until all is quiet, and takes the public state."""

    def __init__(self) -> None:
        super().__init__((*FLOWS, *CROWDS))
        self.state = ""

    def close(self, stage: Stage) -> Iterator[StepResult]:
        """The state, once everything has arrived."""
        left = unsettled(stage, PATIENCE)
        yield StepResult("settled", "各方收发件均已处理完", ok=not left, evidence="；".join(left) or "发件箱已空，收件箱无未处理与暂存")
        try:
            self.state = public_state(stage)
        except Exception as error:  # noqa: BLE001 - what keeps the state from being seen is the finding
            yield StepResult("state", "公开状态", ok=False, evidence=f"{type(error).__name__}：{error}")
            return
        digest = hashlib.sha256(self.state.encode()).hexdigest()
        yield StepResult("state", "公开状态", ok=True, evidence=f"{len(self.state.encode())} 字节，SHA-256 {digest[:12]}…")


class _Misled(_Recorded):
    """The same with faults: counted, watched, and compared in the end."""

    misled = True

    def __init__(self, seed: int, plain_state: str) -> None:
        super().__init__()
        self.seed = seed
        self.plain_state = plain_state
        self.fired: dict[str, int] = {}
        self.difference: list[str] = []

    def open(self, stage: Stage) -> None:
        """Begin to misbehave."""
        stage.misbehaviour.follow(even_plan(self.seed, outgoing=OUTGOING, incoming=INCOMING))

    def close(self, stage: Stage) -> Iterator[StepResult]:
        """State, counts, and what should not have happened."""
        yield from super().close(stage)
        view = stage.misbehaviour.view()
        self.fired = {fault.value: int(view["fired"][fault.value]) for fault in Fault}
        told = "、".join(f"{LABELS[Fault(name)]} {times}" for name, times in self.fired.items())
        rare = [LABELS[Fault(name)] for name, times in self.fired.items() if times < LEAST]
        lacking = f"；不足 {LEAST} 次的：{'、'.join(rare)}" if rare else ""
        yield StepResult("faults", f"每种故障至少出现 {LEAST} 次", ok=not rare, evidence=told + lacking)
        wrong = view["surprises"]
        seen = "；".join(wrong[:5]) or f"{len(view['extras'])} 件有意错发的消息均未生效，签名不符的均被拒收"
        yield StepResult("refused", "有意错发的消息均未生效", ok=not wrong, evidence=seen)
        self.difference = differences(self.plain_state, self.state) if self.state else []
        same = f"差异 {len(self.difference)} 行" if self.difference else "逐字节相同" if self.state else "没有取到状态，无从比较"
        yield StepResult("same-state", "公开状态与无故障时相同", ok=bool(self.state) and not self.difference, evidence=same)


@dataclass(frozen=True, slots=True)
class WalkRun:
    """One walk of the comparison: `seed` None is the one without faults. `fired` counts by fault, `difference` is a unified diff."""

    seed: int | None
    results: list[StepResult]
    fired: dict[str, int] = field(default_factory=dict)
    difference: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether every step held, the comparison included."""
        return all(result.ok for result in self.results)

    def document(self) -> dict[str, object]:
        """As `--json` gives it."""
        steps = [result.document() for result in self.results]
        return {"seed": self.seed, "ok": self.ok, "steps": steps, "faults": self.fired, "difference": self.difference}


def run_misbehaving(config: WalkConfig, seeds: Sequence[int], report: Callable[[int | None, StepResult], None]) -> list[WalkRun]:
    """Walk without faults, then once for each seed on systems of its own; `report(seed, result)` after each step.

    Without a sound plain walk there is nothing to compare with, and it is the only one. Raises ValueError for systems that run
    already: two walks there would not begin with the same state.
    """
    if config.running is not None:
        raise ValueError("a comparison needs systems of its own")
    own = replace(config, words=_WORDS, patience=max(config.patience, PATIENCE), environment=_ENVIRONMENT | dict(config.environment))
    plain = _Recorded()
    runs = [WalkRun(None, _reported(plain, own, lambda result: report(None, result)))]
    if not runs[0].ok:
        return runs
    for seed in seeds:
        misled = _Misled(seed, plain.state)
        results = _reported(misled, own, lambda result, seed=seed: report(seed, result))  # type: ignore[misc] # mypy knows no lambda defaults
        runs.append(WalkRun(seed, results, misled.fired, misled.difference))
    return runs


def _reported(performance: Performance, config: WalkConfig, report: Callable[[StepResult], None]) -> list[StepResult]:
    results = []
    for result in performance.walk(config):
        results.append(result)
        report(result)
    return results
