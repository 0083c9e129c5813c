"""The graphql-transport-ws protocol over a real server, message by message."""

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import strawberry
import structlog
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.http.stream_door import GOOD, TICKS, Noise, StreamDoor, make_stream_schema, stream_door, wait_for

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
    with stream_door(schema, per_connection=3, message_bytes=100_000) as opened:
        yield opened
        opened.quiet()


@pytest.fixture
def noise() -> Iterator[list[str]]:
    handler = Noise()
    logging.getLogger().addHandler(handler)
    with structlog.testing.capture_logs() as logs:
        yield handler.records
    logging.getLogger().removeHandler(handler)
    handler.records += [line["event"] for line in logs if line["log_level"] == "error"]


def test_events_come_as_next_until_the_client_completes(door: StreamDoor) -> None:
    with door.socket() as talk:
        assert talk.connection.subprotocol == "graphql-transport-ws"
        before = door.streams.subscriptions
        talk.subscribe("a")
        wait_for(lambda: door.streams.subscriptions == before + 1)
        door.ledger.write(1, 2)
        assert talk.hear() == {"id": "a", "type": "next", "payload": {"data": {"ticks": 1}}}
        assert talk.hear() == {"id": "a", "type": "next", "payload": {"data": {"ticks": 2}}}
        talk.say(type="complete", id="a")
        wait_for(lambda: door.streams.subscriptions == before)
        door.ledger.write(3)
        talk.say(type="ping", payload={"n": 1})
        assert talk.hear() == {"type": "pong"}


def test_a_resumed_subscription_gets_what_it_missed_and_goes_on(door: StreamDoor) -> None:
    start = len(door.ledger.entries)
    door.ledger.write(*range(100, 150))
    with door.socket() as talk:
        talk.subscribe(query="subscription($a: Int) { ticks(after: $a) }", variables={"a": start})
        assert talk.ticks(50) == list(range(100, 150))
        door.ledger.write(150)
        assert talk.ticks(1) == [150]


def test_one_connection_follows_several_things_and_frees_their_ids(door: StreamDoor) -> None:
    with door.socket() as talk:
        start = len(door.ledger.entries)
        talk.subscribe("a", query=f"subscription {{ ticks(after: {start}) }}")
        talk.subscribe("b", query=f"subscription {{ t: ticks(after: {start}) }}")
        talk.subscribe("c")
        talk.subscribe("d")
        assert talk.hear()["payload"][0]["extensions"]["code"] == "TOO_MANY_SUBSCRIPTIONS"
        wait_for(lambda: door.streams.subscriptions == 3)
        door.ledger.write(7)
        heard = sorted((talk.hear() for _ in range(3)), key=lambda m: m["id"])
        assert [m["payload"]["data"] for m in heard] == [{"ticks": 7}, {"t": 7}, {"ticks": 7}]
        talk.say(type="complete", id="a")
        wait_for(lambda: door.streams.subscriptions == 2)
        talk.subscribe("a", query="{ hello }")
        assert talk.error_code() == "SUBSCRIPTION_ONLY"
        talk.subscribe("a", query="mutation { change }")
        assert talk.error_code() == "SUBSCRIPTION_ONLY"


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({"query": "subscription { nothing }"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "subscription {"}, "GRAPHQL_PARSE_FAILED"),
        ({"query": "subscription { ticks wide }"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "subscription($a: Int!) { ticks(after: $a) }"}, "BAD_USER_INPUT"),
        ({"query": "subscription { ticks(after: 1000000) }"}, "CURSOR_AHEAD"),
        ({"query": "subscription { forbidden }"}, "PERMISSION_DENIED"),
        ({"query": TICKS, "operationName": "X"}, "OPERATION_NOT_FOUND"),
        ({"query": "subscription { " + "ticks " * 3000 + "}"}, "TOO_MANY_TOKENS"),
        ({"query": "subscription { a: ticks " + "".join(f"a{i}: ticks " for i in range(40)) + "}"}, "TOO_MANY_ALIASES"),
        ({"extensions": {"persistedQuery": {"sha256Hash": "0" * 64}}}, "PERSISTED_QUERY_NOT_SUPPORTED"),
    ],
)
def test_what_cannot_be_subscribed_is_told_and_the_connection_stays(door: StreamDoor, payload: dict[str, Any], code: str) -> None:
    with door.socket() as talk:
        talk.say(type="subscribe", id="1", payload=payload)
        assert talk.error_code() == code
        talk.say(type="ping")
        assert talk.hear() == {"type": "pong"}


def test_a_bug_is_masked(door: StreamDoor) -> None:
    with door.socket() as talk, structlog.testing.capture_logs() as logs:
        talk.subscribe(query="subscription { broken }")
        message = talk.hear()
        assert message["payload"][0]["extensions"]["code"] == "INTERNAL"
        assert "swordfish" not in str(message)
    assert [line["event"] for line in logs if line["log_level"] == "error"] == ["unexpected error"]


