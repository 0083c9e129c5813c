"""Conformance with GraphQL over HTTP: all audits of npm's graphql-http where it is at hand, the important ones always."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import httpx
import pytest

from kbsearch.http.limits import HttpLimits
from kbsearch.http.negotiation import MediaType, choose_media_type
from tests.http.http_door import GRAPHQL, JSON_TYPE, Door, MakeDoor, error_codes, served

AUDITS = "KBSEARCH_TEST_GRAPHQL_HTTP"
URQL = "application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


def test_every_server_audit_passes(make_door: MakeDoor) -> None:
    folder = os.environ.get(AUDITS)
    if not folder or not (Path(folder) / "node_modules" / "graphql-http").is_dir():
        pytest.skip(f"{AUDITS} does not name a folder in which `npm install graphql-http graphql` was run")
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    script = Path(__file__).with_name("run_audits.mjs")
    with served(make_door().app) as url:
        done = subprocess.run([node, script, folder, f"{url}/graphql"], capture_output=True, check=True, timeout=120)  # noqa: S603 - our own script
    results = json.loads(done.stdout)
    assert len(results) >= 61
    assert [result for result in results if result["status"] != "ok"] == []


@pytest.mark.parametrize(
    ("accept", "answered"),
    [
        (GRAPHQL, GRAPHQL),
        (JSON_TYPE, JSON_TYPE),
        ("*/*", JSON_TYPE),
        ("application/*", JSON_TYPE),
        (f"{GRAPHQL}, {JSON_TYPE}", GRAPHQL),
        (f"{JSON_TYPE}, {GRAPHQL}", GRAPHQL),
        (f"{GRAPHQL};q=0.5, {JSON_TYPE};q=0.9", JSON_TYPE),
        (f"{GRAPHQL}; charset=utf-8", GRAPHQL),
        (URQL, GRAPHQL),
        ("APPLICATION/JSON", JSON_TYPE),
        (f"{GRAPHQL};q=0, */*", JSON_TYPE),
        ("", JSON_TYPE),
    ],
)
def test_media_type_of_the_answer(door: Door, accept: str, answered: str) -> None:
    response = door.post("{ __typename }", accept)
    assert response.status_code == 200
    assert response.headers["content-type"] == f"{answered}; charset=utf-8"
    assert response.json() == {"data": {"__typename": "Query"}}


@pytest.mark.parametrize(
    "accept", ["text/event-stream", "image/png", "multipart/mixed", f"{JSON_TYPE};q=0", f"{JSON_TYPE};q=x", "text/html"]
)
def test_nothing_acceptable(door: Door, accept: str) -> None:
    response = door.post("{ hello }", accept)
    assert (response.status_code, error_codes(response)) == (406, ["NOT_ACCEPTABLE"])


def test_browsers_get_the_page_only_where_there_is_one() -> None:
    assert choose_media_type(BROWSER, html=True) is MediaType.HTML
    assert choose_media_type(BROWSER, html=False) is MediaType.JSON
    assert choose_media_type(None, html=True) is MediaType.JSON
    assert choose_media_type("*/*", html=True) is MediaType.JSON


REQUEST_ERRORS = [
    "{",
    "{ nothing }",
    "query($id: String!) { hello(name: $id) }",
    "mutation { a: rename(name: 1) }",
    "subscription { ticks }",
]


@pytest.mark.parametrize("query", REQUEST_ERRORS)
def test_request_errors_have_no_data_and_a_status_by_media_type(door: Door, query: str) -> None:
    precise = door.post(query, GRAPHQL)
    legacy = door.post(query, JSON_TYPE)
    assert (precise.status_code, legacy.status_code) == (400, 200)
    assert "data" not in precise.json()
    assert error_codes(precise) == error_codes(legacy)


def test_field_errors_are_200_with_data(door: Door) -> None:
    response = door.post("{ hello mistake }")
    assert response.status_code == 200
    assert response.json()["data"] == {"hello": "你好，世界", "mistake": None}


@pytest.mark.parametrize("parameter", ["variables", "operationName", "extensions"])
def test_null_parameters_are_absent(door: Door, parameter: str) -> None:
    assert door.post("{ __typename }", **{parameter: None}).json() == {"data": {"__typename": "Query"}}


def test_get_runs_queries_with_variables(door: Door) -> None:
    params = {"query": "query Q($n: String!) { hello(name: $n) }", "variables": '{"n":"口径"}', "operationName": "Q", "extensions": ""}
    assert door.request("GET", params=params).json() == {"data": {"hello": "你好，口径"}}


def test_get_refuses_mutations_and_runs_none(door: Door, context: object) -> None:
    response = door.request("GET", params={"query": 'mutation { rename(name: "a") }'})
    assert response.status_code == 405
    assert response.headers["allow"] == "POST"
    assert context.renamed == []  # type: ignore[attr-defined]


def test_operation_name_chooses(door: Door) -> None:
    query = 'query A { hello(name: "a") } query B { hello(name: "b") }'
    assert door.post(query, operationName="B").json() == {"data": {"hello": "你好，b"}}


def test_too_large_a_body_is_answered_over_a_real_connection(make_door: MakeDoor) -> None:
    with served(make_door(limits=HttpLimits(body_bytes=1000)).app) as url, httpx.Client() as client:
        sized = client.post(f"{url}/graphql", content=b"x" * 5_000, headers={"content-type": JSON_TYPE})
        chunked = client.post(f"{url}/graphql", content=iter([b"x" * 600, b"x" * 600]), headers={"content-type": JSON_TYPE})
        after = client.post(f"{url}/graphql", json={"query": "{ hello }"})
    assert (error_codes(sized), error_codes(chunked)) == (["BODY_TOO_LARGE"], ["BODY_TOO_LARGE"])
    assert (sized.status_code, chunked.status_code, after.status_code) == (413, 413, 200)


def test_answers_are_not_cached_or_sniffed(door: Door) -> None:
    headers = door.post("{ hello }").headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["vary"] == "accept"
