"""What people do with their notices: mark them as read, choose where else they go."""

from datetime import datetime

import strawberry

from kbsearch.schema.carrying import carry, known_id
from kbsearch.schema.context import Info
from kbsearch.schema.fields import resolved
from kbsearch.schema.pagination import Input
from kbsearch.schema.types.notices import NoticeChannel, Unread
from kbsearch.schema.user_errors import UserError
from kbsearch.services.notices import channels, reading
from kbsearch.services.notices.channels import Choice, Chosen
from kbsearch.store.unit import Unit
from kbsearch.workflow.decide import Actor
from kbsearch.workflow.notices import NoticeKind

_ERRORS = "没有做成的原因；做成则为空列表"


@strawberry.input(description="把通知标为已读：给出 ids 或 allBefore，二者选一")
class MarkNoticesReadInput:
    """Which."""

    ids: list[strawberry.ID] | None = strawberry.field(default=None, description="通知的不透明编号，最多 100 个")
    all_before: datetime | None = strawberry.field(default=None, description="这一时刻及以前的全部")


@strawberry.input(description="设定通知另外送到哪里；没有给的项不变，给空文本则不再送")
class SetNoticeChannelInput:
    """For oneself."""

    mail: str | None = strawberry.field(default=None, description="邮件地址")
    webhook_url: str | None = strawberry.field(default=None, description="回调网址，http 或 https；不能指向本机或内网（除非本系统允许）")
    kinds: list[NoticeKind] | None = strawberry.field(default=None, description="只送这些种类；空列表为全部")


@strawberry.type(description="把通知标为已读之后")
class MarkNoticesReadPayload:
    """How many, and what is left."""

    user_errors: list[UserError] = strawberry.field(description=_ERRORS)
    count: int = strawberry.field(default=0, description="这次标为已读的条数")
    unread: Unread | None = strawberry.field(default=None, description="还有多少等我处理")


@strawberry.type(description="设定通知渠道之后")
class SetNoticeChannelPayload:
    """The channel as it is now."""

    user_errors: list[UserError] = strawberry.field(description=_ERRORS)
    channel: NoticeChannel | None = strawberry.field(default=None, description="现在的渠道")
    webhook_secret: str | None = strawberry.field(default=None, description="回调的签名密钥（whsec_…），换了网址才有，只此一次，请立即保存")


@strawberry.type
class NoticeMutations:
    """Root fields; part of Mutation."""

    @resolved("把我的通知标为已读")
    def mark_notices_read(self, info: Info, data: Input[MarkNoticesReadInput]) -> MarkNoticesReadPayload:
        """Some, or all up to an instant."""

        def run(unit: Unit, actor: Actor) -> int:
            ids = None if data.ids is None else [known_id(i, "Notice", "通知", "ids") for i in data.ids]
            return reading.mark_read(unit, actor, ids=ids, before=data.all_before)

        carried = carry(info, run)
        return MarkNoticesReadPayload(user_errors=carried.errors, count=carried.value or 0, unread=Unread())

    @resolved("设定我的通知另外送到哪里；换了回调网址则得到新的签名密钥")
    def set_notice_channel(self, info: Info, data: Input[SetNoticeChannelInput]) -> SetNoticeChannelPayload:
        """For oneself."""

        def run(unit: Unit, actor: Actor) -> Chosen:
            return channels.set_channel(unit, actor, Choice(data.mail, data.webhook_url, data.kinds))

        carried = carry(info, run)
        if carried.value is None:
            return SetNoticeChannelPayload(user_errors=carried.errors)
        chosen = carried.value
        return SetNoticeChannelPayload(user_errors=[], channel=NoticeChannel(row=chosen.channel), webhook_secret=chosen.new_secret)
