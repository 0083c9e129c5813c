"""The whole path by hand through GraphQL only: draft, review, return, headquarters, search; publish, update, revoke."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from kbsearch.content import canonical_hash
from kbsearch.schema.ids import encode_id

from .world import SUBMISSION, SUBMISSION_FIELDS, World


def _outbox(world: World) -> list[str]:
    query = '{ outbox(filter: {destinations: ["hq"]}) { edges { node { kind status } } } }'
    return [edge["node"]["kind"] for edge in world.ask("operator", query)["outbox"]["edges"]]


def _page(world: World, raw: str, selection: str, who: str = "agent") -> Any:
    query = f"query($id: ID!) {{ knowledge(id: $id) {{ {selection} }} }}"
    return world.ask(who, query, id=encode_id("Knowledge", raw))["knowledge"]


def test_publish_with_every_detour(world: World) -> None:
    s = world.draft("both", title="国际漫游日包", body="每日三十元。")
    assert (s["state"], s["round"], s["problems"]) == ("DRAFT", 1, [])
    s = world.do("both", "submitForReview", s)
    refused = world.act(
        "both", "approveSubmission", SUBMISSION, submissionId=s["id"], lockVersion=s["lockVersion"], submissionHash=s["submissionHash"]
    )
    assert [(e["__typename"], e["rule"]) for e in refused["userErrors"]] == [("ValidationError", "FOUR_EYES")]
    assert refused["submission"]["state"] == "PENDING_REVIEW"

    s = world.do("reviewer", "returnSubmission", s, reasonCodes=["CONTENT_ERROR"], reasonText="资费不对")
    returns = world.see(s, "both", "returns { action reasonCodes reasonLabels reasonText by round }")["returns"]
    assert returns == [
        {
            "action": "RETURN",
            "reasonCodes": ["CONTENT_ERROR"],
            "reasonLabels": ["内容有误"],
            "reasonText": "资费不对",
            "by": "姓reviewer",
            "round": 1,
        }
    ]
    seen_hash = s["submissionHash"]
    s = world.do("both", "editSubmission", s, content={"body": "每日二十五元。"}, changeNote="改资费")
    assert world.see(s, "both", "content { title body } changeNote")["content"] == {"title": "国际漫游日包", "body": "每日二十五元。"}
    s = world.do("both", "submitForReview", s)

    stale = world.act(
        "reviewer", "approveSubmission", SUBMISSION, submissionId=s["id"], lockVersion=s["lockVersion"], submissionHash=seen_hash
    )
    [error] = stale["userErrors"]
    assert (error["__typename"], error["code"], error["submissionHash"]) == ("VersionConflictError", "STALE_OBJECT", s["submissionHash"])

    s = world.approve(s)
    assert s["state"] == "APPROVED"
    assert _outbox(world) == []
    payload = world.act(
        "reviewer", "submitToHq", f"submissions {{ {SUBMISSION_FIELDS} }}", submissions=[{"id": s["id"], "lockVersion": s["lockVersion"]}]
    )
    [s] = payload["submissions"]
    assert (payload["userErrors"], s["state"]) == ([], "SUBMITTED")
    assert _outbox(world) == ["knowledge.publish"]
    transport = world.see(s, "both", "transport { kindText status round }")["transport"]
    assert transport == [{"kindText": "知识上传", "status": "PENDING", "round": 1}]

    about = {"submissionId": s["rawId"], "round": 1}
    assert world.hq("hqAcknowledge", **about, hqReference="ZB-1")["result"] == "APPLIED"
    back = world.hq("hqReturn", **about, reasonCodes=["INCOMPLETE"], reasonText="缺办理方式")
    assert back["result"] == "APPLIED"
    s = world.see(s, "both", "hqReference returns { action by }")
    assert (s["state"], s["hqReference"]) == ("HQ_RETURNED", "ZB-1")
    assert s["returns"][-1] == {"action": "HQ_RETURN", "by": "总部"}

    s = world.do("both", "editSubmission", s, content={"body": "每日二十五元。发送 GJMY 办理。"})
    s = world.do("both", "submitForReview", s)
    assert s["round"] == 2
    s = world.approve(s, andSubmit=True)
    assert s["state"] == "SUBMITTED"
    assert world.found("国际漫游") == []
    # Before the acknowledgement, and twice: the same end.
    world.hq_approves(s, distribution=["BJ", "GD"])
    again = world.hq("hqApprove", submissionId=s["rawId"], round=2, submissionHash=s["submissionHash"], distribution=["GD", "BJ"])
    assert again["result"] == "DUPLICATE"

    assert world.found("国际漫游") == ["国际漫游日包"]
    page = _page(
        world, s["knowledgeRawId"], "status statusText currentVersion { number body distribution isCurrent } history { number } badges"
    )
    assert page == {
        "status": "PUBLISHED",
        "statusText": "已发布",
        "currentVersion": {"number": 1, "body": "每日二十五元。发送 GJMY 办理。", "distribution": ["BJ", "GD"], "isCurrent": True},
        "history": [{"number": 1}],
        "badges": [],
    }
    actions = [row["action"] for row in world.see(s, "both", "timeline { action }")["timeline"]]
    assert actions == [
        "CREATE",
        "SUBMIT_FOR_REVIEW",
        "RETURN",
        "EDIT",
        "SUBMIT_FOR_REVIEW",
        "APPROVE",
        "SUBMIT_TO_HQ",
        "HQ_ACKNOWLEDGE",
        "HQ_RETURN",
        "EDIT",
        "SUBMIT_FOR_REVIEW",
        "APPROVE",
        "SUBMIT_TO_HQ",
        "HQ_APPROVE",
    ]


def test_update_replaces_what_search_finds(world: World) -> None:
    raw = world.publish(title="夜间流量包", body="夜间十元。", script="夜间流量包十元。")
    payload = world.act(
        "author",
        "draftUpdate",
        f"submission {{ {SUBMISSION_FIELDS} content {{ title body }} differencesToBase {{ field runs {{ kind text }} }} }}",
        knowledgeId=encode_id("Knowledge", raw),
        content={"title": "夜间畅享包", "body": "夜间八元。"},
    )
    s = payload["submission"]
    assert s["content"] == {"title": "夜间畅享包", "body": "夜间八元。"}
    assert [d["field"] for d in s["differencesToBase"]] == ["title", "body"]
    assert s["differencesToBase"][1]["runs"][1:3] == [{"kind": "REMOVED", "text": "十"}, {"kind": "ADDED", "text": "八"}]
    s = world.submitted(s)
    assert world.found("夜间") == ["夜间流量包"]  # the live version is served untouched
    world.pass_time(timedelta(minutes=1))
    amended = {"title": "夜间畅享包", "body": "夜间七元。", "script": "夜间畅享包七元。", "effectiveTo": None}
    world.hq_approves(s, content=amended, number=5, distribution=["BJ"])
    assert world.found("夜间") == ["夜间畅享包"]
    s = world.see(s, "author", "amendedByHq { field before after } distribution acceptedVersion { number }")
    assert [d["field"] for d in s["amendedByHq"]] == ["script", "body"]
    assert (s["acceptedVersion"]["number"], s["distribution"]) == (5, ["BJ"])
    page = _page(
        world,
        raw,
        "differences(from: 1, to: 5) { field } none: differences(from: 1, to: 4) { field } version(number: 1) { title liveTo }"
        ' old: asOf(at: "2026-11-23T01:00:30Z") { number } currentVersion { script citation { number text } }',
    )
    assert [d["field"] for d in page["differences"]] == ["title", "script", "body"]
    assert page["none"] is None
    assert page["version"] == {"title": "夜间流量包", "liveTo": "2026-11-23T01:01:00+00:00"}
    assert page["old"]["number"] == 1
    assert page["currentVersion"]["script"] == "夜间畅享包七元。"
    assert page["currentVersion"]["citation"]["text"].startswith("《夜间畅享包》知识 ")


def test_revoke_points_to_its_replacement(world: World) -> None:
    kept = world.publish(title="新套餐说明", body="新。")
    raw = world.publish(title="旧套餐说明", body="旧。")
    payload = world.act(
        "author",
        "draftRevoke",
        SUBMISSION,
        knowledgeId=encode_id("Knowledge", raw),
        reason="MERGED",
        reasonText="并入新套餐",
        replacementId=encode_id("Knowledge", kept),
    )
    s = world.see(payload["submission"], "author", "content { title } contentHash title revokeReason replacement { title }")
    assert (s["content"], s["contentHash"], s["title"], s["revokeReason"]) == (None, None, "旧套餐说明", "MERGED")
    assert s["replacement"] == {"title": "新套餐说明"}
    s = world.submitted(payload["submission"])
    world.hq_approves(s)
    assert world.found("套餐说明") == ["新套餐说明"]
    page = _page(world, raw, "status notice revokeReason replacement { rawId } currentVersion { number } shownVersion { body }")
    assert (page["status"], page["revokeReason"], page["currentVersion"]) == ("REVOKED", "MERGED", None)
    assert "请看替代知识" in page["notice"]
    assert page["replacement"]["rawId"] == kept
    assert page["shownVersion"]["body"] == "旧。"


def test_local_revoke_needs_no_headquarters(world: World) -> None:
    raw = world.publish(scope="LOCAL", title="本地停车说明", body="车库在地下。")
    drafted = world.act("author", "draftRevoke", SUBMISSION, knowledgeId=encode_id("Knowledge", raw), reason="NO_LONGER_USEFUL")
    s = world.approve(world.do("author", "submitForReview", drafted["submission"]))
    assert s["state"] == "EFFECTIVE"
    assert world.found("停车") == []
    assert _outbox(world) == []


def test_of_two_reviewers_one_wins(world: World) -> None:
    s = world.do("author", "submitForReview", world.draft())
    world.approve(s)
    late = world.act(
        "reviewer2",
        "returnSubmission",
        SUBMISSION,
        submissionId=s["id"],
        lockVersion=s["lockVersion"],
        reasonCodes=["OTHER"],
        reasonText="再看",
    )
    [error] = late["userErrors"]
    assert (error["__typename"], error["currentState"], error["lockVersion"]) == (
        "VersionConflictError",
        "APPROVED",
        late["submission"]["lockVersion"],
    )
    assert late["submission"]["state"] == "APPROVED"


def test_a_base_that_moves_is_rebased_field_by_field(world: World) -> None:
    raw = world.publish(title="宽带安装", body="三日内上门。", summary="安装")
    mine = world.act("author", "draftUpdate", SUBMISSION, knowledgeId=encode_id("Knowledge", raw), content={"summary": "宽带安装时限"})
    s = world.do("author", "submitForReview", mine["submission"])
    other = {"title": "宽带安装", "body": "两日内上门。", "summary": "安装"}
    content: dict[str, Any] = {
        **other,
        "keywords": [],
        "regions": [],
        "attachments": [],
        "script": "",
        "effectiveFrom": None,
        "effectiveTo": None,
    }
    receipt = world.hq(
        "hqPushVersion",
        knowledgeId=raw,
        number=2,
        categoryId="TARIFF",
        base=1,
        content=other,
        contentHash=canonical_hash(content),
        distribution=["BJ"],
    )
    assert receipt["result"] == "APPLIED", receipt
    s = world.see(s, "author", "baseVersion { number } differencesToCurrent { field }")
    assert (s["state"], s["baseMoved"]) == ("BASE_CONFLICT", True)
    assert sorted(d["field"] for d in s["differencesToCurrent"]) == ["body", "summary"]
    s = world.do("author", "rebaseSubmission", s, content={"body": "两日内上门。"})
    s = world.see(s, "author", "baseVersion { number } content { body summary }")
    assert (s["baseMoved"], s["baseVersion"], s["content"]) == (False, {"number": 2}, {"body": "两日内上门。", "summary": "宽带安装时限"})
    s = world.submitted(s)
    world.hq_approves(s)
    assert _page(world, raw, "currentVersion { number summary }")["currentVersion"] == {"number": 3, "summary": "宽带安装时限"}


def test_withdrawing_what_headquarters_holds(world: World) -> None:
    s = world.submitted(world.draft())
    s = world.do("author", "withdrawSubmission", s, reasonText="不发了")
    assert s["state"] == "WITHDRAW_PENDING"
    assert world.hq("hqWithdrawResult", submissionId=s["rawId"], round=1, granted=True)["result"] == "APPLIED"
    assert world.see(s, "author")["state"] == "WITHDRAWN"


def test_a_batch_goes_to_headquarters_whole_or_not_at_all(world: World) -> None:
    ready = [world.approve(world.do("author", "submitForReview", world.draft(title=f"批次{i}"))) for i in range(2)]
    items = [{"id": s["id"], "lockVersion": s["lockVersion"]} for s in ready]
    bad = [items[0], {"id": items[1]["id"], "lockVersion": 999}]
    refused = world.act("reviewer", "submitToHq", "submissions { state }", submissions=bad)
    assert [(e["__typename"], e["field"]) for e in refused["userErrors"]] == [("VersionConflictError", ["submissions", "1", "lockVersion"])]
    assert [s["state"] for s in refused["submissions"]] == ["APPROVED", "APPROVED"]
    done = world.act("reviewer", "submitToHq", "submissions { state }", submissions=items)
    assert [s["state"] for s in done["submissions"]] == ["SUBMITTED", "SUBMITTED"]
    assert len(_outbox(world)) == 2
