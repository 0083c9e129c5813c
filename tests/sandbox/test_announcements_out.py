"""公告 that go out: ours through HQ to provinces (A4 to A7), returned, amended, corrected, recalled; and a province's to us."""

from __future__ import annotations

from typing import Any

import pytest

from kbsearch.sandbox.client import SandboxApiError

from .conftest import World
from .second_line import announcement, announcement_content, announcement_recall, canonical_hash, content, wait_until


def _numbers(steps: list[dict[str, Any]]) -> list[str]:
    return [step["step"] for step in steps]


def _published(world: World, text: dict[str, Any]) -> dict[str, Any]:
    data = announcement(text)
    assert world.service.send("announcement.publish", data).json() == {"result": "ACCEPTED"}
    world.hq.wait_submission(data["submissionId"], "APPROVED")
    return data


def test_approved_goes_to_the_provinces_it_addresses(world: World) -> None:
    data = _published(world, announcement_content(organisations=("GD", "HQ", "P-MUSIC", "SECOND_LINE")))
    approval = world.service.wait_for("hqApprove")
    assert approval["submissionHash"] == data["submissionHash"]
    assert (approval["number"], approval["distribution"]) == (1, ["GD", "HQ", "P-MUSIC", "SECOND_LINE"])
    page = world.province["GD"].wait_announcement(data["announcementId"], "PUBLISHED", number=1)
    assert page["content"] == data["content"]
    assert page["issuer"]["code"] == "SECOND_LINE"
    assert world.province["SC"].announcement(data["announcementId"]) is None
    assert [name for name, _, _ in world.service.calls] == ["hqAcknowledge", "hqApprove"]
    assert _numbers(world.province["GD"].steps(data["announcementId"])) == ["A8", "A9"]
    held = world.hq.wait(lambda: _with_step(world, data, "已送达 广东"), "A7")
    assert _numbers(held) == ["A4", "A5", "A7", "A7", "A7"]
    assert world.province["GD"].search("割接", "ANNOUNCEMENT")[0]["id"] == data["announcementId"]
    assert world.province["GD"].search("割接") == []
    assert world.hq.announcements()[0]["status"] == "PUBLISHED"
    assert world.hq.all_knowledge() == []


def _with_step(world: World, data: dict[str, Any], detail: str) -> list[dict[str, Any]] | None:
    steps = world.hq.steps(data["announcementId"])
    return steps if any(detail in step["detail"] for step in steps) else None


def test_people_of_an_organisation_are_addressed_through_it(world: World) -> None:
    people = [{"organisation": "SC", "id": "zhang", "name": "张三"}]
    data = _published(world, announcement_content(audience={"organisations": [], "people": people}))
    assert world.service.wait_for("hqApprove")["distribution"] == ["SC"]
    assert world.province["SC"].wait_announcement(data["announcementId"], "PUBLISHED")["content"]["audience"]["people"] == people


def test_returned_by_rule_and_approved_in_round_2(world: World) -> None:
    text = announcement_content("〔退回〕割接")
    data = announcement(text)
    world.service.send("announcement.publish", data)
    assert world.service.wait_for("hqReturn")["reasonCodes"] == ["INCOMPLETE"]
    again = announcement(text | {"body": "补充。"}, submission=data["submissionId"], announcement_id=data["announcementId"], round_=2)
    world.service.send("announcement.publish", again)
    assert world.service.wait_for("hqApprove")["round"] == 2
    world.province["GD"].wait_announcement(data["announcementId"], "PUBLISHED")
    assert _numbers(world.hq.submission(data["submissionId"])["steps"])[:5] == ["A4", "A5", "A6", "A4", "A5"]


def test_returned_to_hqs_own_authors_and_amended(by_hand: World) -> None:
    data = announcement(announcement_content())
    by_hand.service.send("announcement.publish", data)
    by_hand.hq.decide(data["submissionId"], "returnToOwnAuthors", reasonCodes=["FORMAT"], reasonText="补对象")
    wider = {"organisations": ["SC", "GD"], "people": []}
    by_hand.hq.own_edit(data["submissionId"], {"audience": wider, "mustRead": True})
    by_hand.hq.decide(data["submissionId"], "approve")
    approval = by_hand.service.wait_for("hqApprove")
    assert approval["content"]["audience"]["organisations"] == ["GD", "SC"]
    assert approval["contentHash"] == canonical_hash(approval["content"])
    assert by_hand.province["SC"].wait_announcement(data["announcementId"], "PUBLISHED")["content"]["mustRead"] is True


