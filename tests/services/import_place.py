"""An empty store on a real SQLite file with an author, and files to import into it; asserts nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from sqlmodel import SQLModel, select

from kbsearch.ids import random_id
from kbsearch.services import hq_inbox, people, taxonomy
from kbsearch.services.importing import ImportMode, ImportOptions, ImportResult, run_import
from kbsearch.services.people import CONSOLE
from kbsearch.store.engine import open_engine
from kbsearch.store.migrate import migrate
from kbsearch.store.unit import Store
from kbsearch.workflow.actions import Role
from kbsearch.workflow.decide import Actor

NOW = datetime(2026, 11, 2, 1, tzinfo=UTC)
STOCK = ImportOptions(ImportMode.STOCK, "crm", category_id="LC-1")
DRAFTS = ImportOptions(ImportMode.DRAFTS, "crm", category_id="LC-1")
TREE = [
    {"id": "HQ-1", "parentId": None, "name": "资费套餐", "position": 1},
    {"id": "HQ-11", "parentId": "HQ-1", "name": "5G套餐", "position": 1},
    {"id": "HQ-12", "parentId": "HQ-1", "name": "停/复机", "position": 2},
]
T = TypeVar("T", bound=SQLModel)


@dataclass
class Place:
    """`author` and `reviewer` are people of the store; `folder` takes the files."""

    store: Store
    folder: Path
    author: Actor
    reviewer: Actor

    def file(self, rows: Iterable[Any], name: str = "in.jsonl") -> Path:
        """A JSONL file: strings as they are, everything else as JSON."""
        path = self.folder / name
        path.write_text("".join((r if isinstance(r, str) else json.dumps(r, ensure_ascii=False)) + "\n" for r in rows), encoding="utf-8")
        return path

    def stock(self, rows: Iterable[Any], **changed: Any) -> ImportResult:
        """Import rows as stock from a file."""
        return run_import(self.store, CONSOLE, self.file(rows), replace(STOCK, **changed))

    def drafts(self, rows: Iterable[Any], **changed: Any) -> ImportResult:
        """Import rows as drafts of the author."""
        return run_import(self.store, self.author, self.file(rows), replace(DRAFTS, **changed))

    def rows(self, table: type[T]) -> list[T]:
        """Everything committed in a table."""
        with self.store.read() as session:
            found = list(session.exec(select(table)))
            session.expunge_all()
            return found


def rejections(result: ImportResult) -> list[tuple[int, str]]:
    """(line, reason) of the rejected file."""
    assert result.rejected_file is not None
    told = [json.loads(line) for line in result.rejected_file.read_text(encoding="utf-8").splitlines()]
    return [(t["line"], t["reason"]) for t in told]


def item(number: int, **changed: Any) -> dict[str, Any]:
    """A row that can be taken."""
    return {"sourceId": f"a-{number}", "title": f"标题{number}", "body": f"正文{number}", **changed}


@contextmanager
def open_place(folder: Path, name: str = "kb.db", now: datetime = NOW) -> Iterator[Place]:
    """A migrated store with headquarters' tree, one local branch LC-1 本地口径, an author and a reviewer."""
    engine = open_engine(f"sqlite:///{folder / name}")
    migrate(engine)
    store = Store(engine, lambda: now, random_id, index_destinations=("index:embedded",))
    hq_inbox.receive(store, webhook_id="tree", kind="hqPushTaxonomy", payload={"treeVersion": 1, "nodes": TREE})
    actors = []
    with store.write() as unit:
        taxonomy.create_category(unit, CONSOLE, name="本地口径", parent_id=None, category_id="LC-1")
        for login, role in (("li", Role.AUTHOR), ("sun", Role.REVIEWER)):
            person = people.create_person(unit, CONSOLE, login=login, name=login, roles=[role])
            actors.append(Actor(person.id, frozenset({role})))
    try:
        yield Place(store, folder, *actors)
    finally:
        engine.dispose()
