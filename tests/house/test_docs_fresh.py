"""Generated pages are what the code says now, links lead somewhere, and every runtime dependency has its reason."""

from __future__ import annotations

import json
import re
import tomllib

import pytest
from jsonschema import Draft202012Validator

from docs import build
from kbsearch.hq.callbacks import CALLBACKS
from kbsearch.hq.messages import KINDS

from .tree import ROOT, files, name_of, requirement_name

LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)(?:#[^)]*)?\)")
ENTRY = re.compile(r"^\| `([^`]+)` \| (.+) \|$", re.MULTILINE)


def test_generated_pages_are_fresh() -> None:
    assert build.stale() == [], "run `make docs`"


def test_a_stale_a_missing_and_a_left_over_page_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = build.pages()
    wanted = {name: text for name, text in fresh.items() if name != "hq/README.md"}
    monkeypatch.setattr(build, "pages", lambda: {**wanted, "errors.md": fresh["errors.md"] + "x", "new.md": "new"})
    assert build.stale() == ["errors.md", "hq/README.md", "new.md"]


def test_links_between_pages_lead_somewhere() -> None:
    pages = [p for p in files() if p.suffix == ".md"]
    links = [(p, target) for p in pages for target in LINK.findall(p.read_text("utf-8"))]
    assert links
    assert [f"{name_of(p)}: {target}" for p, target in links if not (p.parent / target).exists()] == []


def test_every_runtime_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    reasons = dict(ENTRY.findall((ROOT / "docs" / "dependencies.md").read_text("utf-8")))
    wanted = {requirement_name(line) for line in (*project["dependencies"], *project["optional-dependencies"]["dev"])}
    assert set(reasons) == wanted
    assert [name for name, reason in reasons.items() if len(reason.strip()) < 10] == []


def test_every_message_schema_is_a_valid_schema() -> None:
    schemas = {name: json.loads(text) for name, text in build.pages().items() if name.endswith(".schema.json")}
    assert len(schemas) == len(KINDS) + len(CALLBACKS)
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)
