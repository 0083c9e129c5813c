"""An interim note 临时口径: as agents see it beside the text, and as authors and reviewers work on it."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from kbsearch.schema.context import Info
from kbsearch.schema.fields import of_row, resolved
from kbsearch.schema.pagination import PageInfo
from kbsearch.schema.types.node import Node
from kbsearch.schema.types.person import Person, person_of
from kbsearch.services.reading import Page
from kbsearch.store import tables
from kbsearch.store.visibility import visible_note_to
from kbsearch.workflow.interim_notes import InterimNoteAction, InterimNoteFacts, InterimNoteState, allowed_actions

if TYPE_CHECKING:
    from kbsearch.schema.types.knowledge import Knowledge

_LazyKnowledge = Annotated["Knowledge", strawberry.lazy("kbsearch.schema.types.knowledge")]


@strawberry.type(description="临时口径：钉在全网知识现行版本上的说明，本地审核，至多 72 小时，新版本生效时结束；总部不知")
class InterimNote(Node):
    """One note."""

    row: strawberry.Private[tables.InterimNote]
    text: str = of_row("说明，至多 500 个字")
    version_number: int = of_row("钉在第几版上")
    state: InterimNoteState = of_row("状态")
    hours: int = of_row("展示几小时")
    begins_at: datetime | None = of_row("何时开始展示；还没有通过则空")
    ends_at: datetime | None = of_row("最迟何时结束；还没有通过则空")
    ended_at: datetime | None = of_row("何时结束的；还没有结束则空")
    end_reason: str = of_row("为何结束；没有则为空文本")
    return_text: str = of_row("退回的说明；没有则为空文本")
    lock_version: int = of_row("锁版本，每个动作带回")
    created_at: datetime = of_row("何时写的")

    def node_key(self) -> str:
        """The note's id."""
        return self.row.id

    @resolved("状态的中文名")
    def state_text(self) -> str:
        """The Chinese label."""
        return self.row.state.label

    @resolved("所附的知识")
    def knowledge(self, info: Info) -> _LazyKnowledge | None:
        """Its page."""
        from kbsearch.schema.types.knowledge import knowledge_of  # noqa: PLC0415 - the two nouns know each other

        return knowledge_of(info, self.row.subject_id)

    @resolved("作者")
    def author(self, info: Info) -> Person | None:
        """Who wrote it."""
        return person_of(info, self.row.author_id)

    @resolved("审核人；还没有审核则空")
    def reviewed_by(self, info: Info) -> Person | None:
        """Who approved or returned it."""
        return person_of(info, self.row.reviewed_by)

    @resolved("我现在能对它做的")
    def allowed_actions(self, info: Info) -> list[InterimNoteAction]:
        """For the caller; input is not judged yet."""
        page = info.context.load.pages.get(self.row.subject_id)
        return [] if page is None else allowed_actions(_facts(self.row, page), info.context.signed_in)


def _facts(row: tables.InterimNote, page: Page) -> InterimNoteFacts:
    other = page.note
    return InterimNoteFacts(
        state=row.state,
        lock_version=row.lock_version,
        author_id=row.author_id,
        version_number=row.version_number,
        scope=page.life.subject.scope,
        status=page.status,
        current=None if page.current is None else page.current.number,
        other_active=other is not None and other.id != row.id and (other.ends_at is None or other.ends_at > page.now),
    )


def interim_note_of(info: Info, note_id: str | None) -> InterimNote | None:
    """A note the caller may see: their work, or what is shown beside a text they read now."""
    row = info.context.load.records.notes.get(note_id)
    if row is None:
        return None
    actor = info.context.signed_in
    if not visible_note_to(row, actor.id, actor.roles):
        page = info.context.load.pages.get(row.subject_id)
        shown = None if page is None else page.interim_note
        if shown is None or shown.id != row.id:
            return None
    info.context.load.records.saw_notes([row])
    return InterimNote(row=row)


def interim_note_list(info: Info, rows: list[tables.InterimNote]) -> list[InterimNote]:
    """Rows loaded as a list."""
    info.context.load.records.saw_notes(rows)
    return [InterimNote(row=row) for row in rows]


@strawberry.type(description="临时口径列表中的一条")
class InterimNoteEdge:
    """One note with a cursor."""

    cursor: str = strawberry.field(description="翻页标记")
    node: InterimNote = strawberry.field(description="临时口径")


@strawberry.type(description="临时口径列表的一页")
class InterimNoteConnection:
    """A page of notes."""

    edges: list[InterimNoteEdge] = strawberry.field(description="本页各条")
    page_info: PageInfo = strawberry.field(description="翻页信息")
