"""How the cluster is entered: TLS with a CA of one's own, user and password, signatures; the door answers what a cluster's would."""

from __future__ import annotations

import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from kbsearch.indexing.faults import IndexAccessDenied, IndexDiskFull, IndexFault, IndexUnreachable
from kbsearch.indexing.opensearch import Cluster, Signing, cluster_health
from kbsearch.indexing.opensearch.client import Server

_FULL = (
    b'{"error":{"root_cause":[],"type":"cluster_block_exception","reason":"index [a] blocked by: '
    b'[TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark];"},"status":429}'
)


class Door:
    """An HTTP server that keeps what it was sent and answers as told."""

    def __init__(self) -> None:
        self.authorizations: list[str] = []
        self.answers: list[tuple[int, bytes]] = []
        door = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                door.authorizations.append(self.headers.get("authorization", ""))
                status, body = door.answers.pop(0) if len(door.answers) > 1 else door.answers[0]
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Be quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server.server_address[1]}"

    def asked(self, cluster: Cluster, patience: float = 0) -> object:
        server = Server(cluster)
        try:
            return server.ask(lambda client: client.info(), patience)
        finally:
            server.close()


@pytest.fixture
def door() -> Iterator[Door]:
    made = Door()
    made.answers = [(200, b'{"ok": true}')]
    yield made
    made.server.shutdown()
    made.server.server_close()


def test_user_and_password_are_sent_and_a_refusal_names_the_settings(door: Door) -> None:
    cluster = Cluster((f"http://{door.address}",), username="kb", password="geheim")
    assert door.asked(cluster) == {"ok": True}
    assert door.authorizations == ["Basic a2I6Z2VoZWlt"]
    assert "geheim" not in repr(cluster)
    for status in (401, 403):
        door.answers = [(status, b"{}")]
        with pytest.raises(IndexAccessDenied, match="KBSEARCH_OPENSEARCH_PASSWORD"):
            door.asked(cluster)


def test_requests_are_signed_for_a_managed_service(door: Door) -> None:
    door.asked(Cluster((f"http://{door.address}",), signing=Signing("AKID", "secret", "cn-north-1")))
    assert door.authorizations[0].startswith("AWS4-HMAC-SHA256 Credential=AKID/")
    assert "/cn-north-1/es/aws4_request" in door.authorizations[0]


def test_a_busy_server_is_asked_again_and_a_full_disk_is_not(door: Door) -> None:
    cluster = Cluster((f"http://{door.address}",))
    door.answers = [(429, b"{}"), (503, b"{}"), (200, b'{"ok": true}')]
    assert door.asked(cluster, patience=5) == {"ok": True}
    assert len(door.authorizations) == 3
    door.answers = [(503, b"{}")]
    with pytest.raises(IndexUnreachable, match="繁忙"):
        door.asked(cluster, patience=0.2)
    door.answers = [(429, _FULL)]
    with pytest.raises(IndexDiskFull, match="磁盘"):
        door.asked(cluster, patience=5)


def test_what_is_no_opensearch_is_said(door: Door) -> None:
    door.answers = [(200, b"<html>")]
    with pytest.raises(IndexFault, match="KBSEARCH_OPENSEARCH_URLS"):
        door.asked(Cluster((f"http://{door.address}",)))
    door.answers = [(200, b'{"version": {"number": "7.10.2"}}'), (200, b'{"status": "green", "number_of_data_nodes": 1}')]
    assert not cluster_health(Cluster((f"http://{door.address}",))).supported


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the openssl program to make a certificate")
def test_a_certificate_of_an_own_authority_needs_its_ca_file(door: Door, tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "ca.pem"
    subprocess.run(  # noqa: S603 - a fixed command
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext",  # noqa: S607
         "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    door.server.socket = context.wrap_socket(door.server.socket, server_side=True)
    with pytest.raises(IndexUnreachable, match="KBSEARCH_OPENSEARCH_CA"):
        door.asked(Cluster((f"https://{door.address}",)))
    assert door.asked(Cluster((f"https://{door.address}",), ca=certificate)) == {"ok": True}
