"""Every fault of headquarters, committed on demand: what the other side sees of it, that it is counted, and that truth gets through."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from kbsearch.sandbox.misbehaviour import AT_THE_DOOR, Fault, Misbehaviour, Plan, Rule, Traffic, even_plan, plan_from_json
from kbsearch.sandbox.misbehaviour_client import MisbehaviourClient
from kbsearch.sandbox.refusal import RefusalError

from .conftest import World
from .second_line import content, text_submission, wait_until

RETURN: dict[str, Any] = {"reasonCodes": ["OTHER"], "reasonText": "请改。"}


@pytest.fixture
def plan(by_hand: World) -> Iterator[MisbehaviourClient]:
    with httpx.Client(trust_env=False) as http:
        yield MisbehaviourClient(http, by_hand.ports.hq_url)


def once(fault: Fault, *kinds: str, seconds: float = 0.0) -> Plan:
    """The fault on the first message it can befall, and on no other."""
    return Plan(1, (Rule(fault, kinds or ("*",), probability=0.0, least=1, seconds=seconds),))


def sent(world: World, **changed: Any) -> dict[str, Any]:
    """A submission that headquarters has acknowledged or is about to."""
    data = text_submission(content(), **changed)
    assert world.service.send("knowledge.publish", data).is_success
    return data


def calls(world: World) -> list[str]:
    return [name for name, _, _ in world.service.calls]


def test_the_same_seed_draws_the_same_whatever_else_happens() -> None:
    def drawn(seed: int, noise: int) -> list[list[Fault]]:
        bad = Misbehaviour(even_plan(seed, outgoing=0.3, incoming=0.3))
        for _ in range(noise):
            bad.drawn(Traffic("hqPushVersion", incoming=False))
        return [sorted(bad.drawn(Traffic("hqApprove", incoming=False, round=2))) for _ in range(20)]

    assert drawn(1, 0) == drawn(1, 7)
    assert drawn(1, 0) != drawn(2, 0)


def test_a_fault_befalls_only_what_it_means_something_on() -> None:
    certain = Misbehaviour(even_plan(1, outgoing=1.0, incoming=0.0))
    first = certain.drawn(Traffic("hqAcknowledge", incoming=False, round=1))
    assert {Fault.STALE_ROUND, Fault.WRONG_HASH, Fault.CONTRADICTION} & first.keys() == set()
    assert Fault.EARLY_APPROVAL in first
    second = certain.drawn(Traffic("hqApprove", incoming=False, round=2))
    assert second.keys() == set(Fault) - AT_THE_DOOR - {Fault.EARLY_APPROVAL}


def test_the_door_commits_one_fault_and_lets_the_next_message_in_each_as_often_as_wanted() -> None:
    bad = Misbehaviour(even_plan(1, outgoing=0.0, incoming=0.0, least=2))
    seen = []
    for _ in range(24):
        faults = bad.drawn(Traffic("knowledge.publish", incoming=True))
        seen.append(len(faults))
        for fault in faults:
            bad.fired(fault, "knowledge.publish")
    assert seen == [1, 0] * 10 + [0] * 4
    assert {fault: bad.count(fault) for fault in AT_THE_DOOR} == dict.fromkeys(AT_THE_DOOR, 2)


@pytest.mark.parametrize(
    "given",
    [
        {"rules": {}},
        {"rules": ["DROP"]},
        {"rules": [{"fault": "EXPLODE"}]},
        {"rules": [{"fault": "DROP", "kinds": []}]},
        {"rules": [{"fault": "DROP", "probability": 1.5}]},
        {"rules": [{"fault": "DROP", "probability": True}]},
        {"rules": [{"fault": "DELAY", "seconds": -1}]},
        {"seed": "1"},
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(RefusalError) as refused:
        plan_from_json(given, 1)
    assert refused.value.status == 422


def test_the_plan_is_taken_and_shown_over_the_api(by_hand: World, plan: MisbehaviourClient) -> None:
    wanted = Rule(Fault.DROP, ("hqApprove",), probability=0.25)
    shown = plan.follow(Plan(7, (wanted,)))
    assert (shown["seed"], shown["rules"]) == (7, [wanted.document()])
    with plan.also(Rule(Fault.DELAY)):
        assert [rule["fault"] for rule in plan.view()["rules"]] == ["DROP", "DELAY"]
    assert plan.view()["rules"] == [wanted.document()]
    refused = plan.http.post(f"{by_hand.ports.hq_url}/api/misbehaviour", json={"rules": [{"fault": "?"}]})
    assert (refused.status_code, "DUPLICATE" in refused.json()["error"]["message"]) == (422, True)
    assert plan.http.post(f"{by_hand.ports.hq_url}/api/misbehaviour", data={"rules": "[]"}).status_code == 415


@pytest.mark.parametrize("fault", [Fault.DROP, Fault.DELAY])
def test_what_was_not_sent_in_time_is_sent_later(by_hand: World, plan: MisbehaviourClient, fault: Fault) -> None:
    plan.follow(once(fault))
    data = sent(by_hand)
    message = by_hand.hq.wait_receipt(data["submissionId"], "hqAcknowledge")
    assert message["attempts"] == (2 if fault is Fault.DROP else 1)
    assert calls(by_hand) == ["hqAcknowledge"]
    assert plan.view()["firedByKind"][fault] == {"hqAcknowledge": 1}


@pytest.mark.parametrize("fault", [Fault.DUPLICATE, Fault.LOST_ANSWER])
def test_the_same_delivery_comes_twice_and_must_get_the_same_receipt(by_hand: World, plan: MisbehaviourClient, fault: Fault) -> None:
    plan.follow(once(fault))
    sent(by_hand)
    wait_until(lambda: len(by_hand.service.calls) == 2, "第二次")
    assert len({message_id for _, _, message_id in by_hand.service.calls}) == 1
    if fault is Fault.DUPLICATE:  # the stand-in answers the second time with another receipt, which the contract does not allow
        wait_until(lambda: bool(plan.view()["surprises"]), "看出两个回执不同")
        assert "同一编号重发" in plan.view()["surprises"][0]


def test_what_is_badly_signed_comes_again_well_signed(by_hand: World, plan: MisbehaviourClient) -> None:
    plan.follow(Plan(1, (Rule(Fault.WRONG_SIGNATURE),)))
    data = sent(by_hand)
    by_hand.hq.wait_receipt(data["submissionId"], "hqAcknowledge")
    by_hand.hq.decide(data["submissionId"], "approve", distribution=["GD"])
    by_hand.province["GD"].wait_knowledge(data["knowledgeId"], "PUBLISHED")
    by_hand.hq.wait_receipt(data["submissionId"], "hqApprove")
    assert by_hand.service.forged == 2
    view = plan.view()
    assert view["firedByKind"]["WRONG_SIGNATURE"] == {"hqAcknowledge": 1, "hqApprove": 1, "knowledge.publish": 1}
    assert view["surprises"] == []


def test_the_decision_overtakes_the_acknowledgement(by_hand: World, plan: MisbehaviourClient) -> None:
    plan.follow(once(Fault.EARLY_APPROVAL, seconds=20))
    data = sent(by_hand)
    by_hand.hq.decide(data["submissionId"], "approve", distribution=[])
    by_hand.hq.wait_receipt(data["submissionId"], "hqAcknowledge")
    assert calls(by_hand) == ["hqApprove", "hqAcknowledge"]
    assert plan.view()["fired"]["EARLY_APPROVAL"] == 1


def test_without_a_decision_the_acknowledgement_goes_out_in_the_end_and_counts_for_nothing(
    by_hand: World, plan: MisbehaviourClient
) -> None:
    plan.follow(once(Fault.EARLY_APPROVAL, seconds=0.3))
    data = sent(by_hand)
    assert plan.view()["waiting"] == 1
    by_hand.hq.wait_receipt(data["submissionId"], "hqAcknowledge")
    assert (plan.view()["fired"]["EARLY_APPROVAL"], plan.view()["waiting"]) == (0, 0)


def test_one_item_overtakes_another_but_no_decision_another_of_its_item(by_hand: World, plan: MisbehaviourClient) -> None:
    first, second = sent(by_hand), sent(by_hand)
    for data in (first, second):
        by_hand.hq.wait_receipt(data["submissionId"], "hqAcknowledge")
    plan.follow(once(Fault.REORDER, "hqApprove", seconds=20))
    by_hand.hq.decide(first["submissionId"], "approve", distribution=[])
    by_hand.hq.decide(second["submissionId"], "approve", distribution=[])
    by_hand.hq.wait_receipt(first["submissionId"], "hqApprove")
    assert [given["submissionId"] for given in by_hand.service.of("hqApprove")] == [second["submissionId"], first["submissionId"]]
    assert plan.view()["fired"]["REORDER"] == 1


def test_messages_that_must_change_nothing_are_watched(by_hand: World, plan: MisbehaviourClient) -> None:
    """The stand-in takes anything for true: each of them is a surprise."""
    data = sent(by_hand)
    by_hand.hq.decide(data["submissionId"], "return", **RETURN)
    by_hand.hq.wait_receipt(data["submissionId"], "hqReturn")
    again = text_submission(content(), submission=data["submissionId"], knowledge=data["knowledgeId"], round_=2)
    plan.follow(Plan(1, tuple(Rule(fault, ("hqApprove",)) for fault in (Fault.STALE_ROUND, Fault.WRONG_HASH, Fault.CONTRADICTION))))
    by_hand.service.send("knowledge.publish", again)
    by_hand.hq.wait_submission(data["submissionId"], "PENDING", round_=2)
    by_hand.hq.decide(data["submissionId"], "approve", distribution=["GD"])
    wait_until(lambda: len(plan.view()["surprises"]) == 3, "三件错发的消息")
    wrong, stale, true = by_hand.service.of("hqApprove", data["submissionId"])
    assert (wrong["round"], wrong["submissionHash"] != again["submissionHash"]) == (2, True)
    assert (stale["round"], true["round"]) == (1, 2)
    assert true["submissionHash"] == again["submissionHash"]
    name, contradicting, _ = by_hand.service.calls[-1]
    assert name in {"hqReject", "hqReturn"}
    assert (contradicting["submissionId"], contradicting["round"]) == (data["submissionId"], 2)
    assert [each["receipt"]["result"] for each in plan.view()["extras"]] == ["APPLIED"] * 3
    kept = [each["kind"] for each in by_hand.hq.sent(data["submissionId"]) if each["destination"] == "service"]
    assert kept.count("hqApprove") == 1, "what was sent beside the truth is no message of headquarters' own outbox"


def test_refused_as_they_should_be_they_surprise_nobody(by_hand: World, plan: MisbehaviourClient) -> None:
    plan.follow(Plan(1, (Rule(Fault.WRONG_HASH),)))
    by_hand.service.receipt = "QUARANTINED"
    data = sent(by_hand)
    by_hand.hq.decide(data["submissionId"], "approve", distribution=[])
    by_hand.hq.wait_receipt(data["submissionId"], "hqApprove")
    assert (plan.view()["fired"]["WRONG_HASH"], plan.view()["surprises"]) == (1, [])


@pytest.mark.parametrize(("fault", "statuses"), [(Fault.SERVER_ERROR, {500, 502, 503}), (Fault.BUSY, {429})])
def test_the_door_answers_that_something_is_wrong(by_hand: World, plan: MisbehaviourClient, fault: Fault, statuses: set[int]) -> None:
    plan.follow(Plan(1, (Rule(fault),)))
    data = text_submission(content())
    refused = by_hand.service.send("knowledge.publish", data, message_id="msg_1")
    assert refused.status_code in statuses
    assert (refused.headers.get("retry-after") == "1") is (fault is Fault.BUSY)
    assert by_hand.hq.received() == []
    assert by_hand.service.send("knowledge.publish", data, message_id="msg_1").json() == {"result": "ACCEPTED"}
    assert plan.view()["firedByKind"][fault] == {"knowledge.publish": 1}


@pytest.mark.parametrize(
    ("fault", "felt", "stored"),
    [
        (Fault.LOST_REQUEST, httpx.TransportError, 0),
        (Fault.LOST_RECEIPT, httpx.TransportError, 1),
        (Fault.TIME_OUT, httpx.ReadTimeout, 1),
    ],
)
def test_the_door_answers_nothing(by_hand: World, plan: MisbehaviourClient, fault: Fault, felt: type[Exception], stored: int) -> None:
    plan.follow(Plan(1, (Rule(fault),)))
    data = text_submission(content())
    by_hand.service._http.timeout = httpx.Timeout(0.5)
    with pytest.raises(felt):
        by_hand.service.send("knowledge.publish", data, message_id="msg_2", sequence=1)
    assert len(by_hand.hq.received()) == stored
    answer = by_hand.service.send("knowledge.publish", data, message_id="msg_2", sequence=1).json()["result"]
    assert answer == ("DUPLICATE" if stored else "ACCEPTED")
    assert len(by_hand.service.of("hqAcknowledge")) <= 1
