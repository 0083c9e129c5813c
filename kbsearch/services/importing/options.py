"""What an import is told, what it answers, and how it fails as a whole; reads no file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kbsearch.workflow.labels import Labelled
from kbsearch.workflow.states import Scope

OWN_SOURCE = "kbsearch"  # what an export says of knowledge made here; such records keep their id as knowledge id
MAX_LINE_BYTES = 2_000_000
MAX_SOURCE = 100

# Called after each batch: bytes of the file taken, bytes in all, lines read.
Progress = Callable[[int, int, int], None]


class ImportMode(Labelled):
    """What lines become."""

    DRAFTS = "DRAFTS", "草稿", "每行成为指定作者的一个草稿申请，走完整流程"
    STOCK = "STOCK", "存量导入", "每行直接成为已批准的知识，须由管理员来做，逐条记日志"


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How to read lines and what to make of them.

    `mapping` is canonical field → column or key of the file; `category_id` and `scope` hold for lines that name none.
    A batch, one transaction, ends at `batch_lines` lines or `batch_bytes` of input, whichever comes first.
    """

    mode: ImportMode
    source: str = "import"
    mapping: Mapping[str, str] = field(default_factory=dict)
    category_id: str | None = None
    scope: Scope | None = None
    create_categories: bool = False
    rejected_file: Path | None = None
    batch_lines: int = 500
    batch_bytes: int = 8_000_000


@dataclass(slots=True)
class ImportResult:
    """How many lines were read and what became of them; `rejected_file` is None when nothing was rejected."""

    read: int = 0
    imported: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    rejected_file: Path | None = None
    seconds: float = 0.0


class ImportFailedError(Exception):
    """The file or the place to write to stopped the run; what was committed before stands and a second run goes on from there."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
        self.result = ImportResult()


class DiskFullError(ImportFailedError):
    """The disk of the database (or of the rejected lines) is full; the running batch was rolled back."""

    def __init__(self) -> None:
        super().__init__("磁盘已满，本批未写入，此前各批已保存。请腾出空间后原样重跑，已导入的行会自动跳过。")


class RejectedLineError(Exception):
    """One line cannot be taken; the run goes on."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