def test_a_correction_reaches_the_old_and_the_new_and_leaves_the_dropped(world: World) -> None:
    first = _published(world, announcement_content(organisations=("GD",)))
    world.province["GD"].wait_announcement(first["announcementId"], "PUBLISHED")
    base = {"number": 1, "contentHash": first["contentHash"]}
    newer = announcement(announcement_content(organisations=("SC",), body="改期"), announcement_id=first["announcementId"], base=base)
    assert world.service.send("announcement.correct", newer).json() == {"result": "ACCEPTED"}
    assert world.service.wait_for("hqApprove", newer["submissionId"])["number"] == 2
    assert world.province["SC"].wait_announcement(first["announcementId"], "PUBLISHED", number=2)["content"]["body"] == "改期"
    lost = world.province["GD"].wait_announcement(first["announcementId"], "RECALLED")
    assert "content" not in lost
    kinds = {each["kind"] for each in world.province["SC"].deliveries()}
    assert kinds == {"announcement.publish"}


def test_a_recall_reaches_the_holders(world: World) -> None:
    data = _published(world, announcement_content())
    world.province["GD"].wait_announcement(data["announcementId"], "PUBLISHED")
    asked = announcement_recall(data["announcementId"], {"number": 1, "contentHash": data["contentHash"]}, reason="PUBLISHED_IN_ERROR")
    assert world.service.send("announcement.recall", asked).json() == {"result": "ACCEPTED"}
    approval = world.service.wait_for("hqApprove", asked["submissionId"])
    assert "number" not in approval
    assert world.province["GD"].wait_announcement(data["announcementId"], "RECALLED")["reason"] == "PUBLISHED_IN_ERROR"
    assert world.hq.announcement(data["announcementId"])["status"] == "RECALLED"
    assert world.service.of("hqRecallAnnouncement") == []


def test_a_province_publishes_only_after_its_own_review(world: World) -> None:
    world.province["GD"].set_mode("manual")
    data = _published(world, announcement_content(needsReply=True))
    waiting = world.province["GD"].wait(lambda: world.province["GD"].deliveries("PENDING"), "待审核")[0]
    assert (waiting["subjectKind"], waiting["knowledgeId"]) == ("ANNOUNCEMENT", None)
    page = world.province["GD"].announcement(data["announcementId"])
    assert page
    assert page["status"] == "PENDING_REVIEW"
    with pytest.raises(SandboxApiError, match="还没有发布"):
        world.province["GD"].make_reply(data["announcementId"], {"body": "好"})
    assert world.province["GD"].decide(waiting["id"], "approve")["state"] == "PUBLISHED"
    assert world.province["GD"].papers() == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"audience": {"organisations": [], "people": []}}, "对象"),
        ({"audience": {"organisations": ["gd"], "people": []}}, "单位代码"),
        ({"audience": {"organisations": ["GD"], "people": [{"organisation": "GD"}]}}, "people"),
    ],
)
def test_wrong_audiences_are_422(refusing: World, changed: dict[str, Any], said: str) -> None:
    answer = refusing.service.send("announcement.publish", announcement(announcement_content(**changed)))
    assert answer.status_code == 422
    assert said in answer.json()["error"]["message"]


def test_what_an_announcement_lacks_is_422(refusing: World) -> None:
    bare = announcement(content())
    assert "audience" in refusing.service.send("announcement.publish", bare).json()["error"]["message"]
    good = announcement(announcement_content())
    forged = good | {"content": good["content"] | {"mustRead": True}}
    assert "contentHash" in refusing.service.send("announcement.publish", forged).json()["error"]["message"]
    assert "base" in refusing.service.send("announcement.correct", good).json()["error"]["message"]
    assert refusing.hq.submissions(subject_kind="ANNOUNCEMENT") == []


