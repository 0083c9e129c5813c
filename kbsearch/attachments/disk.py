"""The file store in a folder: `ab/<sha256>`, written under a temporary name, synced, renamed. Judges no content."""

from __future__ import annotations

import errno
import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from kbsearch.attachments.port import DIGEST, FileMissing, FileStoreFault, FileStoreFull, Held, Stored

_INCOMING = "incoming"
_CHUNK = 1 << 20
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise FileStoreFull("附件目录所在的磁盘已满，附件没有存下；请清理磁盘后重试") from error
        raise FileStoreFault(f"附件目录读写出错（{error.strerror or type(error).__name__}），请运行 kbsearch doctor 查看") from error


class DiskFiles:
    """The port's FileStore on one file system, shared by every process of the installation. Its folder is made at need."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, stream: BinaryIO) -> Stored:
        """See the port: a kill at any moment leaves the whole file or a leftover that nothing reads."""
        with _translated():
            incoming = self.root / _INCOMING
            incoming.mkdir(parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(dir=incoming)
            draft = Path(name)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    stored = _copy(stream, file)
                    file.flush()
                    os.fsync(file.fileno())
                self._settle(draft, stored.sha256)
            finally:
                draft.unlink(missing_ok=True)
        return stored

    def open(self, sha256: str) -> BinaryIO:
        """See the port."""
        with _translated():
            try:
                return self._path(sha256).open("rb")
            except FileNotFoundError as error:
                raise FileMissing("附件文件不在附件目录里") from error

    def exists(self, sha256: str) -> bool:
        """See the port."""
        return self._path(sha256).is_file()

    def delete(self, sha256: str) -> None:
        """See the port."""
        with _translated():
            self._path(sha256).unlink(missing_ok=True)

    def iterate(self) -> Iterator[Held]:
        """See the port."""
        for path in self.root.glob("[0-9a-f][0-9a-f]/*"):
            if DIGEST.fullmatch(path.name):
                with suppress(FileNotFoundError):
                    stat = path.stat()
                    yield Held(path.name, stat.st_size, datetime.fromtimestamp(stat.st_mtime, UTC))

    def sweep_leftovers(self, before: datetime) -> int:
        """See the port."""
        removed = 0
        for path in (self.root / _INCOMING).glob("*"):
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < before.timestamp():
                    path.unlink()
                    removed += 1
        return removed

    def _path(self, sha256: str) -> Path:
        if not DIGEST.fullmatch(sha256):  # nothing but a digest becomes a path
            raise FileMissing("附件编号须是 64 位小写十六进制")
        return self.root / sha256[:2] / sha256

    def _settle(self, draft: Path, sha256: str) -> None:
        path = self._path(sha256)
        path.parent.mkdir(exist_ok=True)
        with suppress(FileNotFoundError):
            if path.stat().st_size == draft.stat().st_size:
                os.utime(path)
                return
        draft.replace(path)
        _sync_folder(path.parent)
        _sync_folder(self.root)


def _copy(stream: BinaryIO, file: BinaryIO) -> Stored:
    digest, size = hashlib.sha256(), 0
    while chunk := stream.read(_CHUNK):
        file.write(chunk)
        digest.update(chunk)
        size += len(chunk)
    return Stored(digest.hexdigest(), size)


def _sync_folder(folder: Path) -> None:
    """A renamed file survives a power cut only once its folder is synced."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
