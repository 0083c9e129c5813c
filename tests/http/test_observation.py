"""Access log, metrics, probes and the routes that hold them together."""

import threading
import time
from typing import Any

import pytest
import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from kbsearch.http.access_log import AccessLogMiddleware
from kbsearch.http.console.pages import Console, ConsoleExample
from kbsearch.http.health import Readiness, ReadinessCheck
from kbsearch.http.metrics import HttpMetrics
from kbsearch.http.routes import create_exception_handlers, create_middleware, create_routes
from tests.http.http_door import Door, MakeDoor, error_codes


async def broken(_request: Request) -> Response:
    raise ValueError("机密")


def application(make_door: MakeDoor, *checks: ReadinessCheck, seconds: float = 1.0) -> tuple[Door, HttpMetrics, Console]:
    metrics = HttpMetrics()
    console = Console([ConsoleExample("按关键字检索", "{ hello }", {"a": 1})])
    door = make_door(observer=metrics, on_client_error=metrics.count_client_error, console=console.page)
    readiness = Readiness(checks, seconds)
    routes = create_routes(door.app, readiness=readiness, metrics=metrics, console=console)  # type: ignore[arg-type]
    app = Starlette(
        routes=[*routes, Route("/broken", broken)], middleware=create_middleware(), exception_handlers=create_exception_handlers()
    )
    return Door(app, door.runner), metrics, console


def test_one_access_line_a_request(make_door: MakeDoor) -> None:
    door, _, _ = application(make_door)
    with structlog.testing.capture_logs() as logs:
        response = door.post('query Greet { hello(name: "机密") }', headers={"authorization": "Bearer swordfish"})
    assert len(logs) == 1
    line = logs[0]
    assert (line["event"], line["method"], line["path"], line["status"]) == ("request", "POST", "/graphql", 200)
    assert (line["operation_type"], line["operation_name"], line["principal"]) == ("query", "Greet", "zhang.san")
    assert line["request_id"] == response.headers["x-request-id"]
    assert line["ms"] >= 0
    assert "机密" not in repr(line)
    assert "swordfish" not in repr(line)


def test_probes_are_logged_only_when_they_fail(make_door: MakeDoor) -> None:
    door, _, _ = application(make_door, ReadinessCheck("存储", lambda: "数据库连不上；请检查连接串"))
    with structlog.testing.capture_logs() as logs:
        assert door.request("GET", "/healthz").json() == {"status": "ok"}
        assert door.request("GET", "/readyz").status_code == 503
    assert [line["path"] for line in logs] == ["/readyz"]


