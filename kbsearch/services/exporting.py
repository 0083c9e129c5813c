"""Writes knowledge as JSONL or CSV in the very fields the import reads; hidden text never leaves, nothing is changed.

CSV cells are the text as it is: a cell that begins with =, +, - or @ is not altered, since the import must get the same
content back (docs/import.md warns whoever opens it in a spreadsheet).
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol, cast

from sqlmodel import Session, col, select

from kbsearch.clock import wire_time
from kbsearch.services.importing.fields import join_escaped
from kbsearch.services.importing.options import OWN_SOURCE
from kbsearch.services.people import require_role
from kbsearch.services.refusals import not_found, violated
from kbsearch.services.taxonomy import HQ_ROOT, LOCAL_ROOT, all_categories, subtree
from kbsearch.store.lives import Life, load_lives
from kbsearch.store.tables import Category, ImportedSource, Subject, SubjectVersion
from kbsearch.store.unit import Store
from kbsearch.workflow.actions import Role
from kbsearch.workflow.decide import Actor
from kbsearch.workflow.states import KnowledgeStatus, Scope, SubjectKind

COLUMNS = (
    "sourceId", "source", "version", "title", "summary", "body", "script", "keywords", "regions",
    "categoryId", "category", "scope", "effectiveFrom", "effectiveTo", "changeNote",
)  # fmt: skip
_PAGE = 200
_ENDED = (KnowledgeStatus.REVOKED, KnowledgeStatus.ARCHIVED)

Line = dict[str, str | int | list[str] | None]


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """What to write: the wording in force, or with `all_versions` every version of what has not been revoked or archived."""

    all_versions: bool = False
    category_id: str | None = None
    scope: Scope | None = None


@dataclass(slots=True)
class ExportResult:
    """Items and lines written, and items left out because their text is hidden from readers."""

    items: int = 0
    lines: int = 0
    hidden: int = 0


class _Sink(Protocol):
    def write(self, line: Line) -> None:
        """Append one line."""


class _JsonSink:
    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def write(self, line: Line) -> None:
        kept = {name: value for name, value in line.items() if value is not None}
        self._stream.write(json.dumps(kept, ensure_ascii=False) + "\n")


class _CsvSink:
    def __init__(self, stream: IO[str], columns: list[str]) -> None:
        self._rows = csv.DictWriter(stream, columns, extrasaction="ignore")
        self._rows.writeheader()

    def write(self, line: Line) -> None:
        self._rows.writerow({n: join_escaped(v, "|") if isinstance(v, list) else v for n, v in line.items()})


@contextmanager
def _open_sink(target: Path, *, all_versions: bool) -> Iterator[_Sink]:
    """Write beside and rename at the end, so that a broken export leaves no half file under the name asked for."""
    name = target.name.lower().removesuffix(".gz")
    if not name.endswith((".jsonl", ".csv")):
        raise violated("BAD_FORMAT", f"不认识 {target.name} 的格式，请用 .jsonl、.jsonl.gz、.csv 或 .csv.gz。", "file")
    beside = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with beside.open("wb") as raw:
            packed = cast("IO[bytes]", gzip.GzipFile(filename="", fileobj=raw, mode="wb")) if target.name.lower().endswith(".gz") else raw
            is_csv = name.endswith(".csv")
            # The mark tells spreadsheets that the CSV is UTF-8.
            stream = io.TextIOWrapper(packed, encoding="utf-8-sig" if is_csv else "utf-8", newline="")
            columns = [c for c in COLUMNS if all_versions or c != "version"]
            yield _CsvSink(stream, columns) if is_csv else _JsonSink(stream)
            stream.close()
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)


def _path(categories: dict[str, Category], category_id: str | None) -> str:
    names: list[str] = []
    while category_id not in (None, HQ_ROOT, LOCAL_ROOT) and (node := categories.get(category_id or "")) is not None:
        names.insert(0, node.name)
        category_id = node.parent_id
    return join_escaped(names, "/")


def _pages(session: Session, wanted: frozenset[str] | None, scope: Scope | None) -> Iterator[list[str]]:
    """Ids in keyset pages, each after the last of the one before."""
    after = ""
    statement = select(Subject.id).where(Subject.kind == SubjectKind.KNOWLEDGE).order_by(col(Subject.id)).limit(_PAGE)
    if wanted is not None:
        statement = statement.where(col(Subject.category_id).in_(sorted(wanted)))
    if scope is not None:
        statement = statement.where(Subject.scope == scope)
    while ids := list(session.exec(statement.where(col(Subject.id) > after))):
        yield ids
        after = ids[-1]


def _origins(session: Session, ids: list[str]) -> dict[str, tuple[str, str]]:
    """Source and sourceId of what was imported; of several, the first by name."""
    statement = select(ImportedSource).where(col(ImportedSource.subject_id).in_(ids))
    rows = sorted(session.exec(statement), key=lambda r: (r.source, r.source_id), reverse=True)
    return {r.subject_id: (r.source, r.source_id) for r in rows}


def _line(life: Life, version: SubjectVersion, origin: tuple[str, str], category: str, *, numbered: bool) -> Line:
    return {
        "sourceId": origin[1],
        "source": origin[0],
        "version": version.number if numbered else None,
        "title": version.title,
        "summary": version.summary,
        "body": version.body,
        "script": version.script,
        "keywords": list(version.keywords),
        "regions": list(version.regions),
        "categoryId": life.subject.category_id,
        "category": category,
        "scope": life.subject.scope.value,
        "effectiveFrom": wire_time(version.effective_from),
        "effectiveTo": wire_time(version.effective_to),
        "changeNote": version.change_note,
    }


def _versions(life: Life, store: Store, options: ExportOptions) -> list[SubjectVersion]:
    now = store.clock()
    if not options.all_versions:
        current = life.current(now)
        return [] if current is None else [current]
    if life.status(now) in _ENDED:
        return []
    return [v for _, v in sorted(life.versions.items()) if not v.history_only]


def _write(session: Session, store: Store, options: ExportOptions, sink: _Sink) -> ExportResult:
    categories, result = all_categories(session), ExportResult()
    if options.category_id is not None and options.category_id not in categories:
        raise not_found("栏目", "category")
    wanted = subtree(categories, [options.category_id]) if options.category_id is not None else None
    paths = {i: _path(categories, i) for i in categories}
    session.expunge_all()
    for ids in _pages(session, wanted, options.scope):
        lives, origins = load_lives(session, ids), _origins(session, ids)
        for subject_id in ids:
            life = lives[subject_id]
            versions = _versions(life, store, options)
            if versions and life.text_hidden(store.clock()):
                result.hidden += 1
                continue
            for version in versions:
                origin = origins.get(subject_id, (OWN_SOURCE, subject_id))
                sink.write(_line(life, version, origin, paths.get(life.subject.category_id or "", ""), numbered=options.all_versions))
                result.lines += 1
            result.items += bool(versions)
        session.expunge_all()  # memory stays that of one page
    return result


def export_knowledge(store: Store, actor: Actor, target: Path, options: ExportOptions) -> ExportResult:
    """Write to `target` (.jsonl or .csv, also .gz) what `options` ask for; an admin's right, since it is everything at once.

    Raises Refused for a missing right, an unknown category or format; OSError where the file cannot be written.
    """
    require_role(actor, Role.ADMIN)
    with _open_sink(target, all_versions=options.all_versions) as sink, store.read() as session:
        return _write(session, store, options, sink)
