"""Subscriptions of real processes: a clean stop with streams open, two services on one database, junk that leaves no trace."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import socket
import sqlite3
import struct
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from tests.cli.conftest import Run
from tests.cli.program import Server, serving, until
from tests.http.stream_door import Talk, socket_to

DRAFT = "mutation($i: DraftPublishInput!) { draftPublish(input: $i) { submission { id lockVersion } userErrors { message } } }"
SUBMIT = "mutation($i: SubmitForReviewInput!) { submitForReview(input: $i) { submission { id } userErrors { message } } }"
QUEUE = "subscription { reviewQueue { kind documentId cursor } }"
MINE = "subscription { myWork { action documentId } }"


def tokens(kb: Run) -> dict[str, str]:
    return {login: kb("token", "issue", login, "--json").well().json["token"] for login in ("chenjing", "sunli")}


def submit(server: Server, token: str, home: Path) -> str:
    """A draft handed in for review; its opaque id."""
    with sqlite3.connect(home / "kbsearch.db") as database:
        category = database.execute("SELECT id FROM category WHERE origin = 'LOCAL' AND parent_id IS NOT NULL LIMIT 1").fetchone()[0]
    content = {"title": "资费", "body": "每月十元", "script": "十元"}
    given = {"scope": "LOCAL", "categoryId": base64.b64encode(f"Category:{category}".encode()).decode(), "content": content}
    drafted = server.ask(token, DRAFT, i={**given, "changeNote": "首次发布"})["draftPublish"]
    assert not drafted["userErrors"], drafted
    mine = drafted["submission"]
    told = server.ask(token, SUBMIT, i={"submissionId": mine["id"], "lockVersion": mine["lockVersion"]})["submitForReview"]
    assert not told["userErrors"], told
    return str(mine["id"])


@contextlib.contextmanager
def subscribed(server: Server, token: str, query: str) -> Iterator[Talk]:
    """Subscribed for certain: an event after this is heard."""
    with socket_to(f"127.0.0.1:{server.port}", f"Bearer {token}") as talk:
        before = open_subscriptions(server)
        talk.subscribe(query=query)
        until(lambda: open_subscriptions(server) > before, "subscribed", 10)
        yield talk


def open_subscriptions(server: Server) -> float:
    text = httpx.get(f"{server.url}/metrics").text
    line = next(line for line in text.splitlines() if line.startswith("kbsearch_graphql_subscriptions "))
    return float(line.split()[1])


def test_two_services_on_one_database_tell_each_others_events(kb: Run, home: Path) -> None:
    held = tokens(kb)
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(serving(home, *arguments)) for arguments in ((), ("--no-worker",))]
        talks = [stack.enter_context(subscribed(server, held["sunli"], QUEUE)) for server in servers]
        for server in servers:
            identity = submit(server, held["chenjing"], home)
            told = [talk.hear(10)["payload"]["data"]["reviewQueue"] for talk in talks]
            assert told[0] == told[1]
            assert (told[0]["kind"], told[0]["documentId"]) == ("ENTERED", identity)


def test_sigterm_with_streams_open_stops_within_10_seconds_and_sends_clients_away(kb: Run, home: Path) -> None:
    held = tokens(kb)
    with serving(home) as server, contextlib.ExitStack() as stack:
        talks = [stack.enter_context(subscribed(server, held["chenjing"], MINE)) for _ in range(3)]
        silent = stack.enter_context(socket_to(f"127.0.0.1:{server.port}", None))
        deaf = socket.create_connection(("127.0.0.1", server.port))
        stack.callback(deaf.close)
        headers = {"accept": "text/event-stream", "authorization": f"Bearer {held['chenjing']}"}
        stream = stack.enter_context(httpx.stream("POST", f"{server.url}/graphql", json={"query": MINE}, headers=headers, timeout=15))
        ended: list[str] = []
        reader = threading.Thread(target=lambda: ended.extend(stream.iter_lines()))
        reader.start()
        until(lambda: open_subscriptions(server) == 4, "all subscribed", 10)
        took = server.stop()
        assert took < 5
        assert server.process.returncode == 0, server.log.read_text("utf-8")
        assert [talk.closed()[0] for talk in (*talks, silent)] == [1001] * 4
        reader.join(5)
        assert not reader.is_alive()
        assert "event: complete" not in ended
        assert "Traceback" not in server.log.read_text("utf-8")


def frame(opcode: int, payload: bytes, *, masked: bool = True) -> bytes:
    """A WebSocket frame as a client sends it, or as it must not."""
    mask = os.urandom(4)
    body = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload)) if masked else payload
    length = len(payload)
    size = bytes([length | 0x80 * masked]) if length < 126 else bytes([126 | 0x80 * masked]) + struct.pack("!H", length)
    return bytes([0x80 | opcode]) + size + (mask if masked else b"") + body


RAW: dict[str, bytes] = {
    "text that is no UTF-8": frame(1, b'{"type":"ping\xff\xfe"}'),
    "binary": frame(2, b"\0\1\2"),
    "not masked": frame(1, b'{"type":"ping"}', masked=False),
    "reserved opcode": frame(3, b"x"),
    "continuation of nothing": frame(0, b"x"),
    "long ping": frame(9, b"x" * 126),
    "close with a bad code": frame(8, struct.pack("!H", 999)),
    "random": bytes(range(256)),
    "nothing": b"",
}
UPGRADE = (
    b"GET /graphql HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n"
    b"sec-websocket-protocol: graphql-transport-ws\r\n"
)
KEY = b"sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
BAD_UPGRADES = [
    UPGRADE + b"\r\n",
    UPGRADE + b"sec-websocket-key: x\r\n\r\n",
    UPGRADE.replace(b"13", b"12") + KEY + b"\r\n",
    UPGRADE.replace(b"/graphql", b"/nothing") + KEY + b"\r\n",
]


def knock(server: Server, sent: bytes, then: bytes | None = None) -> bytes:
    """Send bytes, and more after the answer's head; everything that came back before the end or a second's silence."""
    with socket.create_connection(("127.0.0.1", server.port), 5) as raw:
        raw.settimeout(1)
        raw.sendall(sent)
        got = raw.recv(65_536)
        if then is not None:
            raw.sendall(then)
            raw.shutdown(socket.SHUT_WR)
            with contextlib.suppress(OSError):
                while more := raw.recv(65_536):
                    got += more
        return got


def test_junk_on_the_wire_is_no_error_of_ours(kb: Run, home: Path) -> None:
    held = tokens(kb)
    with serving(home) as server:
        for bad in BAD_UPGRADES:
            status = int(knock(server, bad).split()[1])
            assert 400 <= status < 500, bad
        for name, content in RAW.items():
            assert knock(server, UPGRADE + KEY + b"\r\n", content).startswith(b"HTTP/1.1 101"), name
        with subscribed(server, held["chenjing"], MINE) as talk:
            identity = submit(server, held["chenjing"], home)
            told: list[Any] = [talk.hear(10)["payload"]["data"]["myWork"] for _ in range(2)]
        assert {each["documentId"] for each in told} == {identity}
        lines = [json.loads(line) for line in server.log.read_text("utf-8").splitlines() if line.startswith("{")]
        assert [line for line in lines if line.get("level") in ("error", "critical")] == []
        assert "Traceback" not in server.log.read_text("utf-8")
        assert server.stop() < 10
