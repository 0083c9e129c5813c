"""No body, however broken, is answered with a server error; each gets a code, a Chinese sentence and a request id."""

import asyncio
import gzip
import json
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from kbsearch.http.limits import HttpLimits
from tests.http.http_door import JSON_TYPE, Door, MakeDoor, error_codes

CHINESE = re.compile("[\u4e00-\u9fff]")
OK_QUERY = b'{"query":"{ hello }"}'


def q(**params: Any) -> bytes:
    return json.dumps(params).encode()


BAD_BODIES: dict[str, tuple[bytes, int, str]] = {
    "empty": (b"", 400, "EMPTY_BODY"),
    "blank": (b" \r\n\t ", 400, "EMPTY_BODY"),
    "null": (b"null", 400, "BAD_BODY"),
    "number": (b"1", 400, "BAD_BODY"),
    "float": (b"1.5", 400, "BAD_BODY"),
    "string": (b'"s"', 400, "BAD_BODY"),
    "true": (b"true", 400, "BAD_BODY"),
    "batch": (b'[{"query":"{ hello }"}]', 400, "BATCH_REFUSED"),
    "empty batch": (b"[]", 400, "BATCH_REFUSED"),
    "truncated": (b'{"query":"{ hello', 400, "BAD_JSON"),
    "trailing": (OK_QUERY + b"x", 400, "BAD_JSON"),
    "two values": (OK_QUERY * 2, 400, "BAD_JSON"),
    "single quotes": (b"{'query':'{ hello }'}", 400, "BAD_JSON"),
    "trailing comma": (b'{"query":"{ hello }",}', 400, "BAD_JSON"),
    "comment": (b'/* a */{"query":"{ hello }"}', 400, "BAD_JSON"),
    "bom": (b"\xef\xbb\xbf" + OK_QUERY, 400, "BAD_JSON"),
    "utf-16": (OK_QUERY.decode().encode("utf-16"), 400, "BAD_ENCODING"),
    "utf-16le without mark": (OK_QUERY.decode().encode("utf-16-le"), 400, "BAD_JSON"),
    "gbk": ('{"query":"{ hello(name: \\"口径\\") }"}'.encode("gbk"), 400, "BAD_ENCODING"),
    "lone continuation byte": (b'{"query":"\x80"}', 400, "BAD_ENCODING"),
    "overlong": (b'{"query":"\xc0\x80"}', 400, "BAD_ENCODING"),
    "utf-8 surrogate": (b'{"query":"\xed\xa0\x80"}', 400, "BAD_ENCODING"),
    "gzip bytes": (gzip.compress(OK_QUERY), 400, "BAD_ENCODING"),
    "deep array": (b"[" * 100_000, 400, "JSON_TOO_DEEP"),
    "deep closed array": (b"[" * 100_000 + b"]" * 100_000, 400, "JSON_TOO_DEEP"),
    "deep object": (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, 400, "JSON_TOO_DEEP"),
    "deep variables": (b'{"query":"{ hello }","variables":{"a":' + b"[" * 500 + b"]" * 500 + b"}}", 400, "JSON_TOO_DEEP"),
    "just too deep": (b'{"query":"{ hello }","variables":{"a":' + b"[" * 63 + b"]" * 63 + b"}}", 400, "JSON_TOO_DEEP"),
    "duplicate query": (b'{"query":"{ hello }","query":"{ boom }"}', 400, "DUPLICATE_KEY"),
    "duplicate variable": (b'{"query":"{ hello }","variables":{"a":1,"a":2}}', 400, "DUPLICATE_KEY"),
    "NaN": (b'{"query":"{ hello }","variables":{"a":NaN}}', 400, "BAD_NUMBER"),
    "Infinity": (b'{"query":"{ hello }","variables":{"a":Infinity}}', 400, "BAD_NUMBER"),
    "minus Infinity": (b'{"query":"{ hello }","variables":{"a":-Infinity}}', 400, "BAD_NUMBER"),
    "1e999": (b'{"query":"{ hello }","variables":{"a":1e999}}', 400, "BAD_NUMBER"),
    "2^63": (b'{"query":"{ hello }","variables":{"a":9223372036854775808}}', 400, "BAD_NUMBER"),
    "million digits": (b'{"query":"{ hello }","variables":{"a":' + b"9" * 1_000_000 + b"}}", 400, "BAD_NUMBER"),
    "no query": (b"{}", 400, "MISSING_QUERY"),
    "typo": (b'{"qeury":"{ hello }"}', 400, "MISSING_QUERY"),
    "null query": (b'{"query":null}', 400, "MISSING_QUERY"),
    "empty query": (b'{"query":""}', 400, "MISSING_QUERY"),
    "blank query": (b'{"query":" \\n "}', 400, "MISSING_QUERY"),
    "number query": (b'{"query":1}', 400, "BAD_PARAMETER"),
    "false query": (b'{"query":false}', 400, "BAD_PARAMETER"),
    "list query": (b'{"query":["{ hello }"]}', 400, "BAD_PARAMETER"),
    "object query": (b'{"query":{"a":1}}', 400, "BAD_PARAMETER"),
    "string variables": (b'{"query":"{ hello }","variables":"{}"}', 400, "BAD_PARAMETER"),
    "list variables": (b'{"query":"{ hello }","variables":[]}', 400, "BAD_PARAMETER"),
    "zero variables": (b'{"query":"{ hello }","variables":0}', 400, "BAD_PARAMETER"),
    "false variables": (b'{"query":"{ hello }","variables":false}', 400, "BAD_PARAMETER"),
    "number operationName": (b'{"query":"{ hello }","operationName":1}', 400, "BAD_PARAMETER"),
    "object operationName": (b'{"query":"{ hello }","operationName":{}}', 400, "BAD_PARAMETER"),
    "list extensions": (b'{"query":"{ hello }","extensions":[]}', 400, "BAD_PARAMETER"),
    "string extensions": (b'{"query":"{ hello }","extensions":"a"}', 400, "BAD_PARAMETER"),
    "number documentId": (b'{"documentId":7}', 400, "BAD_PARAMETER"),
    "persisted query": (q(extensions={"persistedQuery": {"version": 1, "sha256Hash": "ab"}}), 400, "PERSISTED_QUERY_NOT_SUPPORTED"),
    "document id": (q(documentId="sha256:ab"), 400, "PERSISTED_QUERY_NOT_SUPPORTED"),
    "NUL in query": (q(query="{ hello }\0"), 400, "BAD_TEXT"),
    "NUL in comment": (q(query="{ hello # \0\n}"), 400, "BAD_TEXT"),
    "surrogate in query": (b'{"query":"{ hello } # \\ud800"}', 400, "BAD_TEXT"),
    "GraphQL escape NUL": (q(query='{ hello(name: "\\u0000") }'), 400, "BAD_TEXT"),
    "GraphQL brace escape NUL": (q(query='{ hello(name: "\\u{0}") }'), 400, "BAD_TEXT"),
    "GraphQL escape surrogate": (q(query='{ hello(name: "\\uD800") }'), 400, "BAD_TEXT"),
    "GraphQL brace escape surrogate": (q(query='{ hello(name: "\\u{DFFF}") }'), 400, "BAD_TEXT"),
    "NUL in variable": (q(query="{ hello }", variables={"a": ["x", {"b": "\0"}]}), 400, "BAD_TEXT"),
    "NUL in variable key": (q(query="{ hello }", variables={"a": {"\0": 1}}), 400, "BAD_TEXT"),
    "surrogate in variable": (b'{"query":"{ hello }","variables":{"a":"\\udc00"}}', 400, "BAD_TEXT"),
    "reversed pair": (b'{"query":"{ hello }","variables":{"a":"\\udc00\\ud800"}}', 400, "BAD_TEXT"),
    "NUL in operationName": (q(query="{ hello }", operationName="\0"), 400, "BAD_TEXT"),
    "surrogate in operationName": (b'{"query":"{ hello }","operationName":"\\ud83d"}', 400, "BAD_TEXT"),
    "NUL in extensions": (q(query="{ hello }", extensions={"a": "\0"}), 400, "BAD_TEXT"),
    "raw NUL": (b'{"query":"{ hello }\x00"}', 400, "BAD_JSON"),
    "syntax": (q(query="{"), 400, "GRAPHQL_PARSE_FAILED"),
    "unknown field": (q(query="{ nothing }"), 400, "GRAPHQL_VALIDATION_FAILED"),
    "only a fragment": (q(query="fragment F on Query { hello }"), 400, "GRAPHQL_VALIDATION_FAILED"),
    "type definition": (q(query="type A { a: Int }"), 400, "GRAPHQL_VALIDATION_FAILED"),
    "unknown operation": (q(query="query A { hello }", operationName="B"), 400, "OPERATION_NOT_FOUND"),
    "unnamed operation": (q(query="query A { hello } query B { hello }"), 400, "OPERATION_NAME_REQUIRED"),
    "subscription": (q(query="subscription { ticks }"), 400, "SUBSCRIPTION_NOT_ALLOWED"),
    "missing variable": (q(query="query($n: String!) { hello(name: $n) }"), 400, "BAD_USER_INPUT"),
    "wrong variable": (q(query="query($n: Int) { people(first: $n) { nodes { name } } }", variables={"n": "x"}), 400, "BAD_USER_INPUT"),
    "int32": (q(query="query($n: Int) { people(first: $n) { nodes { name } } }", variables={"n": 2**40}), 400, "TOO_COSTLY"),
    "int literal of 6000 digits": (q(query="{ people(first: " + "9" * 6000 + ") { nodes { name } } }"), 400, "GRAPHQL_VALIDATION_FAILED"),
    "long document": (q(query="{ hello }" + " " * 70_000), 400, "DOCUMENT_TOO_LARGE"),
    "nested lists": (q(query="{ echo(value: " + "[" * 300 + "]" * 300 + ") }"), 400, "GRAPHQL_PARSE_FAILED"),
}

