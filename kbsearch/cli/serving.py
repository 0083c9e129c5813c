"""`kbsearch serve` and `kbsearch worker`: start the processes; what they do is app.py's and worker/'s."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from kbsearch.cli.addresses import require_free_port
from kbsearch.cli.chinese import ChineseTyper
from kbsearch.cli.faults import CommandFailed
from kbsearch.cli.opening import open_settings, require_database

if TYPE_CHECKING:
    from types import FrameType

    from kbsearch.settings import Settings

STOP_SECONDS = 9.0
"""A clean stop takes at most ten seconds; what still runs then is cut, and the store rolls back what was not committed."""


def serve(
    host: Annotated[str | None, typer.Option(help="监听地址，等同 KBSEARCH_HOST")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="监听端口，等同 KBSEARCH_PORT；0 为随机空闲端口")] = None,
    no_worker: Annotated[bool, typer.Option("--no-worker", help="只答请求，不更新索引、不发送报文（另有 kbsearch worker 时用）")] = False,
    migrate: Annotated[bool, typer.Option("--migrate", help="启动前把数据库升级到本程序的版本")] = False,
    with_parent: Annotated[bool, typer.Option("--with-parent", hidden=True)] = False,
) -> None:
    """启动服务：GraphQL 接口、查询台，以及（除非 --no-worker）后台任务。SIGTERM 或 Ctrl-C 停止。"""
    gc.disable()  # what is loaded at the start stays: looking through it again and again costs a tenth of a second and more
    settings = open_settings(quiet=False, host=host, port=port)
    if with_parent:
        stop_with_parent()
    _require_sound_secrets(settings)
    if migrate:
        _migrate(settings)
    else:
        require_database(settings)
    require_free_port(settings.host, settings.port, "--port 或 KBSEARCH_PORT")
    from kbsearch.app import serve as serve_app

    gc.freeze()
    gc.enable()
    keep_signals_quiet()
    serve_app(settings, with_worker=not no_worker, on_stopping=end_soon)
    leave()


def work(with_parent: Annotated[bool, typer.Option("--with-parent", hidden=True)] = False) -> None:
    """只运行后台任务：更新索引、向总部发送报文、到期处理。一个数据目录同时只能有一个。"""
    settings = open_settings(quiet=False)
    if with_parent:
        stop_with_parent()
    _require_sound_secrets(settings)
    require_database(settings)
    from kbsearch.wiring import open_system
    from kbsearch.worker.schedule import InProcessWorker

    stopping = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        end_soon()
        stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    with open_system(settings, write_index=True) as system:
        worker = InProcessWorker(system)
        worker.start()
        stopping.wait()
        worker.stop()
    leave()


def keep_signals_quiet() -> None:
    """The web server raises its stop signal again when it has stopped; by then it has been obeyed."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: None)


def stop_with_parent() -> None:
    """Stop as on SIGTERM when standard input ends: then whoever started this process is gone, even by kill -9."""

    def watch() -> None:
        while os.read(0, 4096):  # the descriptor itself: a buffered reader would be found locked when the interpreter ends
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent", daemon=True).start()


def end_soon() -> None:
    """Bound the stop: a thread that does not come back is left behind."""
    timer = threading.Timer(STOP_SECONDS, os._exit, (0,))
    timer.daemon = True
    timer.start()


def leave() -> NoReturn:
    """End the process without waiting for threads that only wait for headquarters' answer; their leases run out."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _migrate(settings: Settings) -> None:
    from kbsearch.cli.migrating import migrate_database

    migrate_database(settings)


def _require_sound_secrets(settings: Settings) -> None:
    from kbsearch.cli.hq_secrets import secret_problems

    problems = secret_problems(settings)
    if problems:
        raise CommandFailed("\n".join(problems))


def add_to(app: ChineseTyper) -> None:
    """Declare the commands."""
    app.command("serve")(serve)
    app.command("worker")(work)
