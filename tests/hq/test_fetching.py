"""Fetching a file from a real server: signed, bounded, checked against its digest; every failure is a value."""

from __future__ import annotations

import base64
import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from kbsearch.hq.delivery import open_client
from kbsearch.hq.fetching import HqFiles
from kbsearch.hq.signing import verify

NOW = datetime(2026, 11, 23, 1, tzinfo=UTC)
SECRET = "whsec_" + base64.b64encode(b"the outbound half of the secret!").decode()
CONTENT = "总部的附件".encode() * 10_000
DIGEST = hashlib.sha256(CONTENT).hexdigest()
Answer = tuple[int, dict[str, str], bytes]


@dataclass
class Server:
    """`answer` is given to every GET; None breaks the connection half way."""

    answer: Answer | None = (200, {}, CONTENT)
    url: str = ""
    paths: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)


def _handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.paths.append(self.path)
            server.headers.append({k.lower(): v for k, v in self.headers.items()})
            status, headers, content = server.answer or (200, {}, CONTENT)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: len(content) // 2] if server.answer is None else content)

        def log_message(self, *_args: Any) -> None:
            """Stay quiet."""

    return Handler


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, _request: Any, _client_address: Any) -> None:
        """A client that stops reading is what some tests ask for."""


@contextmanager
def _running() -> Iterator[Server]:
    made = Server()
    server = _Quiet(("127.0.0.1", 0), _handler(made))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    made.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def server() -> Iterator[Server]:
    with _running() as made:
        yield made


@pytest.fixture
def source(server: Server) -> Iterator[Callable[..., HqFiles]]:
    client = open_client(5)

    def made(inbox: str = "/inbox", max_bytes: int = 1 << 20) -> HqFiles:
        return HqFiles(server.url + inbox, SECRET, client, lambda: NOW, lambda: "wh-1", max_bytes)

    yield made
    client.close()


@pytest.mark.parametrize(("inbox", "path"), [("/inbox", ""), ("/", ""), ("/api/v1/inbox", "/api/v1"), ("/inbox?x=1", "")])
def test_a_signed_get_beside_the_inbox(server: Server, source: Callable[..., HqFiles], inbox: str, path: str) -> None:
    fetched = source(inbox).fetch(DIGEST)
    assert fetched.file is not None
    with fetched.file as file:
        assert file.read() == CONTENT
    assert server.paths == [f"{path}/attachments/{DIGEST}"]
    assert verify((SECRET,), server.headers[0], b"", NOW).webhook_id == "wh-1"


@pytest.mark.parametrize(("disposition", "name"), [
    ("attachment; filename*=UTF-8''%E8%B5%84%E8%B4%B9.pdf", "资费.pdf"), ('attachment; filename="a b.pdf"', "a b.pdf"),
    ("attachment", ""), ("", ""), ("attachment; filename*=broken", "broken"),
])  # fmt: skip
def test_the_name_it_has_there(server: Server, source: Callable[..., HqFiles], disposition: str, name: str) -> None:
    server.answer = (200, {"content-disposition": disposition}, CONTENT)
    fetched = source().fetch(DIGEST)
    assert fetched.file is not None
    fetched.file.close()
    assert fetched.name == name


@pytest.mark.parametrize(("answer", "why", "refused"), [
    ((200, {}, b"something else"), "摘要不符", False),
    ((200, {}, b""), "摘要不符", False),
    ((404, {}, b"no"), "404", False),
    ((401, {}, b"no"), "401", False),
    ((403, {}, b"no"), "403", True),
    ((410, {}, b"no"), "410", True),
    ((500, {}, b"no"), "500", False),
    ((302, {"location": "/elsewhere"}, b""), "302", False),
])  # fmt: skip
def test_answers_that_give_nothing(server: Server, source: Callable[..., HqFiles], answer: Answer, why: str, refused: bool) -> None:
    server.answer = answer
    fetched = source().fetch(DIGEST)
    assert (fetched.file, why in fetched.error, fetched.refused, fetched.unreachable) == (None, True, refused, False)
    assert len(server.paths) == 1


def test_too_much_is_not_read_to_the_end(source: Callable[..., HqFiles]) -> None:
    fetched = source(max_bytes=1_000).fetch(DIGEST)
    assert (fetched.file, fetched.refused) == (None, True)
    assert "上限" in fetched.error


def test_a_connection_that_breaks_is_an_outage(server: Server, source: Callable[..., HqFiles]) -> None:
    server.answer = None
    fetched = source().fetch(DIGEST)
    assert (fetched.file, fetched.unreachable) == (None, True)


def test_nobody_there_is_an_outage() -> None:
    with _running() as gone:
        url = gone.url
    with open_client(1) as client:
        fetched = HqFiles(f"{url}/inbox", SECRET, client, lambda: NOW, lambda: "wh", 10).fetch(DIGEST)
    assert (fetched.file, fetched.unreachable) == (None, True)
