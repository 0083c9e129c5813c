"""The folder of files: whole or not there, also on a full disk, after a kill, and with many writers."""

from __future__ import annotations

import hashlib
import io
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kbsearch.attachments.disk import DiskFiles
from kbsearch.attachments.port import FileMissing, FileStoreFault, FileStoreFull

TEXT = "资费说明".encode()
DIGEST = hashlib.sha256(TEXT).hexdigest()


@pytest.fixture
def files(tmp_path: Path) -> DiskFiles:
    return DiskFiles(tmp_path / "attachments")


def _everything_in(files: DiskFiles) -> list[str]:
    return sorted(p.name for p in files.root.rglob("*") if p.is_file())


@contextmanager
def _no_file_over(size: int) -> Iterator[None]:
    """The system's own limit on file sizes, which fails writes as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_what_is_put_is_found_by_its_digest(files: DiskFiles) -> None:
    assert not files.exists(DIGEST)
    stored = files.put(io.BytesIO(TEXT))
    assert (stored.sha256, stored.size) == (DIGEST, len(TEXT))
    assert files.exists(DIGEST)
    with files.open(DIGEST) as file:
        assert file.read() == TEXT
    assert _everything_in(files) == [DIGEST]
    assert (files.root / DIGEST[:2] / DIGEST).is_file()


def test_the_rest_of_a_stream_is_what_is_put(files: DiskFiles) -> None:
    stream = io.BytesIO(b"skipped" + TEXT)
    stream.seek(7)
    assert files.put(stream).sha256 == DIGEST


def test_the_same_again_is_one_file_named_anew(files: DiskFiles) -> None:
    files.put(io.BytesIO(TEXT))
    path = files.root / DIGEST[:2] / DIGEST
    os.utime(path, (0, 0))
    files.put(io.BytesIO(TEXT))
    assert _everything_in(files) == [DIGEST]
    assert [held.sha256 for held in files.iterate()] == [DIGEST]
    assert next(files.iterate()).modified > datetime(2020, 1, 1, tzinfo=UTC)


def test_a_file_cut_short_on_the_disk_is_replaced(files: DiskFiles) -> None:
    files.put(io.BytesIO(TEXT))
    (files.root / DIGEST[:2] / DIGEST).write_bytes(b"x")
    files.put(io.BytesIO(TEXT))
    with files.open(DIGEST) as file:
        assert file.read() == TEXT


def test_a_full_disk_is_refused_and_leaves_nothing(files: DiskFiles) -> None:
    files.put(io.BytesIO(TEXT))
    with _no_file_over(4096), pytest.raises(FileStoreFull, match="磁盘已满"):
        files.put(io.BytesIO(os.urandom(100_000)))
    assert _everything_in(files) == [DIGEST]
    assert files.put(io.BytesIO(os.urandom(100_000))).size == 100_000


def test_trouble_of_another_kind_is_a_fault_too(tmp_path: Path) -> None:
    (tmp_path / "attachments").write_text("a file where the folder should be")
    with pytest.raises(FileStoreFault, match="doctor"):
        DiskFiles(tmp_path / "attachments").put(io.BytesIO(TEXT))


def test_a_stream_that_fails_leaves_nothing(files: DiskFiles) -> None:
    class Broken(io.BytesIO):
        def read(self, _size: int | None = -1, /) -> bytes:
            raise RuntimeError("gone")

    with pytest.raises(RuntimeError):
        files.put(Broken())
    assert _everything_in(files) == []


@pytest.mark.parametrize("address", ["", "../../etc/passwd", "A" * 64, "a" * 63, "g" * 64, "a" * 64 + "\n", "incoming"])
def test_only_digests_are_addresses(files: DiskFiles, address: str) -> None:
    files.put(io.BytesIO(TEXT))
    for look in (files.open, files.exists, files.delete):
        with pytest.raises(FileMissing):
            look(address)


def test_deleting_is_final_and_repeatable(files: DiskFiles) -> None:
    files.put(io.BytesIO(TEXT))
    files.delete(DIGEST)
    files.delete(DIGEST)
    assert not files.exists(DIGEST)
    with pytest.raises(FileMissing):
        files.open(DIGEST)
    assert list(files.iterate()) == []


def test_a_reader_keeps_what_is_deleted_under_it(files: DiskFiles) -> None:
    files.put(io.BytesIO(TEXT))
    with files.open(DIGEST) as file:
        files.delete(DIGEST)
        assert file.read() == TEXT


def test_many_writers_of_few_files(files: DiskFiles) -> None:
    contents = [bytes([n]) * 50_000 for n in range(4)]
    with ThreadPoolExecutor(8) as pool:
        stored = list(pool.map(lambda n: files.put(io.BytesIO(contents[n % 4])), range(40)))
    assert {s.sha256 for s in stored} == {hashlib.sha256(c).hexdigest() for c in contents}
    assert _everything_in(files) == sorted({s.sha256 for s in stored})


def test_what_a_killed_writer_leaves_is_swept_when_it_is_old(files: DiskFiles) -> None:
    script = (
        "import io, sys\nfrom pathlib import Path\nfrom kbsearch.attachments.disk import DiskFiles\n"
        "class Endless(io.BytesIO):\n"
        "    def read(self, size=-1):\n        print('writing', flush=True)\n        return b'x' * 1000\n"
        "DiskFiles(Path(sys.argv[1])).put(Endless())"
    )
    child = subprocess.Popen([sys.executable, "-c", script, str(files.root)], stdout=subprocess.PIPE)  # noqa: S603 - ourselves
    assert child.stdout is not None
    for _ in range(3):
        child.stdout.readline()
    child.send_signal(signal.SIGKILL)
    child.communicate()
    assert len(_everything_in(files)) == 1
    assert list(files.iterate()) == []
    now = datetime.now(UTC)
    assert files.sweep_leftovers(now - timedelta(days=1)) == 0
    assert files.sweep_leftovers(now + timedelta(seconds=1)) == 1
    assert _everything_in(files) == []


def test_an_empty_place_holds_nothing(files: DiskFiles) -> None:
    assert list(files.iterate()) == []
    assert files.sweep_leftovers(datetime.now(UTC)) == 0
