"""What operators may set going again; they change no business state."""

import strawberry

from kbsearch.schema.carrying import carry, known_id
from kbsearch.schema.context import Info
from kbsearch.schema.fields import resolved
from kbsearch.schema.ids import raw_id
from kbsearch.schema.mutations.payloads import OutboxMessagePayload, ReplayDeadLettersPayload
from kbsearch.schema.pagination import Input
from kbsearch.schema.types.transport import OutboxMessage
from kbsearch.services import outbox
from kbsearch.store import tables


@strawberry.input(description="重放一件死信")
class ReplayOutboxMessageInput:
    """Which message."""

    message_id: strawberry.ID = strawberry.field(description="报文的不透明编号")


@strawberry.input(description="重放全部死信")
class ReplayDeadLettersInput:
    """Confirmed by name, since it concerns all."""

    confirm: bool = strawberry.field(description="须为 true：确认重放全部死信")


@strawberry.type
class OperatorMutations:
    """Root fields; part of Mutation."""

    @resolved("重放一件死信")
    def replay_outbox_message(self, info: Info, data: Input[ReplayOutboxMessageInput]) -> OutboxMessagePayload:
        """First of its document."""
        name = (data.message_id, "OutboxMessage", "报文", "messageId")
        carried = carry(info, lambda unit, actor: outbox.replay(unit, actor, known_id(*name)))
        key = raw_id(data.message_id, "OutboxMessage")
        row = None if key is None else info.context.session.get(tables.OutboxMessage, key)
        return OutboxMessagePayload(user_errors=carried.errors, outbox_message=None if row is None else OutboxMessage(row=row))

    @resolved("重放全部死信")
    def replay_dead_letters(self, info: Info, data: Input[ReplayDeadLettersInput]) -> ReplayDeadLettersPayload:
        """All of them."""
        carried = carry(info, lambda unit, actor: outbox.replay_all(unit, actor) if data.confirm else 0)
        return ReplayDeadLettersPayload(user_errors=carried.errors, count=carried.value or 0)
