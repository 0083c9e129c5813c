"""A past given to HQ: it is held at once and once, nobody is told, and what comes after builds on it."""

from __future__ import annotations

from typing import Any

import pytest

from kbsearch.sandbox.client import SandboxApiError

from .conftest import World
from .second_line import content

EARLY, LATE = "2026-01-01T00:00:00.000000Z", "2026-02-01T00:00:00.000000Z"
TERMS = {"audience": {"organisations": ["SC", "SECOND_LINE"], "people": []}, "mustRead": False, "needsReply": True, "replyDueAt": None}


def _past() -> dict[str, Any]:
    first, second = content("旧口径"), content("新口径")
    announced = {**content("请各平台回复"), **TERMS}
    feedback = {
        "province": "SD",
        "knowledgeId": "k1",
        "number": 2,
        "text": "写得不清楚",
        "reporter": "山东客服",
        "urgency": "NORMAL",
        "dispatch": 1,
        "opinion": "",
        "receivedAt": EARLY,
    }
    done = {"feedbackId": "FB-2", "dispatch": 1, "resolution": "NO_CHANGE", "resolutionText": "已写明"}
    return {
        "knowledge": [
            {
                "knowledgeId": "k1",
                "categoryId": "c1",
                "distribution": [],
                "versions": [
                    {"number": 1, "content": first, "effectiveFrom": EARLY},
                    {"number": 2, "content": second, "effectiveFrom": LATE},
                ],
            }
        ],
        "announcements": [
            {
                "announcementId": "a1",
                "issuer": {"code": "HQ", "name": "总部"},
                "versions": [{"number": 1, "content": announced, "effectiveFrom": EARLY}],
            }
        ],
        "replies": [
            {
                "replyId": "r1",
                "announcementId": "a1",
                "issuer": {"code": "BJ", "name": "北京"},
                "versions": [{"number": 1, "content": content("回复"), "effectiveFrom": EARLY}],
            }
        ],
        "feedback": [{**feedback, "feedbackId": "FB-1", "result": None}, {**feedback, "feedbackId": "FB-2", "result": done}],
    }


def test_a_past_is_held_once_and_nobody_is_told(world: World) -> None:
    assert world.hq.hold_past(_past()) == {"knowledge": 1, "announcements": 1, "replies": 1, "feedback": 2}
    assert world.hq.hold_past(_past()) == {"knowledge": 0, "announcements": 0, "replies": 0, "feedback": 0}
    assert [(row["knowledgeId"], row["number"]) for row in world.hq.digest_rows()] == [("k1", 2)]
    held = world.hq.announcement("a1")
    assert (held["issuer"]["code"], held["distribution"], [each["id"] for each in held["replies"]]) == ("HQ", ["SC", "SECOND_LINE"], ["r1"])
    assert {each["id"]: each["state"] for each in world.hq.feedbacks()} == {"FB-1": "DISPATCHED", "FB-2": "ANSWERED"}
    assert world.hq.feedback("FB-2")["results"][0]["resolutionText"] == "已写明"
    assert world.hq.sent() == []


def test_a_recalled_announcement_of_the_past_is_recalled(world: World) -> None:
    past = {"announcements": [_past()["announcements"][0] | {"status": "REVOKED", "reason": "PUBLISHED_IN_ERROR", "reasonText": "误发"}]}
    world.hq.hold_past(past)
    assert world.hq.announcement("a1")["status"] == "RECALLED"


def test_the_result_of_past_feedback_is_kept_though_its_province_is_not_run(world: World) -> None:
    world.hq.hold_past(_past())
    result = {"feedbackId": "FB-1", "dispatch": 1, "resolution": "REJECTED", "resolutionText": "口径无误", "knowledgeId": "k1"}
    assert world.service.send("feedback.result", result).status_code == 200
    assert world.hq.feedback("FB-1")["state"] == "ANSWERED"
    assert world.hq.sent() == []


@pytest.mark.parametrize(
    "wrong", [{"announcement": []}, {"announcements": [{"announcementId": "a1"}]}, {"feedback": ["FB-1"]}, {"knowledge": [{}]}]
)
def test_a_past_that_does_not_fit_leaves_nothing(world: World, wrong: dict[str, Any]) -> None:
    with pytest.raises(SandboxApiError) as refused:
        world.hq.hold_past({"replies": _past()["replies"]} | wrong)
    assert refused.value.status == 422
    assert world.hq.announcements() == []
    assert world.hq.replies() == []
