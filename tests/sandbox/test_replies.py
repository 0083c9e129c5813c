"""公告回复: ours to HQ's and provinces' announcements (R4 to R7), theirs to ours, HQ's own."""

from __future__ import annotations

from typing import Any

import pytest

from kbsearch.sandbox.client import SandboxApiError

from .conftest import World
from .second_line import announcement, announcement_content, canonical_hash, content, reply, wait_until


def _asking(world: World, *organisations: str) -> str:
    """An announcement of HQ's that asks these for a reply."""
    case = world.hq.make_announcement(announcement_content("请核对资费", organisations, needsReply=True))
    if world.hq.settings()["mode"] == "manual":
        world.hq.decide_draft(case["id"], "approve")
    world.service.wait_for("hqPublishAnnouncement")
    return str(case["announcementId"])


def _numbers(steps: list[dict[str, Any]]) -> list[str]:
    return [step["step"] for step in steps]


def test_ours_is_returned_and_accepted(world: World) -> None:
    asked = _asking(world, "SECOND_LINE")
    data = reply(asked, content("〔退回〕回复：请核对资费"), late=True)
    assert world.service.send("reply.submit", data).json() == {"result": "ACCEPTED"}
    assert world.service.wait_for("hqReturn")["submissionId"] == data["submissionId"]
    again = reply(asked, content("〔退回〕回复", body="已核对"), submission=data["submissionId"], round_=2, replyId=data["replyId"])
    world.service.send("reply.submit", again)
    approval = world.service.wait_for("hqApprove")
    assert (approval["round"], approval["submissionHash"]) == (2, again["submissionHash"])
    (kept,) = world.hq.replies(asked)
    assert (kept["id"], kept["issuer"]["code"], kept["content"]["body"]) == (data["replyId"], "SECOND_LINE", "已核对")
    assert _numbers(world.hq.steps(data["replyId"])) == ["R4", "R5", "R6", "R4", "R5", "R7"]
    assert world.hq.announcement(asked)["replies"] == [kept]


def test_ours_to_a_provinces_announcement_reaches_it(world: World) -> None:
    paper = world.province["GD"].make_announcement(announcement_content("广东故障", ("SECOND_LINE",), needsReply=True))
    told = world.service.wait_for("hqPublishAnnouncement")
    assert told["issuer"]["code"] == "GD"
    data = reply(told["announcementId"], content("回复", body="收到"))
    world.service.send("reply.submit", data)
    (kept,) = world.province["GD"].wait(lambda: world.province["GD"].replies(paper["announcementId"]), "广东收到回复")
    assert (kept["replyId"], kept["organisation"]["code"], kept["content"]["body"]) == (data["replyId"], "SECOND_LINE", "收到")
    page = world.province["GD"].announcement(paper["announcementId"])
    assert page
    assert (page["status"], len(page["replies"])) == ("OWN", 1)


def test_provinces_reply_to_ours_by_hand_and_are_delivered(by_hand: World) -> None:
    sichuan = by_hand.province["SC"]
    sichuan.set_mode("manual")
    data = announcement(announcement_content("请报进度", ("SC",), needsReply=True, replyDueAt="2020-01-01T00:00:00.000000Z"))
    by_hand.service.send("announcement.publish", data)
    by_hand.hq.decide(data["submissionId"], "approve")
    waiting = sichuan.wait(lambda: sichuan.deliveries("PENDING"), "待发布")[0]
    sichuan.decide(waiting["id"], "approve")
    paper = sichuan.make_reply(data["announcementId"], {"body": "已完成 80%"}, author="周回复")
    assert (paper["state"], paper["title"]) == ("PENDING_REVIEW", "回复：请报进度")
    sichuan.review_paper(paper["id"], "approve")
    by_hand.hq.wait_submission(paper["id"], "PENDING")
    by_hand.hq.decide(paper["id"], "return", reasonCodes=["INCOMPLETE"], reasonText="写明完成时间")
    sichuan.wait_paper(paper["id"], "HQ_RETURNED")
    sichuan.edit_paper(paper["id"], {"body": "已完成 80%，月底全部完成"})
    sichuan.review_paper(paper["id"], "approve")
    by_hand.hq.wait_submission(paper["id"], "PENDING", round_=2)
    assert by_hand.service.of("hqDeliverReply") == []
    by_hand.hq.decide(paper["id"], "approve")
    told = by_hand.service.wait_for("hqDeliverReply")
    assert (told["replyId"], told["announcementId"]) == (paper["replyId"], data["announcementId"])
    assert told["organisation"] == {"code": "SC", "name": "四川"}
    assert (told["author"], told["late"]) == ("周回复", True)
    assert told["contentHash"] == canonical_hash(told["content"])
    sichuan.wait_paper(paper["id"], "ACCEPTED")
    assert _numbers(sichuan.steps(paper["replyId"])) == ["R1", "R2", "R3", "R6", "R6", "R2", "R3", "R7"]
    wait_until(lambda: "R7" in _numbers(by_hand.hq.steps(paper["replyId"])), "R7")


def test_an_automatic_province_replies_once_by_itself(world: World) -> None:
    data = announcement(announcement_content("请回复", ("GD", "SC"), needsReply=True))
    world.service.send("announcement.publish", data)
    world.service.wait_for("hqDeliverReply", count=2)
    assert {each["organisation"]["code"] for each in world.service.of("hqDeliverReply")} == {"GD", "SC"}
    base = {"number": 1, "contentHash": data["contentHash"]}
    newer = announcement(data["content"] | {"body": "改"}, announcement_id=data["announcementId"], base=base)
    world.service.send("announcement.correct", newer)
    for province in world.province.values():
        province.wait_announcement(data["announcementId"], "PUBLISHED", number=2)
        assert len(province.papers()) == 1


def test_hq_and_another_platform_reply_to_ours(by_hand: World) -> None:
    data = announcement(announcement_content("请总部回复", ("HQ", "P-MUSIC"), needsReply=True))
    by_hand.service.send("announcement.publish", data)
    by_hand.hq.decide(data["submissionId"], "approve")
    draft = by_hand.hq.make_reply(data["announcementId"], {"body": "总部同意"})
    by_hand.hq.decide_draft(draft["id"], "approve")
    assert by_hand.service.wait_for("hqDeliverReply")["organisation"] == {"code": "HQ", "name": "总部"}
    other = by_hand.hq.make_reply(data["announcementId"], {"body": "平台收到"}, issuer={"code": "P-MUSIC", "name": "音乐平台"})
    by_hand.hq.decide(other["id"], "approve")
    assert by_hand.service.wait_for("hqDeliverReply", count=2)["organisation"]["name"] == "音乐平台"


def test_replies_nobody_asked_for_are_refused(world: World) -> None:
    case = world.hq.make_announcement(announcement_content("只供阅读", ("GD", "SECOND_LINE")))
    world.province["GD"].wait_announcement(case["announcementId"], "PUBLISHED")
    with pytest.raises(SandboxApiError, match="没有要求回复"):
        world.province["GD"].make_reply(case["announcementId"], {"body": "好"})
    with pytest.raises(SandboxApiError, match="没有要求回复"):
        world.hq.make_reply(case["announcementId"], {"body": "好"})
    with pytest.raises(SandboxApiError, match="没有找到"):
        world.province["GD"].make_reply("nowhere", {"body": "好"})
    bare = reply("", content())
    assert "announcementId" in world.service.send("reply.submit", bare).json()["error"]["message"]
