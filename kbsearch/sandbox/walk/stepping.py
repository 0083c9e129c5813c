"""Flows as classes whose marked methods are the steps, run in order; a failed step ends its flow and none other."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from kbsearch.sandbox.walk.config import StepResult
from kbsearch.sandbox.walk.stage import Stage

LONGEST_EVIDENCE = 600
_Method = TypeVar("_Method", bound=Callable[..., None])


class Unexpected(Exception):  # noqa: N818 - an observation, not an error of ours
    """What was seen is not what the requirement says."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a flow; `method` names the function that walks it."""

    number: str
    title: str
    method: str


def step(number: str, title: str) -> Callable[[_Method], _Method]:
    """Mark a method as a step. A number beginning with `-` follows the flow's section; `{noun}` stands for the flow's noun."""

    def mark(method: _Method) -> _Method:
        method.__dict__["walk_step"] = (number, title)
        return method

    return mark


class Flow:
    """A story told in steps. `prepare` builds what the story starts from; methods marked with `step` follow in written order."""

    section: ClassVar[str] = ""
    noun: ClassVar[str] = ""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self._seen: list[str] = []

    def prepare(self) -> None:
        """Build what the first step starts from; nothing by default."""

    @classmethod
    def numbered(cls, number: str) -> str:
        """A step's whole number."""
        return cls.section + number if number.startswith("-") else number

    @classmethod
    def steps(cls) -> list[Step]:
        """The steps in order, those of base classes where they were written first."""
        marked: dict[str, Step] = {}
        for owner in reversed(cls.__mro__):
            for name, method in vars(owner).items():
                if told := getattr(method, "__dict__", {}).get("walk_step"):
                    number, title = told
                    marked[name] = Step(cls.numbered(number), title.format(noun=cls.noun), name)
        return list(marked.values())

    @classmethod
    def tells(cls, only: Collection[str]) -> bool:
        """Whether one of its steps has one of these numbers or sections; where none is named, every flow does."""
        return not only or any(each.number == name or each.number.startswith(f"{name}-") for each in cls.steps() for name in only)

    def walk(self) -> Iterator[StepResult]:
        """Walk every step; those behind a failed one are reported as not reached."""
        broken = self._attempt(self.prepare)
        for each in self.steps():
            if broken is None:
                self._seen = []
                broken = self._attempt(getattr(self, each.method))
                yield self._result(each, broken)
            else:
                yield StepResult(each.number, each.title, ok=False, evidence=f"未走到，因为之前：{broken}"[:LONGEST_EVIDENCE])

    def note(self, sentence: str) -> None:
        """Add a piece of evidence."""
        self._seen.append(sentence)

    def expect(self, what: str, seen: Any, wanted: Any) -> None:
        """Record what was seen, or end the step with expected against seen."""
        if seen != wanted:
            raise Unexpected(f"{what}应为 {_text(wanted)}，实为 {_text(seen)}")
        self.note(f"{what} {_text(seen)}")

    def expect_that(self, sentence: str, holds: object, seen: Any = None) -> None:
        """Record a sentence that must be true; `seen` tells what there was instead."""
        if not holds:
            raise Unexpected(f"应为：{sentence}" + ("" if seen is None else f"；实为 {_text(seen)}"))
        self.note(sentence)

    def _result(self, each: Step, broken: str | None) -> StepResult:
        evidence = "；".join(self._seen if broken is None else [*self._seen, broken])
        return StepResult(each.number, each.title, ok=broken is None, evidence=evidence[:LONGEST_EVIDENCE])

    @staticmethod
    def _attempt(act: Callable[[], None]) -> str | None:
        try:
            act()
        except Unexpected as unexpected:
            return str(unexpected)
        except Exception as error:  # noqa: BLE001 - whatever goes wrong in a step is that step's evidence, and the walk goes on
            return f"{type(error).__name__}：{error}"
        return None


def _text(value: Any) -> str:
    """A value as evidence: hashes shortened, what belongs together in brackets, nothing left blank."""
    if value is None or value in ([], {}):
        return "（无）"
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, list):
        return "、".join(_text(item) for item in value)
    if isinstance(value, tuple):
        return f"（{'，'.join(_text(item) for item in value)}）"
    text = str(value) or "（空）"
    return f"{text[:12]}…" if len(text) == 64 and text.isalnum() else text  # noqa: PLR2004 - a SHA-256 in hex
