"""Announcements: drafted, corrected, recalled and answered by authors, released by reviewers, delivered by headquarters."""

from datetime import datetime

import strawberry

from kbsearch.content import Content
from kbsearch.schema.carrying import carry, known_id
from kbsearch.schema.context import Info
from kbsearch.schema.fields import resolved
from kbsearch.schema.ids import raw_id
from kbsearch.schema.mutations.hq import HqContentInput, HqReceiptPayload, receive
from kbsearch.schema.mutations.on_submission import drafted
from kbsearch.schema.mutations.payloads import SubmissionPayload
from kbsearch.schema.pagination import Input
from kbsearch.schema.types.announcement import Announcement, announcement_of
from kbsearch.schema.types.audience import AudienceInput, audience_from
from kbsearch.schema.types.content import ContentInput, written_over
from kbsearch.schema.user_errors import UserError, user_errors
from kbsearch.services.announcements import drafting
from kbsearch.services.announcements import release as releasing
from kbsearch.services.drafts import Draft, version_content
from kbsearch.services.refusals import not_found
from kbsearch.store import tables
from kbsearch.store.lives import load_life
from kbsearch.store.unit import Unit
from kbsearch.workflow.decide import Actor
from kbsearch.workflow.reasons import RevokeReason
from kbsearch.workflow.states import Urgency

_ID = "公告编号（未编码）"
_NOTE = "修改说明，最长 1000 个字"


@strawberry.input(description="起草公告；对象只有本平台或其人员的为本地公告（便签），不出本系统，其余为全网")
class DraftAnnouncementInput:
    """A new announcement."""

    content: ContentInput = strawberry.field(
        description="内容，可以先不完整；对象、必读、回复写在 terms，有效期写在 effectiveFrom、effectiveTo"
    )
    urgency: Urgency | None = strawberry.field(default=None, description="紧急程度，默认普通；紧急的本地通过后先给本平台的对象看")
    change_note: str | None = strawberry.field(default=None, description=_NOTE)


@strawberry.input(description="起草公告更正：已发公告的新版本")
class DraftCorrectionInput:
    """A new version."""

    announcement_id: strawberry.ID = strawberry.field(description="公告的不透明编号")
    content: ContentInput | None = strawberry.field(default=None, description="要改的内容；没有给的项沿用最后生效的版本")
    material: bool | None = strawberry.field(default=None, description="是否实质变更（须重新签收），默认是")
    change_note: str | None = strawberry.field(default=None, description=_NOTE)
    urgency: Urgency | None = strawberry.field(default=None, description="紧急程度，默认普通")


@strawberry.input(description="起草公告撤回")
class DraftRecallInput:
    """The end of an announcement."""

    announcement_id: strawberry.ID = strawberry.field(description="公告的不透明编号")
    reason: RevokeReason = strawberry.field(description="撤回原因；不能用已合并")
    reason_text: str = strawberry.field(default="", description="撤回说明，最长 1000 个字")
    effective_from: datetime | None = strawberry.field(default=None, description="何时撤回；空为通过即撤回")
    urgency: Urgency | None = strawberry.field(default=None, description="紧急程度，默认普通")
    change_note: str | None = strawberry.field(default=None, description=_NOTE)


@strawberry.input(description="起草对总部公告的回复；逾期仍可回复，标明逾期")
class DraftReplyInput:
    """An answer."""

    announcement_id: strawberry.ID = strawberry.field(description="所回复公告的不透明编号")
    content: ContentInput = strawberry.field(description="内容；不写标题则为“回复：公告标题”")
    urgency: Urgency | None = strawberry.field(default=None, description="紧急程度，默认普通")
    change_note: str | None = strawberry.field(default=None, description=_NOTE)


@strawberry.input(description="把收到的公告发布给本地使用者；已发布的可再核定")
class ReleaseAnnouncementInput:
    """Local audience and must-read."""

    announcement_id: strawberry.ID = strawberry.field(description="公告的不透明编号")
    lock_version: int = strawberry.field(description="所见的锁版本；别人先改了则拒绝")
    audience: AudienceInput | None = strawberry.field(default=None, description="本地对象，只能是本平台或其中的人；不给则如公告所写")
    must_read: bool | None = strawberry.field(default=None, description="是否必读；不给则如公告所写")


