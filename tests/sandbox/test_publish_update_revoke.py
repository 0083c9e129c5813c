"""Steps 4 to 11 of the three flows as the automatic reviewer walks them."""

from __future__ import annotations

from typing import Any

import pytest

from kbsearch.sandbox.client import SandboxApiError

from .conftest import World
from .second_line import canonical_hash, content, revocation, text_submission


def _publish(world: World, text: dict[str, Any]) -> dict[str, Any]:
    data = text_submission(text)
    assert world.service.send("knowledge.publish", data).status_code == 200
    world.hq.wait_submission(data["submissionId"], "APPROVED")
    return data


def _base(data: dict[str, Any], number: int) -> dict[str, Any]:
    return {"number": number, "contentHash": data["contentHash"]}


def _steps(steps: list[dict[str, Any]]) -> set[str]:
    return {step["step"] for step in steps}


def test_publish_walks_steps_4_to_10(world: World) -> None:
    data = _publish(world, content())
    approval = world.service.wait_for("hqApprove")
    names = [name for name, _, _ in world.service.calls]
    assert names == ["hqAcknowledge", "hqApprove"]
    acknowledged = world.service.of("hqAcknowledge")[0]
    assert acknowledged == {"submissionId": data["submissionId"], "round": 1, "hqReference": acknowledged["hqReference"]}
    assert acknowledged["hqReference"].startswith("HQ-20")
    assert approval["submissionHash"] == data["submissionHash"]
    assert approval["number"] == 1
    assert approval["distribution"] == ["GD", "SC"]
    assert "content" not in approval
    for province in world.province.values():
        copy = province.wait_knowledge(data["knowledgeId"], "PUBLISHED", number=1)
        assert copy["contentHash"] == data["contentHash"]
        assert [hit["id"] for hit in province.search("漫游资费")] == [data["knowledgeId"]]
        assert province.search("宽带") == []
        assert _steps(province.steps(data["knowledgeId"])) == {"3.1.1.1-8", "3.1.1.1-9", "3.1.1.1-10"}
    held = world.hq.wait(lambda: _with_step(world, data, "3.1.1.1-7"), "步骤 7")
    assert _steps(held["steps"]) == {"3.1.1.1-4", "3.1.1.1-5", "3.1.1.1-6", "3.1.1.1-7"}
    assert world.hq.wait_receipt(data["submissionId"], "hqApprove")["receipt"]["result"] == "APPLIED"


def _with_step(world: World, data: dict[str, Any], step: str) -> dict[str, Any] | None:
    seen = world.hq.submission(data["submissionId"])
    return seen if step in _steps(seen["steps"]) else None


def test_regions_choose_the_provinces(world: World) -> None:
    data = _publish(world, content(regions=["SC", "BJ"]))
    assert world.service.wait_for("hqApprove")["distribution"] == ["SC"]
    world.province["SC"].wait_knowledge(data["knowledgeId"], "PUBLISHED")
    assert world.province["GD"].knowledge(data["knowledgeId"]) is None
    assert world.province["GD"].deliveries() == []


def test_update_takes_the_text_from_a_dropped_province(world: World) -> None:
    first = _publish(world, content())
    for province in world.province.values():
        province.wait_knowledge(first["knowledgeId"], "PUBLISHED")
    newer = content(body="新的漫游办法。", regions=["GD"])
    update = text_submission(newer, knowledge=first["knowledgeId"], base=_base(first, 1))
    assert world.service.send("knowledge.update", update).json() == {"result": "ACCEPTED"}
    assert world.service.wait_for("hqApprove", update["submissionId"])["number"] == 2
    assert world.province["GD"].wait_knowledge(first["knowledgeId"], "PUBLISHED", number=2)["content"]["body"] == "新的漫游办法。"
    lost = world.province["SC"].wait_knowledge(first["knowledgeId"], "REVOKED")
    assert lost["reason"] == "OUT_OF_DISTRIBUTION"
    assert "content" not in lost
    assert world.province["SC"].search("漫游") == []
    assert "按方向计" not in str(world.province["SC"].deliveries())
    assert [hit["number"] for hit in world.province["GD"].search("漫游")] == [2]
    assert world.hq.knowledge(first["knowledgeId"])["distribution"] == ["GD"]
    assert "3.1.1.2-10" in _steps(world.province["GD"].steps(first["knowledgeId"]))


