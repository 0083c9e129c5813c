"""HQ's reviewer and its own authors by hand: steps 5, 6, 11.1, 11.2, amended content, moved dates."""

from __future__ import annotations

from typing import Any

import pytest

from kbsearch.sandbox.client import SandboxApiError

from .conftest import World
from .second_line import canonical_hash, content, revocation, text_submission


@pytest.fixture
def waiting(by_hand: World) -> dict[str, Any]:
    data = text_submission(content())
    by_hand.service.send("knowledge.publish", data)
    by_hand.hq.wait_receipt(data["submissionId"], "hqAcknowledge")
    return data


def _reasons(text: str = "请核对。") -> dict[str, Any]:
    return {"reasonCodes": ["CONTENT_ERROR", "OTHER"], "reasonText": text}


def test_nothing_is_decided_by_itself_in_manual_mode(by_hand: World, waiting: dict[str, Any]) -> None:
    assert by_hand.hq.submission(waiting["submissionId"])["state"] == "PENDING"
    by_hand.hq.set_mode("auto")
    assert by_hand.service.wait_for("hqApprove")["submissionId"] == waiting["submissionId"]


def test_return_carries_reasons(by_hand: World, waiting: dict[str, Any]) -> None:
    case = by_hand.hq.decide(waiting["submissionId"], "return", **_reasons(), approver="赵总部")
    assert case["state"] == "RETURNED"
    told = by_hand.service.wait_for("hqReturn")
    assert told["reasonCodes"] == ["CONTENT_ERROR", "OTHER"]
    assert told["approver"] == "赵总部"
    with pytest.raises(SandboxApiError, match="不能再审核") as refused:
        by_hand.hq.decide(waiting["submissionId"], "approve")
    assert refused.value.status == 409


def test_returned_to_own_authors_edited_and_approved(by_hand: World, waiting: dict[str, Any]) -> None:
    key = waiting["submissionId"]
    assert by_hand.hq.decide(key, "returnToOwnAuthors", **_reasons())["state"] == "OWN_AUTHORS"
    with pytest.raises(SandboxApiError, match="总部修改中"):
        by_hand.hq.decide(key, "approve")
    edited = by_hand.hq.own_edit(key, {"body": "总部作者改过的正文。", "regions": ["SC", "GD"]})
    assert (edited["state"], edited["attempt"]) == ("PENDING", 2)
    assert "+ 总部作者改过的正文。" in edited["difference"]
    case = by_hand.hq.decide(key, "approve")
    approval = by_hand.service.wait_for("hqApprove")
    assert approval["content"]["body"] == "总部作者改过的正文。"
    assert approval["content"]["title"] == waiting["content"]["title"]
    assert approval["content"]["regions"] == ["GD", "SC"]
    assert approval["contentHash"] == canonical_hash(approval["content"])
    assert approval["submissionHash"] == waiting["submissionHash"]
    assert [step["step"] for step in case["steps"]] == [f"3.1.1.1-{number}" for number in ("4", "5", "6", "11.2", "5", "6")]
    assert by_hand.service.of("hqReturn") == []
    assert by_hand.province["SC"].wait_knowledge(waiting["knowledgeId"], "PUBLISHED")["content"] == approval["content"]


def test_a_revocation_amended_by_own_authors_may_move_its_date(by_hand: World) -> None:
    data = revocation("k1", {"number": 3, "contentHash": "0" * 64})
    by_hand.service.send("knowledge.revoke", data)
    by_hand.hq.decide(data["submissionId"], "returnToOwnAuthors", **_reasons())
    with pytest.raises(SandboxApiError, match="只能修改"):
        by_hand.hq.own_edit(data["submissionId"], {"reason": "MERGED"})
    by_hand.hq.own_edit(data["submissionId"], {"effectiveFrom": "2099-01-01T00:00:00+08:00"})
    by_hand.hq.decide(data["submissionId"], "approve")
    approval = by_hand.service.wait_for("hqApprove")
    assert approval["effectiveFrom"] == "2098-12-31T16:00:00.000000Z"
    assert "content" not in approval


