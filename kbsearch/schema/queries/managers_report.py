"""What managers ask: the report over a period."""

from datetime import datetime, timedelta
from typing import Annotated

import strawberry

from kbsearch.schema.context import Info
from kbsearch.schema.fields import resolved
from kbsearch.schema.types.managers_report import ManagersReport
from kbsearch.services.managers_report.report import managers_report

_USUAL_SPAN = timedelta(days=30)


@strawberry.type
class ManagersReportQueries:
    """Root fields; part of Query."""

    @resolved("管理报表：发布周期、一次通过率、退回原因、逾期、省覆盖、未签；不给时段则为最近 30 天")
    def managers_report(
        self,
        info: Info,
        since: Annotated[datetime | None, strawberry.argument(name="from", description="时段从（含）")] = None,
        until: Annotated[datetime | None, strawberry.argument(name="to", description="时段到（不含）；不给则到现在")] = None,
    ) -> ManagersReport | None:
        """For those who lead."""
        context = info.context
        end = until or context.now
        begin = since or end - _USUAL_SPAN
        return ManagersReport(found=managers_report(context.session, context.signed_in, since=begin, until=end, now=context.now))