@strawberry.type(description="对一个公告做了动作之后")
class AnnouncementPayload:
    """The announcement as it is now."""

    user_errors: list[UserError] = strawberry.field(description="没有做成的原因；做成则为空列表")
    announcement: Announcement | None = strawberry.field(default=None, description="最新的对象；没有做成时也给出它现在的样子（若可见）")


@strawberry.input(description="一个单位")
class HqOrganisationInput:
    """Code and name."""

    code: str = strawberry.field(description="单位代码")
    name: str | None = strawberry.field(default=strawberry.UNSET, description="名称")


@strawberry.input(description="公告下发")
class HqPublishAnnouncementInput:
    """An announcement headquarters gives us, or gives back."""

    announcement_id: str = strawberry.field(description=_ID)
    number: int = strawberry.field(description="版本号")
    issuer: HqOrganisationInput = strawberry.field(description="发布单位")
    content: HqContentInput = strawberry.field(description="全文，含公告四键")
    content_hash: str = strawberry.field(description="全文的内容哈希")
    urgency: Urgency | None = strawberry.field(default=strawberry.UNSET, description="紧急程度，默认普通")
    origin_submission_id: str | None = strawberry.field(default=strawberry.UNSET, description="出自我方哪个申请（未编码）")
    origin_round: int | None = strawberry.field(default=strawberry.UNSET, description="出自那个申请的哪一轮")
    effective_from: datetime | None = strawberry.field(default=strawberry.UNSET, description="改期后的生效时间")
    material: bool | None = strawberry.field(default=strawberry.UNSET, description="是否实质变更，默认是")


@strawberry.input(description="公告更正下发")
class HqCorrectAnnouncementInput:
    """The next version."""

    announcement_id: str = strawberry.field(description=_ID)
    number: int = strawberry.field(description="版本号")
    base: int = strawberry.field(description="在哪一版上更正")
    content: HqContentInput = strawberry.field(description="全文，含公告四键")
    content_hash: str = strawberry.field(description="全文的内容哈希")
    origin_submission_id: str | None = strawberry.field(default=strawberry.UNSET, description="出自我方哪个申请（未编码）")
    origin_round: int | None = strawberry.field(default=strawberry.UNSET, description="出自那个申请的哪一轮")
    effective_from: datetime | None = strawberry.field(default=strawberry.UNSET, description="改期后的生效时间")
    change_note: str | None = strawberry.field(default=strawberry.UNSET, description="更正说明")
    material: bool | None = strawberry.field(default=strawberry.UNSET, description="是否实质变更，默认是")


@strawberry.input(description="公告撤回下发")
class HqRecallAnnouncementInput:
    """The end of an announcement."""

    announcement_id: str = strawberry.field(description=_ID)
    number: int = strawberry.field(description="被终止的版本号")
    reason: RevokeReason = strawberry.field(description="撤回原因")
    reason_text: str | None = strawberry.field(default=strawberry.UNSET, description="说明")
    effective_from: datetime | None = strawberry.field(default=strawberry.UNSET, description="何时撤回；空为即时")


@strawberry.input(description="送达对我方公告的回复")
class HqDeliverReplyInput:
    """An answer to ours."""

    reply_id: str = strawberry.field(description="回复编号（未编码）")
    announcement_id: str = strawberry.field(description=f"我方{_ID}")
    organisation: HqOrganisationInput = strawberry.field(description="回复的单位")
    content: HqContentInput = strawberry.field(description="全文")
    content_hash: str = strawberry.field(description="全文的内容哈希")
    author: str | None = strawberry.field(default=strawberry.UNSET, description="回复人姓名")
    late: bool | None = strawberry.field(default=strawberry.UNSET, description="是否逾期")


def _key(opaque: str) -> str:
    return known_id(opaque, "Announcement", "公告", "announcementId")


