"""A province by hand (steps 8 to 10), its signed door, and its refusals."""

from __future__ import annotations

import json
import time
from typing import Any

import httpx
import pytest

from kbsearch.sandbox.client import ProvinceClient, SandboxApiError

from .conftest import World
from .second_line import OUTBOUND, PROVINCE, content, signature, text_submission


@pytest.fixture
def guangdong(world: World) -> ProvinceClient:
    world.province["GD"].set_mode("manual")
    return world.province["GD"]


def _publish(world: World, text: dict[str, Any]) -> dict[str, Any]:
    data = text_submission(text)
    world.service.send("knowledge.publish", data)
    return data


def test_published_only_after_its_own_review(world: World, guangdong: ProvinceClient) -> None:
    data = _publish(world, content())
    waiting = guangdong.wait(lambda: guangdong.deliveries("PENDING"), "广东待审核")[0]
    assert guangdong.search("漫游") == []
    assert guangdong.knowledge(data["knowledgeId"]) == {
        "id": data["knowledgeId"],
        "number": 1,
        "title": data["content"]["title"],
        "status": "PENDING_REVIEW",
    }
    assert guangdong.decide(waiting["id"], "approve")["state"] == "PUBLISHED"
    assert [hit["id"] for hit in guangdong.search("漫游")] == [data["knowledgeId"]]
    assert [step["step"] for step in guangdong.steps(data["knowledgeId"])] == ["3.1.1.1-8", "3.1.1.1-9", "3.1.1.1-10"]
    with pytest.raises(SandboxApiError, match="不能再审核"):
        guangdong.decide(waiting["id"], "approve")


def test_a_refused_update_leaves_the_old_text(world: World, guangdong: ProvinceClient) -> None:
    data = _publish(world, content())
    guangdong.decide(guangdong.wait(lambda: guangdong.deliveries("PENDING"), "待审核")[0]["id"], "approve")
    base = {"number": 1, "contentHash": data["contentHash"]}
    world.service.send("knowledge.update", text_submission(content(body="新"), knowledge=data["knowledgeId"], base=base))
    waiting = guangdong.wait(lambda: guangdong.deliveries("PENDING"), "待审核")[0]
    with pytest.raises(SandboxApiError, match="理由"):
        guangdong.decide(waiting["id"], "refuse")
    assert guangdong.decide(waiting["id"], "refuse", "与本省资费不符")["reason"] == "与本省资费不符"
    assert [hit["number"] for hit in guangdong.search("漫游")] == [1]


def _two_waiting(province: ProvinceClient) -> list[dict[str, Any]]:
    province.wait(lambda: len(province.deliveries("PENDING")) == 2, "两条待审核")
    return province.deliveries("PENDING")


def test_versions_approved_out_of_order_never_go_back(world: World, guangdong: ProvinceClient) -> None:
    data = _publish(world, content())
    base = {"number": 1, "contentHash": data["contentHash"]}
    world.hq.wait_submission(data["submissionId"], "APPROVED")
    world.service.send("knowledge.update", text_submission(content(body="二"), knowledge=data["knowledgeId"], base=base))
    newer, older = _two_waiting(guangdong)
    guangdong.decide(newer["id"], "approve")
    assert guangdong.decide(older["id"], "approve")["state"] == "OUTDATED"
    assert [hit["number"] for hit in guangdong.search("漫游")] == [2]


def test_a_revocation_ends_what_still_waits(world: World, guangdong: ProvinceClient) -> None:
    draft = world.hq.make_knowledge({"title": "测试停机", "body": "正文"}, "n")
    guangdong.wait(lambda: guangdong.deliveries("PENDING"), "待审核")
    world.hq.make_revocation(draft["knowledgeId"], "PUBLISHED_IN_ERROR")
    newest, _ = _two_waiting(guangdong)
    guangdong.decide(newest["id"], "approve")
    assert guangdong.deliveries("PENDING") == []
    assert guangdong.wait_knowledge(draft["knowledgeId"], "REVOKED")["title"] == "测试停机"


def test_search_knows_blank_and_case(world: World) -> None:
    data = _publish(world, content("VoLTE 高清语音", keywords=["通话质量"]))
    world.province["SC"].wait_knowledge(data["knowledgeId"], "PUBLISHED")
    assert world.province["SC"].search(" ") == []
    assert len(world.province["SC"].search("volte")) == 1
    assert len(world.province["SC"].search("通话质量")) == 1


def _post(world: World, message: Any, secret: str = PROVINCE) -> httpx.Response:
    stamp, body, key = int(time.time()), json.dumps(message).encode(), f"m-{time.monotonic_ns()}"
    headers = {"webhook-id": key, "webhook-timestamp": str(stamp), "webhook-signature": signature(secret, key, stamp, body)}
    return httpx.post(f"{world.ports.province_url('GD')}/inbox", content=body, headers=headers, trust_env=False)


def test_only_hqs_key_opens_the_door(refusing: World) -> None:
    assert _post(refusing, {}, OUTBOUND).status_code == 401
    assert refusing.province["GD"].deliveries() == []


@pytest.mark.parametrize(
    ("kind", "data", "said"),
    [
        ("knowledge.sing", {}, "不认识"),
        ("knowledge.publish", [], "不认识"),
        ("knowledge.publish", {"knowledgeId": "k", "number": 1}, "flow"),
        ("knowledge.publish", {"knowledgeId": "k", "number": 1, "flow": "PUBLISH"}, "contentHash"),
        ("knowledge.update", {"knowledgeId": "k", "number": 1, "flow": "UPDATE", "content": content(), "contentHash": "0"}, "contentHash"),
        ("knowledge.revoke", {"knowledgeId": "k", "number": 1, "flow": "REVOKE"}, "reason"),
    ],
)
def test_wrong_messages_are_422_with_a_reason(refusing: World, kind: str, data: Any, said: str) -> None:
    answer = _post(refusing, {"kind": kind, "data": data})
    assert answer.status_code == 422
    assert said in answer.json()["error"]["message"]
    assert refusing.province["GD"].deliveries() == []


def test_the_same_delivery_twice_is_stored_once(world: World) -> None:
    data = _publish(world, content())
    world.province["SC"].wait_knowledge(data["knowledgeId"], "PUBLISHED")
    sent = next(message for message in world.hq.sent(data["submissionId"]) if message["destination"] == "province:SC")
    stamp, body = int(time.time()), json.dumps(sent["body"], ensure_ascii=False).encode()
    headers = {
        "webhook-id": sent["webhookId"],
        "webhook-timestamp": str(stamp),
        "webhook-signature": signature(PROVINCE, sent["webhookId"], stamp, body),
    }
    answer = httpx.post(f"{world.ports.province_url('SC')}/inbox", content=body, headers=headers, trust_env=False)
    assert answer.json() == {"result": "DUPLICATE"}
    assert len(world.province["SC"].deliveries()) == 1
