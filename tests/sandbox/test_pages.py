"""The pages by plain form posts, and what keeps strange pages out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from .conftest import World
from .second_line import content, text_submission


@pytest.fixture
def browser(by_hand: World) -> Iterator[httpx.Client]:
    root = by_hand.ports.hq_url
    with httpx.Client(base_url=root, headers={"origin": root}, follow_redirects=True, trust_env=False) as client:
        yield client


@pytest.fixture
def waiting(by_hand: World) -> dict[str, Any]:
    data = text_submission(content("<b>资费</b>", body="第一行\n第二行"))
    by_hand.service.send("knowledge.publish", data)
    return data


def test_list_and_detail_show_escaped_text(browser: httpx.Client, waiting: dict[str, Any]) -> None:
    listed = browser.get("/")
    assert "&lt;b&gt;资费&lt;/b&gt;" in listed.text
    assert "<b>资费" not in listed.text
    assert "default-src 'none'" in listed.headers["content-security-policy"]
    detail = browser.get(f"/submissions/{waiting['submissionId']}").text
    assert "+ 第一行" in detail
    assert "3.1.1.1-4" in detail
    assert "没有已否决的申请" in browser.get("/?state=REJECTED").text


def test_return_own_authors_and_amend_by_forms(by_hand: World, browser: httpx.Client, waiting: dict[str, Any]) -> None:
    root = f"/pages/submissions/{waiting['submissionId']}"
    bare = browser.post(f"{root}/decision", data={"action": "return", "reasonText": "缺原因"})
    assert (bare.status_code, "原因码" in bare.text) == (422, True)
    sent = browser.post(f"{root}/decision", data={"action": "returnToOwnAuthors", "reasonCodes": ["OTHER", "FORMAT"], "reasonText": "改"})
    assert "总部修改中" in sent.text
    edited = {"title": "资费说明", "body": "第一行\r\n改过", "keywords": "资费、 漫游", "regions": "GD", "effectiveFrom": ""}
    assert "待审核" in browser.post(f"{root}/own-edit", data=edited).text
    amended = edited | {"action": "amend", "body": "审定", "distribution": ["SC"]}
    assert "已通过" in browser.post(f"{root}/decision", data=amended).text
    approval = by_hand.service.wait_for("hqApprove")
    assert approval["distribution"] == ["SC"]
    assert approval["content"]["body"] == "审定"
    assert approval["content"]["keywords"] == ["资费", "漫游"]
    assert approval["content"]["regions"] == ["GD"]


def test_knowledge_made_updated_revoked_by_forms(by_hand: World, browser: httpx.Client) -> None:
    made = browser.post("/pages/knowledge", data={"title": "总部新知识", "body": "正文\r\n二", "categoryId": "n-1"})
    case = by_hand.hq.drafts()[0]
    assert case["id"] in str(made.url)
    browser.post(f"/pages/submissions/{case['id']}/decision", data={"action": "approve"})
    assert by_hand.service.wait_for("hqPushVersion")["content"]["body"] == "正文\n二"
    page = f"/knowledge/{case['knowledgeId']}"
    assert "版本 1" in browser.get(page).text
    assert "总部新知识" in browser.get("/knowledge").text
    browser.post(f"/pages{page}/update", data={"title": "总部新知识", "body": "三"})
    browser.post(f"/pages/submissions/{by_hand.hq.drafts('PENDING')[0]['id']}/decision", data={"action": "approve"})
    assert by_hand.service.wait_for("hqPushVersion", count=2)["content"]["body"] == "三"
    browser.post(
        f"/pages{page}/revoke", data={"reason": "NO_LONGER_USEFUL", "reasonText": "过时", "replacementId": "", "effectiveFrom": ""}
    )
    revoke = by_hand.hq.drafts("PENDING")[0]
    assert "撤销到版本 2" in browser.get(f"/submissions/{revoke['id']}").text
    browser.post(f"/pages/submissions/{revoke['id']}/decision", data={"action": "approve"})
    assert by_hand.service.wait_for("hqPushRevocation")["number"] == 2
    assert "hqPushRevocation" in browser.get("/messages").text


def test_withdrawal_and_mode_by_forms(by_hand: World, browser: httpx.Client, waiting: dict[str, Any]) -> None:
    asked = {"submissionId": waiting["submissionId"], "round": 1, "knowledgeId": waiting["knowledgeId"], "reason": "AUTHOR_REQUEST"}
    by_hand.service.send("withdraw.request", asked | {"reasonText": "", "answerExpected": True})
    assert "待答复的撤回申请" in browser.get("/").text
    browser.post(f"/pages/withdrawals/{by_hand.hq.withdrawals()[0]['id']}", data={"granted": "true", "reasonText": "好"})
    assert by_hand.service.wait_for("hqWithdrawResult")["granted"] is True
    assert "审核方式：自动" in browser.post("/pages/mode", data={"mode": "auto"}).text


def test_province_page_reviews_and_searches(by_hand: World, waiting: dict[str, Any]) -> None:
    by_hand.province["GD"].set_mode("manual")
    by_hand.hq.decide(waiting["submissionId"], "approve")
    delivery = by_hand.province["GD"].wait(lambda: by_hand.province["GD"].deliveries("PENDING"), "待审核")[0]
    root = by_hand.ports.province_url("GD")
    with httpx.Client(base_url=root, headers={"origin": root}, follow_redirects=True, trust_env=False) as client:
        assert "第一行" in client.get("/").text
        assert client.post(f"/pages/deliveries/{delivery['id']}/decision", data={"action": "refuse"}).status_code == 422
        assert "没有待审核" in client.post(f"/pages/deliveries/{delivery['id']}/decision", data={"action": "approve"}).text
        assert "&lt;b&gt;资费" in client.get("/", params={"q": "资费"}).text
        assert "没有找到" in client.get("/", params={"q": "没有的词"}).text


@pytest.mark.parametrize(
    "headers",
    [{"origin": "http://evil.example"}, {"origin": "null"}, {"referer": "http://evil.example/x"}, {}, {"host": "evil.example"}],
)
def test_forms_of_other_sites_are_403(refusing: World, headers: dict[str, str]) -> None:
    with httpx.Client(base_url=refusing.ports.hq_url, trust_env=False) as client:
        answer = client.post("/pages/mode", data={"mode": "auto"}, headers=headers)
    assert answer.status_code == 403
    assert refusing.hq.settings()["mode"] == "manual"


def test_api_takes_json_of_no_other_site(refusing: World) -> None:
    with httpx.Client(base_url=refusing.ports.hq_url, trust_env=False) as client:
        plain = client.post("/api/mode", content=b'{"mode": "auto"}', headers={"content-type": "text/plain"})
        foreign = client.post("/api/mode", json={"mode": "auto"}, headers={"origin": "http://evil.example"})
        rubbish = client.post("/api/mode", content=b"{", headers={"content-type": "application/json"})
        wrong = client.post("/api/mode", json={"mode": ["sometimes"]})
        large = client.post("/api/mode", content=b" " * (9 * 1024 * 1024), headers={"content-type": "application/json"})
    assert [answer.status_code for answer in (plain, foreign, rubbish, wrong, large)] == [415, 403, 400, 422, 413]
    assert refusing.hq.settings()["mode"] == "manual"
