"""`kbsearch doctor`: runs every check and says what is wrong and how to mend it; the checks are in checks/."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kbsearch.cli.chinese import ChineseTyper
from kbsearch.cli.faults import NOT_OK
from kbsearch.cli.opening import open_settings
from kbsearch.cli.output import AsJson, say, say_json

if TYPE_CHECKING:
    from kbsearch.cli.checks.finding import Finding

_MARKS = {"ok": "正常", "warn": "注意", "fail": "有误"}


def examine() -> list[Finding]:
    """All findings; with bad settings that is the only one, since everything else hangs on them."""
    from kbsearch.cli.checks import database, exchange, index, machine, search_cluster
    from kbsearch.cli.checks.finding import Check, fail, ok
    from kbsearch.settings import SettingsError

    try:
        settings = open_settings()
    except SettingsError as error:
        return [fail("设置", str(error))]
    checks: tuple[Check, ...] = (
        machine.python, machine.data_folder, machine.attachments_folder, machine.lexicon, database.database,
        search_cluster.search_cluster, index.index, exchange.secrets, exchange.headquarters, machine.port, exchange.stuck,
    )  # fmt: skip
    return [ok("设置", "环境变量都可用"), *(finding for check in checks for finding in check(settings))]


def doctor(as_json: AsJson = False) -> int:
    """检查安装与运行情况，逐项说明有何不对、如何改正；有“有误”的则退出码为 1。"""
    findings = examine()
    bad = sum(f.level == "fail" for f in findings)
    if as_json:
        say_json({"ok": not bad, "findings": [{"name": f.name, "level": f.level.value, "text": f.text} for f in findings]})
        return NOT_OK if bad else 0
    for finding in findings:
        say(f"[{_MARKS[finding.level]}] {finding.name}：{finding.text}")
    say(f"{bad} 项有误，请按上面的说明改正。" if bad else "没有发现妨碍运行的问题。")
    return NOT_OK if bad else 0


def add_to(app: ChineseTyper) -> None:
    """Declare the command."""
    app.command("doctor")(doctor)
