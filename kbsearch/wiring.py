"""Puts the parts together by the settings; the only place that picks engines. Decides nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kbsearch.attachments.disk import DiskFiles
from kbsearch.attachments.port import FileStore
from kbsearch.clock import Clock, system_clock
from kbsearch.hq.delivery import HqDoor, open_client
from kbsearch.hq.fetching import HqFiles
from kbsearch.ids import NewId, random_id
from kbsearch.indexing.analysis.chain import AnalysisChain
from kbsearch.indexing.analysis.lexicon import load_lexicon
from kbsearch.indexing.embedded.engine import EmbeddedEngine, Role
from kbsearch.indexing.port import SearchEngine
from kbsearch.services.cursors import cursor_secret
from kbsearch.services.notices.doors import MailDoor, NoticeDoors, Smtp, WebhookDoor
from kbsearch.services.search import Searcher
from kbsearch.services.search_log import SearchLogger
from kbsearch.settings import Settings
from kbsearch.store.engine import open_engine
from kbsearch.store.schema_version import require_current
from kbsearch.store.unit import Store

if TYPE_CHECKING:
    from kbsearch.indexing.opensearch import Cluster, ClusterHealth


def index_of(store: Store) -> str:
    """The outbox destination of the index that this installation searches, `index:embedded` or `index:opensearch`."""
    return store.index_destinations[0]


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
    files: FileStore
    hq_door: HqDoor | None
    hq_files: HqFiles | None
    notice_doors: NoticeDoors
    relay_pool: ThreadPoolExecutor
    writes_index: bool

    def close(self) -> None:
        """Give everything back, also where a part of it fails; safe to call once more."""
        with ExitStack() as closing:
            closing.callback(self.store.engine.dispose)
            closing.callback(self.engine.close)
            if self.hq_door is not None:
                closing.callback(self.hq_door.client.close)
            closing.callback(self.notice_doors.close)
            # A thread may still wait for headquarters' answer; the message's lease runs out and it is sent again.
            closing.callback(self.relay_pool.shutdown, wait=False, cancel_futures=True)
            self.searcher.log.flush()


def open_store(settings: Settings, *, clock: Clock = system_clock, new_id: NewId = random_id, bell: Bell | None = None) -> Store:
    """The store alone, for commands that need no index."""
    ring = (bell or Bell()).ring
    database = open_engine(settings.database, pool_size=settings.database_pool)
    return Store(
        database,
        clock,
        new_id,
        settings.deadlines,
        (f"index:{settings.search}",),
        ring,
        announcement_review=settings.announcement_review,
        notice_ways=settings.notice_ways,
    )


def open_search(settings: Settings, *, write: bool) -> tuple[SearchEngine, AnalysisChain]:
    """The engine that the settings name, with the analysis chain of the lexicon."""
    chain = AnalysisChain(load_lexicon(settings.lexicon_dir))
    if settings.search == "opensearch":
        from kbsearch.indexing.opensearch import OpenSearchEngine  # noqa: PLC0415 - its client takes 0.2 s to import

        return OpenSearchEngine.open(opensearch_cluster(settings), chain, write=write), chain
    return EmbeddedEngine.open(settings.index_dir, chain, Role.WRITER if write else Role.READER), chain


def opensearch_cluster(settings: Settings) -> Cluster:
    """Where the cluster is and who we are to it."""
    from kbsearch.indexing.opensearch import Cluster, Signing  # noqa: PLC0415 - as above

    signing = None
    if settings.opensearch_sign_region:
        signing = Signing(
            settings.opensearch_sign_access_key,
            settings.opensearch_sign_secret_key.get_secret_value(),
            settings.opensearch_sign_region,
            settings.opensearch_sign_service,
            settings.opensearch_sign_session_token.get_secret_value(),
        )
    return Cluster(
        urls=tuple(url.strip() for url in settings.opensearch_urls.split(",") if url.strip()),
        username=settings.opensearch_username,
        password=settings.opensearch_password.get_secret_value(),
        ca=settings.opensearch_ca,
        signing=signing,
        prefix=settings.opensearch_index_prefix,
        shards=settings.opensearch_shards,
        replicas=settings.opensearch_replicas,
        timeout=settings.opensearch_timeout_seconds,
    )


def search_cluster_health(settings: Settings) -> ClusterHealth:
    """How the cluster is, for the doctor; raises IndexFault."""
    from kbsearch.indexing.opensearch import cluster_health  # noqa: PLC0415 - as above

    return cluster_health(opensearch_cluster(settings))


def _open_hq_door(settings: Settings, clock: Clock) -> HqDoor | None:
    if not settings.hq_url:
        return None
    secret = settings.hq_outbound_secret.get_secret_value()
    return HqDoor(settings.hq_url, secret, open_client(settings.hq_timeout_seconds), clock)


def open_files(settings: Settings) -> FileStore:
    """Where attached files lie; nothing is made or opened before the first use."""
    return DiskFiles(settings.files_dir)


def _hq_files(settings: Settings, door: HqDoor | None, new_id: NewId) -> HqFiles | None:
    """Files come through the same connections as messages go."""
    if door is None:
        return None
    return HqFiles(door.url, door.secret, door.client, door.clock, new_id, settings.attachment_max_bytes)


def open_notice_doors(settings: Settings, store: Store) -> NoticeDoors:
    """The ways notices leave by; nothing is connected before the first use."""
    mail = None
    if settings.notice_ways.mail:
        password = settings.smtp_password.get_secret_value()
        smtp = Smtp(settings.smtp_host, settings.smtp_port, settings.smtp_from, settings.smtp_starttls, settings.smtp_user, password)
        mail = MailDoor(store, smtp)
    client = open_client(settings.hq_timeout_seconds)
    webhook = WebhookDoor(store, client, settings.notice_webhook_private) if settings.notice_webhooks else None
    return NoticeDoors(mail, webhook, client)


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
        hq_door = _open_hq_door(settings, clock)
        system = System(
            settings=settings,
            store=store,
            bell=bell,
            engine=engine,
            chain=chain,
            searcher=Searcher(engine, chain, secret, SearchLogger(store)),
            cursor_secret=secret,
            hq_inbound_secrets=settings.inbound_secrets,
            files=open_files(settings),
            hq_door=hq_door,
            hq_files=_hq_files(settings, hq_door, new_id),
            notice_doors=open_notice_doors(settings, store),
            relay_pool=ThreadPoolExecutor(settings.hq_parallel, thread_name_prefix="hq"),
            writes_index=write_index,
        )
        opened.pop_all()
    try:
        yield system
    finally:
        system.close()
