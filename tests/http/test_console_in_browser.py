"""The query console in a real Chromium, cut off from every other host: it loads, signs in, runs a query and shows the answer."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright
from starlette.applications import Starlette

from kbsearch.http.console.pages import Console, ConsoleExample
from kbsearch.http.health import Readiness
from kbsearch.http.routes import create_routes
from tests.http.http_door import Context, GraphQLEndpoint, make_schema, served
from tests.http.stream_door import make_stream_schema, stream_door, wait_for

pytestmark = pytest.mark.browser

EXAMPLES = [
    ConsoleExample("打招呼", "query Greet($name: String!) {\n  hello(name: $name)\n}", {"name": "口径"}),
    ConsoleExample("我是谁", "query WhoAmI {\n  whoami\n}"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no Chromium on this machine (apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def address() -> Iterator[str]:
    console = Console(EXAMPLES)
    endpoint = GraphQLEndpoint(make_schema(), Context(lambda _: None).open, console=console.page, threads=2)
    routes = create_routes(endpoint, readiness=Readiness([]), console=console)
    with served(Starlette(routes=routes)) as url:
        yield url
    endpoint.close()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """A page that reaches our server only; complaints of the page and requests to elsewhere fail the test."""
    complaints: list[str] = []
    page = browser.new_page(viewport={"width": 1280, "height": 800})

    def gate(route: Route) -> None:
        if route.request.url.startswith((address, "data:", "blob:")):
            route.continue_()
        else:
            complaints.append(f"asked for {route.request.url}")
            route.abort()

    page.route("**/*", gate)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if "Content Security Policy" in message.text else None)
    yield page
    page.close()
    assert complaints == []


def shoot(page: Page, name: str) -> None:
    folder = os.environ.get("KBSEARCH_TEST_SCREENSHOTS")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png")


def test_runs_an_example_and_shows_the_answer(page: Page, address: str) -> None:
    page.goto(f"{address}/graphql")
    page.get_by_role("button", name="打招呼").click()
    expect(page.locator(".graphiql-query-editor")).to_contain_text("query Greet")
    page.locator(".graphiql-execute-button").click()
    expect(page.locator(".graphiql-response")).to_contain_text("你好，口径")
    shoot(page, "console-answer")


def test_token_from_the_address_is_kept_for_the_tab_only(page: Page, address: str) -> None:
    page.goto(f"{address}/graphql#token=wrong")
    expect(page).to_have_url(f"{address}/graphql")
    assert page.evaluate("sessionStorage.getItem('kbsearch.console.token')") == "wrong"
    assert page.evaluate("localStorage.length") == 0
    expect(page.locator("#status")).to_have_text("令牌无效或已过期：请重新填写")
    page.get_by_label("访问令牌").fill("good")
    page.get_by_role("button", name="使用").click()
    page.get_by_role("button", name="我是谁").click()
    expect(page.locator(".graphiql-query-editor")).to_contain_text("WhoAmI")
    page.locator(".graphiql-execute-button").click()
    expect(page.locator(".graphiql-response")).to_contain_text("zhang.san")
    expect(page.locator("#status")).to_have_text("已使用令牌")
    page.get_by_role("button", name="清除", exact=True).click()
    expect(page.locator("#status")).to_have_text("未登录：请填写访问令牌")
    assert page.evaluate("sessionStorage.getItem('kbsearch.console.token')") is None


def test_documentation_is_read_by_introspection(page: Page, address: str) -> None:
    page.goto(f"{address}/graphql")
    page.get_by_role("button", name="Show Documentation Explorer").click()
    expect(page.locator(".graphiql-doc-explorer")).to_contain_text("Mutation")
    page.locator(".graphiql-doc-explorer a", has_text="Query").click()
    expect(page.locator(".graphiql-doc-explorer")).to_contain_text("whoami")
    page.get_by_role("button", name="Open settings dialog").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    shoot(page, "console-docs")


def test_subscriptions_show_each_event_and_stop(browser: Browser) -> None:
    example = ConsoleExample("数数", "subscription Count {\n  ticks\n}")
    with stream_door(make_stream_schema(), Console([example])) as door:
        page = browser.new_page()
        page.goto(f"http://{door.address}/graphql#token=good")
        page.get_by_role("button", name="数数").click()
        page.locator(".graphiql-execute-button").click()
        wait_for(lambda: door.streams.subscriptions == 1)
        for number in (41, 42):
            door.ledger.write(number)
            expect(page.locator(".graphiql-response")).to_contain_text(f'"ticks": {number}')
        page.locator(".graphiql-execute-button").click()
        wait_for(lambda: not door.streams.subscriptions)
        page.close()