def test_a_provinces_announcement_comes_through_hq_to_us(world: World) -> None:
    text = announcement_content("广东突发故障", ("GD", "SECOND_LINE", "SC"), needsReply=True, replyDueAt="2099-01-01T00:00:00+08:00")
    paper = world.province["GD"].make_announcement(text, author="陈公告", urgency="URGENT")
    assert paper["state"] == "SUBMITTED"
    told = world.service.wait_for("hqPublishAnnouncement")
    assert told["issuer"] == {"code": "GD", "name": "广东"}
    assert (told["announcementId"], told["number"], told["urgency"]) == (paper["announcementId"], 1, "URGENT")
    assert told["contentHash"] == canonical_hash(told["content"])
    assert told["content"]["replyDueAt"] == "2098-12-31T16:00:00.000000Z"
    done = world.province["GD"].wait_paper(paper["id"], "ACCEPTED")
    assert (done["number"], done["hqReference"][:5]) == (1, "HQ-20")
    world.province["SC"].wait_announcement(paper["announcementId"], "PUBLISHED")
    own = world.province["GD"].wait_announcement(paper["announcementId"], "PUBLISHED")
    assert own["issuer"]["code"] == "GD"
    assert _numbers(world.province["GD"].steps(paper["announcementId"])) == ["A1", "A2", "A3", "A9"]

    world.province["GD"].correct_announcement(paper["announcementId"], {"body": "已恢复"})
    corrected = world.service.wait_for("hqCorrectAnnouncement")
    assert (corrected["number"], corrected["base"], corrected["content"]["body"]) == (2, 1, "已恢复")
    assert "issuer" not in corrected
    world.province["GD"].wait_announcement(paper["announcementId"], "PUBLISHED", number=2)
    world.province["GD"].recall_announcement(paper["announcementId"], "NO_LONGER_USEFUL", reasonText="过期")
    recalled = world.service.wait_for("hqRecallAnnouncement")
    assert recalled == {"announcementId": paper["announcementId"], "number": 2, "reason": "NO_LONGER_USEFUL", "reasonText": "过期"}
    world.province["GD"].wait_announcement(paper["announcementId"], "RECALLED")
    world.province["SC"].wait_announcement(paper["announcementId"], "RECALLED")
    assert world.service.of("hqApprove") == []


def test_a_provinces_announcement_by_hand_returned_here_and_there(by_hand: World) -> None:
    guangdong = by_hand.province["GD"]
    guangdong.set_mode("manual")
    paper = guangdong.make_announcement(announcement_content("夜间割接", ("SECOND_LINE",)))
    assert paper["state"] == "PENDING_REVIEW"
    with pytest.raises(SandboxApiError, match="理由"):
        guangdong.review_paper(paper["id"], "refuse")
    assert guangdong.review_paper(paper["id"], "refuse", "写明时间")["state"] == "RETURNED"
    assert guangdong.edit_paper(paper["id"], {"body": "23 时起"})["round"] == 1
    guangdong.review_paper(paper["id"], "approve")
    by_hand.hq.wait_submission(paper["id"], "PENDING")
    guangdong.wait_paper(paper["id"], "PENDING_HQ")
    by_hand.hq.decide(paper["id"], "return", reasonCodes=["INCOMPLETE"], reasonText="写明影响范围")
    back = guangdong.wait_paper(paper["id"], "HQ_RETURNED")
    assert (back["reasonCodes"], back["reasonText"]) == (["INCOMPLETE"], "写明影响范围")
    assert guangdong.edit_paper(paper["id"], {"body": "23 时起，影响充值"})["round"] == 2
    guangdong.review_paper(paper["id"], "approve")
    by_hand.hq.wait_submission(paper["id"], "PENDING", round_=2)
    by_hand.hq.decide(paper["id"], "reject", reasonCodes=["OTHER"], reasonText="不必全网告知")
    assert guangdong.wait_paper(paper["id"], "HQ_REJECTED")["reasonText"] == "不必全网告知"
    wanted = ["A1", "A2", "A6", "A2", "A3", "A6", "A6", "A2", "A3"]
    assert _numbers(guangdong.steps(paper["announcementId"])) == wanted
    assert by_hand.service.calls == []


