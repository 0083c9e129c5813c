"""Feedback 知识反馈 as its giver, the author and the reviewers see it; each only what the store lets them."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from kbsearch.schema.context import Info
from kbsearch.schema.fields import of_row, resolved
from kbsearch.schema.pagination import PageInfo
from kbsearch.schema.types.knowledge import Knowledge, knowledge_of
from kbsearch.schema.types.log import LogEntry
from kbsearch.schema.types.node import Node
from kbsearch.schema.types.person import Person, person_of
from kbsearch.schema.types.transport import Transport
from kbsearch.schema.types.version import KnowledgeVersion, version_of
from kbsearch.store import tables
from kbsearch.workflow.feedback import OPEN, FeedbackAction, FeedbackOrigin, FeedbackState, Resolution
from kbsearch.workflow.feedback_decisions import FeedbackFacts, allowed_actions
from kbsearch.workflow.regions import PROVINCES
from kbsearch.workflow.states import Urgency

if TYPE_CHECKING:
    from kbsearch.schema.types.submission import Submission

_LazySubmission = Annotated["Submission", strawberry.lazy("kbsearch.schema.types.submission")]


@strawberry.type(description="知识反馈：对一条知识某一版的意见，或一次没有搜到的检索")
class Feedback(Node):
    """One order, pinned to the version it speaks of."""

    row: strawberry.Private[tables.Feedback]
    origin: FeedbackOrigin = of_row("来源")
    hq_id: str | None = of_row("总部的编号；本地的没有")
    dispatch: int = of_row("总部第几次下发；本地的为 0")
    province: str | None = of_row("提出的省，两位大写字母；本地的没有")
    version_number: int | None = of_row("所指版本；没有指明知识的没有")
    text: str = of_row("意见")
    opinion: str = of_row("总部意见；没有则为空文本")
    reporter_name: str = of_row("提出人姓名；未说明则为空文本")
    urgency: Urgency = of_row("紧急程度")
    state: FeedbackState = of_row("状态")
    resolution: Resolution | None = of_row("办结结果；未办结则空")
    resolution_text: str = of_row("办结说明；未办结则为空文本")
    due_at: datetime | None = of_row("办结期限")
    created_at: datetime = of_row("何时收到")
    updated_at: datetime = of_row("最后变动时间")
    resolved_at: datetime | None = of_row("何时办结；未办结则空")
    lock_version: int = of_row("锁版本，每个动作带回")

    def node_key(self) -> str:
        """Our own id."""
        return self.row.id

    @resolved("未编码的反馈编号，流转记录里用它")
    def raw_id(self) -> str:
        """As the log has it."""
        return self.row.id

    @resolved("提出时所搜的词；没有则为空文本")
    def search_query(self) -> str:
        """What was searched for."""
        return self.row.query

    @resolved("状态的中文名")
    def state_text(self) -> str:
        """The Chinese label."""
        return self.row.state.label

    @resolved("办结结果的中文名；未办结则空")
    def resolution_label(self) -> str | None:
        """The Chinese label."""
        return None if self.row.resolution is None else self.row.resolution.label

    @resolved("提出的省名；本地的没有")
    def province_name(self) -> str | None:
        """In Chinese."""
        return None if self.row.province is None else PROVINCES.get(self.row.province, self.row.province)

    @resolved("标题：所指版本的标题；没有指明知识的为所搜的词")
    def title(self, info: Info) -> str:
        """For lists."""
        if self.row.subject_id is None:
            return f"没有搜到：{self.row.query}"
        version = self.version(info)
        return "" if version is None else version.title()

    @resolved("所指知识；没有指明则空")
    def knowledge(self, info: Info) -> Knowledge | None:
        """Its page as it is now."""
        return knowledge_of(info, self.row.subject_id)

    @resolved("所指版本；没有指明知识则空")
    def version(self, info: Info) -> KnowledgeVersion | None:
        """The wording it speaks of."""
        page = info.context.load.pages.get(self.row.subject_id)
        return None if page is None else version_of(page, page.life.versions.get(self.row.version_number or 0))

    @resolved("采纳后的知识；未采纳则空")
    def resolved_knowledge(self, info: Info) -> Knowledge | None:
        """The item itself, or what a search in vain became."""
        if self.row.resolution is not Resolution.ADOPTED:
            return None
        return knowledge_of(info, self.row.subject_id or info.context.load.feedback.answers.get(self.row.submission_id))

    @resolved("采纳后的版本；未采纳，或采纳的结果是撤销，则空")
    def resolved_version(self, info: Info) -> KnowledgeVersion | None:
        """What the giver is to read now."""
        found = self.resolved_knowledge(info)
        return None if found is None else version_of(found.page, found.page.life.versions.get(self.row.resolved_version or 0))

    @resolved("与哪一条重复；不重复或无权查看则空")
    def duplicate_of(self, info: Info) -> "Feedback | None":
        """The original."""
        return feedback_of(info, self.row.duplicate_of)

    @resolved("关联的申请；没有或无权查看则空")
    def submission(self, info: Info) -> _LazySubmission | None:
        """The update opened from it or linked to it."""
        from kbsearch.schema.types.submission import submission_of  # noqa: PLC0415 - the two nouns know each other

        return submission_of(info, self.row.submission_id)

    @resolved("提出人；省里提出的没有")
    def reporter(self, info: Info) -> Person | None:
        """Who gave it here."""
        return person_of(info, self.row.reporter_id)

    @resolved("处理人：开出更新、办结或被转派的知识管理员；还没有则空")
    def handler(self, info: Info) -> Person | None:
        """The reviewer in charge."""
        return person_of(info, self.row.handler_id)

    @resolved("是否已过办结期限而未办结")
    def overdue(self, info: Info) -> bool:
        """Past due and not settled."""
        return self.row.due_at is not None and self.row.due_at < info.context.now and self.row.state in OPEN

    @resolved("我现在能做的动作")
    def allowed_actions(self, info: Info) -> list[FeedbackAction]:
        """For the caller; input such as the text of an answer is not judged yet."""
        page = info.context.load.pages.get(self.row.subject_id)
        owner = None if page is None else page.life.subject.owner
        return allowed_actions(FeedbackFacts(self.row.id, self.row.state, self.row.lock_version, owner), info.context.signed_in.roles)

    @resolved("流转记录，旧的在前")
    def timeline(self, info: Info) -> list[LogEntry]:
        """Everything that happened to it."""
        return [LogEntry(row=row) for row in info.context.load.feedback.log.get(self.row.id) or []]

    @resolved("告知总部处理结果的报文及其传输状态，旧的在前")
    def transport(self, info: Info) -> list[Transport]:
        """One for each dispatch that was settled."""
        if self.row.hq_id is None:
            return []
        told = info.context.load.feedback.results.get(self.row.subject_id) or []
        return [Transport(row=row) for row in told if row.payload["feedbackId"] == self.row.hq_id]


@strawberry.type(description="反馈列表中的一条")
class FeedbackEdge:
    """One order with a cursor."""

    cursor: str = strawberry.field(description="翻页标记")
    node: Feedback = strawberry.field(description="反馈")


@strawberry.type(description="反馈列表的一页")
class FeedbackConnection:
    """A page of feedback."""

    edges: list[FeedbackEdge] = strawberry.field(description="本页各条")
    page_info: PageInfo = strawberry.field(description="翻页信息")


def feedback_of(info: Info, feedback_id: str | None) -> Feedback | None:
    """Feedback the caller may see."""
    row = info.context.load.feedback.by_id.get(feedback_id)
    return None if row is None else Feedback(row=row)


def feedback_list(info: Info, rows: list[tables.Feedback]) -> list[Feedback]:
    """Rows loaded as a list."""
    info.context.load.feedback.saw(rows)
    return [Feedback(row=row) for row in rows]
