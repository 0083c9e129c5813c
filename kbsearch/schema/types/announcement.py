"""An announcement as one reader sees it, and the replies to it; wording leaves only through AnnouncementPage.content."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from kbsearch.content import Terms
from kbsearch.schema.context import Info
from kbsearch.schema.fields import resolved
from kbsearch.schema.pagination import After, First, PageInfo
from kbsearch.schema.types.announcement_version import AnnouncementVersion, announcement_version, cite_announcement
from kbsearch.schema.types.audience import AudienceNames, OrganisationName, audience_names, organisation
from kbsearch.schema.types.content import ContentText, Difference, content_text, difference_list
from kbsearch.schema.types.dossier import DossierConnection, dossier_page
from kbsearch.schema.types.log import LogEntry
from kbsearch.schema.types.node import Node
from kbsearch.schema.types.receipts import ReaderFields
from kbsearch.schema.types.version import Citation
from kbsearch.services.announcements.reading import AnnouncementPage
from kbsearch.services.announcements.replies import AcceptedReply
from kbsearch.store.visibility import sees_all_announcements
from kbsearch.workflow.announcements import (
    AnnouncementAction,
    AnnouncementBadge,
    AnnouncementStatus,
    allowed_announcement_actions,
)
from kbsearch.workflow.reasons import RevokeReason
from kbsearch.workflow.states import Owner, Scope, Urgency

if TYPE_CHECKING:
    from kbsearch.schema.types.submission import Submission

_LazySubmission = Annotated["Submission", strawberry.lazy("kbsearch.schema.types.submission")]
Number = Annotated[int, strawberry.argument(description="版本号")]
At = Annotated[datetime, strawberry.argument(description="时刻，不晚于现在")]


@strawberry.type(description="公告；对象是权利：只有对象中的人、作者和知识管理员看得到")
class Announcement(ReaderFields, Node):
    """One announcement as its reader sees it at the operation's instant."""

    page: strawberry.Private[AnnouncementPage]

    def node_key(self) -> str:
        """The stable id."""
        return self.page.life.subject.id

    @resolved("未编码的公告编号，与总部往来用它")
    def raw_id(self) -> str:
        """As messages have it."""
        return self.page.life.subject.id

    @resolved("归谁所有；总部下发的只有总部能更正、撤回")
    def owner(self) -> Owner:
        """HQ or we."""
        return self.page.life.subject.owner

    @resolved("范围：对象只有本平台的为本地")
    def scope(self) -> Scope:
        """全网 or 本地."""
        return self.page.life.subject.scope

    @resolved("发布单位")
    def issuer(self) -> OrganisationName:
        """Us, HQ, a province or another platform."""
        return organisation(self.page.life.subject.issuer_code, self.page.life.subject.issuer_name)

    @resolved("紧急程度")
    def urgency(self) -> Urgency:
        """As its issuer says."""
        return self.page.urgency

    @resolved("状态")
    def status(self) -> AnnouncementStatus:
        """Derived now."""
        return self.page.status

    @resolved("状态的中文名")
    def status_text(self) -> str:
        """The Chinese label."""
        return self.page.status.label

    @resolved("须显示在正文之上（或代替正文）的通知")
    def notice(self) -> str | None:
        """Why it is hidden, ended or preliminary."""
        return self.page.notice

    @resolved("标记")
    def badges(self) -> list[AnnouncementBadge]:
        """Those that hold now."""
        return self.page.badges

    @resolved("标记的中文名，与 badges 同序")
    def badge_texts(self) -> list[str]:
        """The Chinese labels."""
        return [badge.label for badge in self.page.badges]

    @resolved("正文是否隐藏（以发布错误撤回）")
    def text_hidden(self) -> bool:
        """Title and notice only."""
        return self.page.text_hidden

    @resolved("标题：所示版本的")
    def title(self) -> str:
        """Of what is shown; of a version that came too late to be shown, where nothing is."""
        shown = self.page.shown_content.title
        return shown or (self.page.history[0].title if self.page.history else "")

    @resolved("所示的全文；正文隐藏时只有标题")
    def content(self) -> ContentText:
        """Last in force, or what is shown before headquarters decided."""
        return content_text(self.page.shown_content)

    @resolved("正文；隐藏时为空")
    def body(self) -> str:
        """The text."""
        return self.page.shown_content.body

    @resolved("对象，如发布者所写")
    def audience(self) -> AudienceNames:
        """As written."""
        return audience_names(self.page.audience)

    @resolved("本地对象：知识管理员核定的；没有另定则空")
    def local_audience(self) -> AudienceNames | None:
        """Chosen at release."""
        chosen = self.page.life.subject.local_audience
        return None if chosen is None else audience_names(Terms.from_document({"audience": chosen}).audience)

    @resolved("是否必读：知识管理员另定的为准")
    def must_read(self) -> bool:
        """Whether our people must sign it."""
        return self.page.must_read

    @resolved("是否须回复")
    def needs_reply(self) -> bool:
        """Whether headquarters waits for an answer."""
        return self.page.terms.needs_reply

    @resolved("回复期限；空为不限")
    def reply_due_at(self) -> datetime | None:
        """Late answers pass, marked."""
        return self.page.terms.reply_due_at

    @resolved("是否待我方回复：要求回复而尚未交出回复")
    def to_reply(self) -> bool:
        """Until an answer left its author's desk."""
        return self.page.to_reply

    @resolved("生效时间；空为通过即生效")
    def effective_from(self) -> datetime | None:
        """Of what is shown."""
        return self.page.shown_content.effective_from

    @resolved("失效时间；空为长期有效")
    def effective_to(self) -> datetime | None:
        """Of what is shown."""
        return self.page.shown_content.effective_to

    @resolved("何时发布给本地使用者；尚未则空")
    def released_at(self) -> datetime | None:
        """By itself or by a reviewer."""
        return self.page.life.subject.released_at

    @resolved("现行版本；没有则空")
    def current_version(self) -> AnnouncementVersion | None:
        """In force now."""
        return announcement_version(self.page, self.page.current)

    @resolved("页面所示的版本；总部尚未审批的紧急公告没有")
    def shown_version(self) -> AnnouncementVersion | None:
        """What the page shows."""
        return announcement_version(self.page, self.page.shown)

    @resolved("已通过、将要生效的版本，先生效的在前；作者和知识管理员才有")
    def coming_versions(self) -> list[AnnouncementVersion]:
        """Soonest first."""
        return [AnnouncementVersion(page=self.page, row=row) for row in self.page.coming]

    @resolved("我可读的各版本，新的在前")
    def history(self) -> list[AnnouncementVersion]:
        """Every accepted version that is for this reader."""
        return [AnnouncementVersion(page=self.page, row=row) for row in self.page.history]

    @resolved("某一版；没有或不是给我的则空")
    def version(self, number: Number) -> AnnouncementVersion | None:
        """By number."""
        return announcement_version(self.page, self.page.version(number))

    @resolved("某一时刻生效的版本；当时没有或不是给我的则空")
    def as_of(self, at: At) -> AnnouncementVersion | None:
        """What was in force then."""
        return announcement_version(self.page, self.page.as_of(at))

    @resolved("两版之间的差异；有一版不存在或不是给我的则空")
    def differences(
        self,
        from_number: Annotated[int, strawberry.argument(name="from", description="从哪一版")],
        to_number: Annotated[int, strawberry.argument(name="to", description="到哪一版")],
    ) -> list[Difference] | None:
        """Field by field, as far as the reader may see them."""
        before, after = self.page.version(from_number), self.page.version(to_number)
        if before is None or after is None:
            return None
        return difference_list(self.page.content(before), self.page.content(after))

    @resolved("撤回原因；未撤回则空")
    def recall_reason(self) -> RevokeReason | None:
        """Of the recall in force."""
        ended = self.page.life.ended_by(self.page.now)
        return ended.reason if ended is not None and self.page.status is AnnouncementStatus.RECALLED else None

    @resolved("所示版本的出处")
    def citation(self) -> Citation | None:
        """Opens what is shown again."""
        shown = self.page.shown
        return None if shown is None else cite_announcement(self.page, shown, self.page.now)

    @resolved("已采纳的回复中我可见的，旧的在前：我方公告收到的各单位回复，或我方给总部公告的回复")
    def replies(self, info: Info) -> "list[AnnouncementReply]":
        """For reviewers, its author, and whoever wrote the reply."""
        found = info.context.load.announcements.replies.get(self.node_key()) or []
        return [AnnouncementReply(reply=reply) for reply in found]

    @resolved("我方对它的回复申请中我可见的，新的在前")
    def reply_submissions(self, info: Info) -> list[_LazySubmission] | None:
        """For authors their own, for reviewers all."""
        from kbsearch.schema.types.submission import submission_list  # noqa: PLC0415 - the two nouns know each other

        return submission_list(info, info.context.load.announcements.own_replies.get(self.node_key()) or [])

    @resolved("这个公告上的申请中我可见的，新的在前")
    def submissions(self, info: Info) -> list[_LazySubmission] | None:
        """For authors their own, for reviewers all."""
        from kbsearch.schema.types.submission import submission_list  # noqa: PLC0415 - the two nouns know each other

        return submission_list(info, info.context.load.submissions_on.get(self.node_key()) or [])

    @resolved("流转记录，旧的在前；作者与知识管理员另见他们可见的申请的记录")
    def timeline(self, info: Info) -> list[LogEntry]:
        """The announcement's log, with those of its submissions for whom they are visible."""
        load = info.context.load
        rows = list(load.announcements.log.get(self.node_key()) or [])
        for submission in load.submissions_on.get(self.node_key()) or []:
            rows += load.log.get(submission.id) or []
        return [LogEntry(row=row) for row in sorted(rows, key=lambda r: (r.sequence, r.ordinal))]

    @resolved("全程记录：申请、版本、总部消息、发出的报文，旧的在前；作者只见与自己有关的")
    def dossier(self, info: Info, first: First = 50, after: After = None) -> DossierConnection | None:
        """Everything that happened, in commit order."""
        return dossier_page(info, self.node_key(), first, after)

    @resolved("被打开的次数（分批计入，稍后可见）")
    def reads(self, info: Info) -> int:
        """Ever."""
        return info.context.load.reads.get(self.node_key()) or 0

    @resolved("锁版本，发布给本地使用者时带回")
    def lock_version(self) -> int:
        """For the release."""
        return self.page.life.subject.lock_version

    @resolved("我现在能对它做的；非知识管理员为空列表")
    def allowed_actions(self, info: Info) -> list[AnnouncementAction]:
        """The release."""
        if not sees_all_announcements(info.context.signed_in):
            return []
        return allowed_announcement_actions(self.page.life.subject.owner, self.page.status)


