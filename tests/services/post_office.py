"""A mail server and a webhook's listener of the tests' own: real sockets, answer as told, keep what they took; assert nothing."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast


@dataclass
class PostOffice:
    """`refuse(recipient)` gives an SMTP answer such as `550 no such user`, or None to take the letter."""

    port: int = 0
    refuse: Callable[[str], str | None] = lambda _recipient: None
    letters: list[tuple[str, EmailMessage]] = field(default_factory=list)
    connections: int = 0


def _handler(office: PostOffice) -> type[socketserver.StreamRequestHandler]:
    class Handler(socketserver.StreamRequestHandler):
        def say(self, line: str) -> None:
            self.wfile.write(f"{line}\r\n".encode())

        def handle(self) -> None:
            office.connections += 1
            self.say("220 test")
            recipient = ""
            while line := self.rfile.readline().decode().strip():
                command = line.upper()
                if command.startswith("RCPT"):
                    recipient = line.partition("<")[2].partition(">")[0]
                    self.say(office.refuse(recipient) or "250 ok")
                elif command == "DATA":
                    self.say("354 go on")
                    office.letters.append((recipient, self.letter()))
                    self.say("250 taken")
                else:
                    self.say("221 bye" if command == "QUIT" else "250 ok")

        def letter(self) -> EmailMessage:
            lines = []
            while (line := self.rfile.readline()) != b".\r\n":
                lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
            return cast("EmailMessage", message_from_bytes(b"".join(lines), policy=policy.default))

    return Handler


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


@contextmanager
def post_office() -> Iterator[PostOffice]:
    """One that is open."""
    office = PostOffice()
    with _Server(("127.0.0.1", 0), _handler(office)) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        office.port = server.server_address[1]
        yield office
        server.shutdown()
        thread.join()


class Listener(ThreadingHTTPServer):
    """Somebody's webhook: keeps what it is sent and answers as told."""

    daemon_threads = True

    def __init__(self) -> None:
        self.taken: list[tuple[dict[str, str], bytes]] = []
        self.status, self.location = 200, ""
        super().__init__(("127.0.0.1", 0), _Taking)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook"


class _Taking(BaseHTTPRequestHandler):
    server: Listener

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.taken.append(({k.lower(): v for k, v in self.headers.items()}, body))
        self.send_response(self.server.status)
        if self.server.location:
            self.send_header("location", self.server.location)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_args: Any) -> None:
        """Stay quiet."""


@contextmanager
def listening() -> Iterator[Listener]:
    """One that answers."""
    with Listener() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()
