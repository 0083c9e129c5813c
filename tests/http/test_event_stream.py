"""Subscriptions as event streams (GraphQL over SSE, distinct connections), over a real server."""

import contextlib
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import strawberry
import structlog

from tests.http.http_door import error_codes
from tests.http.stream_door import GOOD, TICKS, StreamDoor, make_stream_schema, stream_door, wait_for

STREAM = "text/event-stream"
URQL = "application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed"
MakeStreamDoor = Callable[..., StreamDoor]


@pytest.fixture(scope="module")
def schema() -> strawberry.Schema:
    return make_stream_schema()


@pytest.fixture
def make(schema: strawberry.Schema) -> Iterator[MakeStreamDoor]:
    with contextlib.ExitStack() as stack:
        yield lambda **limits: stack.enter_context(stream_door(schema, **limits))


@pytest.fixture(scope="module")
def door(schema: strawberry.Schema) -> Iterator[StreamDoor]:
    with stream_door(schema) as opened:
        yield opened
        opened.quiet()


def post(door: StreamDoor, query: str, accept: str = STREAM, token: str = GOOD, **params: Any) -> httpx.Response:
    headers = {"accept": accept, "authorization": token}
    return httpx.post(f"http://{door.address}/graphql", json={"query": query, **params}, headers=headers, timeout=10)


class Listening:
    """An open stream, event by event."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._lines = response.iter_lines()
        self.comments = 0

    def event(self) -> tuple[str, Any]:
        """The next event's name and data; comments are counted and passed over."""
        name, data = "", ""
        for line in self._lines:
            if line.startswith(":"):
                self.comments += 1
            elif line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data:"):
                data = line.removeprefix("data:").strip()
            elif not line and name:
                return name, json.loads(data) if data else None
        return "end", None


@contextlib.contextmanager
def listen(door: StreamDoor, query: str = TICKS, accept: str = STREAM, token: str = GOOD) -> Iterator[Listening]:
    headers = {"accept": accept, "authorization": token}
    with httpx.stream("POST", f"http://{door.address}/graphql", json={"query": query}, headers=headers, timeout=10) as response:
        yield Listening(response)


@pytest.mark.parametrize("accept", [STREAM, URQL, f"{STREAM}, */*;q=0.1"])
def test_a_subscription_is_streamed(door: StreamDoor, accept: str) -> None:
    start = len(door.ledger.entries)
    door.ledger.write(1, 2)
    with listen(door, f"subscription {{ ticks(after: {start}) }}", accept) as told:
        assert told.response.status_code == 200
        assert told.response.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert told.response.headers["cache-control"] == "no-store"
        assert told.event() == ("next", {"data": {"ticks": 1}})
        assert told.event() == ("next", {"data": {"ticks": 2}})
        door.ledger.write(3)
        assert told.event() == ("next", {"data": {"ticks": 3}})
    door.quiet()


def test_queries_are_answered_as_ever(door: StreamDoor) -> None:
    response = post(door, "query subscription { hello }", URQL)
    assert response.headers["content-type"].startswith("application/graphql-response+json")
    assert response.json() == {"data": {"hello": "你好"}}
    assert (post(door, "{ hello }").status_code, error_codes(post(door, "{ hello }"))) == (406, ["NOT_ACCEPTABLE"])
    refused = post(door, "query subscription { hello }")
    assert (refused.status_code, error_codes(refused)) == (406, ["NOT_ACCEPTABLE"])


@pytest.mark.parametrize("accept", ["*/*", "application/json", f"{STREAM};q=0, application/json", "text/*"])
def test_without_the_wish_for_a_stream_there_is_none(door: StreamDoor, accept: str) -> None:
    response = post(door, TICKS, accept)
    assert error_codes(response) in (["SUBSCRIPTION_NOT_ALLOWED"], ["NOT_ACCEPTABLE"])
    assert response.headers["content-type"].startswith("application/json")


def test_get_takes_no_subscription(door: StreamDoor) -> None:
    headers = {"accept": STREAM, "authorization": GOOD}
    response = httpx.get(f"http://{door.address}/graphql", params={"query": TICKS}, headers=headers)
    assert (response.status_code, error_codes(response)) == (406, ["NOT_ACCEPTABLE"])


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("subscription { nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription {", "GRAPHQL_PARSE_FAILED"),
        ("subscription { forbidden }", "PERMISSION_DENIED"),
        ("subscription { ticks(after: 1000000) }", "CURSOR_AHEAD"),
        ("subscription { " + "ticks " * 3000 + "}", "TOO_MANY_TOKENS"),
    ],
)
def test_what_is_wrong_with_it_is_told_in_a_stream_to_who_knows_nothing_else(door: StreamDoor, query: str, code: str) -> None:
    with listen(door, query) as told:
        assert told.response.headers["content-type"].startswith(STREAM)
        name, data = told.event()
        assert (name, data["errors"][0]["extensions"]["code"]) == ("next", code)
        assert [told.event()[0], told.event()[0]] == ["complete", "end"]
    assert error_codes(post(door, query, URQL)) == [code]


def test_bad_credentials_and_bugs_have_their_status(door: StreamDoor) -> None:
    refused = post(door, TICKS, token="Bearer bad")
    assert (refused.status_code, error_codes(refused)) == (401, ["UNAUTHENTICATED"])
    with structlog.testing.capture_logs() as logs:
        broken = post(door, "subscription { broken }")
    assert "INTERNAL" in broken.text
    assert "swordfish" not in broken.text
    assert len([line for line in logs if line["log_level"] == "error"]) == 1


def test_comments_keep_it_open(make: MakeStreamDoor) -> None:
    door = make(comment_seconds=0.05)
    with listen(door) as told:
        wait_for(lambda: door.streams.subscriptions == 1)
        time.sleep(0.3)
        door.ledger.write(1)
        assert told.event() == ("next", {"data": {"ticks": 1}})
        assert told.comments >= 4


def test_a_token_that_ends_completes_the_stream_with_the_reason(make: MakeStreamDoor) -> None:
    door = make()
    with listen(door) as told:
        wait_for(lambda: door.streams.subscriptions == 1)
        door.ledger.revoked.add(GOOD)
        door.ledger.write(1)
        name, data = told.event()
        assert (name, data["errors"][0]["extensions"]["code"]) == ("next", "UNAUTHENTICATED")
        assert "data" not in data
        assert [told.event()[0], told.event()[0]] == ["complete", "end"]
    door.quiet()


def test_a_process_that_stops_ends_streams_without_completing_them(make: MakeStreamDoor) -> None:
    door = make()
    with listen(door) as told:
        wait_for(lambda: door.streams.subscriptions == 1)
        door.stop()
        assert told.event() == ("end", None)
    late = post(door, TICKS)
    assert (late.status_code, error_codes(late)) == (503, ["OVERLOADED"])


def test_streams_are_bounded_and_leave_their_place(make: MakeStreamDoor) -> None:
    door = make(connections=1)
    with listen(door):
        wait_for(lambda: door.streams.subscriptions == 1)
        full = post(door, TICKS)
        assert (full.status_code, error_codes(full)) == (503, ["OVERLOADED"])
    door.quiet()
    with listen(door):
        wait_for(lambda: door.streams.subscriptions == 1)
    door.quiet()
    one = make(subscriptions=1)
    with listen(one):
        wait_for(lambda: one.streams.subscriptions == 1)
        assert error_codes(post(one, TICKS)) == ["TOO_MANY_SUBSCRIPTIONS"]
