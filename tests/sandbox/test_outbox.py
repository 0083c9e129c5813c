"""Callbacks survive outages, restarts and refusals; nothing is sent out of order, nothing is lost."""

from __future__ import annotations

import pytest

from kbsearch.sandbox.client import SandboxApiError

from .conftest import Started, World
from .second_line import content, text_submission, wait_until


@pytest.mark.parametrize("statuses", [(401, 403), (408, 429), (500, 503), (200, 502)])
def test_transient_answers_are_tried_again_under_the_same_id(refusing: World, statuses: tuple[int, int]) -> None:
    service = refusing.service
    service.forget()
    service.hq_url = refusing.ports.hq_url
    service.failing = list(statuses)
    data = text_submission(content())
    service.send("knowledge.publish", data)
    message = refusing.hq.wait_receipt(data["submissionId"], "hqAcknowledge")
    assert message["attempts"] == 3
    assert {service.calls[0][2], *service.refused_ids} == {message["webhookId"]}


def test_order_holds_through_an_outage(world: World) -> None:
    world.service.down = True
    data = text_submission(content())
    world.service.send("knowledge.publish", data)
    world.hq.wait_submission(data["submissionId"], "APPROVED")
    wait_until(lambda: world.service.attempts >= 2, "两次尝试")
    pending = [message["kind"] for message in world.hq.sent(data["submissionId"]) if message["destination"] == "service"]
    assert pending == ["hqApprove", "hqAcknowledge"]
    assert len(set(world.service.refused_ids)) == 1
    world.service.down = False
    world.service.wait_for("hqApprove")
    assert [name for name, _, _ in world.service.calls] == ["hqAcknowledge", "hqApprove"]


def test_an_outage_of_the_service_does_not_hold_back_the_provinces(world: World) -> None:
    world.service.down = True
    data = text_submission(content())
    world.service.send("knowledge.publish", data)
    world.province["GD"].wait_knowledge(data["knowledgeId"], "PUBLISHED")


def test_a_restart_loses_no_callback_and_no_case(start: Started) -> None:
    with start(mode="manual") as world:
        world.service.down = True
        decided, open_case = text_submission(content("已决")), text_submission(content("未决"))
        for data in (decided, open_case):
            world.service.send("knowledge.publish", data)
        world.hq.decide(decided["submissionId"], "approve", distribution=["GD"])
        world.province["GD"].wait_knowledge(decided["knowledgeId"], "PUBLISHED")
        ids = {message["webhookId"] for message in world.hq.sent() if message["destination"] == "service"}
    world.service.down = False
    with start(mode="manual") as again:
        again.service.wait_for("hqApprove", decided["submissionId"])
        again.service.wait_for("hqAcknowledge", open_case["submissionId"])
        assert {message_id for _, _, message_id in again.service.calls} == ids
        assert again.hq.submission(open_case["submissionId"])["state"] == "PENDING"
        assert [hit["title"] for hit in again.province["GD"].search("已决")] == ["已决"]
        reference = again.hq.submission(open_case["submissionId"])["hqReference"]
        later = text_submission(content())
        again.service.send("knowledge.publish", later)
        assert again.hq.submission(later["submissionId"])["hqReference"] > reference


def test_a_permanent_refusal_is_kept_for_a_person_and_can_be_sent_again(by_hand: World) -> None:
    by_hand.service.failing = [400]
    data = text_submission(content())
    by_hand.service.send("knowledge.publish", data)
    by_hand.hq.wait(lambda: by_hand.hq.sent()[0]["state"] == "DEAD", "被拒")
    dead = by_hand.hq.sent()[0]
    assert "HTTP 400" in dead["lastError"]
    by_hand.hq.resend(dead["id"])
    again = by_hand.hq.wait_receipt(data["submissionId"], "hqAcknowledge")
    assert again["webhookId"] != dead["webhookId"]
    with pytest.raises(SandboxApiError):
        by_hand.hq.resend(999)


def test_user_errors_without_a_receipt_are_a_refusal(by_hand: World) -> None:
    by_hand.service.receipt = None
    by_hand.service.send("knowledge.publish", text_submission(content()))
    by_hand.hq.wait(lambda: by_hand.hq.sent()[0]["state"] == "DEAD", "被拒")
    assert "RULE_VIOLATED" in by_hand.hq.sent()[0]["lastError"]


def test_receipts_are_stored_as_they_came(by_hand: World) -> None:
    by_hand.service.receipt = "DEFERRED"
    data = text_submission(content())
    by_hand.service.send("knowledge.publish", data)
    assert by_hand.hq.wait_receipt(data["submissionId"], "hqAcknowledge")["receipt"]["result"] == "DEFERRED"
    assert by_hand.service.forged == 0
