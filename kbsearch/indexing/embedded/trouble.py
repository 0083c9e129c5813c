"""Translates what tantivy and the file system raise into the faults of the port; decides nothing else."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from kbsearch.indexing.faults import IndexCorrupt, IndexDiskFull, IndexFault, IndexWriterBusy

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FULL_WORDS = ("No space left", "quota exceeded", "File too large", "StorageFull", "os error 28", "os error 27")

DISK_FULL = "磁盘空间不足，索引未改动，检索仍用原有索引；请清理磁盘后重试"
BUSY = "索引目录 {path} 正被另一个进程写入；请先停止该进程（通常是 kbsearch worker），或把任务交给它执行"


@contextmanager
def translated(path: object) -> Iterator[None]:
    """Raise IndexDiskFull, IndexWriterBusy or IndexCorrupt for what comes out of the block; our own faults pass."""
    try:
        yield
    except IndexFault:
        raise
    except (OSError, ValueError, RuntimeError) as fault:
        raise _fault(fault, path) from fault
    except BaseException as fault:
        if type(fault).__name__ != "PanicException":  # a panic in Rust derives from BaseException and has no importable type
            raise
        raise _fault(fault, path) from fault


def _fault(fault: BaseException, path: object) -> IndexFault:
    text = str(fault)
    if (isinstance(fault, OSError) and fault.errno in _FULL) or any(words in text for words in _FULL_WORDS):
        return IndexDiskFull(DISK_FULL)
    if "LockBusy" in text:
        return IndexWriterBusy(BUSY.format(path=path))
    return IndexCorrupt(f"索引 {path} 已损坏或不完整，请运行 kbsearch reindex 重建（{text[:200]}）")
