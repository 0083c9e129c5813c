"""3.1.1.4 知识反馈: steps 1 to 9 and 12 between a province and HQ, our results, and dispatch again."""

from __future__ import annotations

from typing import Any

import pytest

from kbsearch.sandbox.client import ProvinceClient, SandboxApiError

from .conftest import World
from .second_line import content, text_submission

SECTION = "3.1.1.4-"


def _numbers(steps: list[dict[str, Any]]) -> list[str]:
    return [step["step"].removeprefix(SECTION) for step in steps]


def _shown(world: World) -> tuple[str, ProvinceClient]:
    """A knowledge item in force in Guangdong."""
    data = text_submission(content())
    world.service.send("knowledge.publish", data)
    if world.hq.settings()["mode"] == "manual":
        world.hq.decide(data["submissionId"], "approve")
    world.province["GD"].wait_knowledge(data["knowledgeId"], "PUBLISHED")
    return data["knowledgeId"], world.province["GD"]


def _result(feedback: dict[str, Any], dispatch: int = 1, **changed: Any) -> dict[str, Any]:
    names = {"feedbackId": feedback["id"], "dispatch": dispatch, "resolution": "ADOPTED", "resolutionText": "已更新口径"}
    return {**names, "knowledgeId": feedback["knowledgeId"], "number": 2, "submissionId": "s1", "duplicateOf": None, **changed}


def test_by_hand_with_update_and_dispatched_again(by_hand: World) -> None:
    knowledge, guangdong = _shown(by_hand)
    guangdong.set_mode("manual")
    own = guangdong.make_feedback(knowledge, "资费与营业厅不一致", reporter="林座席", urgency="URGENT")
    assert (own["state"], own["number"], own["accepted"]) == ("PENDING_REVIEW", 1, None)
    guangdong.review_feedback(own["id"], "approve")
    seen = by_hand.hq.wait_feedback(own["id"], "RECEIVED")
    assert (seen["province"], seen["knowledgeId"], seen["number"], seen["text"]) == ("GD", knowledge, 1, "资费与营业厅不一致")
    assert by_hand.hq.review_feedback(seen["id"], accepted=True, text="意见有道理")["state"] == "ACCEPTED"
    answered = guangdong.wait_feedback(own["id"], "ANSWERED")
    assert (answered["accepted"], answered["answer"], answered["hqFeedbackId"]) == (True, "意见有道理", seen["id"])
    assert by_hand.service.of("hqDispatchFeedback") == []
    by_hand.hq.judge_feedback(seen["id"], update_needed=True, opinion="请核对并更新", dueAt="2099-01-01T00:00:00+08:00")
    told = by_hand.service.wait_for("hqDispatchFeedback")
    assert told == {
        "feedbackId": seen["id"],
        "dispatch": 1,
        "province": "GD",
        "knowledgeId": knowledge,
        "number": 1,
        "text": "资费与营业厅不一致",
        "reporter": "林座席",
        "opinion": "请核对并更新",
        "dueAt": "2098-12-31T16:00:00.000000Z",
        "urgency": "URGENT",
    }
    assert by_hand.hq.wait_receipt(seen["id"], "hqDispatchFeedback", round_=1)["receipt"]["result"] == "APPLIED"
    assert by_hand.service.send("feedback.result", _result(seen)).json() == {"result": "NOTED"}
    assert by_hand.hq.feedback(seen["id"])["state"] == "ANSWERED"
    (result,) = guangdong.wait_feedback(own["id"], "RESOLVED")["results"]
    assert (result["resolution"], result["number"]) == ("ADOPTED", 2)
    by_hand.hq.dispatch_feedback(seen["id"], opinion="仍不清楚")
    assert by_hand.service.wait_for("hqDispatchFeedback", count=2)["dispatch"] == 2
    by_hand.service.send("feedback.result", _result(seen, 2, resolution="NO_CHANGE", number=None))
    guangdong.wait(lambda: len(guangdong.feedback(own["id"])["results"]) == 2, "第二次结果")
    assert _numbers(by_hand.hq.feedback(seen["id"])["steps"]) == ["4", "5", "6", "8", "9", "11", "9", "11"]
    assert _numbers(guangdong.steps(own["id"])) == ["1", "2", "3", "7", "11", "11"]


def test_refused_goes_from_5_to_6_and_ends(by_hand: World) -> None:
    knowledge, guangdong = _shown(by_hand)
    own = guangdong.make_feedback(knowledge, "我觉得太长")
    seen = by_hand.hq.wait_feedback(own["id"], "RECEIVED")
    with pytest.raises(SandboxApiError, match="理由"):
        by_hand.hq.review_feedback(seen["id"], accepted=False)
    assert by_hand.hq.review_feedback(seen["id"], accepted=False, text="口径无误")["state"] == "REFUSED"
    answered = guangdong.wait_feedback(own["id"], "ANSWERED")
    assert (answered["accepted"], answered["answer"]) == (False, "口径无误")
    assert _numbers(by_hand.hq.steps(seen["id"])) == ["4", "5", "6"]
    for act in (by_hand.hq.dispatch_feedback, lambda key: by_hand.hq.judge_feedback(key, update_needed=True)):
        with pytest.raises(SandboxApiError) as refused:
            act(seen["id"])
        assert refused.value.status == 409


