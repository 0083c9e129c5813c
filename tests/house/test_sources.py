"""Every source file: a docstring, a size that fits the head, a name from the domain; workflow stays pure."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

from .tree import ROOT, files, modules, name_of, syntax

MAX_LINES = 400
FORBIDDEN_NAMES = re.compile(r"(^|_)(utils?|helpers?|common|base|manager|misc|stuff)(_|$)")
MIGRATIONS = "kbsearch/store/migrations/versions/"  # one list of statements each, written once and never edited


def _opening(path: Path) -> str:
    return (ast.get_docstring(syntax(path)) or "").split("\n\n")[0].rstrip()


def test_every_module_begins_with_a_docstring_of_one_sentence() -> None:
    assert [name_of(p) for p in modules() if not _opening(p).endswith((".", "。"))] == []


def test_no_file_is_longer_than_it_may_be() -> None:
    counted = {name_of(p): len(p.read_text("utf-8").splitlines()) for p in modules() if MIGRATIONS not in name_of(p)}
    assert {name: lines for name, lines in counted.items() if lines > MAX_LINES} == {}


def test_no_file_or_folder_has_a_name_that_says_nothing() -> None:
    parts = {(part, name_of(p)) for p in files() for part in Path(name_of(p)).with_suffix("").parts}
    assert sorted(name for part, name in parts if FORBIDDEN_NAMES.search(part)) == []


def _imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(syntax(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


IMPURE = frozenset({"os", "random", "secrets", "time", "uuid", "socket", "threading", "pathlib", "subprocess", "logging"})


def _impure(path: Path) -> set[str]:
    """What a module imports that deciding must not know: anything but the standard library's pure part and the refusals."""
    foreign = {m for m in _imported(path) if m.split(".")[0] not in sys.stdlib_module_names}
    return {m for m in foreign if not m.startswith("kbsearch.workflow") and m != "kbsearch.errors"} | (_imported(path) & IMPURE)


def test_workflow_is_pure() -> None:
    workflow = [p for p in modules("kbsearch") if p.relative_to(ROOT).parts[1] == "workflow"]
    assert workflow
    assert {name_of(p): found for p in workflow if (found := _impure(p))} == {}


CLOCKS = re.compile(r"\b(datetime\.now|datetime\.utcnow|date\.today|time\.time)\(")
OWN_TIME = (
    "kbsearch/clock.py",
    "kbsearch/sandbox/",
    "kbsearch/http/",
)  # the clock itself; another company's systems; deadlines take theirs by argument


def test_only_the_clock_asks_what_time_it_is() -> None:
    asking = [name_of(p) for p in modules("kbsearch") if CLOCKS.search(p.read_text("utf-8"))]
    assert [name for name in asking if not name.startswith(OWN_TIME)] == []


def test_nothing_in_the_package_imports_from_outside_it() -> None:
    outside = {"docs", "infra", "tests", "bench"}
    assert [name_of(p) for p in modules("kbsearch") if {m.split(".")[0] for m in _imported(p)} & outside] == []


def test_the_model_imports_nothing_of_the_workflow() -> None:
    reference = [p for p in modules("tests") if p.parent.name == "model" and not p.name.startswith(("real_", "test_real_"))]
    assert reference
    assert [name_of(p) for p in reference if any(m.startswith("kbsearch") for m in _imported(p))] == []
