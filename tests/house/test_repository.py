"""Nothing in the repository points to a package host or a machine, and lock files pin every package by hash."""

from __future__ import annotations

import re
import tomllib

import pytest

from .tree import ROOT, files, name_of, requirement_name

PACKAGE_HOSTS = re.compile(
    r"pypi\.(org|python)|pythonhosted\.org|npmjs\.(org|com)|npmmirror\.com|tuna\.tsinghua|mirrors\.(aliyun|cloud|ustc)"
    r"|deb\.debian\.org|archive\.ubuntu\.com|proxy\.golang\.org|docker\.io/|ghcr\.io|quay\.io",
)
ADDRESS = re.compile(r"(?<![\d.])(\d{1,3}(?:\.\d{1,3}){3})(?![\d.])")
ANYWHERE = {"0.0.0.0"}  # noqa: S104 - looked for, not listened on
# Ranges set aside for documentation (RFC 5737) and for private networks: addresses that are nobody's in particular.
NOBODYS = ("127.", "192.0.2.", "198.51.100.", "203.0.113.", "10.", "192.168.", "172.16.", "169.254.", "100.64.", "224.0.0.")
CLAUSES = re.compile(r"3\.1\.1\.\d{1,2}")  # the requirement's own numbering of its flows


def test_no_package_host_is_named() -> None:
    assert [name_of(p) for p in files() if PACKAGE_HOSTS.search(p.read_text("utf-8"))] == []


def test_no_machine_is_named() -> None:
    found = {(name_of(p), a) for p in files() if p.suffix != ".lock" for a in ADDRESS.findall(p.read_text("utf-8"))}
    real = {(name, a) for name, a in found if all(int(part) < 256 for part in a.split("."))}
    assert sorted((name, a) for name, a in real if a not in ANYWHERE and not a.startswith(NOBODYS) and not CLAUSES.fullmatch(a)) == []


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_lock_files_pin_by_hash_and_name_no_index(lock: str) -> None:
    lines = (ROOT / lock).read_text("utf-8").splitlines()
    pinned = [i for i, line in enumerate(lines) if line and not line.startswith((" ", "#"))]
    assert [lines[i] for i in pinned if not re.match(r"[A-Za-z0-9._\[\]-]+==\S+( ; .+)? \\$", lines[i])] == []
    assert [lines[i] for i in pinned if not lines[i + 1].strip().startswith("--hash=sha256:")] == []
    assert [line for line in lines if "://" in line or "index-url" in line or "find-links" in line] == []


@pytest.mark.parametrize(("lock", "extra"), [("requirements.lock", None), ("requirements-dev.lock", "dev")])
def test_lock_files_hold_everything_asked_for(lock: str, extra: str | None) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = [*project["dependencies"], *(project["optional-dependencies"][extra] if extra else [])]
    pinned = {requirement_name(line) for line in (ROOT / lock).read_text("utf-8").splitlines() if "==" in line}
    assert {requirement_name(line) for line in wanted} - pinned == set()


def test_both_lock_files_agree() -> None:
    texts = [(ROOT / lock).read_text("utf-8") for lock in ("requirements.lock", "requirements-dev.lock")]
    runtime, dev = (dict(re.findall(r"^([\w.\[\]-]+)==(\S+)", text, re.MULTILINE)) for text in texts)
    assert {name: version for name, version in runtime.items() if dev.get(name) != version} == {}
