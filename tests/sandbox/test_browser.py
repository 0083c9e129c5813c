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