# These messages are the parser's and validator's own, for developers.
DEVELOPER_CODES = {"GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED", "BAD_USER_INPUT"}


@pytest.mark.parametrize("name", BAD_BODIES)
def test_bad_body_is_refused_clearly(door: Door, name: str) -> None:
    body, status, code = BAD_BODIES[name]
    response = door.raw(body)
    assert (response.status_code, error_codes(response)[0]) == (status, code)
    assert response.headers["content-type"].startswith("application/graphql-response+json")
    for error in response.json()["errors"]:
        assert error["extensions"]["requestId"] == response.headers["x-request-id"]
        assert error["extensions"]["code"] in DEVELOPER_CODES or CHINESE.search(error["message"])
    assert "data" not in response.json()


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"content-type": "text/plain"}, "UNSUPPORTED_MEDIA_TYPE"),
        ({"content-type": "application/x-www-form-urlencoded"}, "UNSUPPORTED_MEDIA_TYPE"),
        ({"content-type": "multipart/form-data; boundary=x"}, "UNSUPPORTED_MEDIA_TYPE"),
        ({"content-type": "application/graphql"}, "UNSUPPORTED_MEDIA_TYPE"),
        ({"content-type": "json"}, "UNSUPPORTED_MEDIA_TYPE"),
        ({"content-type": ""}, "UNSUPPORTED_MEDIA_TYPE"),
        ({}, "UNSUPPORTED_MEDIA_TYPE"),
        ({"content-type": "application/json; charset=gbk"}, "UNSUPPORTED_CHARSET"),
        ({"content-type": "application/json; charset=utf-16"}, "UNSUPPORTED_CHARSET"),
        ({"content-type": "application/json; charset*=x''%ff"}, "UNSUPPORTED_CHARSET"),
        ({"content-type": JSON_TYPE, "content-encoding": "gzip"}, "UNSUPPORTED_ENCODING"),
        ({"content-type": JSON_TYPE, "content-encoding": "br, gzip"}, "UNSUPPORTED_ENCODING"),
    ],
)
def test_content_headers(door: Door, headers: dict[str, str], code: str) -> None:
    response = door.request("POST", content=OK_QUERY, headers=headers)
    assert (response.status_code, error_codes(response)) == (415, [code])


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", '"utf-8"', "utf8"])
def test_utf8_by_any_name(door: Door, charset: str) -> None:
    assert door.raw(OK_QUERY, f"application/json; charset={charset}").json() == {"data": {"hello": "你好，世界"}}


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE"])
def test_other_methods(door: Door, method: str) -> None:
    response = door.request(method)
    assert response.status_code == 405
    assert response.headers["allow"] == "GET, POST"