def test_a_province_dropped_and_taken_back_shows_the_newest(world: World) -> None:
    first = _publish(world, content())
    second = text_submission(content(body="二", regions=["GD"]), knowledge=first["knowledgeId"], base=_base(first, 1))
    world.service.send("knowledge.update", second)
    world.province["SC"].wait_knowledge(first["knowledgeId"], "REVOKED")
    third = text_submission(content(body="三"), knowledge=first["knowledgeId"], base=_base(second, 2))
    world.service.send("knowledge.update", third)
    assert world.province["SC"].wait_knowledge(first["knowledgeId"], "PUBLISHED", number=3)["content"]["body"] == "三"


def test_revoke_reaches_the_holders_only(world: World) -> None:
    data = _publish(world, content(regions=["GD"]))
    world.province["GD"].wait_knowledge(data["knowledgeId"], "PUBLISHED")
    asked = revocation(data["knowledgeId"], _base(data, 1))
    assert world.service.send("knowledge.revoke", asked).status_code == 200
    approval = world.service.wait_for("hqApprove", asked["submissionId"])
    assert approval["distribution"] == ["GD"]
    assert approval["submissionHash"] == asked["submissionHash"]
    assert "number" not in approval
    gone = world.province["GD"].wait_knowledge(data["knowledgeId"], "REVOKED")
    assert gone["reason"] == "SERVICE_RETIRED"
    assert world.province["GD"].search("漫游") == []
    assert world.province["SC"].knowledge(data["knowledgeId"]) is None
    assert world.hq.knowledge(data["knowledgeId"])["status"] == "REVOKED"
    assert {"3.1.1.3-8", "3.1.1.3-9", "3.1.1.3-10"} <= _steps(world.province["GD"].steps(data["knowledgeId"]))


def test_stock_hq_never_saw_is_numbered_after_its_base(world: World) -> None:
    data = text_submission(content(), base={"number": 4, "contentHash": "0" * 64})
    world.service.send("knowledge.update", data)
    assert world.service.wait_for("hqApprove")["number"] == 5


def test_return_in_round_1_and_approval_in_round_2(world: World) -> None:
    data = text_submission(content("〔退回〕宽带安装"))
    world.service.send("knowledge.publish", data)
    returned = world.service.wait_for("hqReturn")
    assert returned["reasonCodes"] == ["INCOMPLETE"]
    assert returned["reasonText"]
    again = text_submission(
        content("〔退回〕宽带安装", body="补充。"), submission=data["submissionId"], knowledge=data["knowledgeId"], round_=2
    )
    world.service.send("knowledge.publish", again)
    approval = world.service.wait_for("hqApprove")
    assert (approval["round"], approval["number"]) == (2, 1)
    assert approval["hqReference"] == returned["hqReference"]
    assert [case["state"] for case in world.hq.submission(data["submissionId"])["rounds"]] == ["RETURNED", "APPROVED"]


def test_reject_by_rule_tells_no_province(world: World) -> None:
    data = text_submission(content("〔否决〕本地活动"))
    world.service.send("knowledge.publish", data)
    assert world.service.wait_for("hqReject")["reasonCodes"] == ["NOT_NATIONWIDE"]
    world.hq.wait_receipt(data["submissionId"], "hqReject")
    assert all(province.deliveries() == [] for province in world.province.values())


