"""The port to wherever attachment bytes lie, addressed by their SHA-256; an adapter is a folder or an object store."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Protocol

DIGEST = re.compile(r"[0-9a-f]{64}")
"""How an address looks: the lower-case hex SHA-256 of the bytes."""


class FileStoreFault(Exception):  # noqa: N818 - an outage that is expected and counted
    """The store cannot do it now; nothing half-written is left. The message is Chinese and says what to do."""


class FileStoreFull(FileStoreFault):
    """No room for these bytes; what was stored before stays readable."""


class FileMissing(FileStoreFault):
    """No such file is stored."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What was stored: its address and its size in bytes."""

    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Held:
    """One file as `iterate` finds it; `modified` is when `put` last named it."""

    sha256: str
    size: int
    modified: datetime


@dataclass(frozen=True, slots=True)
class Fetched:
    """One attempt to get a file from where it was made: the verified bytes with the name given there, or why not.

    `refused`: asking again soon is useless; `unreachable`: so is asking for others now. Whoever gets `file` closes it.
    """

    file: BinaryIO | None = None
    name: str = ""
    error: str = ""
    refused: bool = False
    unreachable: bool = False


class FileStore(Protocol):
    """Content-addressed files. Safe for many threads and processes; all calls block."""

    def put(self, stream: BinaryIO) -> Stored:
        """Store what is left in `stream`, durably, or nothing of it; the same bytes again only renew `modified`.

        Raises FileStoreFull, FileStoreFault.
        """

    def open(self, sha256: str) -> BinaryIO:
        """The bytes, to be closed by the caller. Raises FileMissing, FileStoreFault."""

    def exists(self, sha256: str) -> bool:
        """Whether `open` would find it."""

    def delete(self, sha256: str) -> None:
        """Remove it; removing what is not there is no error."""

    def iterate(self) -> Iterator[Held]:
        """Every stored file, in no order; one that comes or goes meanwhile may be left out."""

    def sweep_leftovers(self, before: datetime) -> int:
        """Remove what killed writers left unfinished before this instant; returns how many."""
