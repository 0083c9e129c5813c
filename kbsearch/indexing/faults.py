"""What can go wrong with an index, as typed exceptions whose Chinese message says what to do; carries no engine detail upward."""

from __future__ import annotations


class IndexFault(Exception):  # noqa: N818 - the names say what happened
    """Any trouble of the index itself; `str()` is the Chinese message for operators."""


class IndexWriterBusy(IndexFault):
    """Another process (or engine object) holds the writer lock of this index directory."""


class IndexCorrupt(IndexFault):
    """Files of the index are damaged or missing: rebuild."""


class IndexMissing(IndexFault):
    """No index has been built at this place yet."""


class IndexNeedsRebuild(IndexFault):
    """The index was built with another schema and cannot be searched or written by this version of the program."""


class IndexDiskFull(IndexFault):
    """The disk (or quota) is full: nothing of the batch was applied, the former state is still served."""


class IndexReadOnly(IndexFault):
    """A write was asked of an engine opened as READER."""


class RebuildConflict(IndexFault):
    """A rebuild is already running, or this one has ended."""


class RebuildIncomplete(IndexFault):
    """The rebuilt index does not hold as many documents as expected; it was not swapped in."""


class IndexUnreachable(IndexFault):
    """No search server answered in time: nothing is lost, what was to be written is written when one answers again."""


class IndexAccessDenied(IndexFault):
    """The search server refused user, password, signature or right."""
