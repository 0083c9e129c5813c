"""`kbsearch report`: the managers' report over a period, read from the database; changes nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kbsearch.cli.chinese import ChineseTyper
from kbsearch.cli.moments import instant
from kbsearch.cli.opening import open_settings, opened_store
from kbsearch.cli.output import AsJson, local_time, say, say_json, say_table

if TYPE_CHECKING:
    from kbsearch.services.managers_report.report import ManagersReport

_USUAL_SPAN = timedelta(days=30)
_HELP = "2026-11-01 或带时区的时间"


def report(
    since: Annotated[str | None, typer.Option("--from", metavar="时间", help=f"时段从（含）：{_HELP}；缺省为止前 30 天")] = None,
    until: Annotated[str | None, typer.Option("--to", metavar="时间", help=f"时段到（不含）：{_HELP}；缺省为现在")] = None,
    as_json: AsJson = False,
) -> None:
    """管理报表：发布周期各步用时、一次通过率、退回原因、逾期、省覆盖、未签。"""
    begin, end = (None if text is None else instant(text) for text in (since, until))
    from kbsearch.services.managers_report.report import managers_report
    from kbsearch.services.people import CONSOLE

    with opened_store(open_settings()) as store, store.read() as session:
        now = store.clock()
        last = end or now
        found = managers_report(session, CONSOLE, since=begin or last - _USUAL_SPAN, until=last, now=now)
    if as_json:
        say_json(_document(found))
    else:
        _tell(found)


def _document(found: ManagersReport) -> dict[str, Any]:
    measured = found.measured
    return {
        "from": found.since,
        "to": found.until,
        "steps": {s.value: {"count": d.count, "medianHours": d.median_hours, "p90Hours": d.p90_hours} for s, d in measured.steps.items()},
        "firstPass": {j.value: {"decided": p.decided, "passed": p.passed, "share": p.share} for j, p in measured.first_pass.items()},
        "returns": {j.value: {reason.value: count for reason, count in counted.items()} for j, counted in measured.returns.items()},
        "overdue": {state.value: count for state, count in found.overdue.items()},
        "provincesCovered": found.provinces_covered,
        "provinces": dict(found.provinces),
        "unsigned": {
            "announcements": found.unsigned.announcements,
            "asked": found.unsigned.asked,
            "missing": found.unsigned.missing,
            "share": found.unsigned.share,
        },
    }


def _tell(found: ManagersReport) -> None:
    measured = found.measured
    say(f"{local_time(found.since)} 至 {local_time(found.until)}（北京时间）")
    say()
    steps = [[s.label, str(d.count), _hours(d.median_hours), _hours(d.p90_hours)] for s, d in measured.steps.items()]
    say_table(("发布周期", "次数", "中位数（小时）", "90 分位（小时）"), steps, empty="")
    say()
    passes = [[j.label, str(p.decided), str(p.passed), _share(p.share)] for j, p in measured.first_pass.items()]
    say_table(("一次通过", "裁定", "通过", "占比"), passes, empty="")
    say()
    returns = [[j.label, reason.label, str(count)] for j, counted in measured.returns.items() for reason, count in counted.items()]
    say_table(("退回", "原因", "次数"), returns, empty="时段内没有退回。")
    say()
    overdue = [[state.label, str(count)] for state, count in found.overdue.items()]
    say_table(("现在逾期", "申请数"), overdue, empty="现在没有逾期的申请。")
    say()
    say(f"省覆盖：{found.provinces_covered} / {len(found.provinces)} 省；" + _provinces(found))
    unsigned = found.unsigned
    say(f"必读公告 {unsigned.announcements} 个，应签 {unsigned.asked} 人次，未签 {unsigned.missing}（{_share(unsigned.share)}）。")


def _provinces(found: ManagersReport) -> str:
    from kbsearch.workflow.regions import PROVINCES

    held = sorted(((count, code) for code, count in found.provinces.items() if count), key=lambda pair: (-pair[0], pair[1]))
    return "、".join(f"{PROVINCES[code]} {count}" for count, code in held) or "还没有任何省得到知识"


def _hours(hours: float | None) -> str:
    return "—" if hours is None else f"{hours:.2f}"


def _share(share: float | None) -> str:
    return "—" if share is None else f"{share:.0%}"


def add_to(app: ChineseTyper) -> None:
    """Declare the command."""
    app.command("report")(report)
