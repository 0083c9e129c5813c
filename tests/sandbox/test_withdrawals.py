"""撤回申请: granted while undecided, refused after, answered only where an answer is expected."""

from __future__ import annotations

from typing import Any

import pytest

from kbsearch.sandbox.client import SandboxApiError

from .conftest import World
from .second_line import content, text_submission


def _ask(world: World, data: dict[str, Any], reason: str = "AUTHOR_REQUEST") -> str:
    asked = {
        "submissionId": data["submissionId"],
        "round": data["round"],
        "knowledgeId": data["knowledgeId"],
        "reason": reason,
        "reasonText": "作者要求",
        "answerExpected": reason == "AUTHOR_REQUEST",
    }
    answer = world.service.send("withdraw.request", asked)
    assert answer.status_code == 200
    return str(answer.json()["result"])


def test_granted_while_undecided(world: World) -> None:
    data = text_submission(content("〔人工〕套餐"))
    world.service.send("knowledge.publish", data)
    world.hq.wait_submission(data["submissionId"], "HELD")
    assert _ask(world, data) == "GRANTED"
    assert world.service.wait_for("hqWithdrawResult")["granted"] is True
    assert world.hq.submission(data["submissionId"])["state"] == "WITHDRAWN"
    with pytest.raises(SandboxApiError, match="已撤回"):
        world.hq.decide(data["submissionId"], "approve")


def test_refused_after_the_decision_and_by_rule(world: World) -> None:
    done = text_submission(content())
    world.service.send("knowledge.publish", done)
    world.hq.wait_submission(done["submissionId"], "APPROVED")
    assert _ask(world, done) == "REFUSED"
    assert world.service.wait_for("hqWithdrawResult")["granted"] is False
    kept = text_submission(content("〔人工〕〔不准撤回〕套餐"))
    world.service.send("knowledge.publish", kept)
    world.hq.wait_submission(kept["submissionId"], "HELD")
    assert _ask(world, kept) == "REFUSED"
    assert world.hq.submission(kept["submissionId"])["state"] == "HELD"


def test_without_an_expected_answer_the_copy_is_closed_in_silence(by_hand: World) -> None:
    data = text_submission(content())
    by_hand.service.send("knowledge.publish", data)
    assert _ask(by_hand, data, "BASE_CONFLICT") == "CLOSED"
    assert by_hand.hq.submission(data["submissionId"])["state"] == "WITHDRAWN"
    by_hand.hq.set_mode("auto")
    marker = text_submission(content("后来的"))
    by_hand.service.send("knowledge.publish", marker)
    by_hand.service.wait_for("hqApprove", marker["submissionId"])
    assert by_hand.service.of("hqApprove", data["submissionId"]) == []
    assert by_hand.service.of("hqWithdrawResult") == []


def test_a_round_withdrawn_before_it_came_is_never_reviewed(world: World) -> None:
    data = text_submission(content())
    assert _ask(world, data) == "GRANTED"
    assert world.service.send("knowledge.publish", data).json()["result"] == "WITHDRAWN"
    assert world.hq.submission(data["submissionId"])["state"] == "WITHDRAWN"


def test_by_hand_granted_once(by_hand: World) -> None:
    data = text_submission(content())
    by_hand.service.send("knowledge.publish", data)
    assert _ask(by_hand, data) == "WAITING"
    row = by_hand.hq.withdrawals()[0]
    assert by_hand.hq.answer_withdrawal(row["id"], granted=True, text="同意")["state"] == "GRANTED"
    assert by_hand.service.wait_for("hqWithdrawResult")["reasonText"] == "同意"
    with pytest.raises(SandboxApiError, match="已处理过"):
        by_hand.hq.answer_withdrawal(row["id"], granted=False)


def test_a_decision_overtakes_a_waiting_request(by_hand: World) -> None:
    data = text_submission(content())
    by_hand.service.send("knowledge.publish", data)
    _ask(by_hand, data)
    by_hand.hq.decide(data["submissionId"], "approve")
    assert by_hand.service.wait_for("hqWithdrawResult")["granted"] is False
    names = [name for name, _, _ in by_hand.service.calls]
    assert names == ["hqAcknowledge", "hqApprove", "hqWithdrawResult"]


def test_an_approval_of_tomorrow_can_be_let_go_and_the_provinces_go_back(by_hand: World) -> None:
    first = text_submission(content())
    by_hand.service.send("knowledge.publish", first)
    by_hand.hq.decide(first["submissionId"], "approve")
    by_hand.province["SC"].wait_knowledge(first["knowledgeId"], "PUBLISHED", number=1)
    text = content(body="明年", regions=["GD"], effectiveFrom="2099-01-01T00:00:00.000000Z")
    base = {"number": 1, "contentHash": first["contentHash"]}
    second = text_submission(text, knowledge=first["knowledgeId"], base=base)
    by_hand.service.send("knowledge.update", second)
    by_hand.hq.decide(second["submissionId"], "approve")
    by_hand.province["SC"].wait(lambda: by_hand.province["SC"].deliveries("REVOKED"), "四川收到将来的撤销")
    assert by_hand.province["SC"].search("漫游") != []
    assert _ask(by_hand, second) == "WAITING"
    by_hand.hq.answer_withdrawal(by_hand.hq.withdrawals()[0]["id"], granted=True)
    for province in by_hand.province.values():
        province.wait(lambda: province.deliveries("TAKEN_BACK"), "收回")  # noqa: B023 - called within this turn
        assert [hit["number"] for hit in province.search("漫游")] == [1]
    held = by_hand.hq.knowledge(first["knowledgeId"])
    assert (held["number"], held["distribution"]) == (1, ["GD", "SC"])
    third = by_hand.hq.make_update(first["knowledgeId"], {"body": "再来"})
    assert by_hand.hq.decide_draft(third["id"], "approve")["decision"]["number"] == 3
