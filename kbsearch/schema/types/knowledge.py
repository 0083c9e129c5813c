"""A knowledge item as its reader sees it; wording leaves only through Page.content."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from kbsearch.schema.context import Info
from kbsearch.schema.fields import resolved
from kbsearch.schema.outages import index_in_reach
from kbsearch.schema.pagination import After, First, check_first
from kbsearch.schema.types.category import Category, category_of
from kbsearch.schema.types.content import Difference, difference_list
from kbsearch.schema.types.dossier import DossierConnection, dossier_page
from kbsearch.schema.types.interim_note import InterimNote, interim_note_list
from kbsearch.schema.types.log import LogEntry
from kbsearch.schema.types.node import Node
from kbsearch.schema.types.version import Citation, KnowledgeVersion, cite, version_of
from kbsearch.services.desk.readings import change_of
from kbsearch.services.listings import knowledge as listings
from kbsearch.services.reading import Badge, Page, cited
from kbsearch.workflow.actions import Role
from kbsearch.workflow.knowledge import KnowledgeAction, allowed_knowledge_actions
from kbsearch.workflow.reasons import RevokeReason
from kbsearch.workflow.states import KnowledgeStatus, Owner, Scope

if TYPE_CHECKING:
    from kbsearch.schema.types.feedback import Feedback
    from kbsearch.schema.types.submission import Submission

_LazyFeedback = Annotated["Feedback", strawberry.lazy("kbsearch.schema.types.feedback")]
_LazySubmission = Annotated["Submission", strawberry.lazy("kbsearch.schema.types.submission")]
Number = Annotated[int, strawberry.argument(description="版本号")]
At = Annotated[datetime, strawberry.argument(description="时刻，不晚于现在")]


@strawberry.type(description="知识")
class Knowledge(Node):
    """One knowledge item as its reader sees it at the operation's instant."""

    page: strawberry.Private[Page]

    def node_key(self) -> str:
        """The stable id."""
        return self.page.life.subject.id

    @resolved("未编码的知识编号，与总部往来用它")
    def raw_id(self) -> str:
        """As messages have it."""
        return self.page.life.subject.id

    @resolved("归谁所有；总部的只有总部能改")
    def owner(self) -> Owner:
        """HQ or we."""
        return self.page.life.subject.owner

    @resolved("范围")
    def scope(self) -> Scope:
        """全网 or 本地."""
        return self.page.life.subject.scope

    @resolved("栏目")
    def category(self, info: Info) -> Category | None:
        """The leaf it hangs on."""
        return category_of(info, self.page.life.subject.category_id)

    @resolved("状态")
    def status(self) -> KnowledgeStatus:
        """Derived now."""
        return self.page.status

    @resolved("状态的中文名")
    def status_text(self) -> str:
        """The Chinese label."""
        return self.page.status.label

    @resolved("须显示在正文之上（或代替正文）的通知")
    def notice(self) -> str | None:
        """Why it is hidden, ended or about to change."""
        return self.page.notice

    @resolved("标记")
    def badges(self) -> list[Badge]:
        """Those that hold now."""
        return self.page.badges

    @resolved("标记的中文名，与 badges 同序")
    def badge_texts(self) -> list[str]:
        """The Chinese labels."""
        return [badge.label for badge in self.page.badges]

    @resolved("正文是否隐藏（停用、发布错误）")
    def text_hidden(self) -> bool:
        """Title and notice only."""
        return self.page.text_hidden

    @resolved("标题：所示版本的")
    def title(self) -> str:
        """Of the shown version; the first held where none is shown."""
        shown = self.page.shown or self.page.history[0]
        return shown.title

    @resolved("现行版本；没有则空")
    def current_version(self) -> KnowledgeVersion | None:
        """In force now."""
        return version_of(self.page, self.page.current)

    @resolved("页面所示的版本：现行的；没有则最后生效过的；再没有则最先要生效的")
    def shown_version(self) -> KnowledgeVersion | None:
        """What the page shows."""
        return version_of(self.page, self.page.shown)

    @resolved("已通过、将要生效的版本，先生效的在前")
    def coming_versions(self) -> list[KnowledgeVersion]:
        """Soonest first."""
        return [KnowledgeVersion(page=self.page, row=row) for row in self.page.coming]

    @resolved("历史版本，新的在前，含现行与将生效的")
    def history(self) -> list[KnowledgeVersion]:
        """Every accepted version."""
        return [KnowledgeVersion(page=self.page, row=row) for row in self.page.history]

    @resolved("某一版；没有这一版则空")
    def version(self, number: Number) -> KnowledgeVersion | None:
        """By number."""
        return version_of(self.page, self.page.life.versions.get(number))

    @resolved("出处所指的原文：那一刻的这一版，此后因版本同步换过文字也打得开；没有则空")
    def cited(self, info: Info, number: Number, at: At) -> KnowledgeVersion | None:
        """What a citation meant when it was made."""
        row = cited(info.context.session, self.page.life.subject.id, number, at)
        return None if row is None else KnowledgeVersion(page=self.page, row=row)

    @resolved("某一时刻生效的版本；当时没有则空")
    def as_of(self, at: At) -> KnowledgeVersion | None:
        """What was in force then."""
        return version_of(self.page, self.page.life.current(at))

    @resolved("两版之间的差异；有一版不存在则空")
    def differences(
        self,
        from_number: Annotated[int, strawberry.argument(name="from", description="从哪一版")],
        to_number: Annotated[int, strawberry.argument(name="to", description="到哪一版")],
    ) -> list[Difference] | None:
        """Field by field, as far as the reader may see them."""
        before, after = (self.page.life.versions.get(n) for n in (from_number, to_number))
        if before is None or after is None:
            return None
        return difference_list(self.page.content(before), self.page.content(after))

    @resolved("同栏目中标题相近的现行知识")
    def related(self, info: Info, first: First = 5) -> "list[Knowledge] | None":
        """Most alike first."""
        with index_in_reach():
            found = listings.related(info.context.session, info.context.searcher.engine, self.page, check_first(first))
        return knowledge_list(info, found)

    @resolved("所示版本的出处")
    def citation(self) -> Citation | None:
        """Opens what is shown again."""
        shown = self.page.shown
        return None if shown is None else cite(self.page, shown, self.page.now)

    @resolved("替代知识（已合并时）")
    def replacement(self, info: Info) -> "Knowledge | None":
        """Where 已合并 points."""
        return knowledge_of(info, self.page.replacement_id)

    @resolved("撤销原因；未撤销则空")
    def revoke_reason(self) -> RevokeReason | None:
        """Of the revocation in force."""
        ended = self.page.life.ended_by(self.page.now)
        return None if ended is None or self.page.current is not None else ended.reason

    @resolved("停用的最迟恢复时间；本地知识或未停用则空")
    def suspended_until(self) -> datetime | None:
        """When the brake runs out by itself."""
        return self.page.life.subject.suspended_until if self.page.status is KnowledgeStatus.SUSPENDED else None

    @resolved("流转记录，旧的在前；作者与知识管理员另见他们可见的申请的记录")
    def timeline(self, info: Info) -> list[LogEntry]:
        """The item's log, with those of its submissions for whom they are visible."""
        key = self.page.life.subject.id
        load = info.context.load
        rows = list(load.knowledge_log.get(key) or [])
        for submission in load.submissions_on.get(key) or []:
            rows += load.log.get(submission.id) or []
        return [LogEntry(row=row) for row in sorted(rows, key=lambda r: (r.sequence, r.ordinal))]

    @resolved("全程记录：申请、版本、总部消息、发出的报文、停用、反馈、临时口径、挂接，旧的在前；作者只见与自己有关的")
    def dossier(self, info: Info, first: First = 50, after: After = None) -> DossierConnection | None:
        """Everything that happened, in commit order."""
        return dossier_page(info, self.page.life.subject.id, first, after)

    @resolved("现在附着的临时口径；没有，或正文隐藏，则空")
    def interim_note(self, info: Info) -> InterimNote | None:
        """Beside the text in force."""
        shown = self.page.interim_note
        return None if shown is None else interim_note_list(info, [shown])[0]

    @resolved("是否停售在用：已停售，老客户仍在使用")
    def still_in_use(self) -> bool:
        """A mark of the reviewers."""
        return self.page.life.subject.still_in_use

    @resolved("这条知识上的申请中我可见的，新的在前")
    def submissions(self, info: Info) -> list[_LazySubmission] | None:
        """For authors their own, for reviewers all."""
        from kbsearch.schema.types.submission import submission_list  # noqa: PLC0415 - the two nouns know each other

        return submission_list(info, info.context.load.submissions_on.get(self.page.life.subject.id) or [])

    @resolved("这条知识的反馈中我可见的，新的在前")
    def feedback(self, info: Info) -> list[_LazyFeedback] | None:
        """For authors what their submissions are linked to and what they gave, for reviewers all."""
        from kbsearch.schema.types.feedback import feedback_list  # noqa: PLC0415 - the two nouns know each other

        return feedback_list(info, info.context.load.feedback.on.get(self.page.life.subject.id) or [])

    @resolved("被打开的次数（分批计入，稍后可见）")
    def reads(self, info: Info) -> int:
        """Ever."""
        return info.context.load.reads.get(self.page.life.subject.id) or 0

    @resolved("是否在我的收藏里")
    def is_favourite(self, info: Info) -> bool:
        """The caller's own mark."""
        return bool(info.context.load.desk.kept.get(self.page.life.subject.id))

    @resolved("现行的版本是否与我上次读的不同；没有读过也没有收藏则为 false")
    def changed_since_last_read(self, info: Info) -> bool:
        """Another wording, or none, is in force."""
        since = info.context.load.desk.known.get(self.page.life.subject.id)
        return since is not None and change_of(since, self.page.life, self.page.now) is not None

    @resolved("锁版本，停用、恢复、归档时带回")
    def lock_version(self) -> int:
        """For the reviewer's brake."""
        return self.page.life.subject.lock_version

    @resolved("我现在能对这条知识做的；非知识管理员为空列表")
    def allowed_actions(self, info: Info) -> list[KnowledgeAction]:
        """The reviewer's brake."""
        return allowed_knowledge_actions(self.page.status) if info.context.has(Role.REVIEWER) else []


def knowledge_of(info: Info, knowledge_id: str | None) -> Knowledge | None:
    """A knowledge item readers may know of."""
    page = info.context.load.pages.get(knowledge_id)
    return None if page is None else Knowledge(page=page)


def knowledge_list(info: Info, pages: list[Page]) -> list[Knowledge]:
    """Pages loaded as a list, with what they are likely to be asked for announced."""
    load = info.context.load
    for page in pages:
        load.pages.put(page.life.subject.id, page)
    keys = [page.life.subject.id for page in pages]
    for batch in (load.reads, load.desk.kept, load.desk.known, load.knowledge_log, load.submissions_on, load.feedback.on):
        batch.want(keys)
    load.records.dossiers.want(keys)
    load.records.saw_notes([page.note for page in pages if page.note is not None])
    load.people.want({v.author_id for page in pages for v in page.life.versions.values()})
    return [Knowledge(page=page) for page in pages]
