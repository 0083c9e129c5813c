"""The service and the worker as processes: commands beside them, clean stops, and kill -9 in the middle of writing."""

from __future__ import annotations

import base64
import contextlib
import json
import signal
import socket
import sqlite3
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.cli.program import INBOUND, OUTBOUND, Server, serving, until

DRAFT = "mutation($i: DraftPublishInput!) { draftPublish(input: $i) { submission { id lockVersion } userErrors { message } } }"
SUBMIT = """mutation($i: SubmitForReviewInput!) { submitForReview(input: $i) {
submission { id rawId lockVersion submissionHash } userErrors { message } } }"""
APPROVE = "mutation($i: ApproveSubmissionInput!) { approveSubmission(input: $i) { submission { id state } userErrors { message } } }"
STATE = "query($i: ID!) { submission(id: $i) { state } }"
SEARCH = "query($q: String!) { search(query: $q, first: 5) { edges { node { version { title } } } } }"


def tokens(kb: Run) -> dict[str, str]:
    return {login: kb("token", "issue", login, "--json").well().json["token"] for login in ("chenjing", "sunli")}


def categories(home: Path) -> dict[str, str]:
    """A leaf of each tree, as opaque ids."""
    leaf = "SELECT id FROM category c WHERE origin = ? AND id NOT IN (SELECT parent_id FROM category WHERE parent_id IS NOT NULL) LIMIT 1"
    with sqlite3.connect(home / "kbsearch.db") as database:
        found = {scope: database.execute(leaf, (origin,)).fetchone()[0] for scope, origin in (("NATIONAL", "HQ"), ("LOCAL", "LOCAL"))}
    return {scope: base64.b64encode(f"Category:{i}".encode()).decode() for scope, i in found.items()}


def publish(server: Server, held: dict[str, str], category: dict[str, str], scope: str, word: str) -> tuple[str, str]:
    """From draft to approval; returns (opaque, raw) id of the submission."""
    content = {"title": f"资费{word}", "body": f"资费{word}每月十元", "script": f"资费{word}十元"}
    given = {"scope": scope, "categoryId": category[scope], "content": content, "changeNote": "首次发布"}
    drafted = server.ask(held["chenjing"], DRAFT, i=given)["draftPublish"]
    assert not drafted["userErrors"], drafted
    mine = drafted["submission"]
    told = server.ask(held["chenjing"], SUBMIT, i={"submissionId": mine["id"], "lockVersion": mine["lockVersion"]})["submitForReview"]
    assert not told["userErrors"], told
    mine = told["submission"]
    seen = {"submissionId": mine["id"], "lockVersion": mine["lockVersion"], "submissionHash": mine["submissionHash"]}
    approved = server.ask(held["sunli"], APPROVE, i={**seen, "andSubmit": scope == "NATIONAL"})["approveSubmission"]
    assert not approved["userErrors"], approved
    return mine["id"], mine["rawId"]


def test_commands_beside_a_running_service(kb: Run, home: Path) -> None:
    held, category = tokens(kb), categories(home)
    with serving(home) as server:
        publish(server, held, category, "LOCAL", "vaaaa")
        until(lambda: server.ask(held["sunli"], SEARCH, q="vaaaa")["search"]["edges"], "found", 10)
        assert kb("search", "vaaaa", "--json").well().json["total"] == 1
        assert kb("reindex", "--json").well().json == {"documents": 1, "by": "正在运行的服务"}
        assert kb("reconcile", "--json").well().json["equal"]
        assert kb("reconcile", "--repair", "--json").well().json["equal"]
        assert "另一个进程" in kb("serve", environment_={"KBSEARCH_PORT": "0"}).refused()
        assert "端口已被占用" in kb("serve", environment_={"KBSEARCH_PORT": str(server.port)}).refused()
        assert f"服务在 127.0.0.1:{server.port} 运行" in kb("doctor", environment_={"KBSEARCH_PORT": str(server.port)}).well().out
        assert server.ask(held["sunli"], SEARCH, q="vaaaa")["search"]["edges"]


