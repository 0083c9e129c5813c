"""Takes JSONL and CSV files in, as drafts or as existing stock; docs/import.md is its page. It never stops at a bad line."""

from kbsearch.services.importing.fields import parse_mapping
from kbsearch.services.importing.options import (
    DiskFullError,
    ImportFailedError,
    ImportMode,
    ImportOptions,
    ImportResult,
    Progress,
)
from kbsearch.services.importing.running import run_import

__all__ = ["DiskFullError", "ImportFailedError", "ImportMode", "ImportOptions", "ImportResult", "Progress", "parse_mapping", "run_import"]
