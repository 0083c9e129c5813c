"""What holds for every test: on CI (KBSEARCH_REQUIRE_SERVICES=1) a test of PostgreSQL, OpenSearch or the browser must run, not skip."""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest

from tests.indexing.opensearch_nodes import opensearch

__all__ = ["opensearch"]

REQUIRED = frozenset({"postgres", "browser", "opensearch"})


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn such a skip into a failure that says which service is missing."""
    report = yield
    marked = REQUIRED & {mark.name for mark in item.iter_markers()}
    if report.skipped and marked and not hasattr(report, "wasxfail") and os.environ.get("KBSEARCH_REQUIRE_SERVICES") == "1":
        reason = call.excinfo.value if call.excinfo is not None else "skipped"
        report.outcome = "failed"
        report.longrepr = f"KBSEARCH_REQUIRE_SERVICES=1, but this {'/'.join(sorted(marked))} test was skipped: {reason}"
    return report
