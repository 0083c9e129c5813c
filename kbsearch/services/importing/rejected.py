"""The file of rejected lines beside the input: number, reason and the line itself, so that it can be mended and imported."""

from __future__ import annotations

import errno
import json
import os
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

from kbsearch.services.importing.options import ImportFailedError

DISK_FULL = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True, slots=True)
class Rejection:
    """One line that was not taken, and why (Chinese)."""

    line: int
    reason: str
    raw: str


def _place(rejection: Rejection) -> int:
    return rejection.line


def rejected_path(path: Path) -> Path:
    """`<name>.rejected.jsonl` beside the input, or in the current folder where that one cannot be written."""
    name = f"{path.name}.rejected.jsonl"
    return path.with_name(name) if os.access(path.parent, os.W_OK) else Path.cwd() / name


class RejectedFile:
    """Begun with the first rejection, replacing that of an earlier run: every run tells all that it rejects."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: FileIO | None = None

    def write(self, rejections: list[Rejection]) -> None:
        """Append in line order."""
        if not rejections:
            return
        if self._file is None:
            self._file = self._begin()
        told = [json.dumps({"line": r.line, "reason": r.reason, "raw": r.raw}, ensure_ascii=False) for r in sorted(rejections, key=_place)]
        left = "".join(f"{line}\n" for line in told).encode("utf-8", "backslashreplace")
        while left:
            left = left[self._file.write(left) :]

    def _begin(self) -> FileIO:
        try:
            return FileIO(self.path, "wb")  # unbuffered: what a full disk refuses is not tried again at closing
        except OSError as error:
            if error.errno in DISK_FULL:
                raise
            raise ImportFailedError(f"不能写被拒行的文件 {self.path}：{error.strerror}。请用 --rejected 指明别处。") from error

    def close(self) -> Path | None:
        """The path if anything was rejected, else None: a file of that name then stems from an earlier run."""
        if self._file is None:
            return None
        self._file.close()
        return self.path