def test_approval_with_amended_content_moved_date_and_chosen_provinces(by_hand: World, waiting: dict[str, Any]) -> None:
    moved = "2099-05-01T00:00:00Z"
    amended = {"script": "总部口径"}
    by_hand.hq.decide(waiting["submissionId"], "approve", amendedContent=amended, effectiveFrom=moved, distribution=["GD"])
    approval = by_hand.service.wait_for("hqApprove")
    assert approval["content"]["script"] == "总部口径"
    assert approval["effectiveFrom"] == "2099-05-01T00:00:00.000000Z"
    assert approval["distribution"] == ["GD"]
    copy = by_hand.province["GD"].wait_knowledge(waiting["knowledgeId"], "SCHEDULED")
    assert "content" not in copy
    assert by_hand.province["GD"].search("漫游") == []


@pytest.mark.parametrize(
    ("action", "fields", "said"),
    [
        ("publish", {}, "action"),
        ("return", {}, "原因码"),
        ("return", {"reasonCodes": ["OTHER"], "reasonText": " "}, "原因码"),
        ("reject", {"reasonCodes": ["NO_SUCH"], "reasonText": "x"}, "reasonCodes"),
        ("approve", {"distribution": ["XX"]}, "distribution"),
        ("reject", {"reasonCodes": [["OTHER"]], "reasonText": "x"}, "reasonCodes"),
        ("approve", {"distribution": [{}]}, "distribution"),
        ("approve", {"effectiveFrom": "明天"}, "时间"),
        ("approve", {"effectiveFrom": "0001-01-01T00:00:00+14:00"}, "时间"),
        ("approve", {"effectiveFrom": "2026-01-01T00:00:00"}, "时区"),
        ("approve", {"amendedContent": {"title": " "}}, "标题"),
        ("approve", {"amendedContent": {"colour": "red"}}, "不认识的字段"),
        ("approve", {"amendedContent": {"regions": ["gd"]}}, "省代码"),
        ("approve", {"amendedContent": {"body": 7}}, "正文"),
    ],
)
def test_bad_decisions_change_nothing(refusing: World, action: str, fields: dict[str, Any], said: str) -> None:
    data = text_submission(content())
    refusing.service.send("knowledge.publish", data)
    with pytest.raises(SandboxApiError, match=said) as refused:
        refusing.hq.decide(data["submissionId"], action, **fields)
    assert refused.value.status == 422
    case = refusing.hq.submission(data["submissionId"])
    assert (case["state"], case["amended"]) == ("PENDING", None)
    assert refusing.service.of("hqApprove", data["submissionId"]) == []


def test_unknown_submission_is_404(refusing: World) -> None:
    with pytest.raises(SandboxApiError) as refused:
        refusing.hq.submission("nowhere")
    assert refused.value.status == 404


def test_a_base_hq_has_moved_past_waits_for_a_person(by_hand: World, waiting: dict[str, Any]) -> None:
    by_hand.hq.decide(waiting["submissionId"], "approve")
    base = {"number": 1, "contentHash": waiting["contentHash"]}
    late = text_submission(content(body="二线的修改"), knowledge=waiting["knowledgeId"], base=base)
    by_hand.service.send("knowledge.update", late)
    draft = by_hand.hq.make_update(waiting["knowledgeId"], {"body": "总部的修改"})
    by_hand.hq.decide_draft(draft["id"], "approve")
    with pytest.raises(SandboxApiError, match="基线"):
        by_hand.hq.decide(late["submissionId"], "approve")
    by_hand.hq.set_mode("auto")
    by_hand.hq.wait_submission(late["submissionId"], "HELD")
    assert by_hand.hq.decide(late["submissionId"], "approve", force=True)["decision"]["number"] == 3


def test_a_newer_round_overtakes_an_undecided_one(by_hand: World, waiting: dict[str, Any]) -> None:
    second = text_submission(content(body="第二轮"), submission=waiting["submissionId"], knowledge=waiting["knowledgeId"], round_=2)
    by_hand.service.send("knowledge.publish", second)
    rounds = by_hand.hq.submission(waiting["submissionId"])["rounds"]
    assert [(case["round"], case["state"]) for case in rounds] == [(1, "OUTDATED"), (2, "PENDING")]
