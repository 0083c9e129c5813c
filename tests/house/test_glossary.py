"""GLOSSARY.md holds every Chinese name the code declares, beside the code it declares it for, and contradicts itself nowhere."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from .tree import ROOT, modules, syntax

ROW = re.compile(r"^\| ([^|]+) \| `([^`|]+)` \|", re.MULTILINE)
# Sentences rather than names: docs/workflow.md explains them.
NOT_NAMES = frozenset({"When", "Guard", "Effect"})


def _constants(node: ast.expr) -> list[str]:
    return [e.value for e in getattr(node, "elts", ()) if isinstance(e, ast.Constant) and isinstance(e.value, str)]


def labelled() -> Iterator[tuple[str, str, str]]:
    """Class, code and Chinese label of every member of every Labelled enum."""
    for path in modules("kbsearch"):
        for node in ast.walk(syntax(path)):
            if isinstance(node, ast.ClassDef) and any(getattr(b, "id", "") == "Labelled" for b in node.bases):
                for member in node.body:
                    if isinstance(member, ast.Assign) and len(found := _constants(member.value)) >= 2:
                        yield node.name, found[0], found[1]


MEMBERS = sorted(set(labelled()))


def _rows() -> set[tuple[str, str]]:
    return {(label.strip(), code) for label, code in ROW.findall((ROOT / "GLOSSARY.md").read_text("utf-8"))}


def test_the_code_declares_names() -> None:
    assert {"SubmissionState", "Role", "Action", "RevokeReason", "OutboxStatus"} <= {kind for kind, _, _ in MEMBERS}


@pytest.mark.parametrize("kind", sorted({kind for kind, _, _ in MEMBERS} - NOT_NAMES))
def test_every_label_stands_beside_its_code(kind: str) -> None:
    rows = _rows()
    assert {f"| {label} | `{kind}.{code}` |" for k, code, label in MEMBERS if k == kind and (label, f"{kind}.{code}") not in rows} == set()


def test_no_code_has_two_names() -> None:
    codes = [code for _, code in _rows()]
    assert sorted({code for code in codes if codes.count(code) > 1}) == []


def test_nothing_stands_there_that_the_code_no_longer_declares() -> None:
    kinds = {kind for kind, _, _ in MEMBERS}
    known = {f"{kind}.{code}" for kind, code, _ in MEMBERS}
    assert sorted(code for _, code in _rows() if code.split(".")[0] in kinds and "." in code and code not in known) == []