def test_a_request_that_dies_is_logged_too(runner: Any) -> None:
    async def dies(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise ConnectionError

    door = Door(AccessLogMiddleware(dies), runner)
    with structlog.testing.capture_logs() as logs, pytest.raises(ConnectionError):
        door.request("GET", "/x")
    assert [(line["path"], line["status"]) for line in logs] == [("/x", 500)]


def test_other_protocols_pass_the_log_untouched(runner: Any) -> None:
    seen: list[str] = []

    async def app(scope: Scope, _receive: Receive, _send: Send) -> None:
        seen.append(scope["type"])

    middleware: ASGIApp = AccessLogMiddleware(app)
    with structlog.testing.capture_logs() as logs:
        runner.run(middleware({"type": "websocket"}, None, None))  # type: ignore[arg-type]
    assert (seen, logs) == (["websocket"], [])


def test_metrics_count_operations_and_client_errors(make_door: MakeDoor) -> None:
    door, metrics, _ = application(make_door)
    with structlog.testing.capture_logs():
        for query in ("{ hello }", "{ hello }", 'mutation { rename(name: "a") }', "{ nothing }", "{ boom }"):
            door.post(query)
        door.raw(b"null")
        text = door.request("GET", "/metrics").text
    assert 'kbsearch_graphql_requests_total{operation="query",outcome="ok"} 2.0' in text
    assert 'kbsearch_graphql_requests_total{operation="mutation",outcome="ok"} 1.0' in text
    assert 'kbsearch_graphql_requests_total{operation="query",outcome="internal"} 1.0' in text
    assert 'kbsearch_graphql_client_errors_total{code="GRAPHQL_VALIDATION_FAILED"} 1.0' in text
    assert 'kbsearch_graphql_client_errors_total{code="BAD_BODY"} 1.0' in text
    assert 'kbsearch_graphql_request_seconds_count{operation="query"} 3.0' in text
    assert "kbsearch_graphql_in_flight 0.0" in text
    metrics.count_client_error("x" * 100)
    assert metrics.registry.get_sample_value("kbsearch_graphql_client_errors_total", {"code": "OTHER"}) == 1


def test_ready_when_every_check_is_well(make_door: MakeDoor) -> None:
    door, _, _ = application(make_door, ReadinessCheck("存储", lambda: None), ReadinessCheck("索引", lambda: None))
    response = door.request("GET", "/readyz")
    assert (response.status_code, response.json()) == (200, {"status": "ready", "checks": {"存储": "正常", "索引": "正常"}})


def test_not_ready_names_the_reasons(make_door: MakeDoor) -> None:
    def raises() -> str | None:
        raise ConnectionError("postgresql://user:swordfish@db")

    with structlog.testing.capture_logs():
        door, _, _ = application(make_door, ReadinessCheck("存储", raises), ReadinessCheck("索引", lambda: "索引正在重建"))
        response = door.request("GET", "/readyz")
    assert response.status_code == 503
    assert response.json()["checks"] == {"存储": "检查失败（ConnectionError），详见日志", "索引": "索引正在重建"}
    assert "swordfish" not in response.text


def test_a_hanging_check_is_reported_and_not_started_again(make_door: MakeDoor) -> None:
    gate = threading.Event()
    started: list[int] = []

    def hangs() -> str | None:
        started.append(1)
        gate.wait(10)
        raise ConnectionError

    with structlog.testing.capture_logs():
        door, _, _ = application(make_door, ReadinessCheck("存储", hangs), seconds=0.05)
        assert door.request("GET", "/readyz").json()["checks"] == {"存储": "0.05 秒内没有答复"}
        assert door.request("GET", "/readyz").json()["checks"] == {"存储": "上一次检查仍没有答复"}
        assert len(started) == 1
        gate.set()
        deadline = time.monotonic() + 5
        while "仍没有" in (text := door.request("GET", "/readyz").text) and time.monotonic() < deadline:
            time.sleep(0.01)
    assert "ConnectionError" in text


def test_errors_outside_the_endpoint_are_graphql_shaped(make_door: MakeDoor) -> None:
    door, _, _ = application(make_door)
    with structlog.testing.capture_logs():
        missing = door.request("GET", "/nowhere")
        method = door.request("POST", "/metrics")
    assert (missing.status_code, error_codes(missing)) == (404, ["PATH_NOT_FOUND"])
    assert (method.status_code, error_codes(method)) == (405, ["METHOD_NOT_ALLOWED"])
    assert missing.json()["errors"][0]["extensions"]["requestId"] == missing.headers["x-request-id"]


def test_a_crash_outside_the_endpoint_is_masked(make_door: MakeDoor) -> None:
    door, _, _ = application(make_door)
    with structlog.testing.capture_logs() as logs:
        response = door.request("GET", "/broken", raise_app_exceptions=False)
    assert (response.status_code, error_codes(response)) == (500, ["INTERNAL"])
    assert "机密" not in response.text
    assert [(line["event"], line.get("status")) for line in logs] == [("request", 500), ("unexpected error", None)]


def test_the_console_page_and_its_files(make_door: MakeDoor) -> None:
    door, _, console = application(make_door)
    with structlog.testing.capture_logs():
        page = door.request("GET", "/graphql", headers={"accept": "text/html,*/*;q=0.8"})
        assert page.status_code == 200
        assert page.headers["content-type"].startswith("text/html")
        assert "script-src 'self';" in page.headers["content-security-policy"]
        assert "<script>" not in page.text
        assert "查询台" in page.text
        links = [part.split('"')[0] for part in page.text.split('src="')[1:] + page.text.split('href="')[1:]]
        assert len(links) == 6
        for link in links:
            asset = door.request("GET", link)
            assert asset.status_code == 200
            assert asset.headers["cache-control"] == "public, max-age=31536000, immutable"
        examples = door.request("GET", f"/graphql/assets/{console.version}/examples.json")
        assert examples.json() == [{"title": "按关键字检索", "query": "{ hello }", "variables": {"a": 1}}]
        assert door.request("GET", "/graphql/assets/0000/console.js").status_code == 404
        assert door.request("GET", f"/graphql/assets/{console.version}/..%2Fpages.py").status_code == 404
        assert door.request("GET", f"/graphql/assets/{console.version}/pages.py").status_code == 404
        assert door.request("GET", "/graphql", params={"query": "{ hello }"}).json() == {"data": {"hello": "你好，世界"}}


def test_the_console_can_be_left_out(door: Door) -> None:
    response = door.request("GET", headers={"accept": "text/html"})
    assert response.status_code == 406
    response = door.request("GET", headers={"accept": "text/html,*/*;q=0.8"})
    assert error_codes(response) == ["MISSING_QUERY"]
