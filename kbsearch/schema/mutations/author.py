"""What authors ask for: draft, edit, rebase, submit for review, recall, withdraw, void."""

from datetime import datetime

import strawberry

from kbsearch.content import Content
from kbsearch.schema.carrying import known_id, known_id_or_none
from kbsearch.schema.context import Info
from kbsearch.schema.fields import resolved
from kbsearch.schema.mutations.on_submission import SubmissionActionInput, drafted, on_submission
from kbsearch.schema.mutations.payloads import SubmissionPayload
from kbsearch.schema.pagination import Input
from kbsearch.schema.types.content import ContentInput, written_over
from kbsearch.services import drafts, submissions
from kbsearch.services.drafts import Draft
from kbsearch.store import tables
from kbsearch.store.lives import load_life
from kbsearch.store.submissions import content_of, latest_revisions
from kbsearch.store.unit import Unit
from kbsearch.workflow.decide import Actor
from kbsearch.workflow.reasons import RevokeReason
from kbsearch.workflow.states import Scope, Urgency


@strawberry.input(description="起草发布申请：一条新知识")
class DraftPublishInput:
    """A new item."""

    scope: Scope = strawberry.field(description="范围，此后不变")
    category_id: strawberry.ID = strawberry.field(description="栏目的不透明编号；全网知识须选总部栏目，本地知识须选本地栏目")
    content: ContentInput = strawberry.field(description="内容，可以先不完整")
    urgency: Urgency | None = strawberry.field(default=None, description="紧急程度，默认普通")
    change_note: str | None = strawberry.field(default=None, description="修改说明，最长 1000 个字")
    material: bool | None = strawberry.field(default=None, description="是否实质变更，默认是")


@strawberry.input(description="起草更新申请：已有知识的新版本")
class DraftUpdateInput:
    """A new version."""

    knowledge_id: strawberry.ID = strawberry.field(description="知识的不透明编号")
    content: ContentInput | None = strawberry.field(default=None, description="要改的内容；没有给的项沿用最后生效的版本")
    category_id: strawberry.ID | None = strawberry.field(default=None, description="换到的栏目；不给则不变")
    urgency: Urgency | None = strawberry.field(default=None, description="紧急程度，默认普通")
    change_note: str | None = strawberry.field(default=None, description="修改说明，最长 1000 个字")
    material: bool | None = strawberry.field(default=None, description="是否实质变更，默认是")


@strawberry.input(description="起草撤销申请")
class DraftRevokeInput:
    """The end of an item."""

    knowledge_id: strawberry.ID = strawberry.field(description="知识的不透明编号")
    reason: RevokeReason = strawberry.field(description="撤销原因")
    reason_text: str = strawberry.field(default="", description="撤销说明，最长 1000 个字")
    replacement_id: strawberry.ID | None = strawberry.field(default=None, description="替代知识的不透明编号；只在原因为已合并时给")
    effective_from: datetime | None = strawberry.field(default=None, description="何时撤销；空为通过即撤销")
    urgency: Urgency | None = strawberry.field(default=None, description="紧急程度，默认普通")
    change_note: str | None = strawberry.field(default=None, description="修改说明，最长 1000 个字")


@strawberry.input(description="编辑发布或更新申请；没有给的项保持原样")
class EditSubmissionInput(SubmissionActionInput):
    """Any subset of what an author writes."""

    content: ContentInput | None = strawberry.field(default=None, description="要改的内容")
    category_id: strawberry.ID | None = strawberry.field(default=None, description="换到的栏目")
    urgency: Urgency | None = strawberry.field(default=None, description="紧急程度")
    change_note: str | None = strawberry.field(default=None, description="修改说明，最长 1000 个字")
    material: bool | None = strawberry.field(default=None, description="是否实质变更")


@strawberry.input(description="编辑撤销申请")
class EditRevocationInput(SubmissionActionInput):
    """The reason, rewritten as a whole."""

    reason: RevokeReason = strawberry.field(description="撤销原因")
    reason_text: str = strawberry.field(default="", description="撤销说明，最长 1000 个字")
    replacement_id: strawberry.ID | None = strawberry.field(default=None, description="替代知识的不透明编号；只在原因为已合并时给")
    effective_from: datetime | None = strawberry.field(default=None, description="何时撤销；空为通过即撤销")
    urgency: Urgency | None = strawberry.field(default=None, description="紧急程度")
    change_note: str | None = strawberry.field(default=None, description="修改说明，最长 1000 个字")


@strawberry.input(description="换基线：把申请放到最后生效的版本上，逐项取舍")
class RebaseSubmissionInput(SubmissionActionInput):
    """The author's choice, field by field."""

    content: ContentInput | None = strawberry.field(default=None, description="取舍后的内容；没有给的项保持申请原来的；撤销申请不要给")


@strawberry.input(description="提交审核：冻结修订，交知识管理员")
class SubmitForReviewInput(SubmissionActionInput):
    """Nothing else."""


@strawberry.input(description="收回：审核前回到草稿")
class RecallSubmissionInput(SubmissionActionInput):
    """Nothing else."""


@strawberry.input(description="撤回：审核通过之后不再要；已提交总部的须总部同意")
class WithdrawSubmissionInput(SubmissionActionInput):
    """With a text."""

    reason_text: str = strawberry.field(default="", description="说明，最长 2000 个字")


@strawberry.input(description="作废：结束申请，不可恢复")
class VoidSubmissionInput(SubmissionActionInput):
    """With a text."""

    reason_text: str = strawberry.field(default="", description="说明，最长 2000 个字")


