"""`kbsearch feedback`: what there is to settle and how it fares; settles nothing, that is a reviewer's act."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kbsearch.cli.chinese import ChineseTyper
from kbsearch.cli.opening import open_settings, opened_store
from kbsearch.cli.output import AsJson, Limit, local_time, say, say_json, say_table
from kbsearch.cli.statuses import statuses_of

if TYPE_CHECKING:
    from kbsearch.services.feedback.statistics import FeedbackStatistics
    from kbsearch.store.tables import Feedback

_State = Annotated[
    list[str] | None,
    typer.Option("--state", metavar="状态", help="RECEIVED 待处理、IN_PROGRESS 处理中、RESOLVED 已办结；可多次，缺省为未办结的"),
]
_SHOWN = 40


def listed(
    state: _State = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="只要已过期限而未办结的")] = False,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """列出知识反馈，紧急的在前，再按期限。"""
    from kbsearch.services.listings.feedback import FeedbackFilter, feedback_queue
    from kbsearch.services.listings.slices import Paging
    from kbsearch.services.people import CONSOLE
    from kbsearch.workflow.feedback import FeedbackState

    wanted = FeedbackFilter(states=statuses_of(FeedbackState, state), overdue_only=overdue)
    with opened_store(open_settings()) as store, store.read() as session:
        rows = feedback_queue(session, CONSOLE, wanted, Paging(limit, None, b"console"), store.clock()).rows
    if as_json:
        say_json([row.model_dump(mode="json") for row in rows])
        return
    headers = ("编号", "来源", "状态", "紧急", "期限", "知识", "意见")
    say_table(headers, [_cells(row) for row in rows], empty="没有反馈。")


def _cells(row: Feedback) -> tuple[str, ...]:
    source = row.province or row.reporter_name or row.origin.label
    about = f"{row.subject_id} 第 {row.version_number} 版" if row.subject_id else f"没有搜到：{row.query}"
    return (row.id, source, row.state.label, row.urgency.label, local_time(row.due_at), about, " ".join(row.text.split())[:_SHOWN])


def statistics(days: Annotated[int, typer.Option(min=1, max=3660, help="最近多少天收到的")] = 30, as_json: AsJson = False) -> None:
    """知识反馈统计：数量、结果、用时、逾期。"""
    from kbsearch.services.feedback.statistics import feedback_statistics
    from kbsearch.services.people import CONSOLE

    with opened_store(open_settings()) as store, store.read() as session:
        now = store.clock()
        found = feedback_statistics(session, CONSOLE, since=now - timedelta(days=days), until=now, now=now)
    if as_json:
        say_json(_document(found))
    else:
        _tell(found, days)


def _document(found: FeedbackStatistics) -> dict[str, Any]:
    counts: dict[str, Mapping[Any, int]] = {
        "byState": found.by_state,
        "byOrigin": found.by_origin,
        "byResolution": found.by_resolution,
        "byProvince": found.by_province,
    }
    return {
        "from": found.since,
        "to": found.until,
        "total": found.total,
        **{name: {str(key): count for key, count in sorted(counted.items())} for name, counted in counts.items()},
        "medianHoursToResolve": found.median_hours,
        "overdue": found.overdue,
        "overdueShare": found.overdue_share,
        "topKnowledge": [{"knowledgeId": subject_id, "count": count} for subject_id, count in found.top_subjects],
    }


def _tell(found: FeedbackStatistics, days: int) -> None:
    from kbsearch.workflow.regions import PROVINCES

    say(f"最近 {days} 天收到 {found.total} 条，逾期 {found.overdue} 条。")
    if found.median_hours is not None:
        say(f"办结用时的中位数：{found.median_hours:.1f} 小时。")
    rows = [(state.label, str(count)) for state, count in found.by_state.items()]
    rows += [(resolution.label, str(count)) for resolution, count in found.by_resolution.items()]
    rows += [(PROVINCES.get(code, code), str(count)) for code, count in sorted(found.by_province.items(), key=lambda item: -item[1])]
    rows += [(f"知识 {subject_id}", str(count)) for subject_id, count in found.top_subjects]
    say_table(("项目", "条数"), rows, empty="没有反馈。")


def add_to(app: ChineseTyper) -> None:
    """Declare the commands."""
    group = ChineseTyper("知识反馈：待办与统计。")
    group.command("list")(listed)
    group.command("statistics")(statistics)
    app.add_typer(group, name="feedback")
