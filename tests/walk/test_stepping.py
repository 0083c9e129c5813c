"""How flows tell what they saw: expected against seen, and what a failed step does to those behind it."""

from __future__ import annotations

from typing import cast

from kbsearch.sandbox.walk.config import StepResult
from kbsearch.sandbox.walk.flows import FLOWS
from kbsearch.sandbox.walk.stage import Stage
from kbsearch.sandbox.walk.stepping import Flow, step

NO_STAGE = cast("Stage", None)


class Told(Flow):
    section = "9.9"
    noun = "知识"
    state = "EFFECTIVE"

    @step("-1", "{noun}生成")
    def first(self) -> None:
        self.expect("状态", "DRAFT", "DRAFT")
        self.expect("收到的", [], [])

    @step("-2", "{noun}审核")
    def second(self) -> None:
        self.note("审核过")
        self.expect("状态", self.state, "EFFECTIVE")

    @step("N9", "审批结果通知")
    def third(self) -> None:
        self.expect_that("可见", self.state == "EFFECTIVE")


class Lettered(Told):
    @classmethod
    def numbered(cls, number: str) -> str:
        return f"A{number.removeprefix('-')}" if number.startswith("-") else number


class Broken(Told):
    state = "DRAFT"

    @step("-3", "{noun}提交")
    def fourth(self) -> None:
        """Of the subclass, hence behind the others."""


class Crashing(Told):
    def second(self) -> None:
        """Takes the marked method's place."""
        raise KeyError("hqReference")


class Unprepared(Told):
    def prepare(self) -> None:
        self.expect("基础", "没有", "有")


def told(flow: type[Flow]) -> list[StepResult]:
    return list(flow(NO_STAGE).walk())


def test_what_holds_is_told_with_its_evidence() -> None:
    assert told(Told) == [
        StepResult("9.9-1", "知识生成", ok=True, evidence="状态 DRAFT；收到的 （无）"),
        StepResult("9.9-2", "知识审核", ok=True, evidence="审核过；状态 EFFECTIVE"),
        StepResult("N9", "审批结果通知", ok=True, evidence="可见"),
    ]


def test_a_flow_may_number_its_steps_itself() -> None:
    assert [each.number for each in Lettered.steps()] == ["A1", "A2", "N9"]
    assert [each.number for each in Told.steps()] == ["9.9-1", "9.9-2", "N9"]


def test_a_failed_step_says_expected_and_seen_and_the_rest_is_not_reached() -> None:
    first, second, third, fourth = told(Broken)
    assert first.ok
    assert (second.ok, second.evidence) == (False, "审核过；状态应为 EFFECTIVE，实为 DRAFT")
    assert (third.ok, third.evidence) == (False, "未走到，因为之前：状态应为 EFFECTIVE，实为 DRAFT")
    assert (fourth.step, fourth.ok) == ("9.9-3", False)


def test_whatever_goes_wrong_in_a_step_is_its_evidence() -> None:
    assert [(each.ok, each.evidence) for each in told(Crashing)][1] == (False, "KeyError：'hqReference'")


def test_nothing_is_reached_without_its_ground() -> None:
    assert {each.ok for each in told(Unprepared)} == {False}
    assert told(Unprepared)[0].evidence == "未走到，因为之前：基础应为 有，实为 没有"


def test_a_result_is_one_line_and_one_json_object() -> None:
    result = told(Told)[0]
    assert result.line() == "通过  9.9-1                  知识生成：状态 DRAFT；收到的 （无）"
    assert result.document() == {"step": "9.9-1", "title": "知识生成", "ok": True, "evidence": "状态 DRAFT；收到的 （无）"}


def test_no_title_keeps_its_gap() -> None:
    assert [each.title for flow in FLOWS for each in flow.steps() if "{" in each.title] == []


def test_a_flow_is_asked_for_by_a_step_or_a_section_and_by_no_piece_of_a_number() -> None:
    assert [Told.tells(only) for only in ((), ("9.9",), ("9.9-2",), ("N1", "N9"))] == [True] * 4
    assert [Told.tells((only,)) for only in ("9", "9.9-", "9.9-20", "N")] == [False] * 4
