"""The managers' report as the schema shows it; counts nothing itself."""

from datetime import datetime

import strawberry

from kbsearch.schema.fields import resolved
from kbsearch.services.managers_report.report import ManagersReport as Found
from kbsearch.services.managers_report.steps import Judge, ReportStep
from kbsearch.workflow.reasons import ReturnReason
from kbsearch.workflow.regions import PROVINCES
from kbsearch.workflow.states import SubmissionState


@strawberry.type(description="发布周期中的一步：在时段内完成的")
class StepDuration:
    """How long a step took."""

    step: ReportStep = strawberry.field(description="哪一步")
    step_text: str = strawberry.field(description="哪一步，中文名")
    count: int = strawberry.field(description="完成了几次")
    median_hours: float | None = strawberry.field(description="小时数的中位数；没有完成过则空")
    p90_hours: float | None = strawberry.field(name="p90Hours", description="小时数的 90 分位；没有完成过则空")


@strawberry.type(description="一次通过率：时段内第一次被裁定的申请中，当时即通过的")
class FirstPassRate:
    """How many passed at once."""

    judge: Judge = strawberry.field(description="谁裁定")
    judge_text: str = strawberry.field(description="谁裁定，中文名")
    decided: int = strawberry.field(description="第一次被裁定的申请数")
    passed: int = strawberry.field(description="当时即通过的申请数")
    share: float | None = strawberry.field(description="占比，0 到 1；没有裁定过则空")


@strawberry.type(description="某一原因的退回次数（含否决）")
class ReturnCount:
    """How often a reason was given."""

    judge: Judge = strawberry.field(description="谁退回")
    judge_text: str = strawberry.field(description="谁退回，中文名")
    reason: ReturnReason = strawberry.field(description="原因")
    reason_text: str = strawberry.field(description="原因的中文名")
    count: int = strawberry.field(description="次数")


@strawberry.type(description="停在某一步而已过期限的申请数")
class OverdueCount:
    """How many are late there."""

    state: SubmissionState = strawberry.field(description="状态")
    state_text: str = strawberry.field(description="状态的中文名")
    count: int = strawberry.field(description="申请数")


@strawberry.type(description="一个省得到的知识数")
class ProvinceCoverage:
    """What a province holds."""

    code: str = strawberry.field(description="省代码，两位大写字母")
    name: str = strawberry.field(description="省名")
    count: int = strawberry.field(description="总部曾指定给它至少一版的知识数")


@strawberry.type(description="必读公告的未签：对现行的、已发布给使用者的")
class UnsignedShare:
    """Signatures asked for and missing."""

    announcements: int = strawberry.field(description="必读公告数")
    asked: int = strawberry.field(description="应签人次")
    missing: int = strawberry.field(description="未签人次")
    share: float | None = strawberry.field(description="未签占比，0 到 1；没有应签的则空")


@strawberry.type(description="管理报表：时段内的由流转记录算出，逾期、覆盖与未签为现在的")
class ManagersReport:
    """Over a period, and as things stand."""

    found: strawberry.Private[Found]

    @resolved("时段从（含）")
    def since(self) -> datetime:
        """The beginning."""
        return self.found.since

    @resolved("时段到（不含）")
    def until(self) -> datetime:
        """The end."""
        return self.found.until

    @resolved("发布周期各步")
    def steps(self) -> list[StepDuration]:
        """Each step, those never done included."""
        return [
            StepDuration(step=s, step_text=s.label, count=d.count, median_hours=d.median_hours, p90_hours=d.p90_hours)
            for s, d in self.found.measured.steps.items()
        ]

    @resolved("一次通过率：本地与总部")
    def first_pass(self) -> list[FirstPassRate]:
        """Each judge."""
        return [
            FirstPassRate(judge=j, judge_text=j.label, decided=p.decided, passed=p.passed, share=p.share)
            for j, p in self.found.measured.first_pass.items()
        ]

    @resolved("按原因的退回次数，多的在前；没有的不列")
    def returns(self) -> list[ReturnCount]:
        """Reasons given, by judge."""
        rows = [
            ReturnCount(judge=j, judge_text=j.label, reason=r, reason_text=r.label, count=n)
            for j, counted in self.found.measured.returns.items()
            for r, n in counted.items()
        ]
        return sorted(rows, key=lambda row: (-row.count, row.judge, row.reason))

    @resolved("现在逾期的申请，按停在哪一步")
    def overdue(self) -> list[OverdueCount]:
        """States with any."""
        counted = self.found.overdue
        return [OverdueCount(state=s, state_text=s.label, count=counted[s]) for s in SubmissionState if s in counted]

    @resolved("31 个省各得到的知识数，含 0")
    def provinces(self) -> list[ProvinceCoverage]:
        """Each province."""
        return [ProvinceCoverage(code=code, name=PROVINCES[code], count=count) for code, count in self.found.provinces.items()]

    @resolved("得到过知识的省数")
    def provinces_covered(self) -> int:
        """Of 31."""
        return self.found.provinces_covered

    @resolved("必读公告的未签")
    def unsigned(self) -> UnsignedShare:
        """As things stand."""
        u = self.found.unsigned
        return UnsignedShare(announcements=u.announcements, asked=u.asked, missing=u.missing, share=u.share)