JUNK: dict[str, Any] = {
    "binary": b'{"type":"ping"}',
    "no json": "{",
    "a number": "1",
    "null": "null",
    "a list": "[]",
    "no type": "{}",
    "unknown type": '{"type":"start"}',
    "server's type": '{"type":"next","id":"1"}',
    "type is a number": '{"type":1}',
    "type is a list": '{"type":["ping"]}',
    "payload is text": '{"type":"ping","payload":"x"}',
    "no id": '{"type":"subscribe","payload":{"query":"subscription { ticks }"}}',
    "empty id": '{"type":"subscribe","id":"","payload":{"query":"subscription { ticks }"}}',
    "id is a number": '{"type":"complete","id":7}',
    "id without end": '{"type":"complete","id":"' + "x" * 200 + '"}',
    "no payload": '{"type":"subscribe","id":"1"}',
    "no query": '{"type":"subscribe","id":"1","payload":{}}',
    "query is a number": '{"type":"subscribe","id":"1","payload":{"query":1}}',
    "variables are a list": '{"type":"subscribe","id":"1","payload":{"query":"subscription { ticks }","variables":[]}}',
    "repeated key": '{"type":"ping","type":"pong"}',
    "NaN": '{"type":"ping","payload":{"a":NaN}}',
    "NUL": '{"type":"ping","payload":{"a":"\\u0000"}}',
    "lone surrogate": '{"type":"ping","payload":{"a":"\\ud800"}}',
    "very deep": '{"type":"ping","payload":' + '{"a":' * 200 + "1" + "}" * 201,
    "large": '{"type":"ping","payload":{"a":"' + "x" * 130_000 + '"}}',
}


@pytest.mark.parametrize("name", JUNK)
def test_junk_closes_the_connection_with_4400_and_nothing_is_logged_as_ours(door: StreamDoor, noise: list[str], name: str) -> None:
    with door.socket() as talk:
        talk.connection.send(JUNK[name])
        code, reason = talk.closed()
    assert code == 4400
    assert reason
    assert len(reason.encode()) <= 123
    assert noise == []


def test_a_huge_frame_ends_the_connection(door: StreamDoor, noise: list[str]) -> None:
    with door.socket(max_size=None) as talk:
        talk.connection.send("x" * 3_000_000)
        assert talk.closed()[0] == 1009
    assert noise == []


def test_before_the_introduction_nothing_is_subscribed(door: StreamDoor) -> None:
    with door.socket(init=None) as talk:
        talk.say(type="ping")
        assert talk.hear() == {"type": "pong"}
        talk.subscribe()
        assert talk.closed() == (4401, "Unauthorized")


@pytest.mark.parametrize("payload", [None, {}, {"authorization": "Bearer bad"}, {"authorization": "nonsense"}])
def test_strangers_are_not_let_in(door: StreamDoor, payload: Any) -> None:
    with door.socket(init=None) as talk:
        talk.say(type="connection_init", **({} if payload is None else {"payload": payload}))
        assert talk.closed()[0] == 4403


def test_credentials_may_come_with_the_upgrade_or_in_any_case(door: StreamDoor) -> None:
    with door.socket(init=None, additional_headers={"authorization": GOOD}) as talk:
        talk.say(type="connection_init")
        assert talk.hear() == {"type": "connection_ack"}
    with door.socket(init=None, additional_headers={"authorization": "Bearer bad"}) as talk:
        talk.say(type="connection_init", payload={"Authorization": GOOD})
        assert talk.hear() == {"type": "connection_ack"}
    with door.socket(init=None) as talk:
        talk.say(type="connection_init", payload={"authorization": 7})
        assert talk.closed()[0] == 4400


def test_one_introduction_only_and_one_subscription_an_id(door: StreamDoor) -> None:
    with door.socket() as talk:
        talk.say(type="connection_init")
        assert talk.closed() == (4429, "Too many initialisation requests")
    with door.socket() as talk:
        talk.subscribe("x")
        talk.subscribe("x")
        assert talk.closed() == (4409, "Subscriber for x already exists")


def test_who_does_not_introduce_himself_is_closed(make: MakeStreamDoor) -> None:
    door = make(init_seconds=0.2)
    with door.socket(init=None) as talk:
        assert talk.closed() == (4408, "Connection initialisation timeout")


def test_other_subprotocols_are_closed_with_4406(door: StreamDoor) -> None:
    with door.socket(init=None, subprotocol="graphql-ws") as talk:
        assert talk.connection.subprotocol is None
        assert talk.closed() == (4406, "Subprotocol not acceptable")


def test_the_server_pings_and_both_pongs_are_well(make: MakeStreamDoor) -> None:
    door = make(ping_seconds=0.1)
    with door.socket() as talk:
        assert talk.connection.recv(5) == '{"type":"ping"}'
        talk.say(type="pong")
        talk.say(type="ping")
        assert talk.hear() == {"type": "pong"}


def test_connections_are_bounded(make: MakeStreamDoor) -> None:
    door = make(connections=2)
    with door.socket(), door.socket():
        with pytest.raises(InvalidStatus) as refused, connect(f"ws://{door.address}/graphql", subprotocols=["graphql-transport-ws"]):  # type: ignore[list-item]
            pass
        assert refused.value.response.status_code == 503
    door.quiet()
    with door.socket() as talk:
        talk.subscribe()


