"""`kbsearch walk`: drives service and sandbox through every numbered step; the steps are sandbox/walk's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from kbsearch.cli.chinese import ChineseTyper
from kbsearch.cli.faults import NOT_OK, USAGE, CommandFailed
from kbsearch.cli.opening import open_settings
from kbsearch.cli.output import AsJson, say, say_json

if TYPE_CHECKING:
    from kbsearch.sandbox.walk import RunningSystems, StepResult, WalkConfig, WalkRun

_LEAST_PROVINCES = 2  # one gets a version, one does not
_MOST_DIFFERENCES = 60
_PROVINCES = ("GD=http://127.0.0.1:8002", "SC=http://127.0.0.1:8003")


def walk(
    url: Annotated[str | None, typer.Option(help="已在运行的服务的根地址；不给则自行在空闲端口和临时目录启动一套")] = None,
    hq_url: Annotated[str, typer.Option(help="与 --url 同用：总部沙箱的根地址")] = "http://127.0.0.1:8001",
    province: Annotated[list[str] | None, typer.Option(metavar="代码=地址", help="与 --url 同用：省公司沙箱，至少两个")] = None,
    token: Annotated[str, typer.Option(envvar="KBSEARCH_WALK_TOKEN", show_envvar=True, help="与 --url 同用：管理员的令牌")] = "",
    patience: Annotated[float, typer.Option(min=0.1, max=600, help="等一件事发生最多几秒")] = 10.0,
    misbehave: Annotated[
        bool, typer.Option("--misbehave", help="先无故障走一遍，再由总部按种子出各种故障各走一遍，并比较各遍结束时的公开状态")
    ] = False,
    seed: Annotated[list[int] | None, typer.Option(help="与 --misbehave 同用：故障的种子，可多次，每个走一遍；缺省 1")] = None,
    only: Annotated[
        list[str] | None, typer.Option(metavar="步骤或章节", help="只走含有这一步或这一章的流程，可多次，如 3.1.1.4、M5；缺省全走")
    ] = None,
    as_json: AsJson = False,
) -> int:
    """走一遍需求各流程的每一步，逐步给出从公开接口看到的证据；有一步不成则退出码为 1。"""
    from kbsearch.sandbox.walk import WalkConfig, run_walk

    chosen = _chosen(only or [])
    if url is not None and misbehave:
        raise CommandFailed("--misbehave 须自行启动全部系统，不能与 --url 同用。", USAGE)
    if seed and not misbehave:
        raise CommandFailed("--seed 只与 --misbehave 同用。", USAGE)
    if misbehave:
        return _misbehaving(WalkConfig(patience=patience, only=chosen), seed or [1], as_json=as_json)
    running = _running(url, hq_url, province or list(_PROVINCES), token) if url is not None else None
    config = WalkConfig(running=running, patience=patience, only=chosen)
    results = run_walk(config, lambda result: None if as_json else say(result.line()))
    if as_json:
        say_json([result.document() for result in results])
    else:
        _sum_up(results)
    return 0 if all(result.ok for result in results) else NOT_OK


def _chosen(only: list[str]) -> tuple[str, ...]:
    """Steps and sections that exist."""
    from kbsearch.sandbox.walk import all_steps

    steps = all_steps()
    for name in only:
        if not any(each == name or each.startswith(f"{name}-") for each in steps):
            raise CommandFailed(f"没有步骤或章节 {name}。可用的步骤：{'、'.join(dict.fromkeys(steps))}。", USAGE)
    return tuple(only)


def _misbehaving(config: WalkConfig, seeds: list[int], *, as_json: bool) -> int:
    from kbsearch.sandbox.walk import run_misbehaving

    told: set[int | None] = set()

    def report(seed: int | None, result: StepResult) -> None:
        if seed not in told:
            told.add(seed)
            say(_heading(seed))
        say(result.line())

    runs = run_misbehaving(config, seeds, lambda seed, result: None if as_json else report(seed, result))
    if as_json:
        say_json({"ok": _all_held(runs, seeds), "runs": [run.document() for run in runs]})
    else:
        for run in runs:
            _tell_run(run)
        if len(runs) == 1:
            say("无故障的一遍没有全部通过，无从比较，未再走有故障的。")
    return 0 if _all_held(runs, seeds) else NOT_OK


def _all_held(runs: list[WalkRun], seeds: list[int]) -> bool:
    """Without a sound walk without faults the others were not walked at all."""
    return len(runs) == 1 + len(seeds) and all(run.ok for run in runs)


def _tell_run(run: WalkRun) -> None:
    """What one walk came to: its steps, its counts, and where its end differs."""
    say(_heading(run.seed))
    _sum_up(run.results)
    if run.fired:
        say(next(result.line() for result in run.results if result.step == "faults"))
    for line in run.difference[:_MOST_DIFFERENCES]:
        say(f"  {line}")
    if len(run.difference) > _MOST_DIFFERENCES:
        say(f"  （差异共 {len(run.difference)} 行，其余见 --json）")


def _heading(seed: int | None) -> str:
    return "—— 无故障 ——" if seed is None else f"—— 故障种子 {seed} ——"


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
