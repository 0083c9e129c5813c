"""Reading, signing and reminding: what people do with announcements beside writing them."""

from collections.abc import Callable

import strawberry

from kbsearch.schema.carrying import Carried, T, carry
from kbsearch.schema.context import Info
from kbsearch.schema.fields import resolved
from kbsearch.schema.ids import raw_id
from kbsearch.schema.pagination import Input
from kbsearch.schema.types.announcement import Announcement, announcement_of
from kbsearch.schema.user_errors import UserError, user_errors
from kbsearch.services.receipts import giving, reminding
from kbsearch.services.refusals import not_found
from kbsearch.store.unit import Unit
from kbsearch.workflow.decide import Actor

_ERRORS = "没有做成的原因；做成则为空列表"
_ID = "公告的不透明编号"


@strawberry.input(description="已读一个公告")
class MarkAnnouncementReadInput:
    """Which."""

    announcement_id: strawberry.ID = strawberry.field(description=_ID)


@strawberry.input(description="签收一个公告")
class SignAnnouncementInput:
    """Which wording."""

    announcement_id: strawberry.ID = strawberry.field(description=_ID)
    content_hash: str = strawberry.field(description="所读内容的哈希（currentVersion.contentHash）；与现行的不同则拒绝，请重读")


@strawberry.input(description="催签：提醒还没有签收的人")
class RemindUnsignedInput:
    """Of which."""

    announcement_id: strawberry.ID = strawberry.field(description=_ID)


@strawberry.type(description="已读或签收之后")
class ReceiptPayload:
    """The announcement as the reader sees it now, with their receipt."""

    user_errors: list[UserError] = strawberry.field(description=_ERRORS)
    announcement: Announcement | None = strawberry.field(default=None, description="最新的公告；没有做成时也给出它现在的样子（若可见）")


@strawberry.type(description="催签之后")
class RemindUnsignedPayload:
    """How many were reminded."""

    user_errors: list[UserError] = strawberry.field(description=_ERRORS)
    reminded: int = strawberry.field(default=0, description="这次提醒的人数")
    spared: int = strawberry.field(default=0, description="四小时内已提醒过、这次没有再提醒的人数")
    announcement: Announcement | None = strawberry.field(default=None, description="最新的公告；没有做成时也给出它现在的样子（若可见）")


def _on_announcement(
    info: Info, announcement_id: str, operation: Callable[[Unit, Actor, str], T]
) -> tuple[Carried[T], Announcement | None]:
    raw = raw_id(announcement_id, "Announcement")
    if raw is None:
        return Carried(errors=user_errors(not_found("公告", "announcementId"))), None
    carried = carry(info, lambda unit, actor: operation(unit, actor, raw))
    return carried, announcement_of(info, raw)


@strawberry.type
class ReceiptMutations:
    """Root fields; part of Mutation."""

    @resolved("已读：打开公告时调用；重复调用无妨")
    def mark_announcement_read(self, info: Info, data: Input[MarkAnnouncementReadInput]) -> ReceiptPayload:
        """The wording shown now."""
        carried, fresh = _on_announcement(info, data.announcement_id, giving.mark_read)
        return ReceiptPayload(user_errors=carried.errors, announcement=fresh)

    @resolved("签收：只能签收现行的内容；重复签收无妨，以第一次为准")
    def sign_announcement(self, info: Info, data: Input[SignAnnouncementInput]) -> ReceiptPayload:
        """Exactly what was read."""
        carried, fresh = _on_announcement(
            info, data.announcement_id, lambda unit, actor, key: giving.sign(unit, actor, key, content_hash=data.content_hash)
        )
        return ReceiptPayload(user_errors=carried.errors, announcement=fresh)

    @resolved("催签：通知所有还没有签收的人；每人四小时内最多一次")
    def remind_unsigned(self, info: Info, data: Input[RemindUnsignedInput]) -> RemindUnsignedPayload:
        """By its author or a reviewer."""
        carried, fresh = _on_announcement(info, data.announcement_id, reminding.remind_unsigned)
        done = carried.value
        counts = (0, 0) if done is None else (done.people, done.spared)
        return RemindUnsignedPayload(user_errors=carried.errors, reminded=counts[0], spared=counts[1], announcement=fresh)
