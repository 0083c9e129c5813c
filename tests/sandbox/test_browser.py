"""One real browser: a person approves a submission by clicking, and returns another with reasons."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from .conftest import World
from .second_line import content, text_submission

CHROMIUM = Path("/usr/bin/chromium")
pytestmark = [pytest.mark.browser, pytest.mark.skipif(not CHROMIUM.exists(), reason=f"没有 {CHROMIUM}，浏览器测试需要 Chromium")]


@pytest.fixture
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--no-proxy-server"])
        yield chromium.new_page()
        chromium.close()


def test_a_person_approves_and_returns_by_clicking(by_hand: World, page: Page) -> None:
    approved, returned = text_submission(content("点击通过的知识")), text_submission(content("点击退回的知识"))
    for data in (approved, returned):
        by_hand.service.send("knowledge.publish", data)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(by_hand.ports.hq_url)
    page.get_by_role("link", name="点击通过的知识").click()
    page.get_by_label("四川").first.check()
    page.locator("#approve").click()
    page.get_by_role("heading", name="已通过").wait_for()
    assert by_hand.service.wait_for("hqApprove")["distribution"] == ["SC"]
    page.get_by_role("link", name="申请与审核").click()
    page.get_by_role("link", name="点击退回的知识").click()
    page.get_by_label("内容不全").check()
    page.get_by_label("说明").fill("请补充办理渠道。")
    page.locator("#return").click()
    page.get_by_role("heading", name="已退回").wait_for()
    assert by_hand.service.wait_for("hqReturn")["reasonText"] == "请补充办理渠道。"
    assert complaints == []


def test_a_person_publishes_an_announcement_and_dispatches_a_feedback_by_clicking(by_hand: World, page: Page) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(by_hand.ports.hq_url)
    page.get_by_role("link", name="公告").click()
    page.get_by_label("标题").fill("点击生成的公告")
    page.get_by_label("正文").fill("今晚割接。")
    page.get_by_label("对象单位代码").fill("SECOND_LINE、GD")
    page.get_by_label("须回复").check()
    page.locator("#make").click()
    page.locator("#approve").click()
    page.get_by_role("heading", name="已通过").wait_for()
    told = by_hand.service.wait_for("hqPublishAnnouncement")
    assert (told["content"]["needsReply"], told["content"]["mustRead"]) == (True, False)

    data = text_submission(content())
    by_hand.service.send("knowledge.publish", data)
    by_hand.hq.decide(data["submissionId"], "approve")
    by_hand.province["GD"].wait_knowledge(data["knowledgeId"], "PUBLISHED")
    page.goto(f"{by_hand.ports.province_url('GD')}/feedback")
    page.get_by_label("意见").fill("口径不清楚")
    page.locator("#make").click()
    own = by_hand.province["GD"].feedbacks()[0]
    seen = by_hand.hq.wait_feedback(own["id"], "RECEIVED")
    page.goto(f"{by_hand.ports.hq_url}/feedback")
    page.get_by_role("link", name=seen["id"]).click()
    page.locator("#accept").click()
    page.get_by_label("总部意见").fill("请核对")
    page.locator("#needed").click()
    page.get_by_role("heading", name="已下发二线").wait_for()
    assert by_hand.service.wait_for("hqDispatchFeedback")["opinion"] == "请核对"
    assert complaints == []
