"""Puts the parts together by the settings; the only place that picks engines. Decides nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from kbsearch.clock import Clock, system_clock
from kbsearch.hq.delivery import HqDoor, open_client
from kbsearch.ids import NewId, random_id
from kbsearch.indexing.analysis.chain import AnalysisChain
from kbsearch.indexing.analysis.lexicon import load_lexicon
from kbsearch.indexing.embedded.engine import EmbeddedEngine, Role
from kbsearch.indexing.port import SearchEngine
from kbsearch.services.cursors import cursor_secret
from kbsearch.services.search import Searcher
from kbsearch.services.search_log import SearchLogger
from kbsearch.settings import Settings
from kbsearch.store.engine import open_engine
from kbsearch.store.schema_version import require_current
from kbsearch.store.unit import Store

INDEX = "index:embedded"


@dataclass
class Bell:
    """Rings after a commit; whoever drains the outbox hangs itself in. Losing a ring costs a sweep's delay, nothing more."""

    listeners: list[Callable[[str], None]] = field(default_factory=list)

    def ring(self, destination: str) -> None:
        """Tell every listener that messages for `destination` wait."""
        for listener in self.listeners:
            listener(destination)


@dataclass
class System:
    """One process's parts, opened once and closed together."""

    settings: Settings
    store: Store
    bell: Bell
    engine: SearchEngine
    chain: AnalysisChain
    searcher: Searcher
    cursor_secret: bytes
    hq_inbound_secrets: tuple[str, ...]
    hq_door: HqDoor | None
    relay_pool: ThreadPoolExecutor
    writes_index: bool

    def close(self) -> None:
        """Give everything back, also where a part of it fails; safe to call once more."""
        with ExitStack() as closing:
            closing.callback(self.store.engine.dispose)
            closing.callback(self.engine.close)
            if self.hq_door is not None:
                closing.callback(self.hq_door.client.close)
            # A thread may still wait for headquarters' answer; the message's lease runs out and it is sent again.
            closing.callback(self.relay_pool.shutdown, wait=False, cancel_futures=True)
            self.searcher.log.flush()


def open_store(settings: Settings, *, clock: Clock = system_clock, new_id: NewId = random_id, bell: Bell | None = None) -> Store:
    """The store alone, for commands that need no index."""
    ring = (bell or Bell()).ring
    database = open_engine(settings.database, pool_size=settings.database_pool)
    return Store(database, clock, new_id, settings.deadlines, (INDEX,), ring)


def open_search(settings: Settings, *, write: bool) -> tuple[EmbeddedEngine, AnalysisChain]:
    """The embedded engine with the analysis chain of the lexicon."""
    chain = AnalysisChain(load_lexicon(settings.lexicon_dir))
    engine = EmbeddedEngine.open(settings.index_dir, chain, Role.WRITER if write else Role.READER)
    return engine, chain


def _open_hq_door(settings: Settings, clock: Clock) -> HqDoor | None:
    if not settings.hq_url:
        return None
    secret = settings.hq_outbound_secret.get_secret_value()
    return HqDoor(settings.hq_url, secret, open_client(settings.hq_timeout_seconds), clock)


@contextmanager
def open_system(settings: Settings, *, write_index: bool, clock: Clock = system_clock, new_id: NewId = random_id) -> Iterator[System]:
    """Everything a serving or working process needs; the database must have this code's schema."""
    bell = Bell()
    store = open_store(settings, clock=clock, new_id=new_id, bell=bell)
    with ExitStack() as opened:
        opened.callback(store.engine.dispose)
        require_current(store.engine)
        engine, chain = open_search(settings, write=write_index)
        opened.callback(engine.close)
        secret = cursor_secret(store)
        system = System(
            settings=settings,
            store=store,
            bell=bell,
            engine=engine,
            chain=chain,
            searcher=Searcher(engine, chain, secret, SearchLogger(store)),
            cursor_secret=secret,
            hq_inbound_secrets=settings.inbound_secrets,
            hq_door=_open_hq_door(settings, clock),
            relay_pool=ThreadPoolExecutor(settings.hq_parallel, thread_name_prefix="hq"),
            writes_index=write_index,
        )
        opened.pop_all()
    try:
        yield system
    finally:
        system.close()
