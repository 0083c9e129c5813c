"""The counts of feedback that those who lead look at; counts nothing itself."""

from collections.abc import Mapping
from datetime import datetime
from typing import TypeVar

import strawberry

from kbsearch.schema.context import Info
from kbsearch.schema.fields import resolved
from kbsearch.schema.types.knowledge import Knowledge, knowledge_of
from kbsearch.services.feedback import statistics
from kbsearch.workflow.feedback import FeedbackOrigin, FeedbackState, Resolution
from kbsearch.workflow.labels import Labelled
from kbsearch.workflow.regions import PROVINCES

Kind = TypeVar("Kind", bound=Labelled)


@strawberry.type(description="某一取值的反馈数")
class FeedbackCount:
    """How much feedback has a value."""

    value: str = strawberry.field(description="取值的代码")
    label: str = strawberry.field(description="中文名")
    count: int = strawberry.field(description="反馈数")


@strawberry.type(description="某条知识的反馈数")
class KnowledgeFeedbackCount:
    """How much feedback speaks of a knowledge item."""

    subject_id: strawberry.Private[str]
    count: int = strawberry.field(description="反馈数")

    @resolved("知识；没有可读的版本则空")
    def knowledge(self, info: Info) -> Knowledge | None:
        """Its page."""
        return knowledge_of(info, self.subject_id)


def _counts(kinds: type[Kind], counted: Mapping[Kind, int]) -> list[FeedbackCount]:
    return [FeedbackCount(value=kind.value, label=kind.label, count=counted.get(kind, 0)) for kind in kinds]


@strawberry.type(description="知识反馈统计：按收到时间在所选时段内的")
class FeedbackStatistics:
    """Counts over a span of time."""

    found: strawberry.Private[statistics.FeedbackStatistics]

    @resolved("时段从（含）")
    def since(self) -> datetime:
        """The beginning."""
        return self.found.since

    @resolved("时段到（不含）")
    def until(self) -> datetime:
        """The end."""
        return self.found.until

    @resolved("收到的总数")
    def total(self) -> int:
        """All of it."""
        return self.found.total

    @resolved("按状态")
    def by_state(self) -> list[FeedbackCount]:
        """Each state, zeros included."""
        return _counts(FeedbackState, self.found.by_state)

    @resolved("按来源")
    def by_origin(self) -> list[FeedbackCount]:
        """Each origin, zeros included."""
        return _counts(FeedbackOrigin, self.found.by_origin)

    @resolved("按办结结果")
    def by_resolution(self) -> list[FeedbackCount]:
        """Each resolution, zeros included."""
        return _counts(Resolution, self.found.by_resolution)

    @resolved("按提出的省，多的在前；没有反馈的省不列")
    def by_province(self) -> list[FeedbackCount]:
        """Provinces with any."""
        ordered = sorted(self.found.by_province.items(), key=lambda item: (-item[1], item[0]))
        return [FeedbackCount(value=code, label=PROVINCES.get(code, code), count=count) for code, count in ordered]

    @resolved("办结所用小时数的中位数；没有办结的则空")
    def median_hours_to_resolve(self) -> float | None:
        """From receipt to settlement."""
        return self.found.median_hours

    @resolved("逾期数：过了期限才办结，或至今未办结")
    def overdue(self) -> int:
        """Late ones."""
        return self.found.overdue

    @resolved("逾期占比，0 到 1；没有反馈则空")
    def overdue_share(self) -> float | None:
        """Late ones of all."""
        return self.found.overdue_share

    @resolved("反馈最多的知识，至多十条，多的在前")
    def top_knowledge(self, info: Info) -> list[KnowledgeFeedbackCount]:
        """What is spoken of most."""
        info.context.load.pages.want(subject_id for subject_id, _ in self.found.top_subjects)
        return [KnowledgeFeedbackCount(subject_id=subject_id, count=count) for subject_id, count in self.found.top_subjects]
