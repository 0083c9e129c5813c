"""The command itself: start everything, tell how to use it, stop everything on Ctrl-C or SIGTERM."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING, Annotated

import typer

from kbsearch.cli.addresses import LOCAL
from kbsearch.cli.demo.children import Child, Children
from kbsearch.cli.demo.plan import HQ_PORT, PROVINCE_PORTS, Plan, make_plan
from kbsearch.cli.demo.telling import as_document, as_text
from kbsearch.cli.hq_secrets import kept_secrets
from kbsearch.cli.output import AsJson, note, say, say_json

if TYPE_CHECKING:
    from types import FrameType

    from kbsearch.cli.chinese import ChineseTyper

_READY_SECONDS = 60.0
_LATER = 5  # niceness of what may start after the service


def demo(
    port: Annotated[int, typer.Option(min=0, max=65535, envvar="KBSEARCH_PORT", show_envvar=True, help="服务的端口；0 为随机")] = 8000,
    host: Annotated[str, typer.Option(envvar="KBSEARCH_HOST", show_envvar=True, help="服务的监听地址")] = LOCAL,
    hq_port: Annotated[
        int, typer.Option(min=0, max=65535, envvar="KBSEARCH_DEMO_HQ_PORT", show_envvar=True, help="总部沙箱的端口；0 为随机")
    ] = HQ_PORT,
    province_ports: Annotated[
        str, typer.Option(envvar="KBSEARCH_DEMO_PROVINCE_PORTS", show_envvar=True, help="两个省公司沙箱的端口，逗号分开")
    ] = PROVINCE_PORTS,
    as_json: AsJson = False,
) -> None:
    """一条命令运行演示：服务（KBSEARCH_PORT，缺省 8000）、总部和两个省公司，首次启动装入演示内容。Ctrl-C 停止。"""
    began = time.monotonic()  # settings are the service's to read: every import here delays its start
    plan = make_plan(host, port, hq_port, province_ports)
    plan.folder.mkdir(parents=True, exist_ok=True)
    environment = plan.environment(kept_secrets(plan.folder / "secrets.json"))
    os.environ.update(environment)
    for number in (signal.SIGTERM, signal.SIGINT):  # a shell's background job begins with SIGINT ignored
        signal.signal(number, _interrupt)
    try:
        with Children(plan.logs, environment) as children:
            if plan.marker.exists():
                _start_again(plan, children)
            else:
                _start_first(plan, children)
            _tell(plan, children, time.monotonic() - began, as_json=as_json)
            children.watch()
    except KeyboardInterrupt:
        note("演示已停止，数据保留，再次启动时继续用。")


def _start_first(plan: Plan, children: Children) -> None:
    """Headquarters is told its past, and what to keep for a person, before the service can send it anything."""
    from kbsearch.cli.demo.content import (
        give_headquarters_its_past,
        keep_for_a_person,
        load_content,
        mark_complete,
        wait_until_searchable,
    )

    note("首次启动，正在装入演示内容……")
    held = load_content(plan)
    sandbox = _sandbox(plan, children)
    children.wait_for(sandbox, f"{plan.hq_url}/healthz", _READY_SECONDS)
    give_headquarters_its_past(plan)
    keep_for_a_person(plan, held)
    _wait(plan, children, _service(children), sandbox)
    wait_until_searchable(_READY_SECONDS)
    mark_complete(plan)


def _start_again(plan: Plan, children: Children) -> None:
    service = _service(children)
    sandbox = _sandbox(plan, children)
    os.nice(_LATER)
    import kbsearch.seed.tokens  # noqa: F401 - while the others start, so that the tokens are there when they are ready

    _wait(plan, children, service, sandbox)


def _service(children: Children) -> Child:
    return children.start("服务", "service.log", ["serve", "--migrate"])


def _sandbox(plan: Plan, children: Children) -> Child:
    arguments = ["sandbox", "--service-url", f"{plan.service_url}/graphql", "--hq-port", str(plan.hq_port)]
    for code, name, port in plan.provinces:
        arguments += ["--province", f"{code}:{name}:{port}"]
    return children.start("沙箱（总部与省公司）", "sandbox.log", arguments, nice=_LATER)


def _wait(plan: Plan, children: Children, service: Child, sandbox: Child) -> None:
    children.wait_for(service, f"{plan.service_url}/readyz", _READY_SECONDS)
    for port in (plan.hq_port, *(port for _, _, port in plan.provinces)):
        children.wait_for(sandbox, f"http://127.0.0.1:{port}/healthz", _READY_SECONDS)


def _tell(plan: Plan, children: Children, seconds: float, *, as_json: bool) -> None:
    from kbsearch.cli.demo.content import fresh_tokens
    from kbsearch.cli.demo.example import item_to_change

    tokens = fresh_tokens()
    if as_json:
        say_json(as_document(plan, tokens, seconds, children.ids()))
        return
    author = next(access.token for access in tokens.values() if access.role == "AUTHOR")
    say(as_text(plan, tokens, seconds, item_to_change(f"{plan.service_url}/graphql", author)))


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def add_to(app: ChineseTyper) -> None:
    """Declare the command."""
    app.command("demo")(demo)