@strawberry.type(description="已采纳的公告回复")
class AnnouncementReply(Node):
    """One accepted reply."""

    reply: strawberry.Private[AcceptedReply]

    def node_key(self) -> str:
        """The reply's id."""
        return self.reply.subject.id

    @resolved("未编码的回复编号，与总部往来用它")
    def raw_id(self) -> str:
        """As messages have it."""
        return self.reply.subject.id

    @resolved("所回复的公告；无权查看则空")
    def announcement(self, info: Info) -> Announcement | None:
        """What it answers."""
        return announcement_of(info, self.reply.subject.parent_id)

    @resolved("回复的单位")
    def organisation(self) -> OrganisationName:
        """Us, or whoever answers us."""
        return organisation(self.reply.subject.issuer_code, self.reply.subject.issuer_name)

    @resolved("回复人姓名；没有说则为空文本")
    def author_name(self) -> str:
        """As headquarters told it."""
        return self.reply.subject.author_name

    @resolved("是否我方的回复")
    def ours(self) -> bool:
        """Given by us, rather than received."""
        return self.reply.ours

    @resolved("是否逾期")
    def late(self) -> bool:
        """After the day the announcement asked for."""
        return self.reply.subject.late

    @resolved("标题")
    def title(self) -> str:
        """The title."""
        return self.reply.version.title

    @resolved("正文")
    def body(self) -> str:
        """The text."""
        return self.reply.version.body

    @resolved("全文")
    def content(self) -> ContentText:
        """All of it."""
        return content_text(self.reply.content)

    @resolved("内容哈希（contentHash）")
    def content_hash(self) -> str:
        """Of its wording."""
        return self.reply.version.content_hash

    @resolved("何时采纳（我方的）或送达（收到的）")
    def accepted_at(self) -> datetime:
        """When it stood."""
        return self.reply.version.created_at


@strawberry.type(description="公告列表中的一条")
class AnnouncementEdge:
    """One announcement with a cursor."""

    cursor: str = strawberry.field(description="翻页标记")
    node: Announcement = strawberry.field(description="公告")


@strawberry.type(description="公告列表的一页")
class AnnouncementConnection:
    """A page of announcements."""

    edges: list[AnnouncementEdge] = strawberry.field(description="本页各条")
    page_info: PageInfo = strawberry.field(description="翻页信息")


def announcement_of(info: Info, announcement_id: str | None) -> Announcement | None:
    """An announcement the caller may know of."""
    page = info.context.load.announcements.pages.get(announcement_id)
    return None if page is None else Announcement(page=page)


def reply_of(info: Info, reply_id: str | None) -> AnnouncementReply | None:
    """An accepted reply the caller may read."""
    reply = info.context.load.announcements.reply.get(reply_id)
    return None if reply is None else AnnouncementReply(reply=reply)


def announcement_list(info: Info, pages: list[AnnouncementPage]) -> list[Announcement]:
    """Pages loaded as a list, with what they are likely to be asked for announced."""
    info.context.load.announcements.saw(pages)
    return [Announcement(page=page) for page in pages]