def test_sigterm_with_requests_open_stops_within_10_seconds(kb: Run, home: Path) -> None:
    held, category = tokens(kb), categories(home)
    with serving(home) as server:
        idle = socket.create_connection(("127.0.0.1", server.port))
        half = socket.create_connection(("127.0.0.1", server.port))
        half.sendall(b"POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{")
        identity, _ = publish(server, held, category, "LOCAL", "vbbbb")
        took = server.stop()
        assert took < 10
        assert server.process.returncode == 0, server.log.read_text("utf-8")
        idle.close()
        half.close()
    with serving(home) as server:
        assert server.ask(held["chenjing"], STATE, i=identity)["submission"]["state"] == "EFFECTIVE"
        assert server.stop(signal.SIGINT) < 10
        assert server.process.returncode == 0


def test_a_worker_indexes_what_others_write(kb: Run, home: Path, tmp_path: Path) -> None:
    file = tmp_path / "s.jsonl"
    file.write_text(json.dumps({"sourceId": "1", "title": "彩信包", "body": "五元", "category": "彩信"}) + "\n", encoding="utf-8")
    with serving(home, command="worker") as worker, serving(home, "--no-worker") as server:
        told = kb("import", str(file), "--as-stock", "--create-categories", "--scope", "local", "--json").well().json
        assert told[0]["imported"] == 1
        assert kb("search", "彩信包", "--json").well().json["total"] == 1
        assert "另一个进程" in kb("worker").refused()
        assert server.ask(tokens(kb)["sunli"], SEARCH, q="彩信包")["search"]["edges"]
        assert worker.stop() < 10
        assert worker.process.returncode == 0, worker.log.read_text("utf-8")


def test_a_service_stops_when_its_starter_is_gone(home: Path) -> None:
    with serving(home, "--with-parent") as server:
        assert server.process.stdin is not None
        server.process.stdin.close()
        until(lambda: server.process.poll() is not None, "stopped", 15)
        assert server.process.returncode == 0


class Headquarters(ThreadingHTTPServer):
    """Takes whatever comes and remembers which submissions it saw."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Inbox)
        self.seen: set[str] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/inbox"


class _Inbox(BaseHTTPRequestHandler):
    server: Headquarters

    def do_POST(self) -> None:
        told = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.seen.add(told["data"]["submissionId"])
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""


@pytest.fixture
def headquarters() -> Iterator[Headquarters]:
    with Headquarters() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_kill_9_while_writing_loses_nothing_acknowledged(kb: Run, home: Path, headquarters: Headquarters) -> None:
    held, category = tokens(kb), categories(home)
    given = {
        "KBSEARCH_HQ_URL": headquarters.url,
        "KBSEARCH_HQ_OUTBOUND_SECRET": OUTBOUND,
        "KBSEARCH_HQ_INBOUND_SECRETS": INBOUND,
    }
    acknowledged: dict[str, tuple[str, str, str]] = {}
    writers = 3
    for round_ in range(2):
        with serving(home, **given) as server:
            ready = threading.Barrier(writers + 1)

            def write(writer: int, server: Server = server, round_: int = round_, ready: threading.Barrier = ready) -> None:
                ready.wait()
                with contextlib.suppress(OSError, ValueError):  # until the service is gone
                    for number in range(1000):
                        word = (
                            "v" + "bcdfghjkmnpq"[writer] + "bcdfghjkmnpq"[round_] + "".join("bcdfghjkmnpq"[int(d)] for d in f"{number:03}")
                        )
                        scope = "NATIONAL" if number % 2 else "LOCAL"
                        acknowledged[word] = (scope, *publish(server, held, category, scope, word))

            threads = [threading.Thread(target=write, args=(n,)) for n in range(writers)]
            for thread in threads:
                thread.start()
            ready.wait()
            time.sleep(2 + round_ * 0.37)
            server.process.send_signal(signal.SIGKILL)
            for thread in threads:
                thread.join()
    assert len(acknowledged) > 4
    with serving(home, **given) as server:
        sent = {raw for scope, _, raw in acknowledged.values() if scope == "NATIONAL"}
        until(lambda: sent <= headquarters.seen, "headquarters has everything approved")
        until(lambda: kb("outbox", "list", "--status", "PENDING", "--json").well().json == [], "outbox drained")
        for word, (scope, identity, _) in acknowledged.items():
            state = server.ask(held["chenjing"], STATE, i=identity)["submission"]["state"]
            assert state == ("EFFECTIVE" if scope == "LOCAL" else "SUBMITTED")
            if scope == "LOCAL":
                edges = server.ask(held["sunli"], SEARCH, q=word)["search"]["edges"]
                assert [e["node"]["version"]["title"] for e in edges] == [f"资费{word}"]
        assert kb("reconcile", "--json").well().json["equal"]
