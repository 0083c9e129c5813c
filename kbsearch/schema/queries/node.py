"""Anything again by its global id, under the same visibility as everywhere else; junk is null, never an error."""

from collections.abc import Callable
from typing import Annotated, TypeVar

import strawberry
from sqlmodel import SQLModel

from kbsearch.schema.context import Info
from kbsearch.schema.fields import resolved
from kbsearch.schema.ids import decode_id
from kbsearch.schema.pagination import MAX_FIRST, Id
from kbsearch.schema.scalars import bad_input
from kbsearch.schema.types.announcement import announcement_of, reply_of
from kbsearch.schema.types.announcement_version import AnnouncementVersion, announcement_version
from kbsearch.schema.types.batch import batch_of
from kbsearch.schema.types.category import category_of
from kbsearch.schema.types.feedback import feedback_of
from kbsearch.schema.types.interim_note import interim_note_of
from kbsearch.schema.types.knowledge import knowledge_of
from kbsearch.schema.types.node import Node
from kbsearch.schema.types.notices import Notice
from kbsearch.schema.types.person import ApiToken, Person, person_of
from kbsearch.schema.types.submission import submission_of
from kbsearch.schema.types.transport import Alarm, InboxMessage, OutboxMessage
from kbsearch.schema.types.version import KnowledgeVersion, version_of
from kbsearch.schema.types.version_sync import sync_run_of
from kbsearch.services.notices.reading import notice_of
from kbsearch.store import tables
from kbsearch.workflow.actions import Role

Row = TypeVar("Row", bound=SQLModel)


def _version(info: Info, key: str) -> KnowledgeVersion | None:
    knowledge_id, _, number = key.rpartition(":")
    page = info.context.load.pages.get(knowledge_id)
    known = page is not None and number.isascii() and number.isdigit() and len(number) < 10  # noqa: PLR2004 - an Int
    return version_of(page, page.life.versions.get(int(number))) if known and page is not None else None


def _announcement_version(info: Info, key: str) -> AnnouncementVersion | None:
    announcement_id, _, number = key.rpartition(":")
    page = info.context.load.announcements.pages.get(announcement_id)
    known = page is not None and number.isascii() and number.isdigit() and len(number) < 10  # noqa: PLR2004 - an Int
    return announcement_version(page, page.version(int(number))) if known and page is not None else None


def _person(info: Info, key: str) -> Person | None:
    """People are found by those who give them work or rights; everyone finds themselves."""
    itself = info.context.person is not None and info.context.person.id == key
    return person_of(info, key) if itself or info.context.has(Role.REVIEWER, Role.ADMIN) else None


def _notice(info: Info, key: str) -> Notice | None:
    row = notice_of(info.context.session, info.context.signed_in, key)
    return None if row is None else Notice(row=row)


def _row(table: type[Row], wrap: Callable[[Row], Node], *roles: Role) -> Callable[[Info, str], Node | None]:
    def find(info: Info, key: str) -> Node | None:
        row = info.context.session.get(table, key) if info.context.has(*roles) else None
        return None if row is None else wrap(row)

    return find


_KINDS: dict[str, Callable[[Info, str], Node | None]] = {
    "Knowledge": knowledge_of,
    "KnowledgeVersion": _version,
    "Submission": submission_of,
    "Announcement": announcement_of,
    "AnnouncementVersion": _announcement_version,
    "AnnouncementReply": reply_of,
    "Feedback": feedback_of,
    "InterimNote": interim_note_of,
    "Batch": batch_of,
    "Category": category_of,
    "SyncRun": sync_run_of,
    "Person": _person,
    "Notice": _notice,
    "ApiToken": _row(tables.ApiToken, lambda row: ApiToken(row=row), Role.ADMIN),
    "OutboxMessage": _row(tables.OutboxMessage, lambda row: OutboxMessage(row=row), Role.OPERATOR),
    "InboxMessage": _row(tables.InboxMessage, lambda row: InboxMessage(row=row), Role.OPERATOR, Role.REVIEWER),
    "Alarm": _row(tables.Alarm, lambda row: Alarm(row=row), Role.OPERATOR, Role.REVIEWER),
}


def _node(info: Info, opaque: str) -> Node | None:
    named = decode_id(opaque)
    find = _KINDS.get(named.type) if named is not None else None
    return None if named is None or find is None else find(info, named.raw)


def _announce(info: Info, ids: list[strawberry.ID]) -> None:
    """Load what many ids name in one go."""
    load = info.context.load
    named = [n for i in ids if (n := decode_id(i)) is not None]
    load.pages.want({n.raw if n.type == "Knowledge" else n.raw.rpartition(":")[0] for n in named if n.type.startswith("Knowledge")})
    load.submissions.want({n.raw for n in named if n.type == "Submission"})
    load.feedback.by_id.want({n.raw for n in named if n.type == "Feedback"})
    load.people.want({n.raw for n in named if n.type == "Person"})
    load.records.notes.want({n.raw for n in named if n.type == "InterimNote"})
    load.records.batches.want({n.raw for n in named if n.type == "Batch"})


@strawberry.type
class NodeQueries:
    """Root fields; part of Query."""

    @resolved("凭全局编号取一个对象；编号无效、不存在或无权查看则空")
    def node(self, info: Info, id: Id) -> Node | None:  # noqa: A002 - Relay's name
        """One."""
        return _node(info, id)

    @resolved("凭全局编号取多个对象，与所给同序；取不到的为空")
    def nodes(
        self, info: Info, ids: Annotated[list[strawberry.ID], strawberry.argument(description="不透明编号，最多 100 个")]
    ) -> list[Node | None] | None:
        """Many."""
        if len(ids) > MAX_FIRST:
            raise bad_input(f"ids 最多 {MAX_FIRST} 个，现为 {len(ids)} 个；请分几次")
        _announce(info, ids)
        return [_node(info, i) for i in ids]