def _draft(given: DraftPublishInput | DraftUpdateInput | EditSubmissionInput) -> Draft:
    category = known_id_or_none(given.category_id, "Category", "栏目", "categoryId")
    return Draft(category_id=category, urgency=given.urgency, change_note=given.change_note, material=given.material)


def _revoke_draft(given: DraftRevokeInput | EditRevocationInput) -> Draft:
    return Draft(urgency=given.urgency, change_note=given.change_note)


def _written(unit: Unit, submission_id: str) -> Content | None:
    """What the author has written so far; None where there is no text (a revocation, or no such submission)."""
    revision = latest_revisions(unit.session, [submission_id]).get(submission_id)
    return None if revision is None else content_of(revision)


def _last_in_force(unit: Unit, knowledge_id: str) -> Content:
    life = load_life(unit.session, knowledge_id)
    base = None if life is None else life.base(unit.now)
    return Content() if life is None or base is None else drafts.version_content(life, base)


@strawberry.type
class AuthorMutations:
    """Root fields; part of Mutation."""

    @resolved("起草发布申请")
    def draft_publish(self, info: Info, data: Input[DraftPublishInput]) -> SubmissionPayload:
        """A new item."""

        def run(unit: Unit, actor: Actor) -> tables.Submission:
            content = written_over(data.content, Content())
            return drafts.draft_publish(unit, actor, scope=data.scope, content=content, draft=_draft(data))

        return drafted(info, run)

    @resolved("起草更新申请，以最后生效的版本为基线")
    def draft_update(self, info: Info, data: Input[DraftUpdateInput]) -> SubmissionPayload:
        """A new version."""

        def run(unit: Unit, actor: Actor) -> tables.Submission:
            key = known_id(data.knowledge_id, "Knowledge", "知识", "knowledgeId")
            content = None if data.content is None else written_over(data.content, _last_in_force(unit, key))
            return drafts.draft_update(unit, actor, key, content=content, draft=_draft(data))

        return drafted(info, run)

    @resolved("起草撤销申请，附撤销原因")
    def draft_revoke(self, info: Info, data: Input[DraftRevokeInput]) -> SubmissionPayload:
        """The end of an item."""

        def run(unit: Unit, actor: Actor) -> tables.Submission:
            return drafts.draft_revoke(
                unit,
                actor,
                known_id(data.knowledge_id, "Knowledge", "知识", "knowledgeId"),
                reason=data.reason,
                reason_text=data.reason_text,
                replacement_id=known_id_or_none(data.replacement_id, "Knowledge", "替代知识", "replacementId"),
                effective_from=data.effective_from,
                draft=_revoke_draft(data),
            )

        return drafted(info, run)

    @resolved("编辑发布或更新申请；已有的审核通过因此作废")
    def edit_submission(self, info: Info, data: Input[EditSubmissionInput]) -> SubmissionPayload:
        """Rewrite what is with its author."""

        def run(unit: Unit, actor: Actor, key: str) -> tables.Submission:
            start = _written(unit, key) or Content()
            content = start if data.content is None else written_over(data.content, start)
            return drafts.edit(unit, actor, key, lock_version=data.lock_version, content=content, draft=_draft(data))

        return on_submission(info, data.submission_id, run)

    @resolved("编辑撤销申请的原因")
    def edit_revocation(self, info: Info, data: Input[EditRevocationInput]) -> SubmissionPayload:
        """Rewrite the reason."""

        def run(unit: Unit, actor: Actor, key: str) -> tables.Submission:
            return drafts.edit_revoke(
                unit,
                actor,
                key,
                lock_version=data.lock_version,
                reason=data.reason,
                reason_text=data.reason_text,
                replacement_id=known_id_or_none(data.replacement_id, "Knowledge", "替代知识", "replacementId"),
                effective_from=data.effective_from,
                draft=_revoke_draft(data),
            )

        return on_submission(info, data.submission_id, run)

    @resolved("换基线：现行版本变了之后，把申请放到新版本上")
    def rebase_submission(self, info: Info, data: Input[RebaseSubmissionInput]) -> SubmissionPayload:
        """Onto the version now last in force."""

        def run(unit: Unit, actor: Actor, key: str) -> tables.Submission:
            content = None if data.content is None else written_over(data.content, _written(unit, key) or Content())
            return drafts.rebase(unit, actor, key, lock_version=data.lock_version, content=content)

        return on_submission(info, data.submission_id, run)

    @resolved("提交审核")
    def submit_for_review(self, info: Info, data: Input[SubmitForReviewInput]) -> SubmissionPayload:
        """Freeze and hand over."""
        lock = data.lock_version
        return on_submission(info, data.submission_id, lambda u, a, key: submissions.submit_for_review(u, a, key, lock_version=lock))

    @resolved("收回到草稿")
    def recall_submission(self, info: Info, data: Input[RecallSubmissionInput]) -> SubmissionPayload:
        """Before it is reviewed."""
        lock = data.lock_version
        return on_submission(info, data.submission_id, lambda u, a, key: submissions.recall(u, a, key, lock_version=lock))

    @resolved("撤回")
    def withdraw_submission(self, info: Info, data: Input[WithdrawSubmissionInput]) -> SubmissionPayload:
        """Locally, or by asking headquarters."""
        lock, text = data.lock_version, data.reason_text
        return on_submission(
            info, data.submission_id, lambda u, a, key: submissions.withdraw(u, a, key, lock_version=lock, reason_text=text)
        )

    @resolved("作废")
    def void_submission(self, info: Info, data: Input[VoidSubmissionInput]) -> SubmissionPayload:
        """For good."""
        lock, text = data.lock_version, data.reason_text
        return on_submission(info, data.submission_id, lambda u, a, key: submissions.void(u, a, key, lock_version=lock, reason_text=text))
