"""The tests themselves: each one asserts something, and every package has its own."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from .tree import ROOT, modules, name_of, syntax

# Calls that fail by themselves: pytest's, Playwright's and Hypothesis's.
ASSERTING = frozenset({"raises", "fail", "warns", "expect", "run_state_machine_as_test", "wait_for"})
Function = ast.FunctionDef | ast.AsyncFunctionDef


def _functions(path: Path) -> Iterator[Function]:
    return (n for n in ast.walk(syntax(path)) if isinstance(n, Function))


def _called(function: Function) -> set[str]:
    names = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Call):
            names.add(node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", ""))
    return names


def _asserting_names() -> frozenset[str]:
    """Functions of the tests that assert, directly or through one another."""
    bodies = [f for p in modules("tests") for f in _functions(p)]
    found = set(ASSERTING)
    while True:
        more = {f.name for f in bodies if any(isinstance(n, ast.Assert) for n in ast.walk(f)) or _called(f) & found} - found
        if not more:
            return frozenset(found)
        found |= more


def _tests() -> list[tuple[str, Function]]:
    return [(name_of(p), f) for p in modules("tests") for f in _functions(p) if f.name.startswith("test_")]


def test_no_test_asserts_nothing() -> None:
    helpful = _asserting_names() - {f.name for _, f in _tests()}
    silent = [
        f"{path}::{f.name}" for path, f in _tests() if not any(isinstance(n, ast.Assert) for n in ast.walk(f)) and not _called(f) & helpful
    ]
    assert silent == []


def test_no_test_is_left_out_without_a_reason() -> None:
    marks = [
        f"{name_of(p)}:{n.lineno}"
        for p in modules("tests")
        for n in ast.walk(syntax(p))
        if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute) and n.func.attr in {"skip", "skipif", "xfail"}
        if ast.unparse(n.func).startswith("pytest.") and not n.args and not n.keywords
    ]
    assert marks == []


PACKAGES = sorted(p.parent.name for p in (ROOT / "kbsearch").glob("*/__init__.py"))
# Rules, reference model, shipped word lists, demo content; what of services/ needs an index beside its store; both systems together.
NOT_OF_A_PACKAGE = {"house", "model", "analyzers", "seed", "search_service", "walk"}


@pytest.mark.parametrize("package", PACKAGES)
def test_every_package_has_tests(package: str) -> None:
    assert [p.name for p in (ROOT / "tests" / package).rglob("test_*.py")] != []


def test_tests_mirror_the_package() -> None:
    folders = {p.parent.name for p in (ROOT / "tests").glob("*/__init__.py")}
    assert folders - set(PACKAGES) - NOT_OF_A_PACKAGE == set()