def test_hqs_own_and_another_platforms_announcements_reach_us(world: World) -> None:
    text = announcement_content("总部公告", ("SECOND_LINE", "GD"))
    draft = world.hq.make_announcement(text, urgency="URGENT", material=True)
    told = world.service.wait_for("hqPublishAnnouncement")
    assert (told["issuer"], told["material"]) == ({"code": "HQ", "name": "总部"}, True)
    assert told["contentHash"] == canonical_hash(told["content"])
    world.province["GD"].wait_announcement(draft["announcementId"], "PUBLISHED")
    assert _numbers(world.hq.draft(draft["id"])["steps"])[:2] == ["A1", "A5"]
    other = world.hq.make_announcement(text | {"title": "彩铃割接"}, issuer={"code": "P-MUSIC", "name": "音乐平台"})
    assert other["origin"] == "P-MUSIC"
    assert world.service.wait_for("hqPublishAnnouncement", count=2)["issuer"] == {"code": "P-MUSIC", "name": "音乐平台"}
    world.hq.correct_announcement(draft["announcementId"], {"body": "更正"}, changeNote="改时间")
    corrected = world.service.wait_for("hqCorrectAnnouncement")
    assert (corrected["number"], corrected["base"], corrected["changeNote"]) == (2, 1, "改时间")
    world.hq.recall_announcement(draft["announcementId"], "SERVICE_RETIRED", reasonText="业务下线")
    assert world.service.wait_for("hqRecallAnnouncement")["number"] == 2
    world.province["GD"].wait_announcement(draft["announcementId"], "RECALLED")
    with pytest.raises(SandboxApiError, match="已撤回"):
        world.hq.recall_announcement(draft["announcementId"], "SERVICE_RETIRED")
    with pytest.raises(SandboxApiError, match="issuer"):
        world.hq.make_announcement(text, issuer={"code": "GD"})
    with pytest.raises(SandboxApiError, match="needsReply"):
        world.hq.make_announcement(text | {"replyDueAt": "2099-01-01T00:00:00Z"})


def test_hq_corrects_and_recalls_ours_and_we_are_told(world: World) -> None:
    data = _published(world, announcement_content())
    world.province["GD"].wait_announcement(data["announcementId"], "PUBLISHED")
    world.hq.correct_announcement(data["announcementId"], {"body": "总部更正"})
    assert world.service.wait_for("hqCorrectAnnouncement")["content"]["body"] == "总部更正"
    world.province["GD"].wait_announcement(data["announcementId"], "PUBLISHED", number=2)
    world.hq.recall_announcement(data["announcementId"], "PUBLISHED_IN_ERROR")
    assert world.service.wait_for("hqRecallAnnouncement")["announcementId"] == data["announcementId"]
    assert world.hq.announcement(data["announcementId"])["issuer"]["code"] == "SECOND_LINE"


def test_an_announcement_of_tomorrow_can_be_let_go(by_hand: World) -> None:
    data = announcement(announcement_content(effectiveFrom="2099-01-01T00:00:00.000000Z"))
    by_hand.service.send("announcement.publish", data)
    by_hand.hq.decide(data["submissionId"], "approve")
    by_hand.province["GD"].wait_announcement(data["announcementId"], "SCHEDULED")
    asked = {"submissionId": data["submissionId"], "round": 1, "subjectKind": "ANNOUNCEMENT", "subjectId": data["announcementId"]}
    told = asked | {"reason": "AUTHOR_REQUEST", "reasonText": "", "answerExpected": True}
    assert by_hand.service.send("withdraw.request", told).json() == {"result": "WAITING"}
    waiting = by_hand.hq.withdrawals()[0]
    assert (waiting["subjectKind"], waiting["subjectId"]) == ("ANNOUNCEMENT", data["announcementId"])
    by_hand.hq.answer_withdrawal(waiting["id"], granted=True)
    by_hand.province["GD"].wait(lambda: by_hand.province["GD"].deliveries("TAKEN_BACK"), "收回")
    wait_until(lambda: by_hand.province["GD"].announcement(data["announcementId"]) is None, "公告消失")
    again = by_hand.service.send("result.query", asked | {"state": "PENDING_HQ"}).json()["result"]
    assert again == "ANSWERED：已重发 hqApprove、hqWithdrawResult"


def test_a_province_that_corrects_itself_out_of_the_audience_stops_showing_it(world: World) -> None:
    guangdong = world.province["GD"]
    paper = guangdong.make_announcement(announcement_content("仅省内", ("GD", "SC")))
    guangdong.wait_announcement(paper["announcementId"], "PUBLISHED")
    guangdong.correct_announcement(paper["announcementId"], {"audience": {"organisations": ["SC"]}})
    world.province["SC"].wait_announcement(paper["announcementId"], "PUBLISHED", number=2)
    assert guangdong.wait_announcement(paper["announcementId"], "RECALLED")["reason"] == "OUT_OF_DISTRIBUTION"
