"""Attachments by hash: ours fetched and proven before approval, HQ's own uploaded and served by signature."""

from __future__ import annotations

import hashlib

import pytest

from kbsearch.sandbox.client import SandboxApiError

from .conftest import World
from .second_line import INBOUND, content, text_submission

DATA = "资费表".encode()
SHA = hashlib.sha256(DATA).hexdigest()


def test_ours_is_fetched_before_hq_decides(world: World) -> None:
    world.service.files[SHA] = DATA
    data = text_submission(content(attachments=[SHA]))
    world.service.send("knowledge.publish", data)
    world.service.wait_for("hqApprove")
    kept = world.hq.attachment(SHA)
    assert (kept["size"], kept["source"], kept["mediaType"]) == (len(DATA), "SECOND_LINE", "text/plain; charset=utf-8")
    assert kept["name"] == "资费 表.txt"
    assert world.hq.attachment_bytes(SHA) == DATA
    assert world.service.forged == 0


def test_what_does_not_prove_is_never_kept_and_holds_the_approval_back(by_hand: World) -> None:
    by_hand.service.files[SHA] = b"other bytes"
    data = text_submission(content(attachments=[SHA]))
    by_hand.service.send("knowledge.publish", data)
    with pytest.raises(SandboxApiError, match="附件"):
        by_hand.hq.decide(data["submissionId"], "approve")
    wanted = by_hand.hq.wait(lambda: next((each for each in by_hand.hq.attachments() if each.get("lastError")), None), "取附件失败")
    assert "SHA-256 不符" in wanted["lastError"]
    by_hand.service.files[SHA] = DATA
    by_hand.hq.fetch_attachment(SHA)
    by_hand.hq.wait(lambda: by_hand.hq.attachment(SHA), "附件取到")
    assert by_hand.hq.decide(data["submissionId"], "approve")["state"] == "APPROVED"


def test_hqs_own_is_served_to_our_signature_only(by_hand: World) -> None:
    kept = by_hand.hq.upload_attachment(DATA, "资费表.txt", "text/plain")
    assert kept == {"sha256": SHA, "name": "资费表.txt", "mediaType": "text/plain", "size": len(DATA), "source": "HQ"}
    answer = by_hand.service.fetch(SHA)
    assert (answer.status_code, answer.content) == (200, DATA)
    assert answer.headers["content-disposition"].endswith("filename*=UTF-8''%E8%B5%84%E8%B4%B9%E8%A1%A8.txt")
    assert by_hand.service.fetch(SHA, secret=INBOUND).status_code == 401
    assert by_hand.service.fetch(SHA, host="hq.example").status_code == 200
    assert by_hand.service.fetch("0" * 64).status_code == 404
    draft = by_hand.hq.make_knowledge({"title": "附表", "body": "见附件", "attachments": [SHA]}, "n")
    by_hand.hq.decide_draft(draft["id"], "approve")
    assert by_hand.service.wait_for("hqPushVersion")["content"]["attachments"] == [SHA]


def test_wrong_attachments_are_refused(refusing: World) -> None:
    with pytest.raises(SandboxApiError, match="先上传"):
        refusing.hq.make_knowledge({"title": "附表", "body": "x", "attachments": ["0" * 64]}, "n")
    for given in ({"name": "", "base64": "YQ=="}, {"name": "a", "base64": ""}, {"name": "a", "base64": "*"}, {"name": "a"}):
        with pytest.raises(SandboxApiError) as refused:
            refusing.hq.post("/api/attachments", given)
        assert refused.value.status == 422
    bad = text_submission(content(attachments=["../../etc"]))
    assert refusing.service.send("knowledge.publish", bad).status_code == 422
    with pytest.raises(SandboxApiError, match="没有找到"):
        refusing.hq.attachment_bytes("0" * 64)
