"""A store with a settable clock beside a real embedded index, and a short way to put approved knowledge in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kbsearch.content import Content
from kbsearch.ids import random_id
from kbsearch.indexing.analysis.chain import AnalysisChain
from kbsearch.indexing.analysis.lexicon import Lexicon
from kbsearch.indexing.embedded.engine import EmbeddedEngine, Role
from kbsearch.services.acceptance import add_version
from kbsearch.services.cursors import cursor_secret
from kbsearch.services.index_sync import drain
from kbsearch.services.search import Searcher, SearchPage, SearchRequest
from kbsearch.services.search_log import SearchLogger
from kbsearch.services.transitions import settle_subject
from kbsearch.store.engine import open_engine
from kbsearch.store.lives import load_life
from kbsearch.store.migrate import migrate
from kbsearch.store.submissions import lock_subject
from kbsearch.store.tables import Category, CategoryOrigin, Subject, VersionSource
from kbsearch.store.unit import Store
from kbsearch.workflow.actions import Role as PersonRole
from kbsearch.workflow.decide import Actor
from kbsearch.workflow.states import Owner, Scope

INDEX = "index:embedded"
AGENT = Actor("agent", frozenset({PersonRole.AGENT}))


@dataclass
class Time:
    """A clock that stands until it is moved."""

    at: datetime = field(default_factory=lambda: datetime(2026, 11, 1, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.at


@dataclass
class Desk:
    """Everything a search test touches."""

    store: Store
    engine: EmbeddedEngine
    searcher: Searcher
    time: Time

    @property
    def at(self) -> datetime:
        return self.time.at

    def pass_(self, **time: float) -> None:
        self.time.at += timedelta(**time)

    def publish(self, subject_id: str, content: Content, *, category: str = "LC-1", scope: Scope = Scope.LOCAL) -> None:
        """Accept the next version of an item, as an approval would, and let the index catch up."""
        with self.store.write() as unit:
            knowledge = lock_subject(unit.session, subject_id)
            if knowledge is None:
                knowledge = Subject(id=subject_id, owner=Owner.LOCAL, scope=scope, category_id=category, created_at=unit.now)
                unit.session.add(knowledge)
                unit.session.flush()
            life = load_life(unit.session, subject_id)
            assert life is not None
            moment = content.effective_from
            live_from = moment if moment is not None and moment > unit.now else unit.now
            add_version(
                unit,
                knowledge,
                content,
                number=life.highest + 1,
                live_from=live_from,
                source=VersionSource.IMPORT,
                base_number=life.base(unit.now),
            )
            settle_subject(unit, subject_id)
        self.drain()

    def drain(self) -> int:
        return drain(self.store, self.engine, INDEX)

    def search(self, text: str = "", **request: object) -> SearchPage:
        with self.store.read() as session:
            return self.searcher.search(session, AGENT, SearchRequest(text=text, **request), self.at)  # type: ignore[arg-type]

    def found(self, text: str = "", **request: object) -> list[tuple[str, int]]:
        return [(f.life.subject.id, f.version.number) for f in self.search(text, **request).found]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    database = open_engine(f"sqlite:///{tmp_path / 'kb.db'}")
    migrate(database)
    chain = AnalysisChain(Lexicon())
    engine = EmbeddedEngine.open(tmp_path / "index", chain, Role.WRITER)
    time = Time()
    store = Store(database, time, random_id, index_destinations=(INDEX,))
    desk = Desk(store, engine, Searcher(engine, chain, cursor_secret(store), SearchLogger(store)), time)
    with store.write() as unit:
        unit.session.add(Category(id="LC-1", parent_id="ROOT", name="一", origin=CategoryOrigin.LOCAL))
        unit.session.flush()
        unit.session.add(Category(id="LC-2", parent_id="LC-1", name="二", origin=CategoryOrigin.LOCAL))
    yield desk
    engine.close()
    database.dispose()
