"""Interim notes 临时口径: written and withdrawn by authors, approved, returned and ended by reviewers."""

from collections.abc import Callable

import strawberry

from kbsearch.schema.carrying import carry, known_id
from kbsearch.schema.context import Info
from kbsearch.schema.fields import resolved
from kbsearch.schema.ids import raw_id
from kbsearch.schema.pagination import Input
from kbsearch.schema.types.interim_note import InterimNote, interim_note_of
from kbsearch.schema.user_errors import UserError, user_errors
from kbsearch.services.interim_notes import writing
from kbsearch.services.refusals import not_found
from kbsearch.store import tables
from kbsearch.store.unit import Unit
from kbsearch.workflow.decide import Actor


@strawberry.input(description="写临时口径：钉在全网知识的现行版本上，随即交审核")
class WriteInterimNoteInput:
    """On which item, and what."""

    knowledge_id: strawberry.ID = strawberry.field(description="知识的不透明编号")
    text: str = strawberry.field(description="说明，1 至 500 个字")
    hours: int = strawberry.field(default=72, description="通过后展示几小时，1 至 72")


@strawberry.input(description="指明一条临时口径和所见的锁版本")
class InterimNoteActionInput:
    """What every action on a note carries."""

    interim_note_id: strawberry.ID = strawberry.field(description="临时口径的不透明编号")
    lock_version: int = strawberry.field(description="所见的锁版本；别人先改了则拒绝")


@strawberry.input(description="改后再交：按退回的说明修改")
class ResubmitInterimNoteInput(InterimNoteActionInput):
    """Rewritten as a whole."""

    text: str = strawberry.field(description="说明，1 至 500 个字")
    hours: int = strawberry.field(default=72, description="通过后展示几小时，1 至 72")


@strawberry.input(description="撤回：审核通过之前")
class WithdrawInterimNoteInput(InterimNoteActionInput):
    """Nothing else."""


@strawberry.input(description="审核通过：随即展示")
class ApproveInterimNoteInput(InterimNoteActionInput):
    """Nothing else: a note has one text per lock version."""


@strawberry.input(description="审核退回，须有说明")
class ReturnInterimNoteInput(InterimNoteActionInput):
    """With a text."""

    reason_text: str = strawberry.field(description="说明，最长 2000 个字")


@strawberry.input(description="提前结束，须有说明")
class EndInterimNoteInput(InterimNoteActionInput):
    """With a text."""

    reason_text: str = strawberry.field(description="说明，最长 2000 个字")


@strawberry.type(description="对一条临时口径做了动作之后")
class InterimNotePayload:
    """The note as it is now."""

    user_errors: list[UserError] = strawberry.field(description="没有做成的原因；做成则为空列表")
    interim_note: InterimNote | None = strawberry.field(default=None, description="最新的临时口径；没有做成时也给出它现在的样子（若可见）")


def _on_note(info: Info, note_id: str, operation: Callable[[Unit, Actor, str], tables.InterimNote]) -> InterimNotePayload:
    raw = raw_id(note_id, "InterimNote")
    if raw is None:
        return InterimNotePayload(user_errors=user_errors(not_found("临时口径", "interimNoteId")))
    carried = carry(info, lambda unit, actor: operation(unit, actor, raw))
    return InterimNotePayload(user_errors=carried.errors, interim_note=interim_note_of(info, raw))


@strawberry.type
class InterimNoteMutations:
    """Root fields; part of Mutation."""

    @resolved("写临时口径")
    def write_interim_note(self, info: Info, data: Input[WriteInterimNoteInput]) -> InterimNotePayload:
        """For the reviewers."""

        def run(unit: Unit, actor: Actor) -> tables.InterimNote:
            key = known_id(data.knowledge_id, "Knowledge", "知识", "knowledgeId")
            return writing.write(unit, actor, key, text=data.text, hours=data.hours)

        carried = carry(info, run)
        made = None if carried.value is None else interim_note_of(info, carried.value.id)
        return InterimNotePayload(user_errors=carried.errors, interim_note=made)

    @resolved("修改退回的临时口径，重新交审核")
    def resubmit_interim_note(self, info: Info, data: Input[ResubmitInterimNoteInput]) -> InterimNotePayload:
        """Mended."""

        def run(unit: Unit, actor: Actor, key: str) -> tables.InterimNote:
            return writing.resubmit(unit, actor, key, lock_version=data.lock_version, text=data.text, hours=data.hours)

        return _on_note(info, data.interim_note_id, run)

    @resolved("撤回临时口径")
    def withdraw_interim_note(self, info: Info, data: Input[WithdrawInterimNoteInput]) -> InterimNotePayload:
        """Before it is shown."""
        lock = data.lock_version
        return _on_note(info, data.interim_note_id, lambda u, a, key: writing.withdraw(u, a, key, lock_version=lock))

    @resolved("审核通过临时口径")
    def approve_interim_note(self, info: Info, data: Input[ApproveInterimNoteInput]) -> InterimNotePayload:
        """Shown from now on."""
        lock = data.lock_version
        return _on_note(info, data.interim_note_id, lambda u, a, key: writing.approve(u, a, key, lock_version=lock))

    @resolved("审核退回临时口径")
    def return_interim_note(self, info: Info, data: Input[ReturnInterimNoteInput]) -> InterimNotePayload:
        """With a text."""
        lock, text = data.lock_version, data.reason_text
        return _on_note(info, data.interim_note_id, lambda u, a, key: writing.send_back(u, a, key, lock_version=lock, reason_text=text))

    @resolved("提前结束临时口径")
    def end_interim_note(self, info: Info, data: Input[EndInterimNoteInput]) -> InterimNotePayload:
        """Taken down."""
        lock, text = data.lock_version, data.reason_text
        return _on_note(info, data.interim_note_id, lambda u, a, key: writing.end(u, a, key, lock_version=lock, reason_text=text))