def _last_in_force(unit: Unit, announcement_id: str) -> Content:
    life = load_life(unit.session, announcement_id)
    base = None if life is None else life.base(unit.now)
    return Content() if life is None or base is None else version_content(life, base)


@strawberry.type
class AnnouncementMutations:
    """Root fields; part of Mutation."""

    @resolved("起草公告；提交审核等动作与知识的申请相同")
    def draft_announcement(self, info: Info, data: Input[DraftAnnouncementInput]) -> SubmissionPayload:
        """A new announcement."""
        draft = Draft(urgency=data.urgency, change_note=data.change_note)

        def run(unit: Unit, actor: Actor) -> tables.Submission:
            return drafting.draft_announcement(unit, actor, content=written_over(data.content, Content()), draft=draft)

        return drafted(info, run)

    @resolved("起草公告更正，以最后生效的版本为基线")
    def draft_correction(self, info: Info, data: Input[DraftCorrectionInput]) -> SubmissionPayload:
        """A new version."""
        draft = Draft(urgency=data.urgency, change_note=data.change_note, material=data.material)

        def run(unit: Unit, actor: Actor) -> tables.Submission:
            key = _key(data.announcement_id)
            content = None if data.content is None else written_over(data.content, _last_in_force(unit, key))
            return drafting.draft_correction(unit, actor, key, content=content, draft=draft)

        return drafted(info, run)

    @resolved("起草公告撤回，附撤回原因")
    def draft_recall(self, info: Info, data: Input[DraftRecallInput]) -> SubmissionPayload:
        """The end of an announcement."""
        draft = Draft(urgency=data.urgency, change_note=data.change_note)

        def run(unit: Unit, actor: Actor) -> tables.Submission:
            return drafting.draft_recall(
                unit,
                actor,
                _key(data.announcement_id),
                reason=data.reason,
                reason_text=data.reason_text,
                effective_from=data.effective_from,
                draft=draft,
            )

        return drafted(info, run)

    @resolved("起草对总部公告的回复")
    def draft_reply(self, info: Info, data: Input[DraftReplyInput]) -> SubmissionPayload:
        """An answer."""
        draft = Draft(urgency=data.urgency, change_note=data.change_note)

        def run(unit: Unit, actor: Actor) -> tables.Submission:
            content = written_over(data.content, Content())
            return drafting.draft_reply(unit, actor, _key(data.announcement_id), content=content, draft=draft)

        return drafted(info, run)

    @resolved("把收到的公告发布给本地使用者")
    def release_announcement(self, info: Info, data: Input[ReleaseAnnouncementInput]) -> AnnouncementPayload:
        """Local audience and must-read."""
        key = raw_id(data.announcement_id, "Announcement")
        if key is None:
            return AnnouncementPayload(user_errors=user_errors(not_found("公告", "announcementId")))
        audience = None if data.audience is None else audience_from(data.audience)
        lock, must = data.lock_version, data.must_read
        carried = carry(info, lambda u, a: releasing.release(u, a, key, lock_version=lock, audience=audience, must_read=must))
        return AnnouncementPayload(user_errors=carried.errors, announcement=announcement_of(info, key))

    @resolved("总部：公告下发")
    def hq_publish_announcement(self, info: Info, data: Input[HqPublishAnnouncementInput]) -> HqReceiptPayload:
        """公告下发."""
        return receive(info, "hqPublishAnnouncement", data)

    @resolved("总部：公告更正下发")
    def hq_correct_announcement(self, info: Info, data: Input[HqCorrectAnnouncementInput]) -> HqReceiptPayload:
        """公告更正下发."""
        return receive(info, "hqCorrectAnnouncement", data)

    @resolved("总部：公告撤回下发")
    def hq_recall_announcement(self, info: Info, data: Input[HqRecallAnnouncementInput]) -> HqReceiptPayload:
        """公告撤回下发."""
        return receive(info, "hqRecallAnnouncement", data)

    @resolved("总部：送达对我方公告的回复")
    def hq_deliver_reply(self, info: Info, data: Input[HqDeliverReplyInput]) -> HqReceiptPayload:
        """送达回复."""
        return receive(info, "hqDeliverReply", data)