def test_a_token_that_ends_ends_its_subscriptions_at_the_next_event(door: StreamDoor) -> None:
    token = "Bearer good-until-later"
    with door.socket(init=token) as talk, door.socket() as other:
        talk.subscribe()
        other.subscribe()
        wait_for(lambda: door.streams.subscriptions == 2)
        door.ledger.write(1)
        assert talk.ticks(1) == other.ticks(1) == [1]
        door.ledger.revoked.add(token)
        door.ledger.write(2)
        assert talk.error_code() == "UNAUTHENTICATED"
        assert other.ticks(1) == [2]


def test_a_token_that_ends_while_nothing_happens_is_noticed_too(make: MakeStreamDoor) -> None:
    door = make(recheck_seconds=0.1)
    with door.socket() as talk:
        talk.subscribe()
        wait_for(lambda: door.streams.subscriptions == 1)
        door.ledger.revoked.add(GOOD)
        assert talk.error_code() == "UNAUTHENTICATED"


def test_idle_subscriptions_hold_no_threads_and_share_one_look(make: MakeStreamDoor) -> None:
    door = make(per_connection=50)
    with contextlib.ExitStack() as stack:
        talks = [stack.enter_context(door.socket()) for _ in range(4)]
        before = threading.active_count()
        for talk in talks:
            for number in range(50):
                talk.subscribe(str(number))
        wait_for(lambda: door.streams.subscriptions == 200, 15)
        assert threading.active_count() <= before + 2  # the pool's, which starts them as it needs them
        heads, spent = door.ledger.heads, time.process_time()
        time.sleep(1)
        assert door.ledger.heads - heads <= 60  # one look in 0.02 s for all of them
        assert time.process_time() - spent < 0.5
        reads = door.ledger.reads
        door.ledger.write(5)
        for talk in talks:
            assert talk.ticks(50) == [5] * 50
        assert door.ledger.reads == reads + 1
    door.quiet()
    heads = door.ledger.heads
    time.sleep(0.2)
    assert door.ledger.heads <= heads + 1  # nobody follows, nobody looks


def test_who_does_not_read_is_left_and_the_others_are_not_kept_waiting(make: MakeStreamDoor) -> None:
    door = make(waiting=4, slow_seconds=0.2, send_seconds=1.0)
    with door.deaf_socket("Bearer good deaf") as deaf, door.socket() as well:
        deaf.subscribe("subscription { wide(after: 0) }")
        well.subscribe(query="subscription { ticks(after: 0) }")
        wait_for(lambda: door.streams.subscriptions == 2)
        door.ledger.write(*range(1_500))  # 30 MB, far more than the sockets hold
        assert well.ticks(1_500) == list(range(1_500))
        wait_for(lambda: door.streams.subscriptions == 1 and door.streams.connections == 1, 10)
        well.say(type="ping")
        assert well.hear() == {"type": "pong"}


def test_a_slow_reader_is_told_how_to_go_on(make: MakeStreamDoor) -> None:
    door = make(waiting=2, slow_seconds=0.1, send_seconds=30.0)
    with door.deaf_socket() as slow:
        slow.subscribe("subscription { wide(after: 0) }")
        wait_for(lambda: door.streams.subscriptions == 1)
        door.ledger.write(*range(1_500))
        wait_for(lambda: door.streams.subscriptions == 0)
        told = slow.listen_until("error")
    assert 2 < len(told) < 1_500
    assert {message["type"] for message in told[:-1]} == {"next"}
    assert told[-1]["payload"][0]["extensions"]["code"] == "SLOW_CONSUMER"
    assert "cursor" in told[-1]["payload"][0]["message"]


def test_a_process_that_stops_sends_its_clients_away_with_1001(make: MakeStreamDoor) -> None:
    door = make()
    with door.socket() as talk, door.socket(init=None) as silent:
        talk.subscribe()
        wait_for(lambda: door.streams.subscriptions == 1)
        door.stop()
        assert talk.closed()[0] == 1001
        assert silent.closed()[0] == 1001
    door.quiet()


def test_a_store_that_is_away_ends_no_subscription(make: MakeStreamDoor) -> None:
    door = make(recheck_seconds=0.1, retry_seconds=0.05)
    with door.socket() as talk:
        talk.subscribe()
        wait_for(lambda: door.streams.subscriptions == 1)
        door.ledger.away = True
        time.sleep(0.5)
        door.ledger.write(1, 2)
        door.ledger.away = False
        assert talk.ticks(2) == [1, 2]


def test_one_line_a_connection_is_logged(make: MakeStreamDoor) -> None:
    door = make()
    with structlog.testing.capture_logs() as logs:
        with door.socket() as talk:
            talk.subscribe()
            talk.say(type="ping")
            talk.hear()
        door.quiet()
        wait_for(lambda: [line for line in logs if line["event"] == "websocket"])
    lines = [line for line in logs if line["event"] == "websocket"]
    assert [(line["path"], line["code"], line["subscriptions"]) for line in lines] == [("/graphql", 1000, 1)]
    assert lines[0]["principal"] == "zhang.san"
    assert "good" not in str(lines)