def test_amended_by_rule_goes_out_as_hqs_text(world: World) -> None:
    data = text_submission(content("〔改写〕停机保号"))
    world.service.send("knowledge.publish", data)
    approval = world.service.wait_for("hqApprove")
    assert approval["content"]["summary"] != data["content"]["summary"]
    assert approval["contentHash"] == canonical_hash(approval["content"]) != data["contentHash"]
    assert approval["submissionHash"] == data["submissionHash"]
    copy = world.province["GD"].wait_knowledge(data["knowledgeId"], "PUBLISHED")
    assert copy["content"] == approval["content"]


def test_held_case_waits_for_a_person_even_in_auto_mode(world: World) -> None:
    data = text_submission(content("〔人工〕携号转网"))
    world.service.send("knowledge.publish", data)
    world.hq.wait_submission(data["submissionId"], "HELD")
    assert world.service.of("hqApprove") == []
    world.hq.decide(data["submissionId"], "approve", distribution=["SC"])
    assert world.service.wait_for("hqApprove")["distribution"] == ["SC"]


def test_rules_are_data(world: World) -> None:
    world.hq.set_rules([{"match": "李", "of": "author", "action": "return", "reasonCodes": ["FORMAT"], "text": "按模板写。"}])
    world.service.send("knowledge.publish", text_submission(content()))
    assert world.service.wait_for("hqReturn")["reasonText"] == "按模板写。"


def test_a_rule_finds_a_revocation_by_its_reason(world: World) -> None:
    data = _publish(world, content())
    world.service.send("knowledge.revoke", revocation(data["knowledgeId"], _base(data, 1), reasonText="〔退回〕写错了"))
    assert world.service.wait_for("hqReturn")["round"] == 1
    assert world.province["GD"].wait_knowledge(data["knowledgeId"], "PUBLISHED")["number"] == 1


def test_a_rule_that_cannot_be_carried_out_waits_for_a_person(world: World) -> None:
    world.hq.set_rules([{"match": "", "action": "approve", "distribution": ["XX"]}])
    data = text_submission(content())
    world.service.send("knowledge.publish", data)
    assert "distribution" in world.hq.wait_submission(data["submissionId"], "HELD")["note"]


@pytest.mark.parametrize(
    "rules",
    [
        {},
        [1],
        [{"match": "x"}],
        [{"match": "x", "action": "sing"}],
        [{"match": "x", "action": ["hold"]}],
        [{"match": "x", "action": "hold", "colour": 1}],
        [{"match": "x", "action": "return", "reasonCodes": ["NO_SUCH"]}],
        [{"match": "x", "action": "return", "reasonCodes": "OTHER"}],
        [{"match": "x", "action": "hold", "delaySeconds": "soon"}],
        [{"match": "x", "action": "hold", "text": 7}],
        [{"match": "x", "action": "approve", "effectiveFrom": "soon"}],
    ],
)
def test_bad_rules_leave_the_old_ones(refusing: World, rules: Any) -> None:
    before = refusing.hq.settings()["rules"]
    with pytest.raises(SandboxApiError) as refused:
        refusing.hq.set_rules(rules)
    assert refused.value.status == 422
    assert refusing.hq.settings()["rules"] == before


def test_an_update_of_tomorrow_leaves_todays_text(world: World) -> None:
    first = _publish(world, content())
    world.province["GD"].wait_knowledge(first["knowledgeId"], "PUBLISHED")
    text = content(body="明年的办法。", effectiveFrom="2099-01-01T00:00:00.000000Z")
    world.service.send("knowledge.update", text_submission(text, knowledge=first["knowledgeId"], base=_base(first, 1)))
    world.province["GD"].wait(lambda: len(world.province["GD"].deliveries("PUBLISHED")) == 2, "两次发布")
    now = world.province["GD"].knowledge(first["knowledgeId"])
    assert now is not None
    assert (now["status"], now["number"]) == ("PUBLISHED", 1)
    assert world.province["GD"].search("明年的办法") == []