def test_accepted_without_update_goes_from_8_to_12(by_hand: World) -> None:
    knowledge, guangdong = _shown(by_hand)
    own = guangdong.make_feedback(knowledge, "建议加粗")
    seen = by_hand.hq.wait_feedback(own["id"], "RECEIVED")
    done = by_hand.hq.review_feedback(seen["id"], accepted=True, text="谢谢", updateNeeded=False)
    assert (done["state"], _numbers(done["steps"])) == ("CLOSED", ["4", "5", "6", "8", "12"])
    guangdong.wait_feedback(own["id"], "ANSWERED")
    assert by_hand.service.of("hqDispatchFeedback") == []


def test_rules_decide_in_automatic_mode(world: World) -> None:
    knowledge, guangdong = _shown(world)
    sent = guangdong.make_feedback(knowledge, "请更新")
    refused = guangdong.make_feedback(knowledge, "〔不采纳〕随便说说")
    closed = guangdong.make_feedback(knowledge, "〔无需更新〕已知道")
    held = guangdong.make_feedback(knowledge, "〔人工〕请看")
    assert world.service.wait_for("hqDispatchFeedback")["text"] == "请更新"
    world.hq.wait_feedback(sent["id"], "DISPATCHED")
    world.hq.wait_feedback(refused["id"], "REFUSED")
    world.hq.wait_feedback(closed["id"], "CLOSED")
    waiting = world.hq.wait_feedback(held["id"], "HELD")
    world.hq.review_feedback(waiting["id"], accepted=True, updateNeeded=True)
    assert world.service.wait_for("hqDispatchFeedback", count=2)["text"] == "〔人工〕请看"
    assert guangdong.wait_feedback(refused["id"], "ANSWERED")["accepted"] is False


def test_a_province_refuses_at_home_and_pins_a_version(world: World) -> None:
    knowledge, guangdong = _shown(world)
    guangdong.set_mode("manual")
    own = guangdong.make_feedback(knowledge, "与本省无关", number=1)
    assert guangdong.review_feedback(own["id"], "refuse", "不属全网")["state"] == "REFUSED"
    with pytest.raises(SandboxApiError, match="不能再审核"):
        guangdong.review_feedback(own["id"], "approve")
    for given in ({"knowledge_id": knowledge, "text": " "}, {"knowledge_id": "nowhere", "text": "x"}):
        with pytest.raises(SandboxApiError):
            guangdong.make_feedback(**given)
    with pytest.raises(SandboxApiError, match="没有找到"):
        guangdong.make_feedback(knowledge, "x", number=9)
    assert world.hq.feedbacks() == []


def test_results_prove_what_they_answer(by_hand: World) -> None:
    knowledge, guangdong = _shown(by_hand)
    own = guangdong.make_feedback(knowledge, "请更新")
    seen = by_hand.hq.wait_feedback(own["id"], "RECEIVED")
    early = by_hand.service.send("feedback.result", _result(seen))
    assert (early.status_code, "第 1 次下发" in early.json()["error"]["message"]) == (422, True)
    by_hand.hq.review_feedback(seen["id"], accepted=True, updateNeeded=True)
    assert by_hand.service.send("feedback.result", _result(seen, resolution="MAYBE")).status_code == 422
    assert by_hand.service.send("feedback.result", _result(seen)).json() == {"result": "NOTED"}
    assert by_hand.service.send("feedback.result", _result(seen)).json() == {"result": "DUPLICATE"}
    other = by_hand.service.send("feedback.result", _result(seen, resolution="REJECTED")).json()["result"]
    assert other.startswith("CONTRADICTION")
    assert len(by_hand.hq.feedback(seen["id"])["results"]) == 1


def test_the_same_news_sent_again_is_told_once(by_hand: World) -> None:
    knowledge, guangdong = _shown(by_hand)
    own = guangdong.make_feedback(knowledge, "请更新")
    seen = by_hand.hq.wait_feedback(own["id"], "RECEIVED")
    by_hand.hq.review_feedback(seen["id"], accepted=True, updateNeeded=True)
    by_hand.service.send("feedback.result", _result(seen))
    guangdong.wait_feedback(own["id"], "RESOLVED")
    before = guangdong.feedback(own["id"]), guangdong.steps(own["id"])
    told = [message for message in by_hand.hq.sent(seen["id"]) if message["destination"] == "province:GD"]
    for message in told:
        by_hand.hq.resend(message["id"])
    by_hand.hq.wait(lambda: all(each["state"] == "DELIVERED" for each in by_hand.hq.sent(seen["id"])), "重发送达")
    assert len([each for each in by_hand.hq.sent(seen["id"]) if each["destination"] == "province:GD"]) == 2 * len(told) == 4
    assert (guangdong.feedback(own["id"]), guangdong.steps(own["id"])) == before
