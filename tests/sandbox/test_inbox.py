"""HQ's door: signatures, time, idempotence, hashes, formats."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from .conftest import Started, World
from .second_line import INBOUND, OUTBOUND, content, revocation, signature, text_submission


def test_same_message_twice_acts_once(world: World) -> None:
    data = text_submission(content())
    assert world.service.send("knowledge.publish", data, message_id="m1", sequence=1).json() == {"result": "ACCEPTED"}
    assert world.service.send("knowledge.publish", data, message_id="m1", sequence=1).json() == {"result": "DUPLICATE"}
    assert world.service.send("knowledge.publish", data, message_id="m2").json() == {"result": "DUPLICATE"}
    world.hq.wait_receipt(data["submissionId"], "hqApprove")
    assert len(world.service.of("hqAcknowledge")) == 1
    assert len(world.service.of("hqApprove")) == 1
    assert {row["webhookId"]: row["deliveries"] for row in world.hq.received()} == {"m1": 2, "m2": 1}


def test_same_id_with_another_body_is_refused(world: World) -> None:
    world.service.send("knowledge.publish", text_submission(content()), message_id="m1")
    answer = world.service.send("knowledge.publish", text_submission(content("别的")), message_id="m1")
    assert answer.status_code == 422
    assert "webhook-id" in answer.json()["error"]["message"]
    assert len(world.hq.submissions()) == 1


def test_same_round_with_another_text_is_refused(world: World) -> None:
    data = text_submission(content())
    world.service.send("knowledge.publish", data)
    other = text_submission(content("换了"), submission=data["submissionId"], knowledge=data["knowledgeId"])
    assert world.service.send("knowledge.publish", other).status_code == 422


def _received_ids(world: World) -> list[str]:
    return [row["webhookId"] for row in world.hq.received()]


@pytest.mark.parametrize("seconds_ago", [400, -400])
def test_stale_and_early_timestamps_are_401_and_leave_nothing(refusing: World, seconds_ago: int) -> None:
    answer = refusing.service.send("knowledge.publish", text_submission(content()), message_id="late", seconds_ago=seconds_ago)
    assert answer.status_code == 401
    assert "late" not in _received_ids(refusing)
    assert refusing.hq.submissions() == []


def test_wrong_key_is_401(refusing: World) -> None:
    assert refusing.service.send("knowledge.publish", text_submission(content()), message_id="forged", secret=INBOUND).status_code == 401
    assert "forged" not in _received_ids(refusing)


@pytest.mark.parametrize("signed", ["", "v1", "v1,###", "v1,a,b", "v2,AAAA", "v1,AAAA", "v1,\xff"])
def test_malformed_signatures_are_401(refusing: World, signed: str) -> None:
    answer = refusing.service.post(b"{}", "m1", int(time.time()), signed)
    assert answer.status_code == 401


def test_altered_body_is_401_and_a_second_signature_may_match(refusing: World) -> None:
    body, stamp = b'{"a": 1}', int(time.time())
    good = signature(OUTBOUND, "m1", stamp, body)
    assert refusing.service.post(b'{"a": 2}', "m1", stamp, good).status_code == 401
    assert refusing.service.post(b"\xff\xfe", "m1", stamp, good).status_code == 401
    old_key = signature(INBOUND, "m1", stamp, body)
    assert refusing.service.post(body, "m1", stamp, f"{old_key} {good}").status_code == 422


@pytest.mark.parametrize("body", [b"", b"[1]", b"not json", b'{"kind": "\\ud800"}', b"[" * 100_000])
def test_signed_rubbish_is_400(refusing: World, body: bytes) -> None:
    stamp = int(time.time())
    answer = refusing.service.post(body, "m1", stamp, signature(OUTBOUND, "m1", stamp, body))
    assert answer.status_code == 400
    assert answer.json()["error"]["message"]


def _without(name: str) -> dict[str, Any]:
    data = text_submission(content())
    del data[name]
    return data


@pytest.mark.parametrize(
    ("kind", "data", "envelope", "said"),
    [
        ("knowledge.publish", text_submission(content()) | {"contentHash": "0" * 64}, {}, "contentHash"),
        ("knowledge.publish", text_submission(content()) | {"categoryId": "moved"}, {}, "submissionHash"),
        ("knowledge.revoke", revocation("k", {"number": 1}) | {"reason": "MERGED"}, {}, "submissionHash"),
        ("knowledge.update", text_submission(content()), {}, "base"),
        ("knowledge.publish", _without("content"), {}, "content"),
        ("knowledge.publish", _without("submissionId"), {}, "submissionId"),
        ("knowledge.digest", {"knowledgeId": "k"}, {}, "不认识的消息种类"),
        ("knowledge.publish", text_submission(content()), {"schema": "kbsearch.hq/2"}, "schema"),
        ("knowledge.publish", text_submission(content()), {"id": "other"}, "webhook-id"),
        ("knowledge.publish", text_submission(content()), {"issuedAt": "2026-11-23"}, "issuedAt"),
        ("withdraw.request", {"submissionId": "s"}, {}, "data"),
        ("withdraw.request", {"submissionId": {}, "reason": 7}, {}, "submissionId、reason"),
        ("result.query", {"submissionId": "s", "round": 2**70}, {}, "round"),
        ("knowledge.publish", text_submission(content()) | {"author": "李"}, {}, "data"),
        ("knowledge.publish", text_submission(content()) | {"content": content(regions=[1, "GD"])}, {}, "data"),
    ],
)
def test_wrong_messages_are_422_with_a_reason(
    refusing: World, kind: str, data: dict[str, Any], envelope: dict[str, Any], said: str
) -> None:
    answer = refusing.service.send(kind, data, **envelope)
    assert answer.status_code == 422
    assert said in answer.json()["error"]["message"]
    assert refusing.hq.submissions() == []
    assert refusing.hq.received()[0]["outcome"] == "REFUSED"


def test_schemas_of_the_folder_are_applied(start: Started, tmp_path: Path) -> None:
    folder = tmp_path / "schemas"
    folder.mkdir()
    whole = {"properties": {"kind": {"const": "knowledge.publish"}, "data": {"required": ["colour"]}}}
    (folder / "a.schema.json").write_text(json.dumps(whole), encoding="utf-8")
    data_only = {"properties": {"state": {"enum": ["SUBMITTED"]}}, "required": ["state"]}
    (folder / "result.query.schema.json").write_text(json.dumps(data_only), encoding="utf-8")
    with start(schemas_dir=folder) as world:
        answer = world.service.send("knowledge.publish", text_submission(content()))
        assert answer.status_code == 422
        assert "colour" in answer.json()["error"]["message"]
        query = {"submissionId": "s", "round": 1, "knowledgeId": "k", "state": "NOWHERE"}
        assert world.service.send("result.query", query).status_code == 422
        assert world.service.send("result.query", query | {"state": "SUBMITTED"}).json()["result"].startswith("UNKNOWN_SUBMISSION")


def test_result_query_repeats_the_decision_under_a_new_id(world: World) -> None:
    data = text_submission(content())
    world.service.send("knowledge.publish", data)
    world.hq.wait_receipt(data["submissionId"], "hqApprove")
    query = {"submissionId": data["submissionId"], "round": 1, "knowledgeId": data["knowledgeId"], "state": "SUBMITTED"}
    assert "hqApprove" in world.service.send("result.query", query).json()["result"]
    world.service.wait_for("hqApprove", count=2)
    first, second = [call for call in world.service.calls if call[0] == "hqApprove"]
    assert first[1] == second[1]
    assert first[2] != second[2]
    assert len(world.service.of("hqAcknowledge")) == 1


def test_result_query_before_a_decision_repeats_the_acknowledgement(by_hand: World) -> None:
    data = text_submission(content())
    by_hand.service.send("knowledge.publish", data)
    by_hand.hq.wait_receipt(data["submissionId"], "hqAcknowledge")
    query = {"submissionId": data["submissionId"], "round": 1, "knowledgeId": data["knowledgeId"], "state": "SUBMITTED"}
    by_hand.service.send("result.query", query)
    by_hand.service.wait_for("hqAcknowledge", count=2)


def test_suspension_is_noted(world: World) -> None:
    data = text_submission(content())
    world.service.send("knowledge.publish", data)
    world.hq.wait_submission(data["submissionId"], "APPROVED")
    notice = {"knowledgeId": data["knowledgeId"], "suspended": True, "reasonText": "口径有误", "until": None}
    world.service.send("suspension.notice", notice)
    assert world.hq.knowledge(data["knowledgeId"])["suspension"]["reasonText"] == "口径有误"
    world.service.send("suspension.notice", notice | {"suspended": False})
    assert world.hq.knowledge(data["knowledgeId"])["suspension"] is None
