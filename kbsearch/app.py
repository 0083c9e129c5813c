"""The service as one ASGI application: routes, worker, clean start and stop. Thin; it decides nothing."""

from __future__ import annotations

import gc
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import FrameType

import anyio.to_thread
import uvicorn
from starlette.applications import Starlette

from kbsearch.console_examples import EXAMPLES
from kbsearch.files.door import FileDoor
from kbsearch.http.console.pages import Console
from kbsearch.http.endpoint import GraphQLEndpoint
from kbsearch.http.health import Readiness, ReadinessCheck
from kbsearch.http.limits import HttpLimits
from kbsearch.http.metrics import HttpMetrics
from kbsearch.http.routes import create_exception_handlers, create_middleware, create_routes
from kbsearch.http.streams.limits import StreamLimits
from kbsearch.metrics import register_gauges
from kbsearch.schema.build import LIST_SIZES, build_schema
from kbsearch.schema.context import context_factory
from kbsearch.schema.projection import CompiledProjector
from kbsearch.services.events import EventJournal
from kbsearch.settings import Settings
from kbsearch.wiring import System, open_system
from kbsearch.worker.schedule import InProcessWorker

GRACE_SECONDS = 5
STREAM_LIMITS = StreamLimits()


def _store_check(system: System) -> Callable[[], str | None]:
    def check() -> str | None:
        try:
            system.store.alive()
        except Exception as error:  # noqa: BLE001 - whatever the driver raises, the answer is the same
            return f"数据库不可用：{type(error).__name__}。请运行 kbsearch doctor 查看原因。"
        return None

    return check


def _index_check(system: System) -> Callable[[], str | None]:
    def check() -> str | None:
        freshness = system.engine.freshness()
        return None if freshness.searchable else f"索引不可用：{freshness.reason}"

    return check


def create_app(system: System, *, with_worker: bool) -> Starlette:
    """Build the application on an open system; with a worker it also drains outbox and index in this process."""
    metrics = HttpMetrics()
    register_gauges(metrics.registry, system)
    console = Console(EXAMPLES)
    settings = system.settings
    endpoint = GraphQLEndpoint(
        build_schema(),
        context_factory(system),
        limits=HttpLimits(introspection=settings.introspection, list_sizes=LIST_SIZES),
        threads=settings.threads,
        queue=settings.queue,
        deadline_seconds=settings.deadline_seconds,
        projector=CompiledProjector(),
        journal=EventJournal(system.store),
        stream_limits=STREAM_LIMITS,
        console=console.page,
        observer=metrics,
        on_client_error=metrics.count_client_error,
    )
    if endpoint.streams is not None:
        metrics.watch_streams(endpoint.streams)
    door = FileDoor(system, context_factory(system), settings.attachment_max_bytes, metrics.count_client_error)
    readiness = Readiness([ReadinessCheck("数据库", _store_check(system)), ReadinessCheck("索引", _index_check(system))])
    worker = InProcessWorker(system) if with_worker else None

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        if worker is not None:
            worker.start()
        try:
            yield
        finally:
            readiness.close()
            endpoint.close()
            door.close()
            if worker is not None:
                await anyio.to_thread.run_sync(worker.stop)

    app = Starlette(
        routes=[*create_routes(endpoint, readiness=readiness, metrics=metrics, console=console), *door.routes()],
        middleware=list(create_middleware()),
        exception_handlers=create_exception_handlers(),
        lifespan=lifespan,
    )
    app.state.endpoint = endpoint
    return app


class _Server(uvicorn.Server):
    """Tells of the stop signal before obeying it, so that the caller can bound the stop, and ends the streams first."""

    def __init__(self, config: uvicorn.Config, endpoint: GraphQLEndpoint, on_stopping: Callable[[], None]) -> None:
        super().__init__(config)
        self._endpoint = endpoint
        self._on_stopping = on_stopping

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Uvicorn would wait for open streams; they are told to come back instead, to whoever serves then."""
        for server in self.servers:
            server.close()
        await self._endpoint.stop_streams()
        await super().shutdown(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._on_stopping()
        super().handle_exit(sig, frame)


def _settle_memory() -> None:
    """Keep the collector away from what lives as long as the process, and let it look less often at what a request makes.

    A search page makes tens of thousands of objects that die by themselves; at the default thresholds the collector took a
    quarter of its time (measured with bench.speed).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 5, 50)


def serve(settings: Settings, *, with_worker: bool, on_stopping: Callable[[], None] = lambda: None) -> None:
    """Serve until SIGTERM or Ctrl-C; open requests get GRACE_SECONDS to end."""
    with open_system(settings, write_index=with_worker) as system:
        app = create_app(system, with_worker=with_worker)
        _settle_memory()
        config = uvicorn.Config(
            app,
            host=settings.host,
            port=settings.port,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
            timeout_keep_alive=30,
            h11_max_incomplete_event_size=64 * 1024,
            ws="websockets-sansio",
            ws_max_size=STREAM_LIMITS.message_bytes,
            ws_per_message_deflate=False,  # a compressor a connection costs more memory than thin events are worth
        )
        _Server(config, app.state.endpoint, on_stopping).run()
