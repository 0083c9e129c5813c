"""Puts the managers' report together for a period: bounded, from the log and from what stands now; reads only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, func, select

from kbsearch.services.managers_report.standing import Unsigned, overdue_now, province_coverage, unsigned_now
from kbsearch.services.managers_report.steps import Happened, Measured, measure
from kbsearch.services.refusals import denied, violated
from kbsearch.store.tables import DocumentType, TransitionLog
from kbsearch.workflow.actions import Role
from kbsearch.workflow.decide import Actor
from kbsearch.workflow.states import SubmissionState

MAX_ROWS = 100_000
_PORTION = 5_000


@dataclass(frozen=True, slots=True)
class ManagersReport:
    """[since, until) measured from the log; overdue, coverage and signatures as of `now`.

    `provinces`: code → how many knowledge items it was given, zeros included.
    """

    since: datetime
    until: datetime
    now: datetime
    measured: Measured
    overdue: Mapping[SubmissionState, int]
    provinces: Mapping[str, int]
    unsigned: Unsigned

    @property
    def provinces_covered(self) -> int:
        """How many hold anything."""
        return sum(count > 0 for count in self.provinces.values())


def managers_report(
    session: Session, actor: Actor, *, since: datetime, until: datetime, now: datetime, max_rows: int = MAX_ROWS
) -> ManagersReport:
    """The report for reviewers and admins; refused where the period has more than `max_rows` log rows."""
    if not actor.roles & {Role.REVIEWER, Role.ADMIN}:
        raise denied("管理报表须由知识管理员或管理员来看。")
    if since >= until:
        raise violated("BAD_SPAN", "起始时间须早于截止时间。", "from")
    measured = measure(_rows(session, since, until, max_rows), since, until)
    return ManagersReport(since, until, now, measured, overdue_now(session, now), province_coverage(session), unsigned_now(session, now))


def _rows(session: Session, since: datetime, until: datetime, max_rows: int) -> Iterator[Happened]:
    """The rows before `until` of every submission touched in the period, in commit order."""
    submission = TransitionLog.document_type == DocumentType.SUBMISSION
    touched = select(TransitionLog.document_id).where(submission, col(TransitionLog.at) >= since, col(TransitionLog.at) < until)
    wanted = (submission, col(TransitionLog.document_id).in_(touched), col(TransitionLog.at) < until)
    count = session.exec(select(func.count()).select_from(TransitionLog).where(*wanted)).one()
    if count > max_rows:
        raise violated("PERIOD_TOO_LONG", f"这段时间有 {count} 条流转记录，多于 {max_rows} 条，请把时段缩短后再看。", "from")
    names = ("document_id", "at", "action", "from_state", "to_state", "reason_codes")
    columns: Any = select(*(getattr(TransitionLog, name) for name in names))
    ordered = columns.where(*wanted).order_by(col(TransitionLog.sequence), col(TransitionLog.ordinal))
    for document_id, at, action, source, target, codes in session.exec(ordered.execution_options(yield_per=_PORTION)):
        yield Happened(document_id, at, action, source, target, tuple(codes))
