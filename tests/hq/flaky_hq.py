"""A headquarters of the tests' own: a real HTTP server that fails as told and remembers what it took."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson

Answer = tuple[int, dict[str, str], bytes]
OK: Answer = (200, {}, b"{}")


@dataclass
class FlakyHq:
    """`behave(message, attempt)` gives the answer, or None to break the connection after receipt."""

    behave: Callable[[dict[str, Any], int], Answer | None] = lambda _message, _attempt: OK
    url: str = ""
    taken: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    attempts: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    lock: threading.Lock = field(default_factory=threading.Lock)

    def receive(self, headers: dict[str, str], body: bytes) -> Answer | None:
        message = orjson.loads(body)
        with self.lock:
            self.attempts[message["id"]] += 1
            answer = self.behave(message, self.attempts[message["id"]])
            self.headers.append(headers)
            taken = answer is None or answer[0] < 300
            if taken and message["id"] not in {m["id"] for m in self.taken}:
                self.taken.append(message)
        return answer

    def order_of(self, document_id: str) -> list[int]:
        return [m["sequence"] for m in self.taken if m["documentId"] == document_id]


def _handler(hq: FlakyHq) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            answer = hq.receive({k.lower(): v for k, v in self.headers.items()}, body)
            if answer is None:
                self.close_connection = True
                self.connection.close()
                return
            status, headers, content = answer
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_args: Any) -> None:
            """Stay quiet."""

    return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, _request: Any, _client_address: Any) -> None:
        """A broken connection is what some tests ask for."""


@contextmanager
def flaky_hq() -> Iterator[FlakyHq]:
    hq = FlakyHq()
    server = _Server(("127.0.0.1", 0), _handler(hq))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    hq.url = f"http://127.0.0.1:{server.server_port}/inbox"
    try:
        yield hq
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