def test_deepest_json_that_is_allowed(door: Door) -> None:
    response = door.raw(b'{"query":"{ hello }","variables":{"a":' + b"[" * 62 + b"]" * 62 + b"}}")
    assert response.json() == {"data": {"hello": "你好，世界"}}


def test_escaped_backslash_is_not_nul(door: Door) -> None:
    response = door.post("query($v: JSON!) { echo(value: $v) }", variables={"v": "\\u0000 和 \\ud800"})
    assert response.json() == {"data": {"echo": "\\u0000 和 \\ud800"}}


def test_emoji_pair_is_text(door: Door) -> None:
    response = door.raw(b'{"query":"query($v: JSON!) { echo(value: $v) }","variables":{"v":"\\ud83c\\udfc3"}}')
    assert response.json() == {"data": {"echo": "🏃"}}


def test_body_limit_by_content_length_reads_nothing(door: Door) -> None:
    limit = HttpLimits().body_bytes
    messages, received = asgi_post(door, [b"x"], [(b"content-length", str(limit + 1).encode())])
    assert messages[0]["status"] == 413
    assert received == 0
    assert b"BODY_TOO_LARGE" in messages[1]["body"]


def test_body_limit_for_chunked_bodies_stops_reading(make_door: MakeDoor) -> None:
    door = make_door(limits=HttpLimits(body_bytes=1000))
    messages, received = asgi_post(door, [b"x" * 400] * 100, [])
    assert messages[0]["status"] == 413
    assert received == 3
    assert (b"connection", b"close") in messages[0]["headers"]


