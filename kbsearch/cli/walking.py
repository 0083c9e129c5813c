"""`kbsearch walk`: drives service and sandbox through every numbered step; the steps are sandbox/walk's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from kbsearch.cli.chinese import ChineseTyper
from kbsearch.cli.faults import NOT_OK, USAGE, CommandFailed
from kbsearch.cli.opening import open_settings
from kbsearch.cli.output import AsJson, say, say_json

if TYPE_CHECKING:
    from kbsearch.sandbox.walk import RunningSystems, StepResult

_LEAST_PROVINCES = 2  # one gets a version, one does not
_PROVINCES = ("GD=http://127.0.0.1:8002", "SC=http://127.0.0.1:8003")


def walk(
    url: Annotated[str | None, typer.Option(help="已在运行的服务的根地址；不给则自行在空闲端口和临时目录启动一套")] = None,
    hq_url: Annotated[str, typer.Option(help="与 --url 同用：总部沙箱的根地址")] = "http://127.0.0.1:8001",
    province: Annotated[list[str] | None, typer.Option(metavar="代码=地址", help="与 --url 同用：省公司沙箱，至少两个")] = None,
    token: Annotated[str, typer.Option(envvar="KBSEARCH_WALK_TOKEN", show_envvar=True, help="与 --url 同用：管理员的令牌")] = "",
    patience: Annotated[float, typer.Option(min=0.1, max=600, help="等一件事发生最多几秒")] = 10.0,
    as_json: AsJson = False,
) -> int:
    """走一遍需求 3.1.1.1 至 3.1.1.3 的每一步，逐步给出从公开接口看到的证据；有一步不成则退出码为 1。"""
    from kbsearch.sandbox.walk import WalkConfig, run_walk

    running = _running(url, hq_url, province or list(_PROVINCES), token) if url is not None else None
    results = run_walk(WalkConfig(running=running, patience=patience), lambda result: None if as_json else say(result.line()))
    if as_json:
        say_json([result.document() for result in results])
    else:
        _sum_up(results)
    return 0 if all(result.ok for result in results) else NOT_OK


def _running(url: str, hq_url: str, provinces: list[str], token: str) -> RunningSystems:
    from kbsearch.sandbox.walk import RunningSystems

    secrets = open_settings().inbound_secrets
    if not token or not secrets:
        raise CommandFailed("用 --url 时还须给出管理员令牌（--token 或 KBSEARCH_WALK_TOKEN）和 KBSEARCH_HQ_INBOUND_SECRETS。", USAGE)
    pairs = [text.partition("=") for text in provinces]
    if len(pairs) < _LEAST_PROVINCES or not all(code and address.startswith("http") for code, _, address in pairs):
        raise CommandFailed("省公司请写成 代码=地址，至少两个，如 --province GD=http://127.0.0.1:8002。", USAGE)
    return RunningSystems(url, hq_url, {code: address for code, _, address in pairs}, token, secrets[0])


def _sum_up(results: list[StepResult]) -> None:
    bad = [result for result in results if not result.ok]
    say(f"共 {len(results)} 步，" + (f"{len(bad)} 步未通过：{'、'.join(result.step for result in bad)}。" if bad else "全部通过。"))


def add_to(app: ChineseTyper) -> None:
    """Declare the command."""
    app.command("walk")(walk)
