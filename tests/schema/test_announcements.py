"""Each numbered step of announcements and replies, through the doors people and headquarters use."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from kbsearch.content import Content
from kbsearch.schema.ids import encode_id

from . import announcing as a
from .announcing import OURS, content, wire
from .world import SUBMISSION, World

DAY = timedelta(days=1)


def test_a1_to_a9_out_with_a_return_a_correction_and_a_recall(world: World) -> None:
    s = a.draft(world, given=content(mustRead=True, effectiveTo="2026-12-31"), changeNote="首发")  # A1
    assert (s["state"], s["problems"]) == ("DRAFT", [])
    s = world.submitted(s)  # A2, A3
    about = {"submissionId": s["rawId"], "round": 1}
    assert world.hq("hqAcknowledge", **about, hqReference="HQ-1")["result"] == "APPLIED"  # A4
    assert world.hq("hqReturn", **about, reasonCodes=["INCOMPLETE"], reasonText="请写影响范围")["result"] == "APPLIED"  # A5, A6
    s = world.see(s, "author", "returns { reasonLabels reasonText } subjectKind kind")
    assert (s["state"], s["subjectKind"], s["returns"]) == (
        "HQ_RETURNED",
        "ANNOUNCEMENT",
        [{"reasonLabels": ["内容不全"], "reasonText": "请写影响范围"}],
    )
    assert a.page(world, "agent", s["knowledgeRawId"]) is None
    s = world.do("author", "editSubmission", s, content={"body": "今晚割接，影响全省。", "terms": {"needsReply": True}})
    s = world.submitted(s)
    assert s["round"] == 2
    world.hq_approves(s, distribution=["GD", OURS])  # A7, A9 to our own
    raw = s["knowledgeRawId"]
    shown = a.page(world, "agent", raw, "currentVersion { number distribution terms { mustRead needsReply } }")
    assert (shown["status"], shown["statusText"], shown["badges"]) == ("PUBLISHED", "已发布", ["MUST_READ", "NEEDS_REPLY"])
    assert shown["currentVersion"] == {"number": 1, "distribution": ["GD", OURS], "terms": {"mustRead": True, "needsReply": True}}
    assert shown["audience"]["text"] == "广东、二线客服系统"
    assert a.mine(world, "agent") == ["割接公告"]

    world.pass_time(DAY)
    c = a.begin(world, "draftCorrection", raw, content={"body": "改到明晚。"}, material=False, changeNote="改期")
    detail = world.see(c, "author", "kind baseNumber differencesToBase { label before after } announcement { title }")
    assert (detail["kind"], detail["baseNumber"], detail["announcement"]) == ("CORRECT", 1, {"title": "割接公告"})
    assert [d["label"] for d in detail["differencesToBase"]] == ["正文"]
    c = world.submitted(c)
    world.hq_approves(c)
    seen = a.page(world, "agent", raw, "history { number body material changeNote } differences(from: 1, to: 2) { field }")
    assert [(v["number"], v["material"]) for v in seen["history"]] == [(2, False), (1, True)]
    assert seen["differences"] == [{"field": "body"}]

    world.pass_time(DAY)
    r = a.begin(world, "draftRecall", raw, reason="SERVICE_RETIRED", reasonText="割接取消")
    r = world.do("author", "editRevocation", r, reason="NO_LONGER_USEFUL", reasonText="割接取消了")
    r = world.submitted(r)
    world.hq_approves(r)
    over = a.page(world, "agent", raw, "recallReason timeline { actionText actorName }")
    assert (over["status"], over["recallReason"], over["title"]) == ("RECALLED", "NO_LONGER_USEFUL", "割接公告")
    assert "撤回" in over["notice"]
    assert "割接取消了" in over["notice"]
    assert [row["actionText"] for row in over["timeline"]] == ["发布给使用者", "发布给使用者", "撤回生效"]
    assert (a.mine(world, "agent"), a.mine(world, "agent", "ALL")) == ([], ["割接公告"])
    whole = a.page(world, "author", raw, "timeline { actionText } submissions { kind state }")
    assert [(x["kind"], x["state"]) for x in whole["submissions"]] == [(k, "EFFECTIVE") for k in ("RECALL", "CORRECT", "PUBLISH")]
    assert "总部退回" in [row["actionText"] for row in whole["timeline"]]


def test_a_note_to_named_people_stays_here(world: World) -> None:
    note = content({"people": [{"organisation": OURS, "id": "agent"}]})
    s = world.see(a.draft(world, given=note), "author", "scope content { terms { audience { people { personId name } } } }")
    assert (s["scope"], s["content"]["terms"]["audience"]["people"]) == ("LOCAL", [{"personId": "agent", "name": "姓agent"}])
    s = world.approve(world.do("author", "submitForReview", s))
    assert s["state"] == "EFFECTIVE"
    assert (a.mine(world, "agent"), a.mine(world, "author2")) == (["割接公告"], [])
    wrong = world.act("author", "draftAnnouncement", SUBMISSION, content=content({"organisations": ["NOWHERE"]}))
    assert [(e["rule"], e["field"]) for e in wrong["userErrors"]] == [("BAD_CONTENT", ["content", "audience"])]
    missing = a.draft(world, given=content({"people": [{"organisation": OURS, "id": "nobody"}]}))
    assert missing["problems"] == ["没有这些工号或已不在岗：nobody"]


def test_an_urgent_one_is_marked_until_headquarters_decides(world: World) -> None:
    s = world.do("author", "submitForReview", a.draft(world, urgency="URGENT"))
    assert a.mine(world, "agent") == []
    s = world.approve(s)
    shown = a.page(world, "agent", s["knowledgeRawId"], "badgeTexts currentVersion { number } citation { text }")
    assert (shown["badgeTexts"], shown["body"]) == (["紧急", "待总部审核"], "今晚割接，暂停办理。")
    assert (shown["currentVersion"], shown["citation"], shown["status"]) == (None, None, "UNPUBLISHED")
    assert a.mine(world, "agent") == ["割接公告"]
    s = world.do("author", "withdrawSubmission", s)
    assert (s["state"], a.page(world, "agent", s["knowledgeRawId"]), a.mine(world, "agent")) == ("WITHDRAWN", None, [])


def test_a_correction_whose_base_moved_is_rebased(world: World) -> None:
    raw = a.publish(world)
    c = world.submitted(a.begin(world, "draftCorrection", raw, content={"body": "我们改的。"}))
    pushed = world.hq("hqCorrectAnnouncement", announcementId=raw, number=2, base=1, **wire(body="总部改的。"))
    assert pushed["result"] == "APPLIED"
    c = world.see(c, "author")
    assert (c["state"], c["baseMoved"]) == ("BASE_CONFLICT", True)
    c = world.do("author", "rebaseSubmission", c, content={"summary": "合并后"})
    c = world.submitted(c)
    assert c["round"] == 2
    world.hq_approves(c)
    assert a.page(world, "agent", raw)["body"] == "我们改的。"


def test_a8_a9_in_with_correction_expiry_and_recall(world: World) -> None:
    receipts = [
        a.from_hq(world, "HA1", content_of={"effectiveTo": "2026-11-30T00:00:00.000000Z"}, issuer={"code": "GD", "name": "广东公司"}),
        a.from_hq(world, "HA1", content_of={"effectiveTo": "2026-11-30T00:00:00.000000Z"}, issuer={"code": "GD", "name": "广东公司"}),
        world.hq("hqCorrectAnnouncement", announcementId="HA2", number=2, base=1, **wire(body="先到的更正。")),
        a.from_hq(world, "HA2"),
        world.hq("hqRecallAnnouncement", announcementId="HA3", number=1, reason="PUBLISHED_IN_ERROR"),
        a.from_hq(world, "HA3"),
        world.hq("hqPublishAnnouncement", announcementId="HA4", number=1, issuer={"code": "HQ"}, **{**wire(), "contentHash": "0" * 64}),
    ]
    assert [r["result"] for r in receipts] == ["APPLIED", "DUPLICATE", "DEFERRED", "APPLIED", "APPLIED", "APPLIED", "REJECTED"]
    shown = a.page(world, "agent", "HA1", "owner scope releasedAt")
    assert (shown["issuer"], shown["status"], shown["owner"]) == ({"code": "GD", "name": "广东公司"}, "PUBLISHED", "HQ")
    assert shown["badges"] == ["EXPIRING_SOON"]
    assert a.page(world, "agent", "HA2")["body"] == "先到的更正。"
    gone = a.page(world, "reviewer", "HA3")
    assert (gone["status"], gone["textHidden"], gone["body"], gone["title"]) == ("RECALLED", True, "", "割接公告")
    assert a.page(world, "reviewer", "HA4") is None
    assert (world.found("割接"), len(a.mine(world, "agent"))) == (["割接公告"] * 2, 2)
    world.pass_time(8 * DAY)
    assert a.page(world, "agent", "HA1")["status"] == "EXPIRED"
    assert len(a.mine(world, "agent")) == 1


def test_by_setting_a_reviewer_sets_local_audience_and_must_read_first(world: World) -> None:
    world.store = world.system.store = replace(world.store, announcement_review=True)
    a.from_hq(world, "HA1")
    assert a.page(world, "agent", "HA1") is None
    listed = world.ask("reviewer", "{ receivedAnnouncements(statuses: [RECEIVED]) { edges { node { id lockVersion allowedActions } } } }")
    [edge] = listed["receivedAnnouncements"]["edges"]
    assert edge["node"]["allowedActions"] == ["RELEASE"]
    given = {"announcementId": edge["node"]["id"], "lockVersion": edge["node"]["lockVersion"]}
    wide = world.act("reviewer", "releaseAnnouncement", "announcement { status }", **given, audience={"organisations": ["GD"]})
    assert ([e["rule"] for e in wide["userErrors"]], wide["announcement"]) == (["BAD_AUDIENCE"], {"status": "RECEIVED"})
    done = world.act(
        "reviewer",
        "releaseAnnouncement",
        "announcement { status mustRead localAudience { text } }",
        **given,
        audience={"people": [{"organisation": OURS, "id": "agent"}]},
        mustRead=True,
    )
    assert done["announcement"] == {"status": "PUBLISHED", "mustRead": True, "localAudience": {"text": "姓agent（二线客服系统）"}}
    stale = world.act("reviewer2", "releaseAnnouncement", "announcement { status }", **given)
    assert [e["__typename"] for e in stale["userErrors"]] == ["VersionConflictError"]
    assert (a.mine(world, "agent", "MUST_READ"), a.page(world, "author", "HA1")) == (["割接公告"], None)
    assert [e["code"] for e in world.act("agent", "releaseAnnouncement", "announcement { id }", **given)["userErrors"]] == [
        "PERMISSION_DENIED"
    ]


def test_r1_to_r7_with_a_return_and_a_late_reply(world: World) -> None:
    due = (world.now + DAY).isoformat().replace("+00:00", ".000000Z")
    a.from_hq(world, "HA1", content_of={"needsReply": True, "replyDueAt": due})
    s = a.begin(world, "draftReply", "HA1", content={"body": "收到。"})  # R1
    s = world.submitted(s)  # R2, R3
    about = {"submissionId": s["rawId"], "round": 1}
    assert world.hq("hqAcknowledge", **about, hqReference="HQ-7")["result"] == "APPLIED"  # R4
    assert a.mine(world, "author2", "TO_REPLY") == []
    assert world.hq("hqReturn", **about, reasonCodes=["OTHER"], reasonText="写明联系人")["result"] == "APPLIED"  # R5, R6
    world.pass_time(2 * DAY)
    assert a.mine(world, "author2", "TO_REPLY") == ["割接公告"]
    assert a.page(world, "author", "HA1", "replySubmissions { state }")["replySubmissions"] == [{"state": "HQ_RETURNED"}]
    s = world.submitted(world.do("author", "editSubmission", world.see(s, "author"), content={"body": "联系人张三。"}))
    world.hq_approves(s)  # R7
    s = world.see(
        s, "author", "title subjectKind acceptedNumber announcement { title } reply { ours late title body organisation { code } }"
    )
    assert (s["state"], s["subjectKind"], s["acceptedNumber"], s["announcement"]) == ("EFFECTIVE", "REPLY", 1, {"title": "割接公告"})
    kept = {"ours": True, "late": True, "title": "回复：割接公告", "body": "联系人张三。", "organisation": {"code": OURS}}
    assert s["reply"] == kept
    assert a.page(world, "reviewer", "HA1", "replies { late } toReply")["replies"] == [{"late": True}]
    assert a.page(world, "agent", "HA1", "replies { late }")["replies"] == []
    notices = world.ask("reviewer", "{ reviewQueue(filter: {states: [EFFECTIVE], subjectKinds: [REPLY]}) { edges { node { title } } } }")
    assert [e["node"]["title"] for e in notices["reviewQueue"]["edges"]] == ["回复：割接公告"]


def test_a_recall_supersedes_the_replies_under_way(world: World) -> None:
    a.from_hq(world, "HA1", content_of={"needsReply": True})
    s = world.submitted(a.begin(world, "draftReply", "HA1", content={"body": "收到。"}))
    world.hq("hqRecallAnnouncement", announcementId="HA1", number=1, reason="SERVICE_RETIRED")
    assert world.see(s, "author")["state"] == "SUPERSEDED"
    again = world.act("author", "draftReply", SUBMISSION, announcementId=encode_id("Announcement", "HA1"), content={"body": "再"})
    assert [(e["rule"], e["field"]) for e in again["userErrors"]] == [("RECALLED", ["announcementId"])]


def test_replies_to_ours_reach_the_author_and_reviewers(world: World) -> None:
    raw = a.publish(world, content(needsReply=True))
    text = Content(title="回复", body="广东已知悉。")
    reply = {"content": text.document(), "contentHash": text.hash}
    given: dict[str, Any] = {
        "replyId": "R1",
        "announcementId": raw,
        "organisation": {"code": "GD", "name": "广东公司"},
        "author": "张三",
        **reply,
    }
    assert [world.hq("hqDeliverReply", **given)["result"] for _ in range(2)] == ["APPLIED", "DUPLICATE"]
    assert world.hq("hqDeliverReply", **{**given, "replyId": "R2", "contentHash": "0" * 64})["result"] == "REJECTED"
    assert world.hq("hqDeliverReply", **{**given, "replyId": "R3", "announcementId": "nowhere"})["result"] == "DEFERRED"
    expected = [{"organisation": {"name": "广东公司"}, "authorName": "张三", "body": "广东已知悉。", "late": False}]
    selection = "replies { organisation { name } authorName body late }"
    assert [a.page(world, who, raw, selection)["replies"] for who in ("author", "reviewer", "agent", "author2")] == [
        expected,
        expected,
        [],
        [],
    ]
    node = "query($id: ID!) { node(id: $id) { ... on AnnouncementReply { body announcement { title } } } }"
    opaque = encode_id("AnnouncementReply", "R1")
    assert world.ask("author", node, id=opaque)["node"] == {"body": "广东已知悉。", "announcement": {"title": "割接公告"}}
    assert world.ask("author2", node, id=opaque)["node"] is None


def test_the_same_webhook_again_and_quarantine(world: World) -> None:
    given: dict[str, Any] = {"announcementId": "HA1", "number": 1, "issuer": {"code": "HQ"}, **wire()}
    assert [world.hq("hqPublishAnnouncement", "wh-1", **given)["result"] for _ in range(2)] == ["APPLIED", "APPLIED"]
    assert world.hq("hqPublishAnnouncement", "wh-1", **{**given, **wire(body="另一")})["result"] == "QUARANTINED"
    assert world.hq("hqPublishAnnouncement", **{**given, **wire(body="另一")})["result"] == "DUPLICATE"
    assert world.hq("hqPublishAnnouncement", **{**given, **wire(body="又一")})["result"] == "QUARANTINED"
    s = world.submitted(a.draft(world))
    receipt = world.hq("hqApprove", submissionId=s["rawId"], round=1, submissionHash="0" * 64)
    assert receipt["result"] == "QUARANTINED"
    held = world.ask("reviewer", '{ inbox(filter: {kinds: ["hqApprove"]}) { edges { node { id lockVersion } } } }')["inbox"]["edges"][0][
        "node"
    ]
    done = world.act("reviewer", "applyQuarantined", "inboxMessage { status }", inboxId=held["id"], lockVersion=held["lockVersion"])
    assert (done["userErrors"], done["inboxMessage"]) == ([], {"status": "APPLIED"})
    assert (world.see(s)["state"], a.page(world, "agent", s["knowledgeRawId"])["status"]) == ("SUPERSEDED", "PUBLISHED")


def test_search_finds_both_kinds_and_filters_them(world: World) -> None:
    world.publish(title="割接知识", body="割接的办理口径。")
    raw = a.publish(world)
    query = """query($q: String!, $k: [SearchKind!]) { search(query: $q, filter: {kinds: $k}) { totalCount
      facets { kind { value count } category { value } }
      edges { node { kind title knowledge { title } announcement { rawId } version { number } announcementVersion { number }
        snippet { text } citation { knowledgeId announcementId text } } } } }"""
    both = world.ask("agent", query, q="割接")["search"]
    assert (both["totalCount"], both["facets"]["kind"]) == (
        2,
        [{"value": "ANNOUNCEMENT", "count": 1}, {"value": "KNOWLEDGE", "count": 1}],
    )
    assert len(both["facets"]["category"]) == 1
    [hit] = [e["node"] for e in world.ask("agent", query, q="割接", k=["ANNOUNCEMENT"])["search"]["edges"]]
    assert (hit["kind"], hit["title"], hit["knowledge"], hit["version"]) == ("ANNOUNCEMENT", "割接公告", None, None)
    assert (hit["announcement"], hit["announcementVersion"]) == ({"rawId": raw}, {"number": 1})
    assert (hit["citation"]["knowledgeId"], hit["citation"]["announcementId"]) == (None, encode_id("Announcement", raw))
    assert "今晚割接" in hit["snippet"]["text"]
    suggested = world.ask("agent", '{ suggest(text: "割接") { title kind knowledgeId announcementId } }')["suggest"]
    assert {s["title"]: s["kind"] for s in suggested} == {"割接公告": "ANNOUNCEMENT", "割接知识": "KNOWLEDGE"}
    clicked = world.act("agent", "recordClick", "recorded", searchId="S1", knowledgeId=encode_id("Announcement", raw), position=1)
    assert clicked["recorded"] is True


@pytest.mark.parametrize("who", ["author", "reviewer"])
def test_issued_ones_with_their_status_and_paging(world: World, who: str) -> None:
    for number in range(3):
        a.publish(world, content(title=f"公告{number}"))
        world.now += timedelta(minutes=1)
    a.from_hq(world, "HA1")
    query = """query($after: String) { issuedAnnouncements(statuses: [PUBLISHED], first: 2, after: $after) {
      pageInfo { hasNextPage endCursor } edges { node { title statusText } } } }"""
    first = world.ask(who, query)["issuedAnnouncements"]
    assert ([e["node"]["title"] for e in first["edges"]], first["pageInfo"]["hasNextPage"]) == (["公告2", "公告1"], True)
    rest = world.ask(who, query, after=first["pageInfo"]["endCursor"])["issuedAnnouncements"]
    assert ([e["node"]["title"] for e in rest["edges"]], rest["pageInfo"]["hasNextPage"]) == (["公告0"], False)
    assert world.ask("author2", query)["issuedAnnouncements"]["edges"] == []


def test_my_work_filters_by_kind(world: World) -> None:
    a.draft(world)
    world.draft(title="知识一条")
    query = "query($k: [SubjectKind!]) { myWork(subjectKinds: $k) { edges { node { title subjectKind knowledge { title } } } } }"
    titles = [e["node"]["title"] for e in world.ask("author", query, k=["ANNOUNCEMENT"])["myWork"]["edges"]]
    assert (titles, len(world.ask("author", query)["myWork"]["edges"])) == (["割接公告"], 2)