def test_body_exactly_at_the_limit(make_door: MakeDoor) -> None:
    door = make_door(limits=HttpLimits(body_bytes=len(OK_QUERY)))
    assert door.raw(OK_QUERY).status_code == 200
    assert door.raw(OK_QUERY + b" ").status_code == 413


def test_slow_body_is_given_up(make_door: MakeDoor) -> None:
    door = make_door(limits=HttpLimits(body_read_seconds=0.05))
    messages, _ = asgi_post(door, [b"{"], [], then_hang=True)
    assert messages[0]["status"] == 408


def test_client_that_leaves_is_not_answered(door: Door) -> None:
    messages, _ = asgi_post(door, [b"{"], [], then_leave=True)
    assert messages == []


def test_wild_content_length_is_ignored(door: Door) -> None:
    messages, _ = asgi_post(door, [OK_QUERY], [(b"content-length", "²".encode())], last=True)
    assert messages[0]["status"] == 200


@pytest.mark.parametrize(
    ("query_string", "status", "code"),
    [
        ("", 400, "MISSING_QUERY"),
        ("query=", 400, "MISSING_QUERY"),
        ("query=%00", 400, "BAD_TEXT"),
        ("query=%ED%A0%80", 400, "BAD_TEXT"),
        ("query=%ff", 400, "BAD_TEXT"),
        ("query={hello}&query={boom}", 400, "DUPLICATE_KEY"),
        ("query={hello}&variables=[]", 400, "BAD_PARAMETER"),
        ("query={hello}&variables={", 400, "BAD_JSON"),
        ("query={hello}&variables=%7B%22a%22:%22%5Cu0000%22%7D", 400, "BAD_TEXT"),
        ("query={hello}&extensions=1", 400, "BAD_PARAMETER"),
        ("query={hello}&operationName=X", 400, "OPERATION_NOT_FOUND"),
        ("&".join(f"a{i}=1" for i in range(60)), 400, "BAD_URL"),
        ("query=" + "x" * 20_000, 414, "URL_TOO_LONG"),
        ("query=mutation{rename(name:%22a%22)}", 405, "MUTATION_NOT_ALLOWED"),
    ],
)
def test_bad_query_strings(door: Door, query_string: str, status: int, code: str) -> None:
    response = door.request("GET", f"/graphql?{query_string}", headers={"accept": "application/graphql-response+json"})
    assert (response.status_code, error_codes(response)) == (status, [code])


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
)
requests = st.fixed_dictionaries(
    {},
    optional={
        "query": st.sampled_from(["{ hello }", "{ boom", "query($v: JSON!) { echo(value: $v) }", "{ hello(name: 1) }"]) | json_values,
        "variables": st.dictionaries(st.sampled_from(["v", "n"]), json_values) | json_values,
        "operationName": st.none() | st.text() | json_values,
        "extensions": json_values,
    },
)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    body=st.binary() | st.text().map(lambda text: text.encode("utf-8", "surrogatepass")) | requests.map(lambda r: json.dumps(r).encode())
)
@example(body=b'{"query":"query($v: JSON!) { echo(value: $v) }","variables":{"v":-9223372036854775808}}')
def test_fuzzed_bodies_never_break_the_server(door: Door, body: bytes) -> None:
    response = door.raw(body)
    assert response.status_code < 500
    assert "INTERNAL" not in error_codes(response)
    for error in response.json().get("errors", []):
        assert error["message"]
        assert error["extensions"]["requestId"]


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    tokens=st.lists(
        st.sampled_from(
            [
                "{",
                "}",
                "(",
                ")",
                "...",
                "on",
                "query",
                "hello",
                "person",
                "name",
                ":",
                "$",
                "!",
                "@skip",
                '"',
                '"""',
                "\\u",
                "F",
                "fragment",
                "1",
                "#",
            ]
        )
    )
)
def test_fuzzed_documents_never_break_the_server(door: Door, tokens: list[str]) -> None:
    response = door.post(" ".join(tokens))
    assert response.status_code < 500
    assert "INTERNAL" not in error_codes(response)


