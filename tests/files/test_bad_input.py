"""What clients do wrong is their fault and told them in Chinese; what is ours is 5xx only where it is true."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from kbsearch.attachments.disk import DiskFiles
from kbsearch.attachments.port import Stored
from tests.attachments import samples
from tests.attachments.test_kinds import BAD
from tests.schema.world import World

from .desk import MAX_BYTES, Desk

PDF = samples.pdf("资费")


def _stored(desk: Desk) -> int:
    return len(list(desk.system.files.iterate()))


def _refused(desk: Desk, answer: Any, status: int, code: str) -> None:
    assert answer.status_code == status, answer.text
    error = answer.json()["errors"][0]
    assert error["extensions"]["code"] == code
    assert error["extensions"]["requestId"] == answer.headers["x-request-id"]
    assert any("\u4e00" <= c <= "\u9fff" for c in error["message"])
    assert desk.counted[-1] == code
    assert _stored(desk) == 0


@pytest.mark.parametrize(("name", "content", "code"), BAD, ids=[name for name, _, _ in BAD])
def test_files_that_may_not_come_in(desk: Desk, name: str, content: bytes, code: str) -> None:
    if len(content) > MAX_BYTES:
        code = "FILE_TOO_LARGE"
    status = {"EMPTY_FILE": 400, "FILE_TOO_LARGE": 413, "FILE_UNPACKS_TOO_LARGE": 413}.get(code, 415)
    _refused(desk, desk.post(content, name), status, code)


@pytest.mark.parametrize("query", [
    "", "?name=", "?name=%20", "?name=a/b.pdf", "?name=..%5Cb.pdf", "?name=a%00.pdf", "?name=%ff%fe.pdf",
    "?name=a.pdf&name=b.pdf", "?Name=a.pdf",
    "?name=" + "x" * 200 + ".pdf", "?name=a%E2%80%AEfdp.exe", "?name=a%0d%0aset-cookie:x.pdf",
])  # fmt: skip
def test_names_that_may_not_be(desk: Desk, query: str) -> None:
    _refused(desk, desk.call("POST", f"/attachments{query}", who="author", content=PDF), 400, "BAD_FILE_NAME")


@pytest.mark.parametrize(("headers", "status", "code"), [
    ({"content-encoding": "gzip"}, 415, "UNSUPPORTED_ENCODING"),
    ({"content-type": "multipart/form-data; boundary=x"}, 415, "UNSUPPORTED_MEDIA_TYPE"),
    ({"content-length": "99999999999999999999"}, 413, "FILE_TOO_LARGE"),
    ({"content-length": str(MAX_BYTES + 1)}, 413, "FILE_TOO_LARGE"),
    ({"authorization": "Bearer kb_nobody"}, 401, "UNAUTHENTICATED"),
    ({"authorization": "Basic x"}, 401, "UNAUTHENTICATED"),
    ({"webhook-id": "x"}, 401, "UNAUTHENTICATED"),
])  # fmt: skip
def test_headers_that_do_not_fit(desk: Desk, headers: dict[str, str], status: int, code: str) -> None:
    _refused(desk, desk.call("POST", "/attachments?name=a.pdf", who="author", content=PDF, headers=headers), status, code)


@pytest.mark.parametrize("address", [
    "0" * 64, "A" * 64, "abc", "..%2f..%2fetc%2fpasswd", "%00", "%ff", "incoming", "0" * 65, "%F0%9F%99%82", "0" * 5_000, "*",
    "'; DROP TABLE attachment",
])  # fmt: skip
def test_addresses_of_nothing(desk: Desk, address: str) -> None:
    answer = desk.get(address)
    assert answer.status_code == 404
    assert answer.json()["errors"][0]["extensions"]["code"] in {"ATTACHMENT_NOT_FOUND", "PATH_NOT_FOUND"}


@pytest.mark.parametrize(("method", "path"), [("GET", "/attachments"), ("PUT", "/attachments"), ("DELETE", f"/attachments/{'0' * 64}")])
def test_methods_that_are_not_served(desk: Desk, method: str, path: str) -> None:
    assert desk.call(method, path, who="author").status_code == 405


def test_a_body_without_a_length_is_bounded_too(desk: Desk) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 100 * MAX_BYTES:
            sent += 10_000
            yield b"x" * 10_000

    answer = desk.post(endless())
    assert sent < 2 * MAX_BYTES
    _refused(desk, answer, 413, "FILE_TOO_LARGE")
    assert answer.headers["connection"] == "close"


def test_exactly_the_limit_is_accepted(desk: Desk) -> None:
    assert desk.post(b"x" * MAX_BYTES).status_code == 201


def test_a_body_that_never_ends_is_given_up(desk: Desk) -> None:
    desk.door.read_seconds = 0.1

    async def stalled() -> AsyncIterator[bytes]:
        yield b"x"
        await asyncio.sleep(5)

    _refused(desk, desk.post(stalled()), 408, "BODY_TOO_SLOW")


def test_a_full_disk_is_told_and_leaves_nothing(desk: Desk) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    world_size = desk.world.database.stat().st_size
    desk.door.max_bytes = 4 * world_size + 20_000_000
    resource.setrlimit(resource.RLIMIT_FSIZE, (2 * world_size + 8_000_000, hard))
    try:
        answer = desk.post(b"x" * (2 * world_size + 9_000_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (507, "STORAGE_FULL")
    assert "清理磁盘" in answer.json()["errors"][0]["message"]
    assert _stored(desk) == 0
    assert desk.post(PDF, "a.pdf").status_code == 201


def test_a_folder_out_of_order_is_ours(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "blocked").write_text("")
    desk.system.files = DiskFiles(tmp_path / "blocked")
    answer = desk.post(PDF, "a.pdf")
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (503, "STORAGE_UNAVAILABLE")


def test_a_file_lost_from_the_disk_is_ours(desk: Desk) -> None:
    digest = desk.upload(PDF, "a.pdf")
    desk.system.files.delete(digest)
    assert desk.get(digest, "author").status_code == 503


def test_a_bug_is_masked(desk: Desk, tmp_path: Path) -> None:
    class Broken(DiskFiles):
        def put(self, stream: BinaryIO) -> Stored:
            raise RuntimeError(f"secret detail of {stream}")

    desk.system.files = Broken(tmp_path)
    answer = desk.post(PDF, "a.pdf")
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (500, "INTERNAL")
    assert "secret detail" not in answer.text


def test_sizes_are_told_as_people_say_them(world: World, desk: Desk) -> None:
    assert "字节" in desk.post(b"x" * (MAX_BYTES + 1)).json()["errors"][0]["message"]
    desk.door.max_bytes = 1 << 20
    assert "1 MB" in desk.post(b"x" * ((1 << 20) + 1)).json()["errors"][0]["message"]
    assert world.found("x") == []
