"""The pages of announcements, replies, feedback, taxonomy, sync and attachments by plain form posts, at HQ and in a province."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import httpx
import pytest

from .conftest import World
from .second_line import announcement, announcement_content, text_submission
from .second_line import content as text


@dataclass
class Browsers:
    """A person at HQ and one in Guangdong, both led by hand."""

    hq: httpx.Client
    province: httpx.Client


@pytest.fixture
def browsers(by_hand: World) -> Iterator[Browsers]:
    by_hand.province["GD"].set_mode("manual")
    with ExitStack() as opened:
        roots = (by_hand.ports.hq_url, by_hand.ports.province_url("GD"))
        clients = [httpx.Client(base_url=root, headers={"origin": root}, follow_redirects=True, trust_env=False) for root in roots]
        yield Browsers(*(opened.enter_context(client) for client in clients))


ANNOUNCEMENT = {"title": "割接通知", "body": "第一行\r\n第二行", "organisations": "SECOND_LINE、GD", "needsReply": "1"}


def test_hq_makes_corrects_and_recalls_by_forms(by_hand: World, browsers: Browsers) -> None:
    people = "GD zhang 张三\r\nSECOND_LINE li 李四"
    made = browsers.hq.post("/pages/announcements", data=ANNOUNCEMENT | {"people": people, "urgency": "URGENT"})
    assert "待审核" in made.text
    assert "张三（GD）" in made.text
    case = by_hand.hq.drafts("PENDING")[0]
    browsers.hq.post(f"/pages/submissions/{case['id']}/decision", data={"action": "approve"})
    told = by_hand.service.wait_for("hqPublishAnnouncement")
    assert told["content"]["body"] == "第一行\n第二行"
    assert told["content"]["audience"]["people"][1] == {"organisation": "SECOND_LINE", "id": "li", "name": "李四"}
    assert (told["content"]["needsReply"], told["content"]["mustRead"], told["urgency"]) == (True, False, "URGENT")
    page = f"/announcements/{case['announcementId']}"
    assert "割接通知" in browsers.hq.get("/announcements").text
    assert "公告更正" in browsers.hq.get(page).text
    browsers.hq.post(f"/pages{page}/correct", data=ANNOUNCEMENT | {"body": "改", "people": "", "material": "1", "changeNote": "改时间"})
    browsers.hq.post(f"/pages/submissions/{by_hand.hq.drafts('PENDING')[0]['id']}/decision", data={"action": "approve"})
    corrected = by_hand.service.wait_for("hqCorrectAnnouncement")
    assert (corrected["material"], corrected["changeNote"]) == (True, "改时间")
    browsers.hq.post(f"/pages{page}/recall", data={"reason": "PUBLISHED_IN_ERROR", "reasonText": "发错"})
    browsers.hq.post(f"/pages/submissions/{by_hand.hq.drafts('PENDING')[0]['id']}/decision", data={"action": "approve"})
    assert by_hand.service.wait_for("hqRecallAnnouncement")["reasonText"] == "发错"
    assert "撤回到版本 2：发布错误 发错" in browsers.hq.get(page).text
    wrong = browsers.hq.post("/pages/announcements", data=ANNOUNCEMENT | {"people": "张三"})
    assert (wrong.status_code, "每行一人" in wrong.text) == (422, True)


def test_ours_is_amended_at_hq_shown_and_replied_to_by_a_province(by_hand: World, browsers: Browsers) -> None:
    data = announcement(announcement_content("请核对<b>资费</b>", ("GD",), needsReply=True))
    by_hand.service.send("announcement.publish", data)
    amended = ANNOUNCEMENT | {"action": "amend", "title": "请核对资费", "body": "审定", "organisations": "GD", "people": ""}
    assert "已通过" in browsers.hq.post(f"/pages/submissions/{data['submissionId']}/decision", data=amended).text
    waiting = by_hand.province["GD"].wait(lambda: by_hand.province["GD"].deliveries("PENDING"), "待发布")[0]
    assert "审定" in browsers.province.get("/announcements").text
    shown = browsers.province.post(f"/pages/deliveries/{waiting['id']}/decision", data={"action": "approve"})
    assert "没有待发布的公告" in shown.text
    page = f"/announcements/{data['announcementId']}"
    paper = browsers.province.post(f"/pages{page}/reply", data={"body": "已核对", "author": "周"})
    assert "待本省审核" in paper.text
    key = by_hand.province["GD"].papers()[0]["id"]
    assert "已提交总部" in browsers.province.post(f"/pages/papers/{key}/decision", data={"action": "approve"}).text
    by_hand.hq.wait_submission(key, "PENDING")
    assert "退回…" in browsers.hq.get("/replies").text
    back = {"action": "return", "reasonCodes": ["INCOMPLETE"], "reasonText": "写明日期"}
    browsers.hq.post(f"/pages/submissions/{key}/decision", data=back)
    by_hand.province["GD"].wait_paper(key, "HQ_RETURNED")
    assert "写明日期" in browsers.province.get(f"/papers/{key}").text
    edited = browsers.province.post(f"/pages/papers/{key}/edit", data={"title": "回复", "body": "11 月 23 日已核对"})
    assert "第 2 轮" in edited.text
    browsers.province.post(f"/pages/papers/{key}/decision", data={"action": "approve"})
    by_hand.hq.wait_submission(key, "PENDING", round_=2)
    browsers.hq.post(f"/pages/submissions/{key}/decision", data={"action": "approve"})
    assert by_hand.service.wait_for("hqDeliverReply")["content"]["body"] == "11 月 23 日已核对"
    assert "11 月 23 日已核对" in browsers.hq.get(page).text
    assert "11 月 23 日已核对" in browsers.hq.get("/replies").text


def test_a_province_makes_corrects_and_recalls_by_forms(by_hand: World, browsers: Browsers) -> None:
    made = browsers.province.post("/pages/announcements", data=ANNOUNCEMENT | {"people": "", "author": "陈"})
    assert "待本省审核" in made.text
    paper = by_hand.province["GD"].papers()[0]
    bare = browsers.province.post(f"/pages/papers/{paper['id']}/decision", data={"action": "refuse"})
    assert (bare.status_code, "理由" in bare.text) == (422, True)
    page = f"/announcements/{paper['announcementId']}"
    for path, form in (("", {}), ("/correct", ANNOUNCEMENT | {"body": "改"}), ("/recall", {"reason": "NO_LONGER_USEFUL"})):
        if path:
            browsers.province.post(f"/pages{page}{path}", data=form)
        key = by_hand.province["GD"].papers("PENDING_REVIEW")[0]["id"]
        browsers.province.post(f"/pages/papers/{key}/decision", data={"action": "approve"})
        by_hand.hq.wait_submission(key, "PENDING")
        browsers.hq.post(f"/pages/submissions/{key}/decision", data={"action": "approve"})
        by_hand.province["GD"].wait_paper(key, "ACCEPTED")
    assert by_hand.service.wait_for("hqRecallAnnouncement")["number"] == 2
    assert "已撤回" in browsers.province.get(page).text
    assert "A9" in browsers.province.get(page).text
    assert "割接通知" in browsers.province.get("/announcements").text


def test_feedback_by_forms(by_hand: World, browsers: Browsers) -> None:
    data = text_submission(text())
    by_hand.service.send("knowledge.publish", data)
    by_hand.hq.decide(data["submissionId"], "approve")
    waiting = by_hand.province["GD"].wait(lambda: by_hand.province["GD"].deliveries("PENDING"), "待审核")[0]
    browsers.province.post(f"/pages/deliveries/{waiting['id']}/decision", data={"action": "approve"})
    assert "漫游资费" in browsers.province.get("/feedback").text
    given = {"knowledgeId": data["knowledgeId"], "text": "资费不一致", "reporter": "林"}
    assert "待本省审核" in browsers.province.post("/pages/feedback", data=given).text
    own = by_hand.province["GD"].feedbacks()[0]["id"]
    browsers.province.post(f"/pages/feedback/{own}/decision", data={"action": "approve"})
    seen = by_hand.hq.wait_feedback(own, "RECEIVED")
    page = f"/pages/feedback/{seen['id']}"
    assert "资费不一致" in browsers.hq.get("/feedback", params={"state": "RECEIVED"}).text
    assert "待判断是否更新" in browsers.hq.post(f"{page}/decision", data={"action": "accept", "text": "有理"}).text
    order = {"updateNeeded": "true", "opinion": "请核对", "dueAt": "", "urgency": "URGENT"}
    assert "已下发二线" in browsers.hq.post(f"{page}/judge", data=order).text
    told = by_hand.service.wait_for("hqDispatchFeedback")
    assert (told["opinion"], told["urgency"], told["dispatch"]) == ("请核对", "URGENT", 1)
    browsers.hq.post(f"{page}/dispatch", data={"opinion": "", "dueAt": "", "urgency": "NORMAL"})
    assert by_hand.service.wait_for("hqDispatchFeedback", count=2)["opinion"] == "请核对"
    answer = {"feedbackId": seen["id"], "dispatch": 2, "resolution": "NO_CHANGE", "resolutionText": "口径无误", "knowledgeId": "k"}
    by_hand.service.send("feedback.result", answer)
    assert "无需修改 口径无误" in browsers.hq.get(f"/feedback/{seen['id']}").text
    by_hand.province["GD"].wait_feedback(own, "RESOLVED")
    assert "无需修改 口径无误" in browsers.province.get("/feedback").text


def test_the_tree_by_forms(by_hand: World, browsers: Browsers) -> None:
    by_hand.hq.push_taxonomy([{"id": "r", "parentId": None, "name": "全网知识"}, {"id": "a", "parentId": "r", "name": "资费"}])
    edit = "/pages/taxonomy/edit"
    browsers.hq.post(edit, data={"action": "add", "name": "宽带", "parentId": "r"})
    draft = by_hand.hq.taxonomy_draft()
    assert draft
    fresh = draft["nodes"][2]["id"]
    browsers.hq.post(edit, data={"action": "rename", "id": "a", "name": "资费标准"})
    browsers.hq.post(edit, data={"action": "move", "id": fresh, "parentId": ""})
    assert "未下发的修改：增加 宽带" in browsers.hq.post(edit, data={"action": "merge", "id": "a", "into": fresh}).text
    assert "没有未下发的修改" in browsers.hq.post("/pages/taxonomy/push").text
    pushed = by_hand.service.wait_for("hqPushTaxonomy", count=2)
    assert pushed["merges"] == [{"from": "a", "into": fresh}]
    assert {node["id"]: node["parentId"] for node in pushed["nodes"]} == {"r": None, fresh: None}
    assert "撤回到第 1 版" in browsers.hq.post("/pages/taxonomy/undo", data={"treeVersion": "1", "refile": "1"}).text
    browsers.hq.post(edit, data={"action": "retire", "id": "a"})
    assert "没有未下发的修改" in browsers.hq.post("/pages/taxonomy/drop").text
    assert "还有下级" in browsers.hq.post(edit, data={"action": "retire", "id": "r"}).text


def test_sync_and_attachments_by_forms(by_hand: World, browsers: Browsers) -> None:
    by_hand.hq.hold_stock([{"knowledgeId": "k1", "categoryId": "c/1", "content": text()}])
    before = by_hand.hq.digests()
    assert "c/1" in browsers.hq.get("/sync").text
    browsers.hq.post("/pages/sync/inject", data={"action": "number", "knowledgeId": "k1", "number": "4", "categoryId": ""})
    assert by_hand.hq.digests() != before
    assert "k1" in browsers.hq.get("/sync", params={"categoryId": "c/1"}).text
    wrong = browsers.hq.post("/pages/sync/inject", data={"action": "number", "knowledgeId": "k1", "number": "four"})
    assert (wrong.status_code, "正整数" in wrong.text) == (422, True)
    by_hand.service.send("version.digest", {"runId": "run-7", "categories": []})
    assert "run-7" in browsers.hq.get("/sync").text
    added = browsers.hq.post("/pages/attachments", files={"file": ("资费.txt", b"abc", "text/plain")})
    assert "资费.txt" in added.text
    assert browsers.hq.post("/pages/attachments", data={"file": "no"}).status_code == 422
    kept = by_hand.hq.attachments()[0]["sha256"]
    draft = {"title": "带附件", "body": "正文", "categoryId": "c1", "attachments": kept}
    assert "待审核" in browsers.hq.post("/pages/knowledge", data=draft).text