header_text = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF), max_size=60)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    content_type=header_text | header_text.map(lambda text: f"application/json;{text}"),
    accept=header_text | header_text.map(lambda text: f"application/json;{text}, */*"),
    other=header_text,
)
def test_fuzzed_headers_never_break_the_server(door: Door, content_type: str, accept: str, other: str) -> None:
    named = {"content-type": content_type, "accept": accept, "content-encoding": other, "content-length": other, "x-request-id": other}
    for left_out in ("content-encoding", "content-length"):
        headers = [(name.encode(), value.encode("latin-1")) for name, value in named.items() if name != left_out]
        messages, _ = asgi_post(door, [OK_QUERY], headers, last=True, plain=False)
        assert messages[0]["status"] < 500


def asgi_post(
    door: Door,
    chunks: list[bytes],
    headers: list[tuple[bytes, bytes]],
    *,
    last: bool = False,
    plain: bool = True,
    then_hang: bool = False,
    then_leave: bool = False,
) -> tuple[list[dict[str, Any]], int]:
    """Post over bare ASGI; return what was sent back and how many chunks the application took."""
    sent: list[dict[str, Any]] = []
    received = 0

    async def receive() -> dict[str, Any]:
        nonlocal received
        received += 1
        if received <= len(chunks):
            return {"type": "http.request", "body": chunks[received - 1], "more_body": not (last and received == len(chunks))}
        if then_hang:
            await asyncio.sleep(60)
        assert then_leave
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    usual = [(b"content-type", b"application/json")] if plain else []
    scope = {"type": "http", "method": "POST", "path": "/graphql", "headers": [*usual, *headers]}
    door.runner.run(door.app(scope, receive, send))
    return sent, received
