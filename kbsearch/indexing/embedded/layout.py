"""Where an index lies on disk: version directories behind a pointer file, and the lock of the one writer; reads no index."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from filelock import FileLock, Timeout

from kbsearch.indexing.embedded.trouble import BUSY
from kbsearch.indexing.faults import IndexWriterBusy

_PREFIX = "g-"


class Layout:
    """`root/current` names the directory being served, `root/g-000007` holds it; every other `g-` directory is a leftover.

    The pointer is replaced by rename, after the directory is complete and synced: a kill at any moment leaves the old or the
    new one, whole.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._pointer = root / "current"

    def served(self) -> Path | None:
        """Return the directory being served, None when nothing was built yet or the pointer is unreadable."""
        try:
            name = self._pointer.read_text(encoding="ascii", errors="replace").strip()
        except FileNotFoundError:
            return None
        return self.root / name if _is_version(name) else None

    def pointer_state(self) -> tuple[int, int] | None:
        """Return what changes whenever the pointer is replaced; cheap enough for every search."""
        try:
            stat = self._pointer.stat()
        except FileNotFoundError:
            return None
        return stat.st_ino, stat.st_mtime_ns

    def next_directory(self) -> Path:
        """Create and return an empty directory with a number never used before."""
        served = self.served()  # perhaps lost from the disk, but its number must not come again
        numbers = [int(p.name[len(_PREFIX) :]) for p in (*self._directories(), *([served] if served else []))]
        directory = self.root / f"{_PREFIX}{max(numbers, default=0) + 1:06d}"
        directory.mkdir(parents=True)
        return directory

    def serve(self, directory: Path) -> None:
        """Point at `directory`, durably."""
        draft = self.root / "current.new"
        with draft.open("w", encoding="ascii") as file:
            file.write(directory.name + "\n")
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._pointer)
        self._sync_root()

    def sweep(self) -> list[Path]:
        """Remove what no pointer names: half-built rebuilds of killed processes. Only the holder of the lock may call it."""
        served = self.served()
        leftovers = [directory for directory in self._directories() if directory != served]
        for directory in leftovers:
            shutil.rmtree(directory, ignore_errors=True)
        return leftovers

    def take_writer_lock(self) -> FileLock:
        """Return the held lock; the system gives it back when the process dies. Raises IndexWriterBusy at once."""
        self.root.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.root / "writer.lock", timeout=0, thread_local=False)
        try:
            lock.acquire()
        except Timeout as fault:
            raise IndexWriterBusy(BUSY.format(path=self.root)) from fault
        return lock

    def _directories(self) -> list[Path]:
        return [p for p in self.root.glob(f"{_PREFIX}*") if _is_version(p.name)]

    def _sync_root(self) -> None:
        descriptor = os.open(self.root, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _is_version(name: str) -> bool:
    return name.startswith(_PREFIX) and name[len(_PREFIX) :].isdecimal()
