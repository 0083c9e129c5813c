"""The transition log as people read it: who did what, when, why."""

from datetime import datetime

import strawberry

from kbsearch.schema.context import Info
from kbsearch.schema.fields import of_row, resolved
from kbsearch.schema.ids import encode_id
from kbsearch.schema.types.person import Person, person_of
from kbsearch.store import tables
from kbsearch.store.tables import DocumentType, InboxStatus
from kbsearch.workflow.actions import Action, ActorKind
from kbsearch.workflow.announcements import AnnouncementAction, AnnouncementStatus
from kbsearch.workflow.batches import BatchAction
from kbsearch.workflow.feedback import FeedbackAction, FeedbackState, Resolution
from kbsearch.workflow.interim_notes import InterimNoteAction, InterimNoteState
from kbsearch.workflow.knowledge import KnowledgeAction
from kbsearch.workflow.reasons import ReturnReason, RevokeReason
from kbsearch.workflow.states import KnowledgeStatus, SubmissionState
from kbsearch.workflow.version_sync import SyncAction, SyncState

_ACTIONS = {
    **{a.value: a.label for a in BatchAction},
    **{a.value: a.label for a in InterimNoteAction},
    **{a.value: a.label for a in Action},
    **{a.value: a.label for a in KnowledgeAction},
    **{a.value: a.label for a in FeedbackAction},
    **{a.value: a.label for a in SyncAction},
    "PUSH_VERSION": "总部下发版本",
    "PUSH_REVOCATION": "总部下发撤销",
    "PUSH_TAXONOMY": "总部下发知识结构",
    "CATEGORY_MERGED": "随栏目合并移动",
    "SYNC_REPAIR": "版本同步修复",
    "ASK_VERSION": "向总部申请补发",
    "IMPORT": "存量导入",
    "APPLY": "应用隔离消息",
    "DISCARD": "弃置隔离消息",
    "REPLAY": "重放报文",
    "REMIND": "提醒",
    "REMIND_EXPIRY": "到期提醒",
    **{a.value: a.label for a in AnnouncementAction},
    "IN_FORCE": "发布给使用者",
    "ENDED": "撤回生效",
    "PREVIEW": "先行给看",
    "PREVIEW_ENDED": "不再先行给看",
    "DELIVER_REPLY": "总部送达回复",
}
_STATES = {s.value: s.label for states in (InboxStatus, KnowledgeStatus, SubmissionState) for s in states}
_REASONS = {r.value: r.label for reasons in (ReturnReason, RevokeReason) for r in reasons}

# Where a document of its own kind uses a code that another kind has under another name.
_NAMES_OF = {
    DocumentType.ANNOUNCEMENT: {s.value: s.label for s in AnnouncementStatus},
    DocumentType.FEEDBACK: {n.value: n.label for names in (FeedbackState, Resolution) for n in names},
    DocumentType.INTERIM_NOTE: {s.value: s.label for s in InterimNoteState},
    DocumentType.SYNC_RUN: {n.value: n.label for n in SyncState},
}

_TYPES = {
    "SUBMISSION": "Submission",
    "KNOWLEDGE": "Knowledge",
    "CATEGORY": "Category",
    "PERSON": "Person",
    "FEEDBACK": "Feedback",
    "ANNOUNCEMENT": "Announcement",
    "REPLY": "AnnouncementReply",
    "SYNC_RUN": "SyncRun",
    "INTERIM_NOTE": "InterimNote",
    "BATCH": "Batch",
}

ACTOR_KINDS = {ActorKind.SYSTEM: "系统", ActorKind.HQ: "总部"}


def actor_name(info: Info, row: tables.TransitionLog) -> str:
    """Who it was, as people say it."""
    person = info.context.load.people.get(row.actor_id) if row.actor_kind is ActorKind.USER else None
    return ACTOR_KINDS.get(row.actor_kind) or (person.name if person is not None else row.actor_id)


@strawberry.type(description="流转记录中的一条；只增不改")
class LogEntry:
    """One row of the transition log."""

    row: strawberry.Private[tables.TransitionLog]
    document_type: DocumentType = of_row("说的是什么")
    actor_kind: ActorKind = of_row("人员、系统还是总部")
    at: datetime = of_row("何时")
    action: str = of_row("动作代码")
    from_state: str | None = of_row("之前的状态代码")
    to_state: str | None = of_row("之后的状态代码")
    reason_codes: list[str] = of_row("原因代码")
    reason_text: str = of_row("原因说明")
    lock_version: int = of_row("之后的锁版本")
    round: int | None = of_row("第几轮")

    @resolved("所说对象的编号")
    def document_id(self) -> strawberry.ID:
        """Opaque for what has a page of its own."""
        kind = self.row.document_type.value
        return strawberry.ID(encode_id(_TYPES.get(kind, f"{kind.title()}Message"), self.row.document_id))

    @resolved("做的人；系统与总部没有")
    def actor(self, info: Info) -> Person | None:
        """The person, when it was one."""
        return person_of(info, self.row.actor_id) if self.row.actor_kind is ActorKind.USER else None

    @resolved("做的人的姓名，或“系统”“总部”")
    def actor_name(self, info: Info) -> str:
        """A name in any case."""
        return actor_name(info, self.row)

    @resolved("动作的中文名")
    def action_text(self) -> str:
        """The Chinese label, or the code where there is none."""
        return _ACTIONS.get(self.row.action, self.row.action)

    @resolved("之前状态的中文名")
    def from_state_text(self) -> str | None:
        """The Chinese label."""
        return self._label(_STATES, self.row.from_state)

    @resolved("之后状态的中文名")
    def to_state_text(self) -> str | None:
        """The Chinese label."""
        return self._label(_STATES, self.row.to_state)

    @resolved("原因的中文名")
    def reason_labels(self) -> list[str]:
        """The Chinese labels."""
        return [self._label(_REASONS, code) or code for code in self.row.reason_codes]

    def _label(self, names: dict[str, str], code: str | None) -> str | None:
        own = _NAMES_OF.get(self.row.document_type, {})
        return None if code is None else own.get(code) or names.get(code, code)
