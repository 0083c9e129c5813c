"""What a submission said round by round, and how it was sent back."""

from datetime import datetime

import strawberry

from kbsearch.schema.context import Info
from kbsearch.schema.fields import of_row, resolved
from kbsearch.schema.types.content import ContentText, content_text
from kbsearch.schema.types.log import actor_name
from kbsearch.schema.types.person import Person, person_of
from kbsearch.store import tables
from kbsearch.store.submissions import content_of
from kbsearch.workflow.actions import Action, ActorKind
from kbsearch.workflow.reasons import ReturnReason


@strawberry.type(description="申请的一次修订；提交审核时冻结，此后不再改变")
class Revision:
    """What one round says."""

    row: strawberry.Private[tables.Revision]
    number: int = of_row("第几次修订")
    round: int = of_row("第几轮")
    content_hash: str | None = of_row("内容哈希（contentHash）；撤销申请没有")
    submission_hash: str = of_row("申请哈希（submissionHash）")
    change_note: str = of_row("修改说明")
    material: bool = of_row("是否实质变更")
    created_at: datetime = of_row("何时开始写")
    frozen_at: datetime | None = of_row("何时冻结；空为正在写")

    @resolved("内容；撤销申请没有")
    def content(self) -> ContentText | None:
        """The wording of this revision."""
        content = content_of(self.row)
        return None if content is None else content_text(content)

    @resolved("最后由谁编辑")
    def edited_by(self, info: Info) -> Person | None:
        """Who wrote it."""
        return person_of(info, self.row.edited_by)


@strawberry.type(description="一次退回或否决，附原因")
class SubmissionReturn:
    """A return by a reviewer or by headquarters."""

    row: strawberry.Private[tables.TransitionLog]
    at: datetime = of_row("何时")
    round: int | None = of_row("第几轮")
    actor_kind: ActorKind = of_row("人员还是总部")
    reason_text: str = of_row("原因说明")

    @resolved("审核退回、总部退回还是总部否决")
    def action(self) -> Action:
        """Which of the three."""
        return Action(self.row.action)

    @resolved("原因码")
    def reason_codes(self) -> list[ReturnReason]:
        """At least one."""
        return [ReturnReason(code) for code in self.row.reason_codes]

    @resolved("原因码的中文名")
    def reason_labels(self) -> list[str]:
        """The Chinese labels."""
        return [ReturnReason(code).label for code in self.row.reason_codes]

    @resolved("退回者的姓名，或“总部”")
    def by(self, info: Info) -> str:
        """Who sent it back."""
        return actor_name(info, self.row)
