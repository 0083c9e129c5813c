"""The managers' report through the door: what leaders read, who may not, what is refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from .world import World

REPORT = """query($from: DateTime, $to: DateTime) { managersReport(from: $from, to: $to) {
  since until steps { step stepText count medianHours p90Hours } firstPass { judge judgeText decided passed share }
  returns { judge reason reasonText count } overdue { state stateText count } provinces { code name count } provincesCovered
  unsigned { announcements asked missing share } } }"""


def report(world: World, who: str = "reviewer", **span: Any) -> Any:
    return world.ask(who, REPORT, **span)["managersReport"]


def test_what_leaders_read(world: World) -> None:
    draft = world.draft()
    world.now += timedelta(hours=3)
    back = world.do("reviewer", "returnSubmission", world.do("author", "submitForReview", draft), reasonCodes=["OTHER"], reasonText="请改")
    world.now += timedelta(hours=2)
    sent = world.approve(world.do("author", "submitForReview", back), andSubmit=True)
    world.hq_approves(sent, distribution=["GD"])
    world.now += timedelta(seconds=1)
    found = report(world)
    steps = {step["step"]: step for step in found["steps"]}
    assert steps["DRAFT_TO_SUBMIT"] == {
        "step": "DRAFT_TO_SUBMIT", "stepText": "起草到提交审核", "count": 1, "medianHours": 3.0, "p90Hours": 3.0,
    }  # fmt: skip
    assert (steps["WHOLE"]["medianHours"], steps["HQ_TO_ACKNOWLEDGE"]["medianHours"]) == (5.0, None)
    assert {rate["judge"]: rate["share"] for rate in found["firstPass"]} == {"LOCAL": 0.0, "HQ": 1.0}
    assert found["returns"] == [{"judge": "LOCAL", "reason": "OTHER", "reasonText": "其他", "count": 1}]
    assert (found["provincesCovered"], len(found["provinces"])) == (1, 31)
    assert [p for p in found["provinces"] if p["count"]] == [{"code": "GD", "name": "广东", "count": 1}]
    assert found["unsigned"] == {"announcements": 0, "asked": 0, "missing": 0, "share": None}
    assert report(world, "admin") == found


def test_what_is_late_now(world: World) -> None:
    world.do("author", "submitForReview", world.draft())
    world.now += timedelta(days=30)
    assert report(world)["overdue"] == [{"state": "PENDING_REVIEW", "stateText": "待审核", "count": 1}]


@pytest.mark.parametrize("who", ["agent", "author", "operator"])
def test_not_for_everybody(world: World, who: str) -> None:
    answer = world.run(who, REPORT)
    assert answer["data"] == {"managersReport": None}
    assert answer["errors"][0]["extensions"]["code"] == "PERMISSION_DENIED"


@pytest.mark.parametrize(
    ("span", "code"),
    [
        ({"from": "2026-11-23", "to": "2026-11-01"}, "RULE_VIOLATED"),
        ({"from": "2099-01-01"}, "RULE_VIOLATED"),
        ({"from": "昨天"}, "BAD_USER_INPUT"),
        ({"from": "2026-11-01T00:00:00"}, "BAD_USER_INPUT"),  # no offset
    ],
)
def test_bad_spans_are_refused(world: World, span: dict[str, str], code: str) -> None:
    assert world.run("reviewer", REPORT, **span)["errors"][0]["extensions"]["code"] == code
