"""The payload of each mutation: the fresh object and the errors a person can mend."""

import strawberry

from kbsearch.schema.types.category import Category
from kbsearch.schema.types.knowledge import Knowledge
from kbsearch.schema.types.person import ApiToken, Person
from kbsearch.schema.types.submission import Submission
from kbsearch.schema.types.transport import InboxMessage, OutboxMessage
from kbsearch.schema.user_errors import UserError

_ERRORS = "没有做成的原因；做成则为空列表"
_FRESH = "最新的对象；没有做成时也给出它现在的样子（若可见）"


@strawberry.type(description="对一个申请做了动作之后")
class SubmissionPayload:
    """The submission as it is now."""

    user_errors: list[UserError] = strawberry.field(description=_ERRORS)
    submission: Submission | None = strawberry.field(default=None, description=_FRESH)


@strawberry.type(description="提交总部之后；一批要么全部做成，要么全部没有")
class SubmitToHqPayload:
    """The submissions as they are now."""

    user_errors: list[UserError] = strawberry.field(description=_ERRORS)
    submissions: list[Submission] = strawberry.field(default_factory=list, description="各申请现在的样子，按所给次序；不可见的略去")


@strawberry.type(description="对一条知识做了动作之后")
class KnowledgePayload:
    """The knowledge item as it is now."""

    user_errors: list[UserError] = strawberry.field(description=_ERRORS)
    knowledge: Knowledge | None = strawberry.field(default=None, description=_FRESH)


@strawberry.type(description="处理了一条隔离消息之后")
class InboxMessagePayload:
    """The message as it is now."""

    user_errors: list[UserError] = strawberry.field(description=_ERRORS)
    inbox_message: InboxMessage | None = strawberry.field(default=None, description=_FRESH)


@strawberry.type(description="重放了一件死信之后")
class OutboxMessagePayload:
    """The message as it is now."""

    user_errors: list[UserError] = strawberry.field(description=_ERRORS)
    outbox_message: OutboxMessage | None = strawberry.field(default=None, description=_FRESH)


@strawberry.type(description="重放了全部死信之后")
class ReplayDeadLettersPayload:
    """How many go out again."""

    user_errors: list[UserError] = strawberry.field(description=_ERRORS)
    count: int = strawberry.field(default=0, description="重放的件数")


@strawberry.type(description="记下点击之后")
class RecordClickPayload:
    """Best effort."""

    user_errors: list[UserError] = strawberry.field(description=_ERRORS)
    recorded: bool = strawberry.field(default=False, description="是否已记下（分批写入）")


@strawberry.type(description="新增或修改人员之后")
class PersonPayload:
    """The person as they are now."""

    user_errors: list[UserError] = strawberry.field(description=_ERRORS)
    person: Person | None = strawberry.field(default=None, description=_FRESH)


@strawberry.type(description="签发令牌之后")
class IssueTokenPayload:
    """The token, with its clear text this once."""

    user_errors: list[UserError] = strawberry.field(description=_ERRORS)
    token: ApiToken | None = strawberry.field(default=None, description="令牌")
    clear_token: str | None = strawberry.field(default=None, description="令牌明文，只此一次，请立即保存")


@strawberry.type(description="作废令牌之后")
class TokenPayload:
    """The token as it is now."""

    user_errors: list[UserError] = strawberry.field(description=_ERRORS)
    token: ApiToken | None = strawberry.field(default=None, description=_FRESH)


@strawberry.type(description="新增、修改或停用栏目之后")
class CategoryPayload:
    """The category as it is now."""

    user_errors: list[UserError] = strawberry.field(description=_ERRORS)
    category: Category | None = strawberry.field(default=None, description=_FRESH)
