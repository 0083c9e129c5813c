"""`kbsearch sandbox`: runs headquarters and provinces to try the exchange against; the only place besides walk and demo that knows them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kbsearch.cli.chinese import ChineseTyper
from kbsearch.cli.faults import USAGE, CommandFailed
from kbsearch.cli.named import SandboxMode
from kbsearch.cli.opening import open_settings
from kbsearch.cli.output import say

if TYPE_CHECKING:
    from kbsearch.sandbox.config import ProvinceSpec, SandboxPorts, SandboxSecrets
    from kbsearch.settings import Settings

_PACKAGE = Path(__file__).resolve().parents[1]
TAXONOMY = _PACKAGE / "seed" / "data" / "taxonomy.json"
SCHEMAS = _PACKAGE.parent / "docs" / "hq"


def sandbox(
    service_url: Annotated[str | None, typer.Option(help="服务的 GraphQL 地址；缺省为 KBSEARCH_HOST、KBSEARCH_PORT 上的服务")] = None,
    host: Annotated[str, typer.Option(help="监听地址")] = "127.0.0.1",
    hq_port: Annotated[int, typer.Option(min=0, max=65535, help="总部的端口；0 为随机")] = 8001,
    province: Annotated[
        list[str] | None, typer.Option(metavar="代码:名称:端口", help="省公司，可多次；缺省 GD:广东:8002、SC:四川:8003")
    ] = None,
    mode: Annotated[SandboxMode, typer.Option(help="总部自动审核（auto）或人工（manual）")] = SandboxMode.AUTO,
    province_mode: Annotated[SandboxMode, typer.Option(help="省公司自动或人工")] = SandboxMode.AUTO,
    delay: Annotated[float, typer.Option(min=0, max=86400, help="自动审核前等几秒")] = 2.0,
    folder: Annotated[Path | None, typer.Option(help="沙箱自己的数据目录；缺省为数据目录下的 sandbox")] = None,
    taxonomy: Annotated[Path | None, typer.Option(help="启动时下发的知识结构文件；缺省为随程序的那一份")] = None,
    misbehave: Annotated[
        float, typer.Option(min=0, max=1, metavar="概率", help="总部收发的每件消息出各种故障的概率；运行中可经 /api/misbehaviour 另行设定")
    ] = 0.0,
    seed: Annotated[int, typer.Option(help="故障的种子；同一种子、同样的消息，故障相同")] = 1,
    with_parent: Annotated[bool, typer.Option("--with-parent", hidden=True)] = False,
) -> None:
    """运行沙箱：一个总部和若干省公司，用来试用和测试对接。密钥取自 KBSEARCH_HQ_OUTBOUND_SECRET、KBSEARCH_HQ_INBOUND_SECRETS。"""
    from kbsearch.cli.serving import stop_with_parent
    from kbsearch.sandbox.config import DEFAULT_PROVINCES, SandboxConfig
    from kbsearch.sandbox.misbehaviour import Plan, even_plan
    from kbsearch.sandbox.run import run_sandbox

    settings = open_settings()
    if with_parent:
        stop_with_parent()
    run_sandbox(
        SandboxConfig(
            service_url=service_url or f"http://{settings.host}:{settings.port}/graphql",
            secrets=_secrets(settings),
            data_dir=folder or settings.data_dir / "sandbox",
            host=host,
            hq_port=hq_port,
            provinces=tuple(_province(text) for text in province) if province else DEFAULT_PROVINCES,
            schemas_dir=SCHEMAS if SCHEMAS.is_dir() else None,
            taxonomy_file=taxonomy or TAXONOMY,
            mode=mode.value,
            province_mode=province_mode.value,
            delay=delay,
            misbehaviour=even_plan(seed, outgoing=misbehave, incoming=misbehave) if misbehave else Plan(seed),
        ),
        on_ready=_tell,
    )


def _secrets(settings: Settings) -> SandboxSecrets:
    from kbsearch.cli.hq_secrets import secret_problems
    from kbsearch.sandbox.config import SandboxSecrets

    problems = secret_problems(settings)
    outbound, inbound = settings.hq_outbound_secret.get_secret_value(), settings.inbound_secrets
    if not outbound or not inbound:
        problems.append(
            "沙箱须与服务用同样的密钥，请设定 KBSEARCH_HQ_OUTBOUND_SECRET 和 KBSEARCH_HQ_INBOUND_SECRETS，形如 whsec_<base64>。"
        )
    if problems:
        raise CommandFailed("\n".join(problems))
    return SandboxSecrets(outbound, inbound[0])


def _province(text: str) -> ProvinceSpec:
    from kbsearch.sandbox.config import ProvinceSpec

    code, _, rest = text.partition(":")
    name, _, port = rest.partition(":")
    if not (
        code.isascii() and code.isalpha() and len(code) == len("GD") and name and port.isascii() and port.isdigit() and int(port) < 1 << 16
    ):
        raise CommandFailed(f"看不懂省公司“{text}”，请写成 代码:名称:端口，如 GD:广东:8002。", USAGE)
    return ProvinceSpec(code.upper(), name, int(port))


def _tell(ports: SandboxPorts) -> None:
    say(f"总部：{ports.hq_url}/")
    for code in ports.provinces:
        say(f"省公司 {code}：{ports.province_url(code)}/")


def add_to(app: ChineseTyper) -> None:
    """Declare the command."""
    app.command("sandbox")(sandbox)
