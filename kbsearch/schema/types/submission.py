"""A submission 申请 with its rounds, returns, differences and transport, for those whom the store lets see it."""

from datetime import datetime

import strawberry

from kbsearch.content import Content
from kbsearch.schema.context import Info
from kbsearch.schema.fields import of_row, resolved
from kbsearch.schema.pagination import PageInfo
from kbsearch.schema.types.announcement import Announcement, AnnouncementReply, announcement_of, reply_of
from kbsearch.schema.types.batch import Batch, batch_of
from kbsearch.schema.types.category import Category, category_of
from kbsearch.schema.types.content import ContentText, Difference, content_text, difference_list
from kbsearch.schema.types.feedback import Feedback, feedback_list
from kbsearch.schema.types.knowledge import Knowledge, knowledge_of
from kbsearch.schema.types.log import LogEntry
from kbsearch.schema.types.node import Node
from kbsearch.schema.types.person import Person, person_of
from kbsearch.schema.types.revision import Revision, SubmissionReturn
from kbsearch.schema.types.transport import Transport
from kbsearch.schema.types.version import KnowledgeVersion, version_of
from kbsearch.services.content_rules import completeness_problems
from kbsearch.services.drafts import version_content
from kbsearch.store import tables
from kbsearch.store.lives import Life
from kbsearch.store.submissions import content_of
from kbsearch.workflow.actions import Action
from kbsearch.workflow.decide import Facts, allowed_actions
from kbsearch.workflow.reasons import RevokeReason
from kbsearch.workflow.states import TERMINAL, Scope, SubjectKind, SubmissionKind, SubmissionState, Urgency

_RETURNS = (Action.RETURN.value, Action.HQ_RETURN.value, Action.HQ_REJECT.value)
_WITH_AUTHOR = (SubmissionState.DRAFT, SubmissionState.RETURNED, SubmissionState.HQ_RETURNED, SubmissionState.BASE_CONFLICT)


