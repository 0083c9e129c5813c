"""One loaded demo for all of these tests: none of them changes it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .demo_store import Demo, loaded_demo


@pytest.fixture(scope="package")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    yield from loaded_demo(tmp_path_factory.mktemp("demo"))
