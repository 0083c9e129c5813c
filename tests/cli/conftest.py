"""The command line once loaded, and data folders: an empty one, one with people and categories, one with the whole demo."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.program import Done, Program

Run = Callable[..., Done]


@pytest.fixture(scope="session")
def program() -> Iterator[Program]:
    made = Program()
    yield made
    made.close()


@pytest.fixture(scope="session")
def basics(program: Program, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("basics")
    program.run("seed", "--basics", folder=folder).well()
    return folder


@pytest.fixture(scope="session")
def demo_data(program: Program, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    program.run("seed", folder=folder).well()
    return folder


@pytest.fixture
def home(basics: Path, tmp_path: Path) -> Path:
    """A data folder of this test's own with people and categories."""
    return Path(shutil.copytree(basics, tmp_path / "data"))


@pytest.fixture
def kb(program: Program, home: Path) -> Run:
    """Run a command on `home`."""
    return lambda *arguments, **given: program.run(*arguments, folder=home, **given)


@pytest.fixture
def demo_home(demo_data: Path, tmp_path: Path) -> Path:
    """A data folder of this test's own with the whole demo."""
    return Path(shutil.copytree(demo_data, tmp_path / "data"))