@strawberry.type(description="申请：发布、更新或撤销一条知识，发布、更正或撤回一个公告，或回复公告的请求")
class Submission(Node):
    """One request on its way through review."""

    row: strawberry.Private[tables.Submission]
    kind: SubmissionKind = of_row("种类")
    subject_kind: SubjectKind = of_row("说的是知识、公告还是公告回复")
    scope: Scope = of_row("范围")
    state: SubmissionState = of_row("状态")
    round: int = of_row("第几轮，从 1 起")
    base_number: int | None = of_row("在哪一版上改；发布申请没有")
    urgency: Urgency = of_row("紧急程度")
    revoke_reason: RevokeReason | None = of_row("撤销原因（撤销申请）")
    revoke_text: str = of_row("撤销说明（撤销申请）")
    revoke_at: datetime | None = of_row("要求的撤销时间（撤销申请）；空为通过即撤销")
    due_at: datetime | None = of_row("本步骤的期限；没有人要等则空")
    effective_at: datetime | None = of_row("生效时间（最终通过后）")
    hq_reference: str | None = of_row("总部的受理编号")
    withdrawal_asked: bool = of_row("是否已请总部放行撤回、尚无答复")
    lock_version: int = of_row("锁版本，每个动作带回")
    created_at: datetime = of_row("何时起草")
    updated_at: datetime = of_row("最后变动时间")

    def node_key(self) -> str:
        """The submission's id."""
        return self.row.id

    def facts(self, info: Info) -> Facts:
        """What deciding needs of it."""
        facts = info.context.load.facts.get(self.row.id)
        if facts is None:
            raise RuntimeError(f"submission {self.row.id} was shown without being visible")
        return facts

    def revision(self, info: Info) -> tables.Revision:
        """The newest revision; every submission has one."""
        revision = info.context.load.latest.get(self.row.id)
        if revision is None:
            raise RuntimeError(f"submission {self.row.id} has no revision")
        return revision

    @resolved("未编码的申请编号，与总部往来用它（submissionId）")
    def raw_id(self) -> str:
        """As messages have it."""
        return self.row.id

    def life(self, info: Info) -> Life | None:
        """The versions of what it is about, as far as anything stands and its reader may know of it."""
        load, key = info.context.load, self.row.subject_id
        if self.row.subject_kind is SubjectKind.KNOWLEDGE:
            page = load.pages.get(key)
            return None if page is None else page.life
        if self.row.subject_kind is SubjectKind.REPLY:
            reply = load.announcements.reply.get(key)
            return None if reply is None else reply.life
        announced = load.announcements.pages.get(key)
        return None if announced is None else announced.life

    @resolved("所指知识、公告或回复的未编码编号，与总部往来用它（knowledgeId、announcementId、replyId）")
    def subject_raw_id(self) -> str:
        """Known before anything stands."""
        return self.row.subject_id

    @resolved("所指公告，或所回复的公告；尚未成立任何版本或无权查看则空")
    def announcement(self, info: Info) -> Announcement | None:
        """Its page, or that of what a reply answers."""
        if self.row.subject_kind is SubjectKind.REPLY:
            return announcement_of(info, info.context.load.announcements.asked.get(self.row.subject_id))
        return announcement_of(info, self.row.subject_id) if self.row.subject_kind is SubjectKind.ANNOUNCEMENT else None

    @resolved("由此采纳的公告回复；未采纳则空")
    def reply(self, info: Info) -> AnnouncementReply | None:
        """What it became."""
        return reply_of(info, self.row.subject_id) if self.row.subject_kind is SubjectKind.REPLY else None

    @resolved("由此成立的版本号；未成立则空")
    def accepted_number(self, info: Info) -> int | None:
        """Of whatever kind it is."""
        version = info.context.load.versions_of.get(self.row.id)
        return None if version is None else version.number

    @resolved("同 subjectRawId")
    def knowledge_raw_id(self) -> str:
        """Known before the item has a page."""
        return self.row.subject_id

    @resolved("状态的中文名")
    def state_text(self) -> str:
        """The Chinese label."""
        return self.row.state.label

    @resolved("标题：最新修订的；撤销申请则为所指知识的")
    def title(self, info: Info) -> str:
        """For lists."""
        content = content_of(self.revision(info))
        if content is not None:
            return content.title
        life = self.life(info)
        return "" if life is None or not life.versions else life.versions[max(life.versions)].title

    @resolved("所指知识；尚未成立任何版本则空")
    def knowledge(self, info: Info) -> Knowledge | None:
        """Its page."""
        return knowledge_of(info, self.row.subject_id) if self.row.subject_kind is SubjectKind.KNOWLEDGE else None

    @resolved("栏目；公告和回复没有")
    def category(self, info: Info) -> Category | None:
        """Where it is to hang."""
        return category_of(info, self.row.category_id)

    @resolved("替代知识（撤销原因为已合并）")
    def replacement(self, info: Info) -> Knowledge | None:
        """Where readers are to go."""
        return knowledge_of(info, self.row.replacement_id)

    @resolved("作者")
    def author(self, info: Info) -> Person | None:
        """Whose it is now."""
        return person_of(info, self.row.author_id)

    @resolved("指定的审核人")
    def reviewer(self, info: Info) -> Person | None:
        """By 转派."""
        return person_of(info, self.row.reviewer_id)

    @resolved("审核通过的人；审核作废则空")
    def approved_by(self, info: Info) -> Person | None:
        """Who approved what stands now."""
        return person_of(info, self.row.approved_by)

    @resolved("领取审核的人；没有人领取或已到期则空")
    def claimed_by(self, info: Info) -> Person | None:
        """Whoever holds a running lease."""
        return person_of(info, self.row.claimed_by) if self._claimed(info) else None

    @resolved("领取到何时")
    def claim_until(self, info: Info) -> datetime | None:
        """The end of a running lease."""
        return self.row.claim_until if self._claimed(info) else None

    def _claimed(self, info: Info) -> bool:
        return self.row.claim_until is not None and self.row.claim_until > info.context.now

    @resolved("是否已过期限")
    def overdue(self, info: Info) -> bool:
        """Past due and somebody is waited for."""
        return self.row.due_at is not None and self.row.due_at < info.context.now and self.row.state not in TERMINAL

    @resolved("内容：最新修订；撤销申请没有")
    def content(self, info: Info) -> ContentText | None:
        """The working revision."""
        content = content_of(self.revision(info))
        return None if content is None else content_text(content)

    @resolved("内容哈希（contentHash）；撤销申请没有")
    def content_hash(self, info: Info) -> str | None:
        """Of the newest revision."""
        return self.revision(info).content_hash

    @resolved("申请哈希（submissionHash），审核通过时带回")
    def submission_hash(self, info: Info) -> str:
        """Of the newest revision."""
        return self.revision(info).submission_hash

    @resolved("修改说明")
    def change_note(self, info: Info) -> str:
        """Of the newest revision."""
        return self.revision(info).change_note

    @resolved("是否实质变更")
    def material(self, info: Info) -> bool:
        """Of the newest revision."""
        return self.revision(info).material

    @resolved("各次修订，旧的在前")
    def revisions(self, info: Info) -> list[Revision]:
        """Frozen or not."""
        return [Revision(row=row) for row in info.context.load.revisions.get(self.row.id) or []]

    @resolved("退回与否决，旧的在前")
    def returns(self, info: Info) -> list[SubmissionReturn]:
        """With their reasons."""
        return [SubmissionReturn(row=row) for row in info.context.load.log.get(self.row.id) or [] if row.action in _RETURNS]

    @resolved("它要解决的知识反馈中我可见的，新的在前")
    def feedback(self, info: Info) -> list[Feedback]:
        """Opened from, or linked."""
        return feedback_list(info, info.context.load.feedback.linked_to.get(self.row.id) or [])

    @resolved("所在的批次；没有则空")
    def batch(self, info: Info) -> Batch | None:
        """What it goes together with."""
        return batch_of(info, self.row.batch_id)

    @resolved("流转记录，旧的在前")
    def timeline(self, info: Info) -> list[LogEntry]:
        """Everything that happened to it."""
        return [LogEntry(row=row) for row in info.context.load.log.get(self.row.id) or []]

    @resolved("我现在能做的动作")
    def allowed_actions(self, info: Info) -> list[Action]:
        """For the caller; input such as reasons is not judged yet."""
        return allowed_actions(self.facts(info), info.context.signed_in)

    @resolved("还缺什么才能提交审核；不在作者手上则为空列表")
    def problems(self, info: Info) -> list[str]:
        """Chinese phrases."""
        if self.row.state not in _WITH_AUTHOR:
            return []
        load = info.context.load
        # Held while judging: the rules look categories up one by one, and find them in the session.
        held = load.categories
        found = completeness_problems(load.session, self.row, content_of(self.revision(info)), load.now)
        return list(found) if held else []

    @resolved("现行版本是否已变（须换基线）；发布申请总为否")
    def base_moved(self, info: Info) -> bool:
        """The base is no longer the version last in force."""
        return self.row.state not in TERMINAL and not self.facts(info).base_current

    @resolved("基线版本；发布申请没有")
    def base_version(self, info: Info) -> KnowledgeVersion | None:
        """What it builds on."""
        page = info.context.load.pages.get(self.row.subject_id)
        return None if page is None else version_of(page, page.life.versions.get(self.row.base_number or 0))

    @resolved("将在它之后生效的已通过版本：改正现行口径时请知悉")
    def scheduled_version(self, info: Info) -> KnowledgeVersion | None:
        """The next accepted version ahead that is not its own."""
        page = info.context.load.pages.get(self.row.subject_id)
        ahead = [] if page is None else [v for v in page.coming if v.submission_id != self.row.id]
        return None if page is None or not ahead else version_of(page, ahead[0])

    @resolved("与基线版本的差异；没有正文或没有基线则空")
    def differences_to_base(self, info: Info) -> list[Difference] | None:
        """What the author changed."""
        return self._differences_from(info, self.row.base_number)

    @resolved("与现行版本的差异；没有正文或没有现行版本则空")
    def differences_to_current(self, info: Info) -> list[Difference] | None:
        """What readers would see change."""
        life = self.life(info)
        current = None if life is None else life.timeline.current(info.context.now)
        return self._differences_from(info, current)

    def _differences_from(self, info: Info, number: int | None) -> list[Difference] | None:
        # The desk of those who change the text: what is hidden from readers (停用) must stay comparable here.
        life = self.life(info)
        content = content_of(self.revision(info))
        if life is None or content is None or number not in life.versions:
            return None
        return difference_list(version_content(life, number), content)

    @resolved("总部通过时改动的内容：从我方所提到总部所定；未通过或没有改动则为空列表")
    def amended_by_hq(self, info: Info) -> list[Difference]:
        """Sent revision against the accepted version."""
        version = info.context.load.versions_of.get(self.row.id)
        life = self.life(info)
        sent = [r for r in info.context.load.revisions.get(self.row.id) or [] if r.frozen_at is not None]
        if version is None or life is None or not sent or version.number not in life.versions:
            return []
        return difference_list(content_of(sent[-1]) or Content(), version_content(life, version.number))

    @resolved("由此成立的版本；未成立则空")
    def accepted_version(self, info: Info) -> KnowledgeVersion | None:
        """What it became."""
        version = info.context.load.versions_of.get(self.row.id)
        page = info.context.load.pages.get(self.row.subject_id)
        return None if page is None else version_of(page, version)

    @resolved("总部指定的省公司；公告为所发往的单位代码；未通过则为空列表")
    def distribution(self, info: Info) -> list[str]:
        """Province codes, of the version or the revocation it became."""
        load = info.context.load
        became = load.versions_of.get(self.row.id) or load.revocations_of.get(self.row.id)
        return [] if became is None else list(became.distribution)

    @resolved("为它发出的报文及其传输状态，旧的在前")
    def transport(self, info: Info) -> list[Transport]:
        """The outbox rows about it."""
        return [Transport(row=row) for row in info.context.load.outbox.get(self.row.id) or []]


@strawberry.type(description="申请列表中的一条")
class SubmissionEdge:
    """One submission with a cursor."""

    cursor: str = strawberry.field(description="翻页标记")
    node: Submission = strawberry.field(description="申请")


@strawberry.type(description="申请列表的一页")
class SubmissionConnection:
    """A page of submissions."""

    edges: list[SubmissionEdge] = strawberry.field(description="本页各条")
    page_info: PageInfo = strawberry.field(description="翻页信息")


def submission_of(info: Info, submission_id: str | None) -> Submission | None:
    """A submission the caller may see."""
    row = info.context.load.submissions.get(submission_id)
    if row is None:
        return None
    info.context.load.saw([row])
    return Submission(row=row)


def submission_list(info: Info, rows: list[tables.Submission]) -> list[Submission]:
    """Rows loaded as a list."""
    info.context.load.saw(rows)
    return [Submission(row=row) for row in rows]
